"""Wilder's smoothing: an exponential average with alpha = 1 / n.

W = W[1] + (v - W[1]) / n, seeded with the mean of the first n values. Source: J. W. Wilder, New Concepts in
Technical Trading Systems (1978), section III. For n = 14 the seed has faded after 100 values (domain 2.1 rule
10).
"""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

WILDER = record([("seen", "i8"), ("value", "f8"), ("total", "f8")])


@compiled
def wilder(memory, value, length):
    """Return Wilder's average of the values, in their unit.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is below 1.
    """
    if length < 1:
        raise ValueError("wilder: length must be 1 or more")
    if np.isnan(value):
        return np.nan
    memory.seen += 1
    if memory.seen > length:
        memory.value += (value - memory.value) / length
        return memory.value
    memory.total += value
    memory.value = memory.total / length if memory.seen == length else np.nan
    return memory.value
