"""Hierarchical risk parity (Lopez de Prado 2016, "Building diversified portfolios that outperform out of sample").

Lines that move together stand together in a tree; from its top down each branch gets risk in inverse proportion to
its variance. The clustering and the bisection are those of skfolio, with single linkage and the variance, as in the
paper. skfolio comes with `pip install tradewind[portfolio]` and is imported here alone.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]


def hierarchical_weights(covariance: Floats) -> Floats:
    """Return weights, summing to 1, of lines with this covariance; a single line has all of it."""
    if len(covariance) == 1:
        return np.ones(1)
    return _optimizer()(days_of(covariance))


def days_of(covariance: Floats) -> Floats:
    """Return made-up days whose sample covariance is exactly `covariance`: the library measures days, not matrices.

    Two days a line, one up and one down, have a covariance that is a multiple of the identity; its square root
    turns them.
    """
    count = len(covariance)
    size = math.sqrt((2 * count - 1) / 2)
    days = size * np.vstack([np.eye(count), -np.eye(count)])
    found: Floats = days @ np.linalg.cholesky(covariance).T
    return found


def _optimizer() -> "Callable[[Floats], Floats]":
    """Return a function from days to weights, or say what is to be installed."""
    try:
        from skfolio.cluster import HierarchicalClustering, LinkageMethod  # noqa: PLC0415  an extra, slow to load
        from skfolio.distance import PearsonDistance  # noqa: PLC0415  an extra, slow to load
        from skfolio.moments import EmpiricalCovariance  # noqa: PLC0415  an extra, slow to load
        from skfolio.optimization import HierarchicalRiskParity  # noqa: PLC0415  an extra, slow to load
        from skfolio.prior import EmpiricalPrior  # noqa: PLC0415  an extra, slow to load
        from skfolio.seriation import HierarchicalSeriation  # noqa: PLC0415  an extra, slow to load
    except ImportError as error:
        raise TradewindError(
            "Hierarchical risk parity needs skfolio, which is not installed.",
            "Install it with `pip install tradewind[portfolio]`, or choose --method equal.",
        ) from error
    model = HierarchicalRiskParity(
        prior_estimator=EmpiricalPrior(covariance_estimator=EmpiricalCovariance()),
        distance_estimator=PearsonDistance(),
        seriation_estimator=HierarchicalSeriation(
            hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
        ),
    )

    def optimize(days: Floats) -> Floats:
        found: Floats = np.asarray(model.fit(days).weights_, np.float64)
        return found

    return optimize
