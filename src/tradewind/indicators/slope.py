"""Slope of the straight line that fits the last n values best, by least squares.

slope = (n Sxy - Sx Sy) / (n Sxx - Sx ** 2) with x = 0 for the oldest value. The sums are of deviations from a
nearby value and are added up afresh every n values: exact for integer ticks, no drift for other floats.
Source: W. Press et al., Numerical Recipes (2007), 15.2.
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def slope_record(capacity):
    """Return the dtype of a slope whose length may be up to `capacity`."""
    sums = [("shift", "f8"), ("total", "f8"), ("weighted", "f8")]
    return record([("seen", "i8"), ("value", "f8"), *sums, ("place", "i8"), ("values", "f8", (capacity,))])


SLOPE = slope_record(256)


@compiled
def slope(memory, value, length):
    """Return the slope of the fitted line over the last `length` values, in their unit per step.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 2 to the capacity.
    """
    if length < 2 or length > len(memory.values):
        raise ValueError("slope: length must be 2 to the capacity; enlarge it with slope_record")
    if np.isnan(value):
        return np.nan
    if memory.seen == 0:
        memory.shift = value
    entering = value - memory.shift
    if memory.seen < length:
        memory.weighted += memory.seen * entering
        memory.total += entering
        remember(memory, value, length)
    else:
        kept = memory.total - (remember(memory, value, length) - memory.shift)
        memory.weighted += (length - 1) * entering - kept
        memory.total = kept + entering
    if memory.place == 0:
        memory.shift = value
        memory.total = 0.0
        memory.weighted = 0.0
        for place in range(length):
            memory.total += memory.values[place] - value
            memory.weighted += place * (memory.values[place] - value)
    if memory.seen < length:
        memory.value = np.nan
        return memory.value
    places = length * (length - 1) / 2
    memory.value = (memory.weighted - memory.total * places / length) / (length * (length * length - 1.0) / 12.0)
    return memory.value
