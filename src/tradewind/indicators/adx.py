"""Average directional index: how strongly price trends, whichever way; +DI and -DI say which way.

+DM = rise of the high where it exceeds the fall of the low, else 0; -DM mirrored. +DI = 100 W(+DM) / W(TR),
-DI likewise; DX = 100 |+DI - -DI| / (+DI + -DI); ADX = W(DX), all with Wilder's average W seeded by the mean
of the first n. Where nothing moved +DI, -DI and DX are 0. Source: J. W. Wilder, New Concepts in Technical
Trading Systems (1978), section IV. Filters wait for 100 bars at n = 14 (domain 2.1 rule 10).
"""

import numpy as np

from tradewind.indicators.true_range import TRUE_RANGE, true_range
from tradewind.indicators.wilder import WILDER, wilder
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

ADX = record(
    [
        ("seen", "i8"),
        ("value", "f8"),
        ("plus", "f8"),         # +DI, 0 to 100
        ("minus", "f8"),        # -DI, 0 to 100
        ("high", "f8"),
        ("low", "f8"),
        ("range", TRUE_RANGE),
        ("ranges", WILDER),
        ("rises", WILDER),
        ("falls", WILDER),
        ("strength", WILDER),
    ]
)  # fmt: skip


@compiled
def adx(memory, high, low, close, length):
    """Return the ADX, 0 to 100; `memory.plus` and `memory.minus` are +DI and -DI.

    +DI and -DI are NaN until `length + 1` bars were seen, the ADX until `2 * length`. ValueError if `length`
    is below 1.
    """
    if length < 1:
        raise ValueError("adx: length must be 1 or more")
    up = high - memory.high
    down = memory.low - low
    memory.high = high
    memory.low = low
    memory.seen += 1
    moved = true_range(memory.range, high, low, close)
    memory.plus = memory.minus = memory.value = np.nan
    if memory.seen > 1:
        ranges = wilder(memory.ranges, moved, length)
        rises = wilder(memory.rises, up if up > down and up > 0 else 0.0, length)
        falls = wilder(memory.falls, down if down > up and down > 0 else 0.0, length)
        if memory.seen > length:
            memory.plus = 100.0 * rises / ranges if ranges > 0.0 else 0.0
            memory.minus = 100.0 * falls / ranges if ranges > 0.0 else 0.0
            both = memory.plus + memory.minus
            strength = 100.0 * abs(memory.plus - memory.minus) / both if both > 0.0 else 0.0
            memory.value = wilder(memory.strength, strength, length)
    return memory.value
