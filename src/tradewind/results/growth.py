"""How an account grew, from its equity alone: formulas of domain 6.1 on plain arrays; None is "cannot be said".

Returns are those of trading dates, 17:00 to 17:00 New York, days without a trade included; a year has 252 of them and
365.25 calendar days. Rates are per day.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.results.statistics import LEAST_DATES, TRADING_DATES_A_YEAR

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DAYS_A_YEAR = 365.25


class Spell(NamedTuple):
    """A time under water, from the last moment at the peak; in the unit of the moments given."""

    length: int
    recovered: bool


def annual_growth(initial: float, final: float, days: float) -> float | None:
    """Return (E_T / E_0)^(365.25 / days) - 1 over `days` calendar days (CAGR); -1 for an account that was lost."""
    if initial <= 0 or days <= 0:
        return None
    if final <= 0:
        return -1.0
    exponent = DAYS_A_YEAR / days * math.log(final / initial)
    return math.expm1(exponent) if exponent < 700 else None  # a few hours of luck have no year


def sortino(returns: ArrayLike, least: float = 0.0) -> float | None:
    """Return mean(r - least) / sqrt(mean(min(r - least, 0)^2)), the mean over all days, x sqrt(252).

    None below 20 dates, as for the Sharpe ratio, or where no day was below `least`.
    """
    excess = np.asarray(returns, np.float64) - least
    if excess.size < LEAST_DATES or not np.isfinite(excess).all():
        return None
    downside = math.sqrt(float((np.minimum(excess, 0.0) ** 2).mean()))
    return float(excess.mean()) / downside * math.sqrt(TRADING_DATES_A_YEAR) if downside > 0 else None


def adjusted_sharpe(returns: ArrayLike, *, year: int = TRADING_DATES_A_YEAR, lags: int | None = None) -> float | None:
    """Return the daily Sharpe ratio x q / sqrt(q + 2 sum over k < q of (q - k) rho_k), q = `year`, k up to `lags`.

    Lo (2002), "The Statistics of Sharpe Ratios", eq. 20. The autocorrelations of a sample at all its lags add up to
    -1/2 whatever it was drawn from, so the sum stops at the bandwidth of Newey and West, 4 (T / 100)^(2/9), unless
    `lags` is given. None below 20 dates or where the sum leaves no variance.
    """
    sample = np.asarray(returns, np.float64)
    if sample.size < LEAST_DATES or not np.isfinite(sample).all() or sample.min() == sample.max():
        return None
    most = math.floor(4 * (sample.size / 100) ** (2 / 9)) if lags is None else lags
    lag = np.arange(1, min(most, year - 1, sample.size - 1) + 1)
    centred = sample - sample.mean()
    power = float(centred @ centred)
    rho = np.array([float(centred[k:] @ centred[:-k]) / power for k in lag.tolist()])
    total = year + 2 * float(((year - lag) * rho).sum())
    if total <= 0:
        return None
    return float(sample.mean()) / float(sample.std(ddof=1)) * year / math.sqrt(total)


def under_water(equity: ArrayLike, initial: float) -> Floats:
    """Return E_t / max(E_s, s <= t) - 1 at every sample, the maximum starting at the initial equity."""
    curve = np.asarray(equity, np.float64)
    found: Floats = curve / np.maximum(np.maximum.accumulate(curve), initial) - 1 if curve.size else np.zeros(0)
    return found


def ulcer(equity: ArrayLike, initial: float) -> float:
    """Return the root of the mean squared drawdown of all samples (P. Martin's Ulcer index, as a share)."""
    depth = under_water(equity, initial)
    return math.sqrt(float((depth**2).mean())) if depth.size else 0.0


def longest_drawdown(moments: Integers, equity: ArrayLike, initial: float, start: int) -> Spell:
    """Return the longest time from a peak to its recovery; what never recovered counts to the last moment.

    The curve begins with `initial` at `start`, in the unit of `moments`.
    """
    when = np.concatenate(([start], moments)).astype(np.int64)
    below = np.concatenate(([False], under_water(equity, initial) < 0))
    ahead, behind = below[1:] & ~below[:-1], ~below[1:] & below[:-1]
    peaks, recoveries = when[:-1][ahead], when[1:][behind]
    open_end = len(peaks) > len(recoveries)
    ends = np.append(recoveries, when[-1]) if open_end else recoveries
    if not len(peaks):
        return Spell(0, recovered=True)
    longest = int((ends - peaks).argmax())
    return Spell(int(ends[longest] - peaks[longest]), not (open_end and longest == len(peaks) - 1))


def calmar(growth: float | None, drawdown: float) -> float | None:
    """Return CAGR / |maximum drawdown|, both of the same window; None without a drawdown."""
    return None if growth is None or drawdown >= 0 else growth / -drawdown
