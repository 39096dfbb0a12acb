"""A spread curve: what was usual at every minute of New York's week, and how wide it was one time in ten.

A minute that was recorded often enough speaks for itself. Where it was not, more and more of what resembles it
is taken together until there is enough: the same minute of all days, five minutes of all days, half an hour of
all days. The time of day decides far more than the weekday, and the first five minutes after a reopening are
not the next five. Half an hour with less than three samples is unknown, and so are five minutes that were never
recorded and every minute of the weekend that has too few samples of its own: then the profile says what is typical.

Holidays and half days are left out: they are wide without being usual. Of two middle values the wider counts,
because a cost is not rounded down. A bar longer than a minute speaks for all its minutes up to an hour.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.spread import MINUTES_OF_WEEK, UNKNOWN, Flags, Integers, minute_of_week, trading_days
from tradewind.data.spread_samples import Samples
from tradewind.errors import BadData
from tradewind.markets.hours import FULL, market_hours
from tradewind.markets.instruments import Instrument

ENOUGH = 12
"""Samples that speak for themselves."""
LEAST = 3
"""Samples of half an hour of all days, below which nothing is known."""
MEDIAN, NINETY = 5, 9
"""Quantiles in tenths."""

_WEEK = np.arange(MINUTES_OF_WEEK)
_TRADED = (_WEEK < 4 * 1440 + 1020) | (_WEEK >= 6 * 1440 + 1020)
"""Sunday 17:00 to Friday 17:00, the minutes of trading dates."""

_NOTHING = Samples(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))

Ordinary = Callable[[Integers], Flags]


class Shape(NamedTuple):
    """What was usual: ticks by minute of New York's week, UNKNOWN where nobody knows; and what it was learned from."""

    median: Integers
    ninety: Integers
    """The spread that nine of ten samples do not exceed."""
    counts: Integers
    """Samples of this very minute; where they are fewer than `ENOUGH`, its neighbours helped."""
    samples: int
    days: int
    """Trading dates it was learned from."""
    left_out: int
    """Trading dates that were recorded but are holidays or half days."""
    first: int
    last: int
    """Moments of the first and the last sample, ns UTC; 0 where there is none."""
    digest: str
    """SHA-256 of all samples, however they were cut."""


def ordinary_days(instrument: Instrument | None) -> Ordinary:
    """Return what tells of day numbers whether they are whole trading dates; without calendars all of them are."""
    if instrument is None:
        return lambda days: np.ones(len(days), dtype=bool)
    hours = market_hours(instrument)

    def is_full(day: int) -> bool:
        try:
            return hours.day_type(day) == FULL
        except BadData:  # no calendar covers the year
            return True

    def tell(days: Integers) -> Flags:
        dates, places = np.unique(days, return_inverse=True)
        return np.array([is_full(day) for day in dates.tolist()], dtype=bool)[places]

    return tell


