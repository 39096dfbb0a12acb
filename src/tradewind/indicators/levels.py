"""Levels of the period before: open, high, low and close of the last completed day, week or session.

A period is any number that changes with it: a trading date, a week's number, a session's open. The bar that
brings a new number completes the period before; `open`, `high`, `low` and `close` are the running period's
own, *partial* ones. After a period's last bar and before the next period's first, the running fields are the
finished period's. If the first period was joined in its middle, so are its levels. Source: domain 2.1 rule 4
and 2.2.
"""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

LEVELS = record(
    [
        ("seen", "i8"),
        ("value", "f8"),        # the previous close
        ("period", "i8"),
        ("completed", "i8"),    # periods completed
        ("open", "f8"),         # the running period
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("previous_open", "f8"),
        ("previous_high", "f8"),
        ("previous_low", "f8"),
        ("previous_close", "f8"),
    ]
)  # fmt: skip


@compiled
def levels(memory, opening, high, low, close, period):
    """Return the previous period's close, in price units.

    `memory.previous_open`, `.previous_high` and `.previous_low` go with it. NaN until the period has changed
    once.
    """
    if memory.seen == 0:
        memory.previous_open = memory.previous_high = memory.previous_low = memory.previous_close = np.nan
    elif period != memory.period:
        memory.completed += 1
        memory.previous_open = memory.open
        memory.previous_high = memory.high
        memory.previous_low = memory.low
        memory.previous_close = memory.close
    if memory.seen == 0 or period != memory.period:
        memory.period = period
        memory.open = opening
        memory.high = high
        memory.low = low
    memory.seen += 1
    memory.high = max(memory.high, high)
    memory.low = min(memory.low, low)
    memory.close = close
    memory.value = memory.previous_close
    return memory.value
