"""How far prices went for and against entries, at fixed horizons: was the entry better than chance at any exit.

The edge ratio of C. Faith (Way of the Turtle, 2007): the mean of the best excursion over the mean of the worst, each in
ATR(14) as it was known at the entry, so many bars after it. Exits play no part, unlike in the excursions that a table
of trades holds, which ends where its stop was. All prices are those of the bars, of one side: the spread is not in
these numbers, and chance gives 1.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.results.measures import spans

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HORIZONS = (1, 3, 6, 12, 24, 48)
LENGTH = 14


class Edge(NamedTuple):
    """The edge ratio after so many bars, and the mean excursions it is made of, in ATR."""

    bars: int
    trades: int
    favour: float
    against: float
    ratio: float | None
    error: float | None
    """Standard error of the ratio (delta method)."""


def edge_ratios(trades: "pl.DataFrame", bars: "pl.DataFrame", horizons: Sequence[int] = HORIZONS) -> list[Edge]:
    """Return the edge ratio of entries in one instrument at each horizon.

    `bars` (ts of the open in ns UTC, open, high, low, close, in order) are of that instrument. An excursion is counted
    from the open of the first bar that opens at or after the entry; entries with fewer bars behind them than the
    horizon, or fewer than 14 before, are left out.
    """
    when = bars["ts"].to_physical().to_numpy().astype(np.int64)
    opening, high, low, close = (bars[name].to_numpy().astype(np.float64) for name in ("open", "high", "low", "close"))
    usual = average_true_range(high, low, close)
    first = np.searchsorted(when, spans(trades)[0], "left")
    known = (first >= LENGTH) & (usual[np.clip(first - 1, 0, len(when) - 1)] > 0) if len(when) else first < 0
    long = trades["side"].to_numpy() == "long"
    found = []
    for horizon in horizons:
        told = known & (first + horizon <= len(when))
        start, facing = first[told], long[told]
        places, scale = start[:, None] + np.arange(horizon), usual[start - 1]
        up = (high[places].max(axis=1, initial=-np.inf) - opening[start]) / scale
        down = (opening[start] - low[places].min(axis=1, initial=np.inf)) / scale
        found.append(_edge(horizon, np.where(facing, up, down), np.where(facing, down, up)))
    return found


def _edge(bars: int, favour: Floats, against: Floats) -> Edge:
    """Return the ratio of the means, with the error of a ratio of two that vary together."""
    count = len(favour)
    best, worst = (float(one.mean()) if count else 0.0 for one in (favour, against))
    if worst <= 0:
        return Edge(bars, count, best, worst, None, None)
    ratio = best / worst
    error = float((favour - ratio * against).std(ddof=1)) / worst / math.sqrt(count) if count > 1 else None
    return Edge(bars, count, best, worst, ratio, error)


def average_true_range(high: Floats, low: Floats, close: Floats, length: int = LENGTH) -> Floats:
    """Return Wilder's ATR after each bar, the mean of the first `length` true ranges to begin with; 0 before."""
    before = np.concatenate((close[:1], close[:-1]))
    true = np.maximum(high, before) - np.minimum(low, before)
    found = np.zeros(len(true))
    if len(true) < length:
        return found
    value = float(true[:length].mean())
    found[length - 1] = value
    for place, one in enumerate(true[length:].tolist(), length):
        value += (one - value) / length
        found[place] = value
    return found
