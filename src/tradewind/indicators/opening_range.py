"""Opening range: the high and low of the first minutes after an anchor, known when the last bar has closed.

Bars count whose close lies in (opens, closes]; bars lie on the grid, so these are the bars of [opens,
closes). Pass every bar: those outside change nothing, and a new `opens` starts afresh. The range is final,
`ready` = 1, at the first update at or after `closes`; until then `high` and `low` are *partial*.
`session_statistics` over the same bars gives its direction. Source: T. Crabel, Day Trading with Short Term
Price Patterns and Opening Range Breakout (1990); domain 2.4.
"""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

OPENING_RANGE = record(
    [
        ("seen", "i8"),
        ("value", "f8"),        # high - low, once final
        ("anchor", "i8"),       # the `opens` it belongs to
        ("count", "i8"),        # bars inside
        ("ready", "i8"),        # 1 once final
        ("high", "f8"),
        ("low", "f8"),
    ]
)  # fmt: skip


@compiled
def opening_range(memory, high, low, moment, opens, closes):
    """Return the opening range's height, in price units; `memory.high` and `memory.low` are its edges.

    `moment` is the bar's close, `opens` and `closes` the window, all ns UTC. NaN until `moment >= closes`,
    and for ever where no bar lay inside (`ready` stays 0, the edges NaN). ValueError if `closes <= opens`.
    """
    if closes <= opens:
        raise ValueError("opening_range: closes must be later than opens")
    if memory.seen == 0 or opens != memory.anchor:
        memory.anchor = opens
        memory.count = 0
        memory.ready = 0
        memory.value = memory.high = memory.low = np.nan
    memory.seen += 1
    if opens < moment <= closes:
        memory.high = high if memory.count == 0 else max(memory.high, high)
        memory.low = low if memory.count == 0 else min(memory.low, low)
        memory.count += 1
    if moment >= closes and memory.count > 0:
        memory.ready = 1
        memory.value = memory.high - memory.low
    return memory.value
