"""Which happening at the broker is which event: one row each, so that nothing is ever applied a second time."""

from typing import Any

import numpy as np

from tradewind.broker import Report
from tradewind.ports import Rows

EXECUTION = np.dtype(
    [
        ("number", "i8"),        # of the event it became; 0 where it changed nothing
        ("order", "i8"),         # the kernel's number; 0 where the order is not ours
        ("occurred", "i8"),      # ns UTC by the broker's clock
        ("realised", "i8"),      # minor units, as booked by the broker
        ("kind", "i2"),
        ("instrument", "i2"),
        ("strategy", "i2"),
        ("side", "i2"),
        ("quantity", "i8"),
        ("price", "i8"),
        ("amount", "i8"),
        ("id", "S32"),
        ("execution", "S64"),
        ("broker_order", "S48"),
        ("position", "S48"),
        ("text", "S96"),
    ]
)  # fmt: skip
"""One row of the log of executions."""


def execution_row(report: Report, number: int, order: int, strategy: int) -> Rows:
    """Return the row of a report."""
    row = np.zeros(1, EXECUTION)
    row["number"], row["order"], row["strategy"] = number, order, strategy
    for name in ("occurred", "realised", "kind", "instrument", "side", "quantity", "price", "amount"):
        row[name] = getattr(report, name)
    for name in ("id", "execution", "broker_order", "position", "text"):
        row[name] = getattr(report, name).encode("ascii", "replace")
    return row


def text_of(value: Any) -> str:
    """Return a text field of a row."""
    return bytes(value).decode("ascii")
