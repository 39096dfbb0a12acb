"""How wide the days were, as it was known in the morning: average daily ranges and their terciles.

ADR20 of a trading date is the mean of high less low of the last 20 full dates before it (domain 2.2), so nothing of
the date itself is in it. As prices rise over the years so do ranges; for terciles it is divided by the last close
known. Where the terciles lie is decided by all dates of the run: a label for looking back, not a rule for trading.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tradewind.results.columns import Integers
from tradewind.results.entries import trading_days

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]

LENGTH = 20
TERCILES = ("narrow", "middle", "wide")


def average_ranges(bars: "pl.DataFrame", full: Integers | None = None, *, length: int = LENGTH) -> dict[int, float]:
    """Return ADR / price of every trading date in `bars` and the one after, known at its beginning, by day number.

    `bars` has the columns ts (ns UTC, of the open), high, low and close, in order. `full` are the day numbers that
    count; None counts every date that has at least half of the bars of a usual one.
    """
    days = trading_days(bars["ts"].to_physical().to_numpy().astype(np.int64))
    starts = np.flatnonzero(np.diff(days, prepend=-1))
    dates, sizes = days[starts], np.diff(starts, append=len(days))
    if not len(dates):
        return {}
    high, low = (bars[name].to_numpy().astype(np.float64) for name in ("high", "low"))
    ranges = np.maximum.reduceat(high, starts) - np.minimum.reduceat(low, starts)
    closes = bars["close"].to_numpy()[starts + sizes - 1]
    counted = 2 * sizes >= np.median(sizes) if full is None else np.isin(dates, full)
    found: dict[int, float] = {}
    past: list[float] = []
    following = [*dates[1:].tolist(), int(dates[-1]) + (3 if (dates[-1] + 3) % 7 == 4 else 1)]
    for day, height, close, counts in zip(following, ranges.tolist(), closes.tolist(), counted.tolist(), strict=True):
        if counts:
            past = [*past, height][-length:]
        if len(past) == length and close > 0:
            found[int(day)] = sum(past) / length / close
    return found


def terciles(ts: Integers, known: dict[int, float]) -> list[str | None]:
    """Return whether each entry's day was expected to be narrow, middle or wide; null before there is an average."""
    if not known:
        return [None] * len(ts)
    edges = np.quantile(np.array(list(known.values())), (1 / 3, 2 / 3))
    return [
        TERCILES[int(np.searchsorted(edges, known[day], "right"))] if day in known else None
        for day in trading_days(ts).tolist()
    ]
