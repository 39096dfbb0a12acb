"""Standard deviation of the last n values, of the population (divided by n, not n - 1).

sd = sqrt(n S2 - S1 ** 2) / n with S1 and S2 the sums of the deviations, and of their squares, from a nearby
value. The nearby value is the newest of each completed lap of n values, and the sums are added up afresh
there: integer ticks are exact, other floats never drift, and prices far from zero lose nothing.
`memory.average` is the mean. Source: D. Knuth, The Art of Computer Programming 2 (1997), 4.2.2, on why not to
use raw squares; domain 2.6.
"""

from functools import cache

import numpy as np

from tradewind.indicators.window import remember
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def standard_deviation_record(capacity):
    """Return the dtype of a standard deviation whose length may be up to `capacity`."""
    return record(
        [
            ("seen", "i8"),
            ("value", "f8"),
            ("average", "f8"),
            ("shift", "f8"),
            ("total", "f8"),
            ("squares", "f8"),
            ("place", "i8"),
            ("values", "f8", (capacity,)),
        ]
    )


STANDARD_DEVIATION = standard_deviation_record(256)


@compiled
def standard_deviation(memory, value, length):
    """Return the population standard deviation of the last `length` values, in their unit.

    It and `memory.average` are NaN until `length` values were seen. A NaN input changes nothing and returns
    NaN. ValueError if `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.values):
        raise ValueError(
            "standard_deviation: length must be 1 to the capacity; enlarge it with standard_deviation_record"
        )
    if np.isnan(value):
        return np.nan
    if memory.seen == 0:
        memory.shift = value
    full = memory.seen >= length
    leaving = remember(memory, value, length) - memory.shift
    entering = value - memory.shift
    memory.total += entering - leaving if full else entering
    memory.squares += entering * entering - leaving * leaving if full else entering * entering
    if memory.place == 0:
        start_lap(memory, value, length)
    if memory.seen < length:
        memory.average = memory.value = np.nan
        return memory.value
    memory.average = memory.shift + memory.total / length
    spread = length * memory.squares - memory.total * memory.total
    memory.value = np.sqrt(spread) / length if spread > 0.0 else 0.0
    return memory.value


@compiled
def start_lap(memory, shift, length):
    """The sums of the window are added up afresh, as deviations from `shift`."""
    memory.shift = shift
    memory.total = 0.0
    memory.squares = 0.0
    for place in range(length):
        deviation = memory.values[place] - shift
        memory.total += deviation
        memory.squares += deviation * deviation
