"""Simple moving average: the mean of the last n values.

SMA = (v[0] + ... + v[n-1]) / n. The sum is exact for integer ticks; for other floats it is added up afresh
every n values, so it does not drift. Source: J. Murphy, Technical Analysis of the Financial Markets (1999),
ch. 9.
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def sma_record(capacity):
    """Return the dtype of an SMA whose length may be up to `capacity`."""
    return record([("seen", "i8"), ("value", "f8"), ("total", "f8"), ("place", "i8"), ("values", "f8", (capacity,))])


SMA = sma_record(256)


@compiled(inline=True)
def sma(memory, value, length):
    """Return the mean of the last `length` values, in their unit.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("sma: length must be 1 to the capacity; enlarge it with sma_record")
    if np.isnan(value):
        return np.nan
    memory.total += value - remember(memory, value, length)
    if memory.place == 0:
        memory.total = 0.0
        for place in range(length):
            memory.total += memory.values[place]
    memory.value = memory.total / length if memory.seen >= length else np.nan
    return memory.value
