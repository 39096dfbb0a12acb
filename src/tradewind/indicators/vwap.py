"""Volume-weighted average price since an anchor: a session's open, a trading date, any number that changes.

VWAP = sum(price volume) / sum(volume) over the prices with the present anchor; a new anchor starts afresh.
For bars the price is usually the typical one, (H + L + C) / 3. Where a feed has no volume pass 1: the plain
average of the prices. Sums are of deviations from the first price, so nothing is lost to large prices.
Source: S. Berkowitz, D. Logue, E. Noser, "The Total Cost of Transactions on the NYSE", Journal of Finance 43
(1988).
"""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

VWAP = record(
    [
        ("seen", "i8"),
        ("value", "f8"),
        ("anchor", "i8"),
        ("count", "i8"),        # prices since the anchor
        ("first", "f8"),        # the first of them
        ("volume", "f8"),
        ("weighted", "f8"),
    ]
)  # fmt: skip


@compiled
def vwap(memory, price, volume, anchor):
    """Return the volume-weighted average price since `anchor` last changed, in price units.

    NaN while no volume has traded since. ValueError if `volume` is negative.
    """
    if volume < 0:
        raise ValueError("vwap: volume must not be negative")
    if memory.seen == 0 or anchor != memory.anchor:
        memory.anchor = anchor
        memory.count = 0
        memory.first = price
        memory.volume = 0.0
        memory.weighted = 0.0
    memory.seen += 1
    memory.count += 1
    memory.volume += volume
    memory.weighted += (price - memory.first) * volume
    memory.value = memory.first + memory.weighted / memory.volume if memory.volume > 0.0 else np.nan
    return memory.value
