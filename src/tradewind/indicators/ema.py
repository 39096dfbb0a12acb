"""Exponential moving average.

EMA = EMA[1] + alpha (v - EMA[1]) with alpha = 2 / (n + 1), seeded with the mean of the first n values.
Filters wait for 4n values, until the seed has faded: `seen >= 4 * n` (domain 2.1 rule 10 and 2.2). Source: J.
Murphy, Technical Analysis of the Financial Markets (1999), ch. 9.
"""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

EMA = record([("seen", "i8"), ("value", "f8"), ("total", "f8")])


@compiled(inline=True)
def ema(memory, value, length):
    """Return the exponential average of the values, in their unit.

    NaN until `length` values were seen; settled when `memory.seen >= 4 * length`. A NaN input changes nothing
    and returns NaN. ValueError if `length` is below 1.
    """
    if length < 1:
        raise ValueError("ema: length must be 1 or more")
    if np.isnan(value):
        return np.nan
    memory.seen += 1
    if memory.seen > length:
        memory.value += (value - memory.value) * (2.0 / (length + 1))
        return memory.value
    memory.total += value
    memory.value = memory.total / length if memory.seen == length else np.nan
    return memory.value
