"""What concerns the money: the cockpit, the way of an order, the broker, comparisons, prices, limits."""

from boards.panels import Board, Panel

A = 'account=~"$account"'
TRADES = (
    "SELECT t.closed_at, t.account, s.name AS strategy, i.symbol, CASE t.side WHEN 1 THEN 'buy' ELSE 'sell' END AS side,"
    " (t.gross + t.commission + t.financing) / 100.0 AS net, t.reason"
    " FROM trading.trades AS t"
    " LEFT JOIN trading.strategies AS s ON s.account = t.account AND s.number = t.strategy"
    " LEFT JOIN trading.account_instruments AS i ON i.account = t.account AND i.number = t.instrument"
    " ORDER BY t.closed_ns DESC LIMIT 20"
)


def p99(name: str, by: str = "account") -> str:
    """Return the question for the 99th percentile of a histogram over five minutes."""
    return f"histogram_quantile(0.99, sum by (le, {by}) (rate({name}_bucket{{{A}}}[5m])))"


COCKPIT = Board("cockpit", "1 Trading cockpit", "Am I in the market, what do I risk, and is everything well?", (
    Panel("May trade", "stat", (f"tradewind_trading_ready{{{A}}}",), "bool_yes_no", "No while the market is open: page.", 1, 0, width=4),
    Panel("Kill level", "stat", (f"max by (account) (tradewind_kill_state{{{A}}})",), says="0 is off.", bad=1, width=4),
    Panel("Mode", "stat", (f"tradewind_mode{{{A}}} == 1",), legend="{{account}} {{mode}}", width=4),
    Panel("Leads", "stat", (f"tradewind_leader{{{A}}}",), "bool_yes_no", warn=1, bad=0, width=4),
    Panel("Open positions", "stat", (f"tradewind_positions_open{{{A}}}",), width=4),
    Panel("Without a stop", "stat", (f"tradewind_unprotected_positions{{{A}}}",), bad=1, width=4),
    Panel("Equity", "lines", (f"tradewind_equity{{{A}}}", f"tradewind_balance{{{A}}}"), "currencyUSD", "Balance and what is open; balance below it.", legend="{{account}} {{ccy}}", width=12),
    Panel("Realised since the start", "stat", (f"tradewind_pnl_realized{{{A}}}",), "currencyUSD", legend="{{account}} {{ccy}}", width=6),
    Panel("Drawdown", "stat", (f"tradewind_drawdown_ratio{{{A}}}",), "percentunit", "From the highest equity.", 0.04, 0.08, width=6),
    Panel("Used of each loss limit", "lines", (f"tradewind_risk_limit_usage_ratio{{{A}}}",), "percentunit", "At 100 % it is reached.", 0.8, 1, "{{account}} {{limit}}", 12),
    Panel("Red checks", "table", (f"tradewind_check{{{A}}} == 0",), says="Each has to be green for an entry.", legend="{{name}}", width=12),
    Panel("Orders of unknown outcome", "stat", (f"tradewind_orders_unknown{{{A}}}",), bad=1, legend="{{account}} {{venue}}", width=6),
    Panel("Lease runs for", "stat", (f"tradewind_lease_remaining_seconds{{{A}}}",), "s", warn=5, bad=3, width=6),
    Panel("Leader's number", "stat", (f"tradewind_leader_epoch{{{A}}}",), width=4),
    Panel("Watchdog's last sign", "stat", (f"time() - tradewind_watchdog_heartbeat_timestamp_seconds{{{A}}}",), "s", warn=3, bad=5, width=4),
    Panel("Market open", "stat", (f"tradewind_market_open{{{A}}}",), "bool_yes_no", width=4),
    Panel("Alerts that fire", "table", ('ALERTS{alertstate="firing",level!="snitch"}',), legend="{{alertname}}", width=12),
    Panel("Last trades", "table", (TRADES,), says="As the recorder wrote them.", width=24, database="trading"),
))  # fmt: skip

ORDERS = Board("orders", "2 Order path", "From a decision to a fill: how many, how long, and what was refused.", (
    Panel("Decisions", "lines", (f"sum by (strategy, action) (rate(tradewind_decisions_total{{{A}}}[5m]))",), "ops", legend="{{strategy}} {{action}}"),
    Panel("Risk gate", "lines", (f"sum by (result, rule) (rate(tradewind_risk_checks_total{{{A}}}[5m]))",), "ops", "What it let pass and what it did instead, by rule.", legend="{{result}} {{rule}}"),
    Panel("Orders by state", "lines", (f"sum by (state) (rate(tradewind_orders_total{{{A}}}[5m]))",), "ops", legend="{{state}}"),
    Panel("Fills", "lines", (f"sum by (account, venue) (rate(tradewind_fills_total{{{A}}}[5m]))",), "ops", legend="{{account}} {{venue}}"),
    Panel("Told twice", "lines", (f"rate(tradewind_fill_duplicates_total{{{A}}}[5m])",), "ops"),
    Panel("Refused by the broker", "lines", (f"sum by (reason) (rate(tradewind_order_rejects_total{{{A}}}[5m]))",), "ops", bad=0.2, legend="{{reason}}"),
    Panel("Too much, too fast", "lines", (f"sum by (strategy) (increase(tradewind_risk_throttle_trips_total{{{A}}}[5m]))",), bad=1, legend="{{strategy}}"),
    Panel("Decision to wire, p99", "lines", (p99("tradewind_order_decision_to_wire_seconds"),), "s", "The journal's commit is in it.", 0.02, 0.05),
    Panel("Wire to answer, p99", "lines", (p99("tradewind_order_ack_seconds"),), "s"),
    Panel("Living orders", "lines", (f"tradewind_orders_open{{{A}}}",), legend="{{account}} {{venue}}"),
    Panel("Oldest unknown outcome", "lines", (f"tradewind_order_unknown_age_seconds_max{{{A}}}",), "s", warn=5, bad=15),
    Panel("Oldest position without a stop", "lines", (f"tradewind_unprotected_seconds_max{{{A}}}",), "s", warn=1, bad=5),
))  # fmt: skip

