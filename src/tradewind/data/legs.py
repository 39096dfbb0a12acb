"""One instrument's rows from one or several series, month by month, finest data first.

History rarely has one resolution: a few weeks of ticks, some months of minutes, years of hours. A leg names
the series it may use, finest first, and each *trading day* is taken whole from the finest one that covers
at least 90 % of the bars of every coarser one. Never two in the same day: their prices would be told twice,
and a day that is half fine and half coarse would have two kinds of bars in one session.

The files are read a UTC month at a time. A trading day crosses the month's end in UTC, so what is decided
together is a trading month, and the rows of a series that lie beyond it wait in its cursor.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind import money
from tradewind.data.rows import Columns, Rows, Target, bar_rows, in_order, paired_rows, quote_rows
from tradewind.data.series import BOTH, NS, TICKS, History, Identity, Series
from tradewind.data.spread import Integers, SpreadSettings
from tradewind.data.spread_model import SpreadModel
from tradewind.errors import BadData, UnknownName
from tradewind.kernel.records import EVENT
from tradewind.markets.clock import NEW_YORK, ROLL, instant, trading_day

COVERED = 0.9
CHUNK = 65_536
"""Rows made at once: small enough to stay in the processor's cache."""
FAR = 2**62


class Leg(NamedTuple):
    """One instrument of a tape: its number in the run, and where its prices come from."""

    instrument: int
    symbol: str
    series: Sequence[Identity]
    """Finest first."""
    tick_size: money.Number
    spread: SpreadSettings = SpreadSettings()


def finest_first(history: History, symbol: str, feed: str | None = None) -> list[Series]:
    """Return the series of one feed that a leg may use: ticks, then bars of bids, or of mids without bids.

    Feeds are not mixed: where a symbol has several, the user must say which.
    """
    found = [Series(*held.series) for held in history.find(symbol, feed)]
    if not found:
        stored = {Series(*held.series) for held in history.series()}
        if any(series.symbol == symbol for series in stored):
            raise UnknownName(f"feed of {symbol} in the history", feed, {s.feed for s in stored if s.symbol == symbol})
        raise UnknownName("symbol in the history", symbol, {series.symbol for series in stored})
    feeds = sorted({series.feed for series in found})
    if len(feeds) > 1:
        raise BadData(f"The history has {symbol} from {len(feeds)} feeds.", f"Choose one: {', '.join(feeds)}.")
    side = next(side for side in ("bid", "mid", "ask", BOTH) if any(series.side == side for series in found))
    return [series for series in found if series.side in {side, BOTH}]


class Stretch(NamedTuple):
    """Consecutive rows of one series: their times, and all columns as they were read."""

    ts: Integers
    frame: pl.DataFrame

    def cut(self, start: int, end: int) -> "Stretch":
        """Return the rows with a time in [start, end)."""
        low, high = np.searchsorted(self.ts, (start, end)).tolist()
        return Stretch(self.ts[low:high], self.frame.slice(low, high - low))

    def columns(self) -> Columns:
        """Return all columns as arrays."""
        return {"ts": self.ts} | {name: self.frame[name].to_numpy() for name in self.frame.columns if name != "ts"}


class Cursor:
    """The rows of one series, handed over up to a limit in time."""

    def __init__(self, frames: Iterator[pl.DataFrame]) -> None:
        self._stretches = (Stretch(frame["ts"].to_physical().to_numpy(), frame) for frame in frames)
        self._waiting: Stretch | None = None

    def until(self, limit: int) -> Stretch:
        """Return, and forget, the rows before `limit`; limits must rise."""
        ready = []
        while (stretch := self._waiting or next(self._stretches, None)) is not None:
            self._waiting = None
            ready.append(stretch.cut(-FAR, limit))
            if len(ready[-1].ts) < len(stretch.ts):
                self._waiting = stretch.cut(limit, FAR)
                break
        if not ready:
            return Stretch(np.zeros(0, dtype=np.int64), pl.DataFrame())
        if len(ready) == 1:
            return ready[0]
        return Stretch(np.concatenate([part.ts for part in ready]), pl.concat(part.frame for part in ready))


