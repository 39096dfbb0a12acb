"""Donchian channel: the highest high and the lowest low of the last n bars, and their middle.

The newest bar is part of the channel, so a close can never lie outside it: read `memory.upper` *before*
updating for the breakout level of the n bars before. Source: R. Donchian, "Trend-Following Methods in
Commodity Price Analysis", Commodity Year Book (1957); C. Faith, Way of the Turtle (2007).
"""

from functools import cache

from tradewind.indicators.extremes import highest, highest_record, lowest, lowest_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def donchian_record(capacity):
    """Return the dtype of a Donchian channel whose length may be up to `capacity`."""
    outputs = [("value", "f8"), ("upper", "f8"), ("middle", "f8"), ("lower", "f8")]
    return record([("seen", "i8"), *outputs, ("highs", highest_record(capacity)), ("lows", lowest_record(capacity))])


DONCHIAN = donchian_record(256)


@compiled
def donchian(memory, high, low, length):
    """Return the middle of the channel, in price units; `memory.upper`, `.middle` and `.lower` are the lines.

    NaN until `length` bars were seen. ValueError if `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.highs.values):
        raise ValueError("donchian: length must be 1 to the capacity; enlarge it with donchian_record")
    memory.seen += 1
    memory.upper = highest(memory.highs, high, length)
    memory.lower = lowest(memory.lows, low, length)
    memory.middle = (memory.upper + memory.lower) / 2.0
    memory.value = memory.middle
    return memory.value
