"""Prices for the chart: bars of one instrument made coarser, and how much of them a page can carry.

A page holds days and hours of the whole period, and around trades the finest bars that fit its budget: trading dates
with a trade, and the date before each, so that there is something to the left of the first one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.markets.clock import NEW_YORK, changes
from tradewind.results.report.packing import Packed, pack

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SECOND = 1_000_000_000
HOUR, DAY = 3600 * SECOND, 86_400 * SECOND
LEAST = 2
"""Characters a bar takes at the very least."""
SHORTENED, SCREEN = 300, 100
"""Where not all dates fit, bars of so many seconds are kept for the newest; fewer than so many are not worth it."""
FINER = (60, 120, 300, 600, 900)
"""Timeframes tried around trades, seconds."""


class Bars(NamedTuple):
    """Bars of one instrument and timeframe, named by their open (ns UTC), prices in price units."""

    seconds: int
    ts: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def where(self, kept: NDArray[np.bool_]) -> "Bars":
        """Return the bars that are kept."""
        prices = (column[kept] for column in (self.open, self.high, self.low, self.close))
        return Bars(self.seconds, self.ts[kept], *prices)


def trading_dates(ts: Integers) -> Integers:
    """Return the trading date of each moment, days since 1970-01-01: it begins at 17:00 New York of the day before."""
    known = changes(NEW_YORK)
    offsets = np.array(known.offsets)[np.searchsorted(known.instants, ts, side="right") - 1]
    dates: Integers = (ts + offsets + 7 * HOUR) // DAY
    return dates


def coarser(bars: Bars, seconds: int) -> Bars:
    """Return bars of a larger timeframe; 86,400 stands for trading dates."""
    if len(bars.ts) == 0 or seconds == bars.seconds:
        return bars
    keys = trading_dates(bars.ts) if seconds == 86_400 else bars.ts // (seconds * SECOND)
    first = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    last = np.append(first[1:], len(keys)) - 1
    begins = bars.ts[first] if seconds == 86_400 else keys[first] * seconds * SECOND
    return Bars(
        seconds,
        begins,
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
    )


def digits_of(bars: Bars) -> int:
    """Return the digits after the point that prices use, at most six."""
    sample = bars.close[:: max(1, len(bars.close) // 2000)]
    return next((n for n in range(6) if np.allclose(sample, np.round(sample, n), rtol=0, atol=1e-9)), 6)


def packed(bars: Bars, digits: int) -> dict[str, Packed]:
    """Return bars as columns: the open as its step from the close before, the rest as distances, all in points."""
    scale = 10**digits
    points = {name: np.rint(getattr(bars, name) * scale) for name in ("open", "high", "low", "close")}
    before = np.concatenate((points["open"][:1], points["close"][:-1]))
    body = np.maximum(points["open"], points["close"]), np.minimum(points["open"], points["close"])
    return {
        "ts": pack(bars.ts // SECOND),
        "open": pack(points["open"] - before),
        "high": pack(points["high"] - body[0]),
        "low": pack(body[1] - points["low"]),
        "close": pack(points["close"] - points["open"]),
    }


def chart(bars: Bars, opened: Integers, closed: Integers, budget: int) -> dict[str, Any]:
    """Return the series of one instrument that the page draws, coarsest first, within a budget of characters.

    `opened` and `closed` are the moments of its trades, ns UTC.
    """
    digits = digits_of(bars)
    series = []
    for seconds in (86_400, 3600):
        if seconds >= bars.seconds and len(bars.ts):
            whole = coarser(bars, seconds)
            one = packed(whole, digits)
            size = sum(each.size for each in one.values())
            if size <= budget:
                series.append(_plain(seconds, one, whole, digits))
                budget -= size
    finest = _finest(_around(bars, opened, closed), digits, budget)
    return {"digits": digits, "series": [*series, *finest]}


def _finest(bars: Bars, digits: int, budget: int) -> list[dict[str, Any]]:
    """Return the finest series of the bars that fits; where none does, five minutes or so of the newest dates."""
    sizes = [each for each in FINER if each >= bars.seconds]
    for seconds in sizes if len(bars.ts) else []:
        part = coarser(bars, seconds)
        if len(part.ts) * LEAST > budget:
            continue
        one = packed(part, digits)
        if sum(each.size for each in one.values()) <= budget:
            return [_plain(seconds, one, part, digits)]
    for seconds in [each for each in sizes if each >= SHORTENED][:1] if len(bars.ts) else []:
        part = coarser(bars, seconds)
        while len(part.ts) > SCREEN:
            one = packed(part, digits)
            size = sum(each.size for each in one.values())
            if size <= budget:
                return [_plain(seconds, one, part, digits)]
            dates = trading_dates(part.ts)
            first = dates[-max(int(len(dates) * budget / size * 0.95), 1)]
            part = part.where(dates > first)
    return []


def _plain(seconds: int, columns: Mapping[str, Packed], bars: Bars, digits: int) -> dict[str, Any]:
    """Return a series as the page reads it; `start` is its first open in points."""
    start = round(float(bars.open[0]) * 10**digits)
    return {"seconds": seconds, "start": start, "columns": {name: each.plain for name, each in columns.items()}}


def _around(bars: Bars, opened: Integers, closed: Integers) -> Bars:
    """Return the bars of trading dates on which a trade lived, and of the date before each; all where none did."""
    if len(opened) == 0 or len(bars.ts) == 0:
        return bars
    dates = trading_dates(bars.ts)
    known = np.unique(dates)
    first = np.maximum(np.searchsorted(known, trading_dates(opened)) - 1, 0)
    last = np.searchsorted(known, trading_dates(closed), side="right")
    turns = np.zeros(len(known) + 1, np.int64)
    np.add.at(turns, first, 1)
    np.add.at(turns, np.maximum(last, first + 1), -1)
    wanted = np.cumsum(turns)[:-1] > 0
    return bars.where(wanted[np.searchsorted(known, dates)])


def shading(windows: Sequence[tuple[str, int, int]]) -> dict[str, Any]:
    """Return sessions (name, opens, closes; ns UTC) as columns with their names."""
    names = sorted({name for name, _, _ in windows})
    which = [names.index(name) for name, _, _ in windows]
    return {
        "names": names,
        "which": pack(which).plain,
        "opens": pack([opens // SECOND for _, opens, _ in windows]).plain,
        "closes": pack([closes // SECOND for _, _, closes in windows]).plain,
    }
