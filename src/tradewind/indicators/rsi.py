"""Relative strength index: the share of the rises in all recent movement, 0 to 100.

RSI = 100 G / (G + L), where G and L are Wilder's averages of the rises and of the falls from value to value.
Where nothing moved at all it is 50, so that mirrored prices give the mirrored answer. Source: J. W. Wilder,
New Concepts in Technical Trading Systems (1978), section VI.
"""

import numpy as np

from tradewind.indicators.wilder import WILDER, wilder
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

RSI = record([("seen", "i8"), ("value", "f8"), ("previous", "f8"), ("gain", WILDER), ("loss", WILDER)])


@compiled
def rsi(memory, value, length):
    """Return the relative strength index, 0 to 100.

    NaN until `length + 1` values were seen (`length` changes). A NaN input changes nothing and returns NaN.
    ValueError if `length` is below 1.
    """
    if length < 1:
        raise ValueError("rsi: length must be 1 or more")
    if np.isnan(value):
        return np.nan
    change = value - memory.previous
    memory.previous = value
    memory.seen += 1
    if memory.seen == 1:
        memory.value = np.nan
        return memory.value
    gain = wilder(memory.gain, max(0.0, change), length)
    loss = wilder(memory.loss, -change if change < 0.0 else 0.0, length)
    if gain + loss == 0.0:
        memory.value = 50.0
    else:
        memory.value = 100.0 * gain / (gain + loss)
    return memory.value
