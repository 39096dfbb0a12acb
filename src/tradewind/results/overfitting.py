"""How much of a result is luck: the Sharpe ratio discounted by its own uncertainty and by how many variants were tried.

Sharpe ratios here are *per period*, kurtosis is raw (3 for a normal distribution). Sources: Bailey and Lopez de Prado,
"The Sharpe Ratio Efficient Frontier" (2012) and "The Deflated Sharpe Ratio" (2014); Bailey, Borwein, Lopez de Prado
and Zhu, "The Probability of Backtest Overfitting" (2017).
"""

import math
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

NORMAL = NormalDist()
EULER = 0.5772156649015329


def probabilistic_sharpe(sharpe: float, benchmark: float, periods: int, skew: float, kurtosis: float) -> float:
    """Return the probability that the true Sharpe ratio is above `benchmark`, both per period."""
    spread = math.sqrt(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2)
    return NORMAL.cdf((sharpe - benchmark) * math.sqrt(periods - 1) / spread)


def best_of_noise(variance: float, trials: float) -> float:
    """Return the Sharpe ratio expected of the best of `trials` worthless variants; `variance` is across them."""
    low = NORMAL.inv_cdf(1 - 1 / trials)
    high = NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER) * low + EULER * high)


def deflated_sharpe(
    sharpe: float, periods: int, skew: float, kurtosis: float, *, variance: float, trials: float
) -> float:
    """Return the probability that the true Sharpe ratio beats the best of `trials` worthless variants."""
    return probabilistic_sharpe(sharpe, best_of_noise(variance, trials), periods, skew, kurtosis)


def overfitting_probability(returns: NDArray[np.float64], blocks: int) -> float:
    """Return how often the variant best in one half of time is below the median in the other (PBO by CSCV).

    `returns` is periods x variants; time is cut into `blocks` even blocks (an even number), and every choice of half of
    them is tried.
    """
    parts = np.array_split(returns, blocks)
    sums = np.array([part.sum(axis=0) for part in parts])
    squares = np.array([(part**2).sum(axis=0) for part in parts])
    counts = np.array([len(part) for part in parts], dtype=np.float64)
    below = 0
    splits = list(combinations(range(blocks), blocks // 2))
    for chosen in splits:
        inside = np.zeros(blocks, dtype=bool)
        inside[list(chosen)] = True
        best = int(np.argmax(_sharpes(sums, squares, counts, inside)))
        outside = _sharpes(sums, squares, counts, ~inside)
        rank = int((outside <= outside[best]).sum()) / (returns.shape[1] + 1)
        below += math.log(rank / (1 - rank)) <= 0
    return below / len(splits)


def _sharpes(
    sums: NDArray[np.float64], squares: NDArray[np.float64], counts: NDArray[np.float64], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the Sharpe ratio of each variant over the blocks inside."""
    count = counts[inside].sum()
    mean = sums[inside].sum(axis=0) / count
    variance = squares[inside].sum(axis=0) / count - mean**2
    ratios: NDArray[np.float64] = mean / np.sqrt(variance)
    return ratios