def shape_of(parts: Iterable[Samples], span: int, ordinary: Ordinary) -> Shape:
    """Return the curve of samples taken over `span` seconds each (0 and 60: a minute)."""
    read = _Read()
    for part in parts:
        read.add(part, ordinary)
    counts = pl.concat([_counts(_NOTHING), *read.counted]).group_by("minute", "spread").agg(pl.col("len").sum())
    slot = _slot(span)
    pools = [_pool(counts, _WEEK // slot), *(_pool(counts, _WEEK % 1440 // max(slot, wide)) for wide in (1, 5, 30))]
    median, ninety = np.full((2, MINUTES_OF_WEEK), UNKNOWN, dtype=np.int64)
    for pool, least in zip(pools, (ENOUGH, ENOUGH, ENOUGH, LEAST), strict=True):
        here = (median == UNKNOWN) & (pool.counts >= least)
        if pool is not pools[0]:
            # What nobody quoted is not what was usual half an hour later: least of all around the roll.
            here &= _TRADED & (pools[2].counts > 0)
        median[here], ninety[here] = pool.median[here], pool.ninety[here]
    left_out = len(read.left - read.days)
    total = int(counts["len"].sum())
    return Shape(median, ninety, pools[0].counts, total, len(read.days), left_out, read.first, read.last, read.digest())


def _slot(span: int) -> int:
    """Return how many minutes one sample speaks for: those of its bar, up to an hour."""
    if span > 3600:
        return 60
    return span // 60 if span and 3600 % span == 0 and span % 60 == 0 else 1


class _Read:
    """What is kept of samples while they pass."""

    def __init__(self) -> None:
        self.counted: list[pl.DataFrame] = []
        self.days: set[int] = set()
        self.left: set[int] = set()
        self.first = self.last = 0
        self._hashes = (hashlib.sha256(), hashlib.sha256())

    def add(self, part: Samples, ordinary: Ordinary) -> None:
        """Count the samples of whole days; remember the days and all bytes."""
        days = trading_days(part.ts)
        full = ordinary(days)
        self.days |= set(np.unique(days[full]).tolist())
        self.left |= set(np.unique(days[~full]).tolist())
        self.counted.append(_counts(Samples(part.ts[full], part.spread[full])))
        self.first = self.first or int(part.ts[0])
        self.last = int(part.ts[-1])
        for one, column in zip(self._hashes, part, strict=True):
            one.update(column.astype("<i8", copy=False).tobytes())

    def digest(self) -> str:
        """Return the hash of all samples."""
        return hashlib.sha256(b"".join(one.digest() for one in self._hashes)).hexdigest()


class _Pool(NamedTuple):
    median: Integers
    ninety: Integers
    counts: Integers


def _counts(part: Samples) -> pl.DataFrame:
    minutes = pl.DataFrame({"minute": minute_of_week(part.ts), "spread": part.spread})
    return minutes.group_by("minute", "spread").agg(pl.len().cast(pl.Int64))


def _pool(counts: pl.DataFrame, keys: Integers) -> _Pool:
    """Return the quantiles of all samples whose minutes share a key, for every minute of the week."""
    shared = counts.with_columns(key=pl.Series(keys[counts["minute"].to_numpy()], dtype=pl.Int64))
    shared = shared.group_by("key", "spread").agg(pl.col("len").sum()).sort("key", "spread")
    below, total = pl.col("len").cum_sum().over("key"), pl.col("len").sum().over("key")
    columns = [np.full(int(keys.max()) + 1, UNKNOWN, dtype=np.int64) for _ in (MEDIAN, NINETY)]
    for column, tenths in zip(columns, (MEDIAN, NINETY), strict=True):
        found = shared.filter(below * 10 > total * tenths).group_by("key", maintain_order=True).first()
        column[found["key"].to_numpy()] = found["spread"].to_numpy()
    count = np.zeros(int(keys.max()) + 1, dtype=np.int64)
    totals = shared.group_by("key").agg(pl.col("len").sum())
    count[totals["key"].to_numpy()] = totals["len"].to_numpy()
    return _Pool(columns[0][keys], columns[1][keys], count[keys])


def over(values: Integers, span: int) -> Integers:
    """Return, for bars of `span` seconds that open at each minute, the mean over their known minutes."""
    length = min(max(span // 60, 1), MINUTES_OF_WEEK)
    if length == 1:
        return values
    ring = np.concatenate([values, values[:length]])
    known = np.concatenate([[0], np.cumsum(ring != UNKNOWN)])
    sums = np.concatenate([[0], np.cumsum(np.where(ring == UNKNOWN, 0, ring))])
    count = known[_WEEK + length] - known[_WEEK]
    total = sums[_WEEK + length] - sums[_WEEK]
    mean: Integers = np.where(count > 0, (2 * total + count) // (2 * np.maximum(count, 1)), UNKNOWN)
    return mean
