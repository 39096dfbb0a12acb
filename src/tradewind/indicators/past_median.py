"""Median of the n values strictly before the newest: the baseline a finished session is measured against.

MedR20(S) is `past_median(memory, range, 20)`, called once for each *valid* instance of block S when it is
complete: the answer leaves out the instance itself (domain 2.1 rule 4, 2.2). `memory.following` is the median
with the newest value included, which is the answer the next call will give. An even n takes the mean of the
middle two. Source: domain 2.2.
"""

from functools import cache

import numpy as np

from tradewind.indicators.median import median
from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def past_median_record(capacity):
    """Return the dtype of a past median whose length may be up to `capacity`."""
    windows = [("place", "i8"), ("values", "f8", (capacity,)), ("room", "f8", (capacity,))]
    return record([("seen", "i8"), ("value", "f8"), ("following", "f8"), *windows])


PAST_MEDIAN = past_median_record(256)


@compiled
def past_median(memory, value, length):
    """Return the median of the `length` values before `value`, in their unit.

    `memory.following` includes it. NaN until `length + 1` values were seen, `following` until `length`. A NaN
    input changes nothing and returns NaN. ValueError if `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("past_median: length must be 1 to the capacity; enlarge it with past_median_record")
    if np.isnan(value):
        return np.nan
    memory.value = memory.following if memory.seen >= length else np.nan
    remember(memory, value, length)
    memory.following = median(memory.values, length, memory.room) if memory.seen >= length else np.nan
    return memory.value
