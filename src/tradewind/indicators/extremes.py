"""The highest and the lowest of the last n values.

A queue holds, oldest first, only the values that can still become the extreme: each new value throws out
those behind which it puts an end to, so an update costs O(1) on average. Read `memory.value` before updating
for the extreme of the n values *before* this one ("close > max of the previous N highs"). Source: D. Lemire,
"Streaming maximum-minimum filter using no more than three comparisons per element", Nordic Journal of
Computing 13 (2006).
"""

from functools import cache

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def highest_record(capacity):
    """Return the dtype of a highest value whose length may be up to `capacity`."""
    queue = [("front", "i8"), ("held", "i8"), ("values", "f8", (capacity,)), ("numbers", "i8", (capacity,))]
    return record([("seen", "i8"), ("value", "f8"), *queue])


@cache
def lowest_record(capacity):
    """Return the dtype of a lowest value whose length may be up to `capacity`."""
    return highest_record(capacity)


HIGHEST = highest_record(256)
LOWEST = lowest_record(256)


@compiled
def extreme(memory, value, length, side):
    """`value` is in the queue and `memory.value` is the highest (`side` 1) or lowest (`side` -1) value."""
    capacity = len(memory.values)
    while memory.held > 0 and side * memory.values[(memory.front + memory.held - 1) % capacity] <= side * value:
        memory.held -= 1
    if memory.held > 0 and memory.numbers[memory.front] <= memory.seen - length:
        memory.front = (memory.front + 1) % capacity
        memory.held -= 1
    end = (memory.front + memory.held) % capacity
    memory.values[end] = value
    memory.numbers[end] = memory.seen
    memory.held += 1
    memory.seen += 1
    memory.value = memory.values[memory.front] if memory.seen >= length else np.nan


@compiled
def highest(memory, value, length):
    """Return the highest of the last `length` values, in their unit.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("highest: length must be 1 to the capacity; enlarge it with highest_record")
    if np.isnan(value):
        return np.nan
    extreme(memory, value, length, 1)
    return memory.value


@compiled
def lowest(memory, value, length):
    """Return the lowest of the last `length` values, in their unit.

    NaN until `length` values were seen. A NaN input changes nothing and returns NaN. ValueError if `length`
    is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError("lowest: length must be 1 to the capacity; enlarge it with lowest_record")
    if np.isnan(value):
        return np.nan
    extreme(memory, value, length, -1)
    return memory.value
