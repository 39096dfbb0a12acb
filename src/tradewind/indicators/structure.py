"""Market structure: whether the last two confirmed highs and the last two lows rise or fall together.

+1 if both pairs rise, -1 if both fall, else 0 (domain 2.2 T3, with `wing` = 2). Source: C. Dow's definition
of a trend, in R. Edwards and J. Magee, Technical Analysis of Stock Trends (1948), ch. 3.
"""

from functools import cache

from tradewind.indicators.swings import swings, swings_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def structure_record(capacity):
    """Return the dtype of a market structure whose swings have up to `capacity` bars on either side."""
    return record([("seen", "i8"), ("value", "f8"), ("swings", swings_record(capacity))])


STRUCTURE = structure_record(16)


@compiled
def structure(memory, high, low, wing):
    """Return +1 in a rising structure, -1 in a falling one, else 0.

    0, not NaN, until two swing highs and two swing lows are confirmed. `memory.swings` has the swings
    themselves. ValueError if `wing` is outside 1 to the capacity.
    """
    swings(memory.swings, high, low, wing)
    memory.seen = memory.swings.seen
    points = memory.swings
    memory.value = 0.0
    if points.high > points.previous_high and points.low > points.previous_low:
        memory.value = 1.0
    elif points.high < points.previous_high and points.low < points.previous_low:
        memory.value = -1.0
    return memory.value
