"""Slow stochastic: where the close lies between the extremes of the last n bars, 0 to 100, smoothed.

fast %K = 100 (C - lowest low) / (highest high - lowest low), 50 where they are equal; slow %K = SMA(smooth)
of that; slow %D = SMA(smooth) of slow %K. Source: G. Lane, "Lane's Stochastics", Technical Analysis of Stocks
& Commodities 2:3 (1984), where both are smoothed by 3.
"""

from functools import cache

from tradewind.indicators.extremes import highest, highest_record, lowest, lowest_record
from tradewind.indicators.sma import sma, sma_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def stochastic_record(capacity):
    """Return the dtype of a stochastic whose length and smoothing may each be up to `capacity`."""
    windows = [("highs", highest_record(capacity)), ("lows", lowest_record(capacity))]
    averages = [("fast", sma_record(capacity)), ("slow", sma_record(capacity))]
    return record([("seen", "i8"), ("value", "f8"), ("k", "f8"), ("d", "f8"), *windows, *averages])


STOCHASTIC = stochastic_record(256)


@compiled
def stochastic(memory, high, low, close, length, smooth):
    """Return slow %K, 0 to 100; `memory.k` and `memory.d` are slow %K and slow %D.

    %K is NaN until `length + smooth - 1` bars were seen, %D `smooth - 1` longer. ValueError if `length` or
    `smooth` is outside 1 to the capacity.
    """
    capacity = len(memory.highs.values)
    if length < 1 or length > capacity or smooth < 1 or smooth > capacity:
        raise ValueError("stochastic: lengths must be 1 to the capacity; enlarge it with stochastic_record")
    memory.seen += 1
    top = highest(memory.highs, high, length)
    bottom = lowest(memory.lows, low, length)
    fast = 50.0 if top == bottom else 100.0 * (close - bottom) / (top - bottom)
    memory.k = sma(memory.fast, fast, smooth)
    memory.d = sma(memory.slow, memory.k, smooth)
    memory.value = memory.k
    return memory.value