class Source:
    """One series of a leg, with the asks of the same feed where they were recorded."""

    def __init__(self, history: History, leg: Leg, series: Series, start_ns: int, end_ns: int) -> None:
        self.span = series.timeframe * NS
        self._series = series
        self._target = Target(leg.instrument, leg.tick_size, series.timeframe)
        self._model = SpreadModel(history, series, leg.tick_size, leg.spread)
        if series.kind == TICKS:
            self._sides = [series.side]
            self._cursors = [Cursor(history.ticks(series, start_ns, end_ns, ("ts", "bid", "ask")))]
            return
        asks = history.find(series.symbol, series.feed, "ask", series.timeframe) if series.side == "bid" else ()
        sides = [series, *(Series(*held.series) for held in asks)]
        self._sides = [side.side for side in sides]
        names = ("ts", "open", "high", "low", "close", "volume") + (() if asks else ("spread",))
        # A bar belongs to the stretch if it closes in it.
        last_open = end_ns - self.span + 1
        self._cursors = [Cursor(history.bars(side, start_ns, last_open, names)) for side in sides]

    def until(self, limit: int) -> list[Stretch]:
        """Return what opens before `limit`, of this series and of its asks."""
        return [cursor.until(limit) for cursor in self._cursors]

    def rows(self, parts: list[Stretch], start: int, end: int) -> Iterator[Rows]:
        """Yield the rows of what opens in [start, end), some at a time; equal times stay together."""
        inside = parts[0].cut(start, end).ts
        for edges in pairwise([start, *np.unique(inside[CHUNK::CHUNK]).tolist(), end]):
            yield self._rows([part.cut(*edges) for part in parts])

    def _rows(self, parts: list[Stretch]) -> Rows:
        told = [(part.columns(), side) for part, side in zip(parts, self._sides, strict=True) if len(part.ts)]
        if not told:
            return np.zeros(0, dtype=EVENT)
        if self._series.kind == TICKS:
            return quote_rows(told[0][0], self._target, self._model)
        if len(told) > 1:
            return paired_rows(told[0][0], told[1][0], self._target, self._model)
        return bar_rows(*told[0], self._target, self._model)


def leg_rows(history: History, leg: Leg, start_ns: int, end_ns: int) -> Iterator[Rows]:
    """Yield the rows of a leg in order of time; what has equal times is never split between two."""
    return _in_order(_chunks(history, leg, start_ns, end_ns))


def _chunks(history: History, leg: Leg, start_ns: int, end_ns: int) -> Iterator[Rows]:
    first, last = _bounds(history, leg)
    first, last = max(first, start_ns), min(last, end_ns)
    if last < first:
        raise BadData(f"No prices of {leg.symbol} lie in the period asked for.", "See `tradewind data list`.")
    sources = [Source(history, leg, Series(*series), start_ns, end_ns) for series in leg.series]
    for limit in _limits(first, last):
        parts = [source.until(limit) for source in sources]
        for number, start, end in choose([part[0].ts for part in parts], [source.span for source in sources]):
            yield from sources[number].rows(parts[number], start, end)


def _bounds(history: History, leg: Leg) -> tuple[int, int]:
    wanted = {Series(*series) for series in leg.series}
    held = [info for info in history.find(leg.symbol) if info.series in wanted]
    if not held:
        raise BadData(f"The history has none of the series asked for of {leg.symbol}.", "See `tradewind data list`.")
    return min(info.first for info in held), max(info.last for info in held)


def _limits(first: int, last: int) -> Iterator[int]:
    """Yield the first instant of each trading date in which a UTC month begins, and then the end of time."""
    months = np.arange(np.datetime64(first, "ns").astype("M8[M]") + 1, np.datetime64(last, "ns").astype("M8[M]") + 1)
    for month in months.astype("M8[ns]").astype(np.int64).tolist():
        yield instant(trading_day(month) - 1, ROLL, NEW_YORK)
    yield FAR


def choose(times: list[Integers], spans: list[int]) -> list[tuple[int, int, int]]:
    """Return (which series, from, until) by whole trading days; `times` are opens, finest series first."""
    filled = [ts for ts in times if len(ts)]
    if len(times) == 1 or not filled:
        return [(0, -FAR, FAR)]
    days = range(trading_day(min(ts[0] for ts in filled)), trading_day(max(ts[-1] for ts in filled)) + 1)
    edges = np.array([instant(day - 1, ROLL, NEW_YORK) for day in [*days, days.stop]])
    places = [np.searchsorted(ts, edges) for ts in times]
    best = np.full(len(days), len(times) - 1)
    for fine in reversed(range(len(times))):
        fits = np.diff(places[fine]) > 0
        for coarse in range(fine + 1, len(times)):
            opens = times[coarse]
            told = np.searchsorted(times[fine], opens + spans[coarse]) > np.searchsorted(times[fine], opens)
            covered = np.diff(np.concatenate([[0], np.cumsum(told)])[places[coarse]])
            fits &= covered >= COVERED * np.diff(places[coarse])
        best[fits] = fine
    starts = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist()]
    turns = [-FAR, *edges[starts[1:]].tolist(), FAR]
    return [(int(best[place]), start, end) for place, (start, end) in zip(starts, pairwise(turns), strict=True)]


def _in_order(chunks: Iterator[Rows]) -> Iterator[Rows]:
    """Yield the rows so that each array begins later than the one before it ended.

    A bar longer than an hour may open on one trading day and close on the next, among finer rows.
    """
    held: Rows | None = None
    for rows in chunks:
        if not len(rows):
            continue
        if held is None or rows["ts"][0] > held["ts"][-1]:
            if held is not None:
                yield held
            held = rows
        else:
            held = in_order([held, rows])
    if held is not None:
        yield held
