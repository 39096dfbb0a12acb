"""Commodity channel index: how far the typical price lies from its mean, in units of its usual distance.

typical = (H + L + C) / 3; CCI = (typical - mean) / (0.015 mean absolute deviation), over the last n bars; 0
where they are all equal. An update costs O(n). Source: D. Lambert, "Commodity Channel Index: Tool for Trading
Cyclic Trends", Commodities (October 1980).
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def cci_record(capacity):
    """Return the dtype of a CCI whose length may be up to `capacity`."""
    return record([("seen", "i8"), ("value", "f8"), ("place", "i8"), ("values", "f8", (capacity,))])


CCI = cci_record(256)


@compiled
def cci(memory, high, low, close, length):
    """Return the commodity channel index, a pure number, mostly within -100 to 100.

    NaN until `length` bars were seen. ValueError if `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("cci: length must be 1 to the capacity; enlarge it with cci_record")
    typical = (high + low + close) / 3.0
    remember(memory, typical, length)
    if memory.seen < length:
        memory.value = np.nan
        return memory.value
    above = 0.0
    for place in range(length):
        above += typical - memory.values[place]
    above /= length
    distance = 0.0
    for place in range(length):
        distance += abs(memory.values[place] - typical + above)
    memory.value = above / (0.015 * distance / length) if distance > 0.0 else 0.0
    return memory.value
