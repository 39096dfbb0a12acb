"""What is known of an account before a commit, and what the commit changes.

Only what still lives is kept: orders that may yet change with all their versions, positions, and how many rows of each
log went before, which numbers those that have no number of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradewind.adapters.uuid7 import uuid7

Row = dict[str, Any]
KEYS: Mapping[str, tuple[str, ...]] = {
    "trading.accounts": ("name",),
    "trading.account_instruments": ("account", "number"),
    "trading.strategies": ("account", "number"),
    "trading.orders": ("account", "client_id", "version"),
    "trading.fills": ("account", "execution"),
    "trading.positions": ("account", "strategy", "instrument"),
    "trading.trades": ("account", "number"),
    "analytics.equity": ("account", "number"),
    "analytics.signals": ("account", "number"),
    "analytics.gates": ("account", "number"),
    "monitoring.alerts": ("source", "number"),
    "monitoring.audit": ("source", "number"),
    "monitoring.risk_actions": ("account", "number"),
    "monitoring.data_quality": ("source", "number"),
    "monitoring.reconciliations": ("account", "number"),
}
"""Every table of a journal in the order in which they are written, and what makes a row of it the same row."""
CHANGING = ("trading.accounts", "trading.account_instruments", "trading.strategies", "trading.orders",
            "trading.positions")  # fmt: skip
"""Tables whose rows are written anew; the others' rows are written once."""


@dataclass
class Picture:
    """An account between two commits."""

    account: str
    commit: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """Rows of each log before."""
    row: Row = field(default_factory=dict)
    """Its row of trading.accounts; empty before its first commit."""
    orders: dict[int, list[Row]] = field(default_factory=dict)
    """Living orders by the kernel's number: all their versions, oldest first."""
    positions: dict[tuple[int, int], Row] = field(default_factory=dict)
    changes: dict[str, dict[tuple[Any, ...], Row]] = field(default_factory=dict)
    """Rows to be written, by table and key; the last one counts."""

    def put(self, table: str, ns: int, row: Row) -> Row:
        """The row will be written; it has its key from now on."""
        key = tuple(row[name] for name in KEYS[table])
        if "id" not in row:
            row["id"] = str(uuid7(f"{table} {key}", ns))
        self.changes.setdefault(table, {})[key] = row
        return row

    def number(self, log: str, rows: int) -> int:
        """Return the place in its log of the first of so many rows, from 1, and count them."""
        before = self.counts.get(log, 0)
        self.counts[log] = before + rows
        return before + 1


def picture_of(
    account: str,
    watermark: tuple[int, dict[str, int]],
    *,
    row: Row | None,
    orders: Sequence[Row],
    positions: Sequence[Row],
) -> Picture:
    """Return the picture that the tables show: orders are the versions of all that live, oldest first."""
    picture = Picture(account, watermark[0], dict(watermark[1]), row or {})
    for one in orders:
        picture.orders.setdefault(int(one["number"]), []).append(one)
    picture.positions = {(int(one["strategy"]), int(one["instrument"])): one for one in positions}
    return picture
