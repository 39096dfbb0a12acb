"""Swing points: bars whose high (low) stands out from the k bars on either side, known k bars late.

A swing high is above all k highs before it and not below any of the k after it, so of equal neighbours the
first counts and there is one; a swing low is the mirror image. Nothing is known before the bar `k` bars later
has closed (domain 2.1 rule 6): the update that returns a swing is that moment. Source: B. Williams, Trading
Chaos (1995), "fractals" (k = 2); domain 2.2 T3.
"""

from functools import cache

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def swings_record(capacity):
    """Return the dtype of swing points with up to `capacity` bars on either side."""
    return record(
        [
            ("seen", "i8"),
            ("value", "f8"),
            ("high", "f8"),             # the last confirmed swing high, NaN while there is none
            ("previous_high", "f8"),    # the one before
            ("low", "f8"),
            ("previous_low", "f8"),
            ("high_count", "i8"),       # swing highs so far
            ("low_count", "i8"),
            ("high_bar", "i8"),         # number of the bar of the last swing high; the first bar is 1
            ("low_bar", "i8"),
            ("new_high", "i8"),         # 1 where the last update confirmed a swing high
            ("new_low", "i8"),
            ("highs", "f8", (2 * capacity + 1,)),
            ("lows", "f8", (2 * capacity + 1,)),
        ]
    )  # fmt: skip


SWINGS = swings_record(16)


@compiled
def stands_out(values, middle, wing, side):
    """Return 1 if the value at `middle` of the ring stands out upward (`side` 1) or downward (-1), else 0."""
    span = 2 * wing + 1
    peak = side * values[middle]
    for step in range(1, wing + 1):
        if side * values[(middle - step) % span] >= peak or side * values[(middle + step) % span] > peak:
            return 0
    return 1


@compiled
def swings(memory, high, low, wing):
    """Return +1 if this bar confirmed a swing high, -1 for a swing low, 0 for neither or both.

    `memory.new_high` and `.new_low` tell both apart; `memory.high`, `.previous_high`, `.low` and
    `.previous_low` are the last two confirmed swings in price units, NaN while there are none. ValueError if
    `wing` is outside 1 to the capacity.
    """
    span = 2 * wing + 1
    if wing < 1 or span > len(memory.highs):
        raise ValueError("swings: wing must be 1 to the capacity; enlarge it with swings_record")
    if memory.seen == 0:
        memory.high = memory.previous_high = memory.low = memory.previous_low = np.nan
    memory.highs[memory.seen % span] = high
    memory.lows[memory.seen % span] = low
    memory.seen += 1
    memory.new_high = memory.new_low = 0
    if memory.seen >= span:
        middle = (memory.seen - 1 - wing) % span
        memory.new_high = stands_out(memory.highs, middle, wing, 1)
        memory.new_low = stands_out(memory.lows, middle, wing, -1)
        if memory.new_high:
            memory.previous_high = memory.high
            memory.high = memory.highs[middle]
            memory.high_count += 1
            memory.high_bar = memory.seen - wing
        if memory.new_low:
            memory.previous_low = memory.low
            memory.low = memory.lows[middle]
            memory.low_count += 1
            memory.low_bar = memory.seen - wing
    memory.value = memory.new_high - memory.new_low
    return memory.value
