"""What was recorded of a spread, as samples: a moment and a number of ticks.

Three kinds of series tell it, and they do not tell the same.

* Ticks tell everything. The sample of a minute is the median of ask - bid, weighted by how long each quote
  stood. A quote older than a minute tells nothing any more.
* Bars of both sides tell the spread at their close, which is one moment in a minute and fair on average.
* The spread that MetaTrader records with a bar is the *smallest* of the bar (`docs/data.md` shows it), so it is
  a lower bound, and the longer the bar the lower.

A recorded 0 of a bar means not recorded; ticks and two sides may really meet.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind import money
from tradewind.data.series import TICKS, History, Series
from tradewind.data.spread import FOREVER, Integers, Period, in_ticks
from tradewind.markets.clock import MINUTE

AT_ONCE = 500_000
"""About how many rows are looked at together."""

FROM_TICKS, FROM_SIDES, FROM_FIELD = "ticks", "both sides", "recorded field"


class Samples(NamedTuple):
    """Moments (ns UTC: of a minute's start or a bar's open) and the spreads recorded there, in ticks."""

    ts: Integers
    spread: Integers


def told_by(history: History, series: Series) -> str:
    """Return what tells the spread of a series, if anything does."""
    if series.kind == TICKS:
        return FROM_TICKS
    return FROM_SIDES if asks_of(history, series) else FROM_FIELD


def asks_of(history: History, series: Series) -> Series | None:
    """Return the asks that belong to a series of bids."""
    if series.kind == TICKS or series.side != "bid":
        return None
    found = history.find(series.symbol, series.feed, "ask", series.timeframe)
    return Series(*found[0].series) if found else None


def samples(history: History, series: Series, tick_size: money.Number, period: Period = FOREVER) -> Iterator[Samples]:
    """Yield what was recorded in [start, end) of a series, some at a time, in order."""
    if series.kind == TICKS:
        found = _of_ticks(history, series, tick_size, period)
    elif asks := asks_of(history, series):
        found = _of_sides(history, (series, asks), tick_size, period)
    else:
        found = _of_field(history, series, tick_size, period)
    return _some_at_once(found)


def minute_medians(ts: Integers, spread: Integers) -> Samples:
    """Return one sample for each minute in which a quote stood: the median spread by time, the wider of two.

    `ts` rises and is not empty; the last quote stands for a minute, but not beyond the minute it came in.
    """
    ends = np.minimum(np.append(ts[1:], ts[-1] + MINUTE), ts + MINUTE)
    minute = ts // MINUTE
    border = (minute + 1) * MINUTE
    told = pl.DataFrame(
        {
            "minute": np.concatenate([minute, minute + 1]),
            "spread": np.concatenate([spread, spread]),
            "stood": np.concatenate([np.minimum(ends, border) - ts, np.maximum(ends - border, 0)]),
        }
    )
    told = told.filter((pl.col("stood") > 0) & (pl.col("minute") <= int(minute[-1]))).sort("minute", "spread")
    middle = pl.col("stood").cum_sum().over("minute") * 2 > pl.col("stood").sum().over("minute")
    found = told.filter(middle).group_by("minute", maintain_order=True).first()
    return Samples(found["minute"].to_numpy() * MINUTE, found["spread"].to_numpy())


def _of_ticks(history: History, series: Series, tick_size: money.Number, period: Period) -> Iterator[Samples]:
    for frame in history.ticks(series, *period, ("ts", "bid", "ask")):
        ts = frame["ts"].to_physical().to_numpy()
        # A minute is never cut in two.
        minutes = np.unique(ts[::AT_ONCE][1:] // MINUTE) * MINUTE
        for start, end in pairwise([0, *np.searchsorted(ts, minutes).tolist(), len(ts)]):
            part = frame[start:end]
            high, low = (money.ticks_array(part[name].to_numpy(), tick_size)[0] for name in ("ask", "bid"))
            fair = high >= low
            if fair.any():
                yield minute_medians(ts[start:end][fair], (high - low)[fair])


def _of_sides(
    history: History, sides: tuple[Series, Series], tick_size: money.Number, period: Period
) -> Iterator[Samples]:
    """Yield (opens, ask close - bid close) where both sides have a bar and do not cross."""
    for ask in history.bars(sides[1], *period, ("ts", "close")):
        times = ask["ts"].to_physical()
        for bid in history.bars(sides[0], int(times[0]), int(times[-1]) + 1, ("ts", "close")):
            both = bid.join(ask, on="ts", suffix="_ask").filter(pl.col("close_ask") >= pl.col("close"))
            if both.height:
                high, low = (money.ticks_array(both[name].to_numpy(), tick_size)[0] for name in ("close_ask", "close"))
                yield Samples(both["ts"].to_physical().to_numpy(), high - low)


def _of_field(history: History, series: Series, tick_size: money.Number, period: Period) -> Iterator[Samples]:
    for frame in history.bars(series, *period, ("ts", "spread")):
        if frame["spread"].null_count() < frame.height:
            spread = in_ticks(frame["spread"].to_numpy(), tick_size)
            known = spread > 0
            if known.any():
                yield Samples(frame["ts"].to_physical().to_numpy()[known], spread[known])


def _some_at_once(parts: Iterator[Samples]) -> Iterator[Samples]:
    """Join months until they are worth counting, so that neither their number nor their length matters."""
    ready: list[Samples] = []
    for part in parts:
        ready.append(part)
        if sum(len(one.ts) for one in ready) > AT_ONCE:
            yield _joined(ready)
            ready = []
    if ready:
        yield _joined(ready)


def _joined(parts: list[Samples]) -> Samples:
    return Samples(np.concatenate([part.ts for part in parts]), np.concatenate([part.spread for part in parts]))
