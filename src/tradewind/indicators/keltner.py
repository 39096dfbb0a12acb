"""Keltner channel: an exponential average of the close, and lines some average true ranges above and below.

middle = EMA(n) of the close, upper / lower = middle +- width ATR(n). Source: L. B. Raschke and L. Connors,
Street Smarts (1995), after C. Keltner, How to Make Money in Commodities (1960).
"""

from tradewind.indicators.atr import ATR, atr
from tradewind.indicators.ema import EMA, ema
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

KELTNER = record(
    [
        ("seen", "i8"),
        ("value", "f8"),
        ("upper", "f8"),
        ("middle", "f8"),
        ("lower", "f8"),
        ("average", EMA),
        ("range", ATR),
    ]
)


@compiled
def keltner(memory, high, low, close, length, width):
    """Return the middle of the channel, in price units; `memory.upper`, `.middle` and `.lower` are the lines.

    The middle is NaN until `length` bars were seen, the other lines one bar longer. ValueError if `length` is
    below 1.
    """
    if length < 1:
        raise ValueError("keltner: length must be 1 or more")
    memory.seen += 1
    memory.middle = ema(memory.average, close, length)
    distance = width * atr(memory.range, high, low, close, length)
    memory.upper = memory.middle + distance
    memory.lower = memory.middle - distance
    memory.value = memory.middle
    return memory.value