BROKER = Board("broker", "3 Broker link", "Is the broker there, how soon does it answer, whose clock is right?", (
    Panel("Connected", "stat", (f"tradewind_broker_connected{{{A}}}",), "bool_yes_no", "Both streams stand.", 1, 0, "{{account}} {{venue}}", 6),
    Panel("Last positive sign", "lines", (f"time() - tradewind_broker_last_proof_timestamp_seconds{{{A}}}",), "s", "A price, a heartbeat or an answer.", 10, 20, "{{account}} {{venue}}", 9),
    Panel("Clock", "lines", (f"tradewind_broker_clock_offset_seconds{{{A}}}",), "s", "The broker's less ours.", legend="{{account}} {{venue}}", width=9),
    Panel("Requests by answer", "lines", (f"sum by (op, code) (rate(tradewind_broker_requests_total{{{A}}}[5m]))",), "reqps", legend="{{op}} {{code}}", width=12),
    Panel("Requests, p99", "lines", (p99("tradewind_broker_request_seconds", "op"),), "s", legend="{{op}}", width=12),
    Panel("Streams lost", "lines", (f"sum by (venue) (increase(tradewind_md_gaps_total{{{A}}}[1h]))",), legend="{{venue}}", width=12),
))  # fmt: skip

RECONCILIATION = Board("reconciliation", "4 Reconciliation", "Is what we believe what the broker has?", (
    Panel("Last found alike", "stat", (f"time() - tradewind_recon_last_success_timestamp_seconds{{{A}}}",), "s", warn=60, bad=120, width=8),
    Panel("Differences", "stat", (f"tradewind_recon_differences{{{A}}}",), bad=1, width=8),
    Panel("Comparisons", "lines", (f"sum by (result) (rate(tradewind_recon_runs_total{{{A}}}[5m]))",), "ops", legend="{{result}}"),
    Panel("Corrections", "lines", (f"sum by (reason) (increase(tradewind_adjustments_total{{{A}}}[1h]))",), legend="{{reason}}", width=12),
    Panel("Comparisons with differences", "table", ("SELECT at, account, kind, broker FROM monitoring.reconciliations ORDER BY at_ns DESC LIMIT 50",), width=12, database="trading"),
))  # fmt: skip

MARKET = Board("market", "5 Market data", "Do prices come, are they fresh, which are missing?", (
    Panel("Prices", "lines", ("sum by (component, venue, kind) (rate(tradewind_md_events_total[1m]))",), "ops", legend="{{component}} {{venue}} {{kind}}", width=12),
    Panel("Age when applied, p99", "lines", (p99("tradewind_md_event_age_seconds", "venue"),), "s", warn=0.5, bad=1, legend="{{venue}}", width=12),
    Panel("Silent instruments", "lines", (f"tradewind_md_stale_instruments{{{A}}}",), bad=1),
    Panel("Instruments", "stat", (f"tradewind_md_instruments{{{A}}}",)),
    Panel("Newest price", "lines", ("time() - tradewind_md_last_event_timestamp_seconds",), "s", legend="{{component}} {{venue}}"),
    Panel("Not believed", "lines", ("sum by (venue, reason) (rate(tradewind_md_rejected_total[5m]))",), "ops", legend="{{venue}} {{reason}}", width=12),
    Panel("Passed over", "lines", ("sum by (queue, policy) (rate(tradewind_queue_dropped_total[5m]))",), "ops", "Where prices come faster than they are applied, the newest of each is kept.", legend="{{queue}} {{policy}}", width=12),
    Panel("Stored series", "table", ("SELECT symbol, kind, feed, side, count(*) AS series FROM market.series GROUP BY 1, 2, 3, 4 ORDER BY 1",), width=24, database="market"),
))  # fmt: skip

RISK = Board("risk", "9 Risk", "How near is which limit, and what is held?", (
    Panel("Used of each loss limit", "lines", (f"tradewind_risk_limit_usage_ratio{{{A}}}",), "percentunit", "At 100 % it is reached.", 0.8, 1, "{{account}} {{limit}}", 12),
    Panel("Drawdown", "lines", (f"tradewind_drawdown_ratio{{{A}}}",), "percentunit", warn=0.04, bad=0.08, width=12),
    Panel("Held by strategy", "lines", (f"tradewind_position_exposure_ratio{{{A}}}",), "percentunit", "Value of what is open over equity.", legend="{{account}} {{strategy}}", width=12),
    Panel("Strategies", "table", (f"tradewind_strategy_state{{{A}}} == 1",), legend="{{strategy}} {{state}}", width=12),
    Panel("What the gate did", "lines", (f"sum by (result) (increase(tradewind_risk_checks_total{{{A}}}[1h]))",), legend="{{result}}", width=12),
    Panel("Refused, by rule", "table", (f'topk(10, sum by (rule) (increase(tradewind_risk_checks_total{{{A},result!="passed"}}[24h])))',), legend="{{rule}}", width=12),
))  # fmt: skip

BOARDS = (COCKPIT, ORDERS, BROKER, RECONCILIATION, MARKET, RISK)
