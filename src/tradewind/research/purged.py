"""Combinatorial purged cross-validation: many out-of-sample histories from one, instead of the only one there was.

Time is cut into N groups, and every choice of k of them is a test once: C(N, k) splits. Each group is tested in
C(N - 1, k - 1) of them, so the tests can be joined to as many *paths*, each a whole history of which every day was
out of sample. Between a test and what is trained on, days are left out: `purge` on both sides, because a trade open
over the edge is seen by both, and `embargo` more after a test, because what happened there echoes. M. Lopez de Prado,
"Advances in Financial Machine Learning" (2018), 7.4 and 12.
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import TradewindError
from tradewind.results.statistics import TRADING_DATES_A_YEAR

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Split(NamedTuple):
    """Which days are trained on and which groups are tested, by number."""

    train: Integers
    tests: tuple[Integers, ...]
    """The days of each group that is tested, in order of time."""
    groups: tuple[int, ...]
    paths: tuple[int, ...]
    """To which path each of the tests belongs."""


class CrossValidation(NamedTuple):
    """What choosing the best variant on the training days of every split came to."""

    chosen: list[int]
    """The variant chosen in each split."""
    inside: Floats
    """Its daily Sharpe ratio on the days trained on."""
    paths: Floats
    """Daily returns: paths by days, every day out of sample."""
    sharpes: Floats
    """Daily Sharpe ratio of each path."""

    @property
    def sharpe_years(self) -> Floats:
        """The same over a year."""
        scaled: Floats = self.sharpes * np.sqrt(TRADING_DATES_A_YEAR)
        return scaled


def splits(days: int, groups: int, tested: int, *, purge: int = 0, embargo: int = 1) -> list[Split]:
    """Return every split of `days` days into `groups` groups of which `tested` are tests.

    Groups are even; what is left over belongs to the last. Raises TradewindError where nothing would be left to train.
    """
    if not 0 < tested < groups or groups > days:
        raise TradewindError(
            f"{tested} of {groups} groups of {days} days cannot be tests.", "Test at least one group and not all."
        )
    number = np.minimum(np.arange(days) // (days // groups), groups - 1)
    members = [np.flatnonzero(number == group) for group in range(groups)]
    met = [0] * groups
    found = []
    for chosen in combinations(range(groups), tested):
        left_out = np.zeros(days, dtype=bool)
        for group in chosen:
            first, last = int(members[group][0]), int(members[group][-1])
            left_out[max(first - purge, 0) : last + purge + embargo + 1] = True
        if left_out.all():
            raise TradewindError(
                f"Purge {purge} and embargo {embargo} leave no day to train on.", "Use fewer groups or a smaller purge."
            )
        paths = []
        for group in chosen:
            paths.append(met[group])
            met[group] += 1
        tests = tuple(members[group] for group in chosen)
        found.append(Split(np.flatnonzero(~left_out), tests, chosen, tuple(paths)))
    return found


def path_count(groups: int, tested: int) -> int:
    """Return how many whole histories the tests can be joined to."""
    return comb(groups - 1, tested - 1)


def cross_validated(returns: Floats, parts: Sequence[Split]) -> CrossValidation:
    """Return the paths made by taking, in each split, the variant with the best Sharpe ratio on its training days.

    `returns` is days by variants.
    """
    days = len(returns)
    paths = np.full((1 + max(max(one.paths) for one in parts), days), np.nan)
    chosen, inside = [], []
    for one in parts:
        ratios = sharpes(returns[one.train])
        best = int(np.argmax(ratios))
        chosen.append(best)
        inside.append(float(ratios[best]))
        for path, test in zip(one.paths, one.tests, strict=True):
            paths[path, test] = returns[test, best]
    return CrossValidation(chosen, np.array(inside), paths, sharpes(paths.T))


def sharpes(returns: Floats) -> Floats:
    """Return the Sharpe ratio of each column per day; 0 where nothing varied."""
    deviation = returns.std(axis=0, ddof=1)
    moved = returns.max(axis=0) > returns.min(axis=0)
    ratios: Floats = np.where(moved, returns.mean(axis=0) / np.where(moved, deviation, 1.0), 0.0)
    return ratios
