"""The level of the spread: how wide it is these days, against what the curve calls usual.

Brokers widen and narrow all hours of a day together, for weeks: a new price list, another hedge, a wild market.
The level of a trading date is what all its recorded samples cost divided by what the curve says of the same
minutes. A date is priced with the curve times the median level of the five recorded dates before it, and never
with anything of its own day or later; with 1 where fewer than three of the last three weeks are known.
`bench/spread_error.py` measures that this helps, and that following the volatility instead does not.

Holidays and half days have no level. It is bounded: a curve that is four times off is the wrong curve.
"""

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.spread import UNKNOWN, Floats, Integers, minute_of_week, trading_days
from tradewind.data.spread_curve import Ordinary
from tradewind.data.spread_samples import Samples

DAYS = 5
LEAST_DAYS = 3
LEAST_SAMPLES = 5
"""Of a date; a few hours of it may do, because the same minutes are compared."""
STALE_DAYS = 21
BOUNDS = (0.25, 4.0)


class Levels(NamedTuple):
    """Levels of consecutive dates in thousandths, UNKNOWN where a date has none."""

    first_day: int
    per_mille: Integers


NONE = Levels(0, np.zeros(0, dtype=np.int64))
"""No date has a level: all factors are 1."""


class Factors(NamedTuple):
    """What to multiply a curve by on consecutive dates; 1 on the first and the last, which stand for all beyond."""

    first_day: int
    values: Floats

    def at(self, days: Integers) -> Floats:
        """Return the factor of each day number."""
        found: Floats = self.values.take(days - self.first_day, mode="clip")
        return found


def levels_of(parts: Iterable[Samples], usual: Integers, ordinary: Ordinary) -> Levels:
    """Return the levels of all dates of the samples against `usual`, ticks by minute of the week."""
    days = [_by_day(part, usual) for part in parts]
    if not days:
        return NONE
    whole = pl.concat(days).group_by("day").sum().sort("day")
    whole = whole.filter((pl.col("count") >= LEAST_SAMPLES) & (pl.col("usual") > 0))
    whole = whole.filter(pl.Series(ordinary(whole["day"].to_numpy()), dtype=pl.Boolean))
    if whole.is_empty():
        return NONE
    dates = whole["day"].to_numpy()
    per_mille = np.full(int(dates[-1] - dates[0]) + 1, UNKNOWN, dtype=np.int64)
    per_mille[dates - dates[0]] = np.rint(1000 * whole["spread"].to_numpy() / whole["usual"].to_numpy())
    return Levels(int(dates[0]), per_mille)


def _by_day(part: Samples, usual: Integers) -> pl.DataFrame:
    expected = usual[minute_of_week(part.ts)]
    frame = pl.DataFrame({"day": trading_days(part.ts), "spread": part.spread, "usual": expected})
    return (
        frame.filter(pl.col("usual") != UNKNOWN)
        .group_by("day")
        .agg(pl.col("spread").sum(), pl.col("usual").sum(), pl.len().cast(pl.Int64).alias("count"))
    )


def factors_of(levels: Levels) -> Factors:
    """Return the factor of every date, from what was recorded before it."""
    known = np.flatnonzero(levels.per_mille != UNKNOWN)
    values = levels.per_mille[known].tolist()
    middles = [1.0] * LEAST_DAYS
    middles += [median(values[max(0, end - DAYS) : end]) / 1000 for end in range(LEAST_DAYS, len(values) + 1)]
    days = np.arange(len(levels.per_mille) + STALE_DAYS + 1)
    before = np.searchsorted(known, days)
    factors = np.clip(np.array(middles)[before], *BOUNDS)
    oldest = np.concatenate([np.full(LEAST_DAYS, -(2**31)), known])[before]
    factors[days - oldest > STALE_DAYS] = 1.0
    factors[[0, -1]] = 1.0
    return Factors(levels.first_day, factors)
