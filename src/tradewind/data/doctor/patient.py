"""What a picture of a series needs, and no more: a few thousand numbers instead of millions of bars."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.coverage import own_hours
from tradewind.data.doctor.examine import Examined
from tradewind.data.doctor.finding import Prices
from tradewind.data.doctor.stored import Record
from tradewind.data.doctor.timetable import Timetable, day_edges
from tradewind.data.series import History, Series
from tradewind.data.spread import Integers, minute_of_week, new_york
from tradewind.markets.clock import DAY, HOUR, MINUTE

ABSENT, FEW, SOME, MOST, SHUT, HOLIDAY, STRAY = range(7)
"""What an hour of the calendar has: no bar, under half, under nine tenths, nearly all; it is shut, by holiday; bars
while shut."""

WEEK_BINS = 7 * 96


class Patient(NamedTuple):
    """One series, ready to be drawn."""

    record: Record
    clock: str
    """What the times say of their clock."""
    rows: int
    first: int
    last: int
    hours: Mapping[str, str]
    days: Integers
    """The trading dates, Monday to Friday, as days since 1970-01-01."""
    calendar: Integers
    """A row of 24 states for each date, from 17:00 New York on."""
    shape: Numbers
    """How wide bars are through the New York day, in hundredths of a percent; one number a bin."""
    spread: Numbers
    """The median spread through New York's week by quarter hours from Monday 00:00, and the ninth decile."""
    sources: Sequence[Mapping[str, Any]]


def patient_of(done: Examined, record: Record, history: History | None = None) -> Patient:
    """Return what is to be drawn of an examined series."""
    prices, reading = done.prices, done.reading
    clock = "cannot be told"
    if reading is not None and reading.clock is not None:
        also = f", or {', '.join(reading.equivalents[:3])}" if reading.equivalents else ""
        several = len(reading.stretches) > 1
        clock = "changes inside" if several else f"{reading.clock}{also}{'' if reading.certain else ' (not certain)'}"
    days, calendar = np.zeros(0, dtype=np.int64), np.zeros((0, 24), dtype=np.int64)
    if done.timetable is not None:
        days, calendar = calendar_of(prices, done.timetable)
    sources: Sequence[Mapping[str, Any]] = ()
    if history is not None:
        sources = next(
            (held.sources for held in history.find(record.series.symbol) if Series(*held.series) == record.series), ()
        )
    first, last = (int(prices.ts[0]), int(prices.ts[-1])) if len(prices.ts) else (0, 0)
    return Patient(
        record, clock, len(prices.ts), first, last, own_hours(prices) if len(prices.ts) > 2 else {}, days, calendar,
        shape_of(prices), spread_of(prices, done, history), sources,
    )  # fmt: skip


def calendar_of(prices: Prices, timetable: Timetable) -> tuple[Integers, Integers]:
    """Return the working dates and the state of each of their hours."""
    edges = day_edges(timetable.days)[:-1]
    hours = (edges[:, None] + np.arange(25) * HOUR).ravel()
    open_ns = np.diff(timetable.opened(hours).reshape(-1, 25), axis=1)
    counts = np.diff(np.searchsorted(prices.ts, hours).reshape(-1, 25), axis=1)
    # A bar larger than an hour, or one that reaches into the next, counts where it begins.
    expected = open_ns / prices.span
    share = np.divide(counts, expected, out=np.zeros(counts.shape), where=expected > 0)
    states = np.select([counts == 0, share < 0.5, share < 0.9], [ABSENT, FEW, SOME], MOST)
    shut = open_ns < 10 * MINUTE
    usual = shut.mean(axis=0) > 0.7
    states = np.where(shut, np.where(counts > 0, STRAY, np.where(usual[None, :], SHUT, HOLIDAY)), states)
    numbers = np.array(timetable.days)
    work = (numbers + 3) % 7 < 5
    return numbers[work], states[work].astype(np.int64)


def shape_of(prices: Prices) -> Numbers:
    """Return the mean range of bars by bins of the New York day (5 minutes or a bar), in hundredths of a percent."""
    step = max(5 * MINUTE, prices.span)
    bins = max(DAY // step, 1)
    if not len(prices.ts):
        return np.zeros(bins)
    slot = np.minimum(new_york(prices.ts) % DAY // step, bins - 1)
    wide = np.log(prices.high / prices.low) * 1e4
    total = np.bincount(slot, weights=np.minimum(wide, 500), minlength=bins)
    count = np.bincount(slot, minlength=bins)
    thin = count < 0.02 * count.max()
    mean: Numbers = np.where(thin, np.nan, total / np.maximum(count, 1))
    return mean


def spread_of(prices: Prices, done: Examined, history: History | None) -> Numbers:
    """Return the median and the ninth decile of spreads by quarter hours of New York's week; empty where unknown."""
    ts, spread = prices.ts, prices.spread
    if not (spread > 0).any() and history is not None:
        ts, spread = _of_two_sides(prices, done, history)
    known = spread > 0
    if known.sum() < 200:
        return np.zeros((2, 0))
    slot = minute_of_week(ts[known]) // 15
    values = spread[known]
    order = np.lexsort((values, slot))
    slot, values = slot[order], values[order]
    starts = np.searchsorted(slot, np.arange(WEEK_BINS))
    ends = np.searchsorted(slot, np.arange(WEEK_BINS), side="right")
    count = ends - starts
    there = count > 0
    found = np.full((2, WEEK_BINS), np.nan)
    for row, share in enumerate((0.5, 0.9)):
        place = np.minimum(starts + (count * share).astype(np.int64), np.maximum(ends - 1, 0))
        found[row, there] = values[place[there]]
    return found


def _of_two_sides(prices: Prices, done: Examined, history: History) -> tuple[Integers, Numbers]:
    """Return the spreads between the two sides of a feed, where both are stored."""
    series = done.subject.series
    other = {"bid": "ask", "ask": "bid"}.get(series.side)
    held = history.find(series.symbol, series.feed, other, series.timeframe) if other else ()
    if not held:
        return prices.ts, prices.spread
    spread = np.zeros(len(prices.ts))
    for frame in history.bars(held[0].series, int(prices.ts[0]), int(prices.ts[-1]) + 1, ("ts", "close")):
        ts = frame["ts"].to_physical().to_numpy()
        place = np.minimum(np.searchsorted(prices.ts, ts), len(prices.ts) - 1)
        same = prices.ts[place] == ts
        spread[place[same]] = np.abs(frame["close"].to_numpy()[same] - prices.close[place[same]])
    return prices.ts, spread
