"""What the journals say, as tables for people and screens: orders, fills, trades, positions, equity, alerts.

The journal is the truth; these tables follow it and may be wiped at any time. Commits come in order, each once: a row
for each account says which was the last, and is changed in the same transaction as the tables, so that a commit that
comes again changes nothing, and one that is left out is noticed. Every row's key follows from the journal alone.

`taking.py` reads rows and notes, `orders.py` and `positions.py` follow orders and positions, `picture.py` is what one
commit needs to know of those before, `store.py` speaks SQL: PostgreSQL's and SQLite's.
"""

from tradewind.adapters.projection.projecting import MissingCommits, beat, project, project_all, projected, wipe

__all__ = ["MissingCommits", "beat", "project", "project_all", "projected", "wipe"]
