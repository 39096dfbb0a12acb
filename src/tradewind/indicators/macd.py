"""Moving average convergence / divergence: a fast average less a slow one, and the average of that.

MACD = EMA(fast) - EMA(slow), signal = EMA(signal) of the MACD, histogram = MACD - signal. Each average starts
by itself at the first value and the signal at the first MACD. Source: G. Appel, Technical Analysis: Power
Tools for Active Investors (2005).
"""

import numpy as np

from tradewind.indicators.ema import EMA, ema
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

MACD = record(
    [
        ("seen", "i8"),
        ("value", "f8"),
        ("signal", "f8"),
        ("histogram", "f8"),
        ("fast", EMA),
        ("slow", EMA),
        ("average", EMA),
    ]
)


@compiled
def macd(memory, value, fast, slow, signal):
    """Return the MACD line, in the values' unit; `memory.signal` and `memory.histogram` go with it.

    The line is NaN until the longer of `fast` and `slow` was seen, the other two until `signal` lines were. A
    NaN input changes nothing and returns NaN. ValueError if a length is below 1.
    """
    if fast < 1 or slow < 1 or signal < 1:
        raise ValueError("macd: fast, slow and signal must be 1 or more")
    if np.isnan(value):
        return np.nan
    line = ema(memory.fast, value, fast) - ema(memory.slow, value, slow)
    memory.seen = memory.fast.seen
    memory.value = line
    memory.signal = ema(memory.average, line, signal)
    memory.histogram = line - memory.signal
    return memory.value
