"""The dashboards of Grafana, as code: `make dashboards` writes `deploy/grafana/dashboards/*.json` from them.

A board is a table of panels; a panel is a question with a unit and the level at which it matters. The levels are those
of the rules in `src/tradewind/monitoring/rules`.
"""
