"""How long a series remembers: the block a bootstrap must keep together, so that it does not destroy what it tests.

The block length is that of Politis and White (2004), "Automatic Block-Length Selection for the Dependent Bootstrap",
for the stationary bootstrap, with the correction of Patton, Politis and White (2009). Domain rule 6.2 wants five
trading days at least.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST_DAYS = 5


def block_days(returns: ArrayLike, holding: float = 0.0) -> float:
    """Return the mean block length: what the dependence asks for, the mean `holding` in days, and five at least."""
    sample = np.asarray(returns, np.float64)
    columns = sample.reshape(len(sample), -1)
    found = [block_length(column) for column in columns.T]
    return max(float(np.median(found)) if found else 0.0, holding, LEAST_DAYS)


def block_length(values: ArrayLike) -> float:
    """Return the mean block of a stationary bootstrap that is best for the mean of a series; 1 at least."""
    sample = np.asarray(values, np.float64)
    count = sample.size
    if count < 10 or sample.min() == sample.max():
        return 1.0
    quiet = max(5, math.ceil(math.log10(count)))
    most = math.ceil(math.sqrt(count)) + quiet
    covariance = _autocovariances(sample, min(most, count - 1))
    small = np.abs(covariance[1:] / covariance[0]) < 2 * math.sqrt(math.log10(count) / count)
    width = min(2 * _last_loud(small, quiet), len(covariance) - 1)
    lags = np.arange(1, width + 1)
    weights = np.where(lags / max(width, 1) <= 0.5, 1.0, 2 * (1 - lags / max(width, 1)))
    slope = 2 * float((weights * lags * covariance[1 : width + 1]).sum())
    power = float(covariance[0] + 2 * (weights * covariance[1 : width + 1]).sum())
    if power == 0:
        return 1.0
    longest = math.ceil(min(3 * math.sqrt(count), count / 3))
    return float(min(max((slope**2 / power**2 * count) ** (1 / 3), 1.0), longest))


def _autocovariances(sample: Floats, lags: int) -> Floats:
    """Return the autocovariances from lag 0 up, each divided by the whole length."""
    centred = sample - sample.mean()
    return np.array([float(centred[: centred.size - lag] @ centred[lag:]) / centred.size for lag in range(lags + 1)])


def _last_loud(small: NDArray[np.bool_], quiet: int) -> int:
    """Return the first lag of `quiet` correlations in a row that say nothing; else the last that says something."""
    for lag in range(len(small) - quiet + 1):
        if small[lag : lag + quiet].all():
            return lag + 1
    loud = np.flatnonzero(~small)
    return int(loud[-1]) + 1 if loud.size else 1
