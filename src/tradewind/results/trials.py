"""How many independent trials a number of variants amounts to: a hundred that move together are hardly more than one.

Two counts. By the mean correlation rho of their returns, N = rho + (1 - rho) M (domain rule 6.2). By clusters: variants
are joined, those nearest in the mean first (average linkage on the distance sqrt((1 - correlation) / 2)), until no two
clusters correlate by as much as a half (Lopez de Prado 2019, "A Data Science Solution to the Multiple-Testing Crisis",
who chooses the number of clusters by their silhouettes instead).

The variance of Sharpe ratios across trials that move together is smaller by 1 - rho already, so deflating by it *and*
by a smaller N discounts twice and lets luck through. Of the best of 100 worthless variants on 500 days that correlate
by 0.8, the share called significant at 5 % is 29 % without deflating, 6 % with the variance and N, 3.5 % with the
variance and all that were tried (`deflated_best`), and 29 % again with clusters, of which there is one. The first two
figures of a `TrialCount` are safe together; the others are for looking.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.results.overfitting import Deflated, deflate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class TrialCount(NamedTuple):
    """What the deflated Sharpe ratio asks of the variants tried; ratios are per period."""

    tried: int
    variance: float
    """Of the Sharpe ratios across the variants; 0 for a single one."""
    correlation: float
    """The mean of all pairs."""
    effective: float
    """rho + (1 - rho) M"""
    clusters: int
    cluster_variance: float
    """The same across clusters, each the mean of its variants scaled to the same deviation."""


def count_trials(returns: Floats, *, limit: float = 0.5) -> TrialCount:
    """Return the counts for `returns`, periods x variants; a variant that never varied is like no other."""
    ratios = _ratios(returns)
    correlation = mean_correlation(returns)
    labels = clusters(returns, limit=limit)
    scaled = _scaled(returns)
    members = np.zeros((len(labels), labels.max(initial=-1) + 1))
    members[np.arange(len(labels)), labels] = 1
    # Scaling keeps the means: a column over its deviation has the ratio as its mean.
    shared = (scaled + ratios) @ members / np.maximum(members.sum(axis=0), 1)
    return TrialCount(
        tried=returns.shape[1],
        variance=_variance(ratios),
        correlation=correlation,
        effective=effective_trials(returns.shape[1], correlation),
        clusters=members.shape[1],
        cluster_variance=_variance(_ratios(shared)),
    )


def deflated_best(returns: Floats) -> tuple[int, Deflated | None]:
    """Return which of the variants has the best Sharpe ratio, and what is left of it; None where nothing varied.

    It is measured against the best of as many worthless variants as were tried, whose ratios vary as these do.
    """
    ratios = _ratios(returns)
    best = int(ratios.argmax())
    return best, deflate(returns[:, best], variance=_variance(ratios), trials=returns.shape[1])


def effective_trials(count: int, correlation: float) -> float:
    """Return N = rho + (1 - rho) M; a negative mean correlation counts as none."""
    rho = min(max(correlation, 0.0), 1.0)
    return rho + (1 - rho) * count


def mean_correlation(returns: Floats) -> float:
    """Return the mean correlation of all pairs of columns, 0 where there is no pair; no matrix of pairs is made."""
    variants = returns.shape[1]
    if variants < 2:
        return 0.0
    scaled = _scaled(returns)
    own = float((scaled**2).sum())
    together = float((scaled.sum(axis=1) ** 2).sum())
    return float((together - own) / (len(returns) - 1) / (variants * (variants - 1)))


def clusters(returns: Floats, *, limit: float = 0.5) -> Integers:
    """Return the cluster of each column, from 0 up; clusters whose mean distance is that of `limit` stay apart."""
    scaled = _scaled(returns)
    correlation = np.clip(scaled.T @ scaled / max(len(returns) - 1, 1), -1, 1)
    distance = np.sqrt((1 - correlation) / 2)
    np.fill_diagonal(distance, np.inf)
    sizes, labels, farthest = np.ones(len(distance)), np.arange(len(distance)), np.sqrt((1 - limit) / 2)
    while distance.size:
        first, second = sorted(divmod(int(distance.argmin()), len(distance)))
        if not distance[first, second] < farthest:
            break
        joined = (distance[first] * sizes[first] + distance[second] * sizes[second]) / (sizes[first] + sizes[second])
        distance[first], distance[:, first] = joined, joined
        distance[second], distance[:, second], distance[first, first] = np.inf, np.inf, np.inf
        sizes[first] += sizes[second]
        labels[labels == second] = first
    found: Integers = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return found


def _scaled(returns: Floats) -> Floats:
    """Return the columns with mean 0 and deviation 1 (ddof = 1); nothing but zeros where nothing varied."""
    centred = returns - returns.mean(axis=0)
    deviation = _deviation(returns)
    scaled: Floats = np.where(deviation > 0, centred / np.where(deviation > 0, deviation, 1.0), 0.0)
    return scaled


def _deviation(returns: Floats) -> Floats:
    """Return the deviation of each column, exactly 0 where nothing varied."""
    still = returns.min(axis=0) == returns.max(axis=0)
    found: Floats = np.where(still, 0.0, returns.std(axis=0, ddof=1))
    return found


def _ratios(returns: Floats) -> Floats:
    """Return the Sharpe ratio of each column per period; 0 where nothing varied."""
    deviation = _deviation(returns)
    found: Floats = np.where(deviation > 0, returns.mean(axis=0) / np.where(deviation > 0, deviation, 1.0), 0.0)
    return found


def _variance(ratios: Floats) -> float:
    return float(ratios.var(ddof=1)) if ratios.size > 1 else 0.0
