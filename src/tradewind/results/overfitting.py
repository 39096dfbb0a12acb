"""How much of a result is luck: the Sharpe ratio discounted by its own uncertainty and by how many variants were tried.

Sharpe ratios here are *per period*, kurtosis is raw (3 for a normal distribution). Sources: Bailey and Lopez de Prado,
"The Sharpe Ratio Efficient Frontier" (2012) and "The Deflated Sharpe Ratio" (2014); Bailey, Borwein, Lopez de Prado
and Zhu, "The Probability of Backtest Overfitting" (2017). How many trials there really were is in `trials`, tests of
all variants at once are in `superiority`.
"""

import math
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.errors import BadData

Floats = NDArray[np.float64]

NORMAL = NormalDist()
EULER = 0.5772156649015329
SPLITS_AT_ONCE = 1024
"""So many splits of a CSCV are held in memory together."""


class Moments(NamedTuple):
    """What the statistics of overfitting need of a series of returns; population skew and raw kurtosis."""

    sharpe: float
    periods: int
    skew: float
    kurtosis: float


class Deflated(NamedTuple):
    """A Sharpe ratio per period, the best that `trials` worthless variants would show, and the chance to beat it."""

    sharpe: float
    noise: float
    trials: float
    probability: float


class Validation(NamedTuple):
    """A combinatorially symmetric cross-validation: the best variant of one half of time, looked at in the other."""

    probability: float
    """Share of splits in which it is below the median there: the probability of backtest overfitting."""
    logits: Floats
    """ln(w / (1 - w)) of its relative rank there, a value a split."""
    inside: Floats
    """Its Sharpe ratio where it was chosen, per period."""
    outside: Floats
    """Its Sharpe ratio in the other half."""
    loss: float
    """Share of splits in which it lost money there."""


def moments(returns: ArrayLike) -> Moments | None:
    """Return Sharpe ratio (ddof = 1), length, skew and raw kurtosis; None where nothing varied."""
    sample = np.asarray(returns, np.float64)
    if sample.size < 2 or not np.isfinite(sample).all() or sample.min() == sample.max():
        return None
    centred = sample - sample.mean()
    variance = float((centred**2).mean())
    if variance**2 == 0:  # differences too small for their powers
        return None
    skew, kurtosis = float((centred**3).mean()) / variance**1.5, float((centred**4).mean()) / variance**2
    return Moments(float(sample.mean()) / float(sample.std(ddof=1)), sample.size, skew, kurtosis)


def probabilistic_sharpe(sharpe: float, benchmark: float, periods: int, skew: float, kurtosis: float) -> float:
    """Return the probability that the true Sharpe ratio is above `benchmark`, both per period."""
    return NORMAL.cdf((sharpe - benchmark) * math.sqrt(periods - 1) / math.sqrt(_spread(sharpe, skew, kurtosis)))


def _spread(sharpe: float, skew: float, kurtosis: float) -> float:
    """Return the variance of a Sharpe ratio times periods - 1; above zero for any sample, as g4 >= 1 + g3^2."""
    return max(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2, 1e-12)


def minimum_track(
    sharpe: float, benchmark: float, skew: float, kurtosis: float, *, confidence: float = 0.95
) -> float | None:
    """Return how many periods make the true ratio exceed `benchmark` with `confidence`; None where none would."""
    if sharpe <= benchmark:
        return None
    return 1 + _spread(sharpe, skew, kurtosis) * (NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def best_of_noise(variance: float, trials: float) -> float:
    """Return the Sharpe ratio expected of the best of `trials` worthless variants; `variance` is across them.

    One trial is nobody's choice: 0. The formula is for many; between one and two it would fall below that.
    """
    if trials <= 1 or variance <= 0:
        return 0.0
    low = NORMAL.inv_cdf(1 - 1 / trials)
    high = NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return max(0.0, math.sqrt(variance) * ((1 - EULER) * low + EULER * high))


def deflated_sharpe(
    sharpe: float, periods: int, skew: float, kurtosis: float, *, variance: float, trials: float
) -> float:
    """Return the probability that the true Sharpe ratio beats the best of `trials` worthless variants."""
    return probabilistic_sharpe(sharpe, best_of_noise(variance, trials), periods, skew, kurtosis)


def deflate(returns: ArrayLike, *, variance: float, trials: float) -> Deflated | None:
    """Return what is left of the Sharpe ratio of the variant chosen, given its returns; None where nothing varied."""
    found = moments(returns)
    if found is None:
        return None
    probability = deflated_sharpe(*found, variance=variance, trials=trials)
    return Deflated(found.sharpe, best_of_noise(variance, trials), trials, probability)


def overfitting_probability(returns: Floats, blocks: int) -> float:
    """Return how often the variant best in one half of time is below the median in the other (PBO by CSCV)."""
    return cross_validate(returns, blocks).probability


def cross_validate(returns: Floats, blocks: int = 16) -> Validation:
    """Return the cross-validation of `returns`, periods x variants, over all choices of half of the `blocks`.

    Time is cut into an even number of even blocks. A variant that did nothing has a ratio of 0; equal ranks share
    their mean. Blocks are summed once, so a split is one row of a product of matrices; and as the other half of a
    split is a split too, half of them are computed.
    """
    periods, variants = returns.shape
    if blocks % 2 or blocks < 2 or periods < 2 * blocks or variants < 2:
        raise BadData(
            f"{periods} periods of {variants} variants cannot be cross-validated in {blocks} blocks.",
            "Give at least two variants, an even number of blocks and two periods a block.",
        )
    parts = np.array_split(returns - returns.mean(), blocks)
    sums, squares = (np.array([(part**power).sum(axis=0) for part in parts]) for power in (1, 2))
    counts = np.array([len(part) for part in parts], np.float64)
    splits = np.zeros((math.comb(blocks, blocks // 2), blocks))
    np.put_along_axis(splits, np.array(list(combinations(range(blocks), blocks // 2))), 1.0, axis=1)
    rows = []
    for start in range(0, len(splits) // 2, SPLITS_AT_ONCE):  # in this order the last split completes the first
        chosen = splits[start : min(start + SPLITS_AT_ONCE, len(splits) // 2)]
        halves = [_ratios(half, sums, squares, counts, returns.mean()) for half in (chosen, 1 - chosen)]
        rows += [_chosen(halves[0], halves[1]), _chosen(halves[1], halves[0])]
    inside, outside, rank = np.concatenate(rows, axis=1)
    logits = np.log(rank / (variants + 1 - rank))
    return Validation(float((logits <= 0).mean()), logits, inside, outside, float((outside < 0).mean()))


def _ratios(half: Floats, sums: Floats, squares: Floats, counts: Floats, level: float) -> Floats:
    """Return the Sharpe ratio of each variant in each half of time; the sums are of returns less `level`."""
    count = (half @ counts)[:, None]
    mean = half @ sums / count
    power = half @ squares / count
    variance = power - mean**2
    still = variance <= 1e-12 * power  # what is left of returns that never varied
    ratios: Floats = np.where(still, 0.0, (mean + level) / np.sqrt(np.where(still, 1.0, variance)))
    return ratios


def _chosen(inside: Floats, outside: Floats) -> Floats:
    """Return of the best variant inside: its ratio there, its ratio outside, and its rank outside from 1 up."""
    best = np.argmax(inside, axis=1)[:, None]
    reached = np.take_along_axis(outside, best, axis=1)
    below, equal = (outside < reached).sum(axis=1), (outside == reached).sum(axis=1)
    return np.array([np.take_along_axis(inside, best, axis=1)[:, 0], reached[:, 0], below + (equal + 1) / 2])
