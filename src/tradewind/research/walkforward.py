"""Walk-forward: what would have come of always trading the variant that had been best so far.

In each window the variant with the best figure on the dates learnt from is taken, and what it then made on the dates
tested is kept. Joined, the tests are one history of which no day was used to choose. *Efficiency* is what was left of
the figure: the yearly return out of sample over that in sample; one half is commonly asked for (domain rules 6.2).

Every variant runs once over the whole period, and the windows cut its daily returns by date. That is the same as
running each window by itself as long as a strategy's day does not depend on what it did long before. It does where a
position is carried over the edge of a window, and where a strategy remembers its own results (a pause after losses,
sizes by its drawdown). Then run each window afresh (`research.fresh`), which takes as many runs as windows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import UnknownName
from tradewind.research.purged import sharpes
from tradewind.research.windows import Window
from tradewind.results.statistics import TRADING_DATES_A_YEAR

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Step(NamedTuple):
    """One window: what was chosen, why, and what became of it."""

    window: Window
    chosen: int
    """The variant's number."""
    inside: float
    """Its objective on the dates learnt from."""
    outside: float
    """The same on the dates tested."""
    return_inside: float
    return_outside: float
    """A year, mean daily return x 252."""
    stability: float | None
    """The median objective of its neighbours as a share of its own: 1 is a plateau, 0 or less a lonely peak."""
    rank_correlation: float | None
    """Between in-sample and out-of-sample objectives of all variants; 0 is no use in choosing."""

    @property
    def efficiency(self) -> float | None:
        """Return out of sample over return in sample; None where there was nothing to keep."""
        return self.return_outside / self.return_inside if self.return_inside > 0 else None


class Walk(NamedTuple):
    """All windows, and the history their tests make."""

    steps: list[Step]
    returns: Floats
    """Daily, of the tests one after the other."""
    places: Integers
    """Which dates they are."""

    @property
    def efficiency(self) -> float | None:
        """The mean yearly return of the tests over that in sample, windows weighted by their tests' days."""
        days = np.array([one.window.test_end - one.window.test_start for one in self.steps])
        inside = float(np.average([one.return_inside for one in self.steps], weights=days))
        return float(self.returns.mean()) * TRADING_DATES_A_YEAR / inside if inside > 0 else None


def yearly(returns: Floats) -> Floats:
    """Return the mean daily return of each column x 252."""
    mean: Floats = np.asarray(returns.mean(axis=0) * TRADING_DATES_A_YEAR)
    return mean


def calmar(returns: Floats) -> Floats:
    """Return yearly return over maximum drawdown of each column; 0 where there was none."""
    curve = np.cumprod(1 + returns, axis=0)
    depth = (1 - curve / np.maximum(np.maximum.accumulate(curve, axis=0), 1.0)).max(axis=0)
    ratio: Floats = np.where(depth > 0, yearly(returns) / np.where(depth > 0, depth, 1.0), 0.0)
    return ratio


OBJECTIVES: Mapping[str, Callable[[Floats], Floats]] = {"sharpe": sharpes, "return": yearly, "calmar": calmar}
"""By which the best variant is found: figures of daily returns, days by variants."""


def objective(name: str) -> Callable[[Floats], Floats]:
    """Return the objective of that name."""
    if name not in OBJECTIVES:
        raise UnknownName("objective", name, OBJECTIVES)
    return OBJECTIVES[name]


Cut = Callable[[int, Window], tuple[Floats, Floats]]
"""Gives the daily returns of all variants, dates by variants: learnt from and tested on in the window of a number."""


def walk(parts: Sequence[Window], cut: Cut, by: str, nearest: Callable[[int], Integers]) -> Walk:
    """Return the walk through the windows; `nearest` gives the variants that differ least from one."""
    score, steps, made, places = objective(by), list[Step](), list[Floats](), list[Integers]()
    for number, window in enumerate(parts):
        inside, outside = cut(number, window)
        scores, later = score(inside), score(outside)
        best = int(np.argmax(scores))
        steps.append(
            Step(
                window, best, float(scores[best]), float(later[best]),
                float(yearly(inside)[best]), float(yearly(outside)[best]),
                _stability(scores, best, nearest(best)), rank_correlation(scores, later),
            )
        )  # fmt: skip
        made.append(outside[:, best])
        places.append(np.arange(window.test_start, window.test_end))
    return Walk(steps, np.concatenate(made), np.concatenate(places))


def cut_by_date(returns: Floats) -> Cut:
    """Return how to cut windows out of variants that ran over the whole period; `returns` is dates by variants."""

    def cut(_number: int, window: Window) -> tuple[Floats, Floats]:
        return returns[window.train], returns[window.test]

    return cut


def neighbours_of(variants: Sequence[Mapping[str, str]]) -> Callable[[int], Integers]:
    """Return a function that gives the variants nearest to one: along every parameter's own ordered values, in steps.

    Nearest are those at the smallest distance there is, the largest difference in any parameter counting.
    """
    names = sorted({name for one in variants for name in one})
    columns = [_ranks([one.get(name, "") for one in variants]) for name in names]
    places = np.stack(columns, axis=1) if columns else np.zeros((len(variants), 1), np.int64)

    def nearest(number: int) -> Integers:
        away = np.abs(places - places[number]).max(axis=1)
        others = np.flatnonzero(np.arange(len(variants)) != number)
        near: Integers = others[away[others] == away[others].min(initial=np.iinfo(np.int64).max)]
        return near

    return nearest


def _ranks(texts: Sequence[str]) -> Integers:
    """Return the place of each value among the different ones, numbers by size and words by alphabet."""
    try:
        values: list[float] | list[str] = [float(text) for text in texts]
    except ValueError:
        values = list(texts)
    ranks: Integers = np.unique(np.array(values), return_inverse=True)[1].astype(np.int64)
    return ranks


def _stability(scores: Floats, best: int, near: Integers) -> float | None:
    if near.size == 0 or scores[best] <= 0:
        return None
    return float(np.median(scores[near]) / scores[best])


def rank_correlation(first: Floats, second: Floats) -> float | None:
    """Return Spearman's correlation, equal values sharing their mean rank; None where one never varies."""
    one, other = (ranks - ranks.mean() for ranks in (_mean_ranks(first), _mean_ranks(second)))
    scale = float(one @ one) * float(other @ other)
    return float(one @ other) / scale**0.5 if scale else None


def _mean_ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.asarray(np.cumsum(counts) - (counts - 1) / 2.0, np.float64)
    ranks: Floats = middle[place]
    return ranks


def longest_holding(rolls: Integers, opened: Integers, closed: Integers) -> int:
    """Return how many rolls (17:00 New York, ns UTC, ascending) the longest of the trades was held over."""
    if opened.size == 0:
        return 0
    return int((np.searchsorted(rolls, closed) - np.searchsorted(rolls, opened)).max())
