"""Bollinger bands: the mean of the last n values, and lines some standard deviations above and below.

middle = SMA(n), upper / lower = middle +- width sd(n), population standard deviation. Source: J. Bollinger,
Bollinger on Bollinger Bands (2001).
"""

from functools import cache

import numpy as np

from tradewind.indicators.standard_deviation import standard_deviation, standard_deviation_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def bollinger_record(capacity):
    """Return the dtype of Bollinger bands whose length may be up to `capacity`."""
    outputs = [("value", "f8"), ("upper", "f8"), ("middle", "f8"), ("lower", "f8")]
    return record([("seen", "i8"), *outputs, ("deviation", standard_deviation_record(capacity))])


BOLLINGER = bollinger_record(256)


@compiled
def bollinger(memory, value, length, width):
    """Return the middle band, in the values' unit; `memory.upper`, `.middle` and `.lower` are the bands.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.deviation.values):
        raise ValueError("bollinger: length must be 1 to the capacity; enlarge it with bollinger_record")
    if np.isnan(value):
        return np.nan
    deviation = standard_deviation(memory.deviation, value, length)
    memory.seen = memory.deviation.seen
    memory.middle = memory.deviation.average
    memory.upper = memory.middle + width * deviation
    memory.lower = memory.middle - width * deviation
    memory.value = memory.middle
    return memory.value
