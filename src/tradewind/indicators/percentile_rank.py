"""Percentile rank: the share of the n values before the newest that are not above it, 0 to 100.

rank = 100 count(v[i] <= v[0], i = 1 ... n) / n. An update costs O(n). Source: TradingView's ta.percentrank,
"the percent of how many previous values was less than or equal to the current value".
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def percentile_rank_record(capacity):
    """Return the dtype of a percentile rank whose length may be up to `capacity`."""
    return record([("seen", "i8"), ("value", "f8"), ("place", "i8"), ("values", "f8", (capacity,))])


PERCENTILE_RANK = percentile_rank_record(256)


@compiled
def percentile_rank(memory, value, length):
    """Return the per cent of the `length` values before `value` that are not above it, 0 to 100.

    NaN until `length + 1` values were seen. A NaN input changes nothing and returns NaN. ValueError if
    `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("percentile_rank: length must be 1 to the capacity; enlarge it with percentile_rank_record")
    if np.isnan(value):
        return np.nan
    below = 0
    for place in range(length):
        if memory.values[place] <= value:
            below += 1
    memory.value = 100.0 * below / length if memory.seen >= length else np.nan
    remember(memory, value, length)
    return memory.value
