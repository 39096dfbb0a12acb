"""Rate of change: by how many per cent the newest value exceeds the one n steps before.

ROC = 100 (v / v[n] - 1). Source: J. Murphy, Technical Analysis of the Financial Markets (1999), ch. 10.
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def roc_record(capacity):
    """Return the dtype of a rate of change whose length may be up to `capacity`."""
    return record([("seen", "i8"), ("value", "f8"), ("place", "i8"), ("values", "f8", (capacity,))])


ROC = roc_record(256)


@compiled
def roc(memory, value, length):
    """Return the change of `value` against the one `length` steps before, in per cent.

    NaN until `length + 1` values were seen, and where the old value is 0. A NaN input changes nothing and
    returns NaN. ValueError if `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("roc: length must be 1 to the capacity; enlarge it with roc_record")
    if np.isnan(value):
        return np.nan
    old = remember(memory, value, length)
    memory.value = 100.0 * ((value - old) / old) if memory.seen > length and old != 0.0 else np.nan
    return memory.value
