"""Linearly weighted moving average: the newest of n values weighs n, the oldest 1.

WMA = (1 v[oldest] + ... + n v[newest]) / (n (n + 1) / 2). Both running sums are exact for integer ticks and
are added up afresh every n values. Source: J. Murphy, Technical Analysis of the Financial Markets (1999), ch.
9.
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def wma_record(capacity):
    """Return the dtype of a WMA whose length may be up to `capacity`."""
    fields = [
        ("seen", "i8"),
        ("value", "f8"),
        ("total", "f8"),
        ("weighted", "f8"),
        ("place", "i8"),
        ("values", "f8", (capacity,)),
    ]
    return record(fields)


WMA = wma_record(256)


@compiled
def wma(memory, value, length):
    """Return the linearly weighted mean of the last `length` values, in their unit.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("wma: length must be 1 to the capacity; enlarge it with wma_record")
    if np.isnan(value):
        return np.nan
    if memory.seen < length:
        memory.weighted += (memory.seen + 1) * value
    else:
        memory.weighted += length * value - memory.total
    memory.total += value - remember(memory, value, length)
    if memory.place == 0:
        memory.total = 0.0
        memory.weighted = 0.0
        for place in range(length):
            memory.total += memory.values[place]
            memory.weighted += (place + 1) * memory.values[place]
    memory.value = memory.weighted / (length * (length + 1) / 2) if memory.seen >= length else np.nan
    return memory.value
