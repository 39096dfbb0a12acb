"""Average true range: Wilder's average of the true range.

The first bar has no true range, so the seed is the mean of bars 2 to n + 1. Filters wait for 100 bars (domain
2.1 rule 10): `seen >= 100`. Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978), section
III.
"""

from tradewind.indicators.true_range import TRUE_RANGE, true_range
from tradewind.indicators.wilder import WILDER, wilder
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

ATR = record([("seen", "i8"), ("value", "f8"), ("range", TRUE_RANGE), ("average", WILDER)])


@compiled
def atr(memory, high, low, close, length):
    """Return the average true range, in price units.

    NaN until `length + 1` bars were seen. ValueError if `length` is below 1.
    """
    if length < 1:
        raise ValueError("atr: length must be 1 or more")
    memory.seen += 1
    memory.value = wilder(memory.average, true_range(memory.range, high, low, close), length)
    return memory.value
