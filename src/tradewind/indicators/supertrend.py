"""Supertrend: a line that trails price by some average true ranges and changes side when a close crosses it.

The bands are (H + L) / 2 +- width ATR(n). The upper band may only fall while closes stay below it, the lower
only rise while closes stay above it. Direction turns +1 when a close exceeds the upper band and -1 when one
falls below the lower; the line is the band behind the price. Until the first such close there is no direction
(0) and no line: others start with a side of their own choice, and agree from the first turn on. Source: O.
Seban, the formula as published with TradingView's ta.supertrend.
"""

import numpy as np

from tradewind.indicators.atr import ATR, atr
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

SUPERTREND = record(
    [
        ("seen", "i8"),
        ("value", "f8"),
        ("direction", "i8"),    # +1 up, -1 down, 0 not yet known
        ("upper", "f8"),
        ("lower", "f8"),
        ("previous", "f8"),     # the last close
        ("range", ATR),
    ]
)  # fmt: skip


@compiled
def supertrend(memory, high, low, close, length, width):
    """Return the supertrend line, in price units; `memory.direction` is +1, -1, or 0 while unknown.

    NaN until `length + 1` bars were seen and a close has crossed a band. ValueError if `length` is below 1.
    """
    if length < 1:
        raise ValueError("supertrend: length must be 1 or more")
    distance = width * atr(memory.range, high, low, close, length)
    upper = (high + low) / 2.0 + distance
    lower = (high + low) / 2.0 - distance
    if memory.seen > length:
        if upper > memory.upper and memory.previous <= memory.upper:
            upper = memory.upper
        if lower < memory.lower and memory.previous >= memory.lower:
            lower = memory.lower
    if memory.direction <= 0 and close > upper:
        memory.direction = 1
    elif memory.direction >= 0 and close < lower:
        memory.direction = -1
    memory.seen += 1
    memory.upper = upper
    memory.lower = lower
    memory.previous = close
    memory.value = np.nan
    if memory.direction > 0:
        memory.value = lower
    elif memory.direction < 0:
        memory.value = upper
    return memory.value
