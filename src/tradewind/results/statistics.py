"""The formulas, one function each, on plain arrays. Each names its source; `None` is "cannot be said".

Domain rules 6.1 unless another source is given. The statistics of overfitting and resampling will live beside
these.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TRADING_DATES_A_YEAR = 252
LEAST_DATES = 20
"""Fewer trading dates than this say nothing about a Sharpe ratio."""


class Estimate(NamedTuple):
    """A mean and its standard error; the error is None where one observation cannot give it."""

    mean: float
    error: float | None


class Sharpe(NamedTuple):
    """Mean over deviation of daily returns, its standard error, and the same over a year."""

    per_day: float
    error: float
    per_year: float


def win_rate(net: ArrayLike) -> float | None:
    """Return the share of trades that made money: n+ / n; a trade at exactly zero is no win."""
    results = np.asarray(net)
    return float((results > 0).mean()) if results.size else None


def profit_factor(net: ArrayLike) -> float | None:
    """Return sum of wins / |sum of losses|, net of costs; None where nothing was lost."""
    results = np.asarray(net)
    lost = float(results[results < 0].sum())
    return float(results[results > 0].sum()) / -lost if lost else None


def expectancy(r: ArrayLike) -> Estimate | None:
    """Return mean(R) with its standard error, deviation (n - 1) / sqrt(n)."""
    multiples = np.asarray(r, np.float64)
    count = multiples.size
    if count == 0:
        return None
    error = float(multiples.std(ddof=1)) / math.sqrt(count) if count > 1 else None
    return Estimate(float(multiples.mean()), error)


def quality_number(r: ArrayLike) -> float:
    """Return the system quality number of R multiples: sqrt(min(n, 100)) x mean / standard deviation (V. Tharp)."""
    values = np.asarray(r, dtype=np.float64)
    return math.sqrt(min(len(values), 100)) * float(values.mean()) / float(values.std(ddof=1))


def longest_losing_streak(net: ArrayLike) -> int:
    """Return the most trades lost one after another, in the order in which they closed."""
    longest = streak = 0
    for lost in (np.asarray(net) < 0).tolist():
        streak = streak + 1 if lost else 0
        longest = max(longest, streak)
    return longest


def max_drawdown(equity: ArrayLike, initial: float) -> float:
    """Return min over t of E_t / max(E_s, s <= t) - 1, the running maximum starting at the initial equity."""
    curve = np.concatenate(([initial], np.asarray(equity, np.float64)))
    return float((curve / np.maximum.accumulate(curve) - 1).min())


def worst_drawdown(equity: ArrayLike, low: ArrayLike, initial: float) -> float:
    """Return the same for the lowest equity of each interval, against the peak before that interval."""
    curve = np.concatenate(([initial], np.asarray(equity, np.float64)))
    peak = np.maximum.accumulate(curve)[:-1]
    return float((np.asarray(low, np.float64) / peak - 1).min(initial=max_drawdown(equity, initial)))


def daily_returns(equity: ArrayLike, initial: float) -> Floats:
    """Return r_t = E_t / E_(t-1) - 1 of every trading date, also without a trade; E_0 is the initial."""
    curve = np.concatenate(([initial], np.asarray(equity, np.float64)))
    result: Floats = curve[1:] / curve[:-1] - 1
    return result


def sharpe(returns: ArrayLike) -> Sharpe | None:
    """Return mean(r) / std(r, ddof=1) a day, and times sqrt(252) a year; the riskless rate is taken as zero.

    The standard error is sqrt((1 + SR^2 / 2) / n) (Lo 2002, The Statistics of Sharpe Ratios, eq. 9, for
    independent returns). None below 20 dates, or where nothing varied or the account was ruined.
    """
    sample = np.asarray(returns, np.float64)
    if sample.size < LEAST_DATES or not np.isfinite(sample).all() or (sample <= -1).any():
        return None
    deviation = float(sample.std(ddof=1))
    if deviation == 0:
        return None
    per_day = float(sample.mean()) / deviation
    error = math.sqrt((1 + per_day**2 / 2) / sample.size)
    return Sharpe(per_day, error, per_day * math.sqrt(TRADING_DATES_A_YEAR))


def cost_share(costs: float, gross: float) -> float | None:
    """Return (spread + commission + slippage + swap) / profit before costs; None without such a profit.

    `costs` is cash to the account, so a cost is negative and its share positive.
    """
    return -costs / gross if gross > 0 else None


def time_covered(opened: Integers, closed: Integers) -> int:
    """Return for how long at least one of the intervals [opened, closed) lasted, in their unit."""
    order = np.argsort(opened, kind="stable")
    starts, ends = opened[order], np.maximum.accumulate(closed[order])
    before = np.concatenate((starts[:1], ends[:-1]))
    return int(np.maximum(ends - np.maximum(starts, before), 0).sum())
