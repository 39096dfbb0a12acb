"""How to share risk out: multiples of the risk fraction for every strategy and instrument, from daily results.

The results are shares of equity a trading date, one column a line, as they came with a multiple of 1; a line with
multiple k is taken to make k times as much. With w the multiples and C the covariance the portfolio's variance is w'Cw
and line i contributes w_i (Cw)_i to it, which add up. Sources:

shrinkage      Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", on
               results divided by their deviation: deviations stay as measured, correlations move towards zero
equal          equal contributions: minimise w'Cw / 2 - mean(ln w) (Spinu 2013) one coordinate after the other
               (Griveau-Billion, Richard and Roncalli 2013)
inverse        w_i proportional to 1 / deviation
volatility     w_i = 1/N x target / sqrt(252) / deviation, the deviation exponentially weighted with 0.94 (domain 5.1):
               the target is met if all lines move as one, and not quite reached otherwise
hrp            hierarchical risk parity (Lopez de Prado 2016), in `hierarchy`

But for `volatility`, whose level is the target's, the multiples are scaled together: to the target where there is one,
else to the risk that the portfolio has with every multiple at 1. None may exceed `most`.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.results.daily import Pair
from tradewind.results.statistics import LEAST_DATES, TRADING_DATES_A_YEAR

Floats = NDArray[np.float64]

DECAY = 0.94
DEFAULT_TARGET = 0.10
METHODS = ("equal", "inverse", "volatility", "hrp")
TURNS, CLOSE_ENOUGH = 1000, 1e-12


class Budget(NamedTuple):
    """Risk shared out: one entry a line, volatilities a year and shares of 1."""

    method: str
    pairs: list[Pair]
    weights: list[float]
    """Multiples of the risk fraction."""
    volatilities: list[float]
    """Of each line with a multiple of 1."""
    contributions: list[float]
    """Of each line to the portfolio's variance, with its weight."""
    volatility: float
    """Of the portfolio with these weights."""
    unweighted: float
    """With every weight at 1."""
    shrinkage: float
    """How far correlations were moved to zero: 0 not at all, 1 all the way."""
    days: int
    limited: list[Pair]
    """Whose weight would have been more than allowed."""


def share_out(
    pairs: Sequence[Pair],
    results: Floats,
    method: str,
    *,
    target: float | None = None,
    most: float = math.inf,
    hierarchy: Callable[[Floats], Floats] | None = None,
) -> Budget:
    """Return the budget of a method; `results` has a row a trading date and a column a pair.

    `hierarchy` is what `hrp` asks (`results.hierarchy.hierarchical_weights`). Too few dates, or a line that never
    changed, are refused.
    """
    if method not in METHODS:
        raise UnknownName("way to share out risk", method, METHODS)
    _check(pairs, results)
    covariance, shrinkage = shrunk_covariance(results)
    deviations = np.sqrt(np.diag(covariance))
    ones = np.ones(len(pairs))
    if method == "volatility":
        wanted = DEFAULT_TARGET if target is None else target
        weights = volatility_target(recent_deviations(results), wanted)
    else:
        if method == "equal":
            weights = equal_contributions(covariance)
        elif method == "inverse":
            weights = 1 / deviations
        elif hierarchy is None:
            raise TradewindError("Hierarchical risk parity needs a library.", "Install tradewind[portfolio].")
        else:
            weights = hierarchy(covariance)
        level = yearly(ones, covariance) if target is None else target
        weights = weights * (level / yearly(weights, covariance))
    limited = [pair for pair, weight in zip(pairs, weights, strict=True) if weight > most]
    weights = np.minimum(weights, most)
    return Budget(
        method,
        list(pairs),
        weights.tolist(),
        (deviations * math.sqrt(TRADING_DATES_A_YEAR)).tolist(),
        contributions(weights, covariance).tolist(),
        yearly(weights, covariance),
        yearly(ones, covariance),
        shrinkage,
        len(results),
        limited,
    )


def _check(pairs: Sequence[Pair], results: Floats) -> None:
    """What cannot be measured is refused."""
    if len(results) < LEAST_DATES:
        raise BadData(
            f"{len(results)} trading dates are too few to share risk out by; {LEAST_DATES} are the least.",
            "Use longer runs; several months say something about a correlation.",
        )
    for number, (strategy, symbol) in enumerate(pairs):
        if results[:, number].std() == 0:
            raise BadData(
                f"{strategy} in {symbol} has the same result on every date: there is no risk to measure.",
                "Use runs in which it trades, or leave it out and give it a weight by hand.",
            )


def shrunk_covariance(results: Floats) -> tuple[Floats, float]:
    """Return the covariance of daily results with correlations moved towards zero, and how far: 0 ... 1."""
    count = len(results)
    centred = results - results.mean(axis=0)
    deviations = centred.std(axis=0, ddof=1)
    standard = centred / centred.std(axis=0)
    sample = standard.T @ standard / count
    apart = float(((sample - np.eye(len(sample))) ** 2).sum())
    # The mean squared distance of each day's own matrix from the sample's: how little the sample is known.
    noise = float(((standard**2).sum(axis=1) ** 2).mean() - (sample**2).sum()) / count
    shrinkage = 0.0 if apart == 0 else min(1.0, max(0.0, noise / apart))
    correlations = (1 - shrinkage) * sample + shrinkage * np.eye(len(sample))
    covariance: Floats = correlations * np.outer(deviations, deviations)
    return covariance, shrinkage


def recent_deviations(results: Floats) -> Floats:
    """Return the deviation of each line, the newest dates counting most: sqrt of an average of squares, decay 0.94."""
    weights = DECAY ** np.arange(len(results))[::-1]
    found: Floats = np.sqrt(weights @ results**2 / weights.sum())
    return found


def volatility_target(deviations: Floats, target: float) -> Floats:
    """Return multiples with which each line has an equal part of the target (a year) by itself."""
    found: Floats = target / math.sqrt(TRADING_DATES_A_YEAR) / len(deviations) / deviations
    return found


def equal_contributions(covariance: Floats) -> Floats:
    """Return weights, summing to 1, with which every line contributes the same to the variance."""
    count = len(covariance)
    scale = np.sqrt(np.diag(covariance))
    matrix = covariance / np.outer(scale, scale)
    weights = np.full(count, 1 / math.sqrt(count))
    for _ in range(TURNS):
        before = weights.copy()
        for line in range(count):
            others = float(matrix[line] @ weights - matrix[line, line] * weights[line])
            weights[line] = (math.sqrt(others**2 + 4 * matrix[line, line] / count) - others) / (2 * matrix[line, line])
        if np.abs(weights - before).max() < CLOSE_ENOUGH:
            break
    found: Floats = weights / scale / (weights / scale).sum()
    return found


def contributions(weights: Floats, covariance: Floats) -> Floats:
    """Return each line's share of the portfolio's variance; they add up to 1."""
    parts = weights * (covariance @ weights)
    found: Floats = parts / parts.sum()
    return found


def yearly(weights: Floats, covariance: Floats) -> float:
    """Return the portfolio's volatility a year."""
    return math.sqrt(float(weights @ covariance @ weights) * TRADING_DATES_A_YEAR)
