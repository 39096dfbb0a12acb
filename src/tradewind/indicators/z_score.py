"""z-score: how many standard deviations the newest value lies above the mean of the last n, itself included.

z = (v - mean) / sd, population standard deviation; 0 where all n values are equal. Source: any statistics
text, e.g. D. Freedman, R. Pisani, R. Purves, Statistics (2007), ch. 5 ("standard units").
"""

from functools import cache

import numpy as np

from tradewind.indicators.standard_deviation import standard_deviation, standard_deviation_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def z_score_record(capacity):
    """Return the dtype of a z-score whose length may be up to `capacity`."""
    return record([("seen", "i8"), ("value", "f8"), ("deviation", standard_deviation_record(capacity))])


Z_SCORE = z_score_record(256)


@compiled
def z_score(memory, value, length):
    """Return the z-score of `value` among the last `length` values, a pure number.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.deviation.values):
        raise ValueError("z_score: length must be 1 to the capacity; enlarge it with z_score_record")
    if np.isnan(value):
        return np.nan
    deviation = standard_deviation(memory.deviation, value, length)
    memory.seen = memory.deviation.seen
    if deviation == 0.0:
        memory.value = 0.0
    else:
        memory.value = (value - memory.deviation.average) / deviation
    return memory.value
