"""What the order of trades does: under fixed-fractional sizing the end is the same for every order, the way is not."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def compounded(r: ArrayLike, fraction: float, capital: float) -> NDArray[np.float64]:
    """Return the equity after each trade of the R multiples `r` when `fraction` of equity is risked on each."""
    grown: NDArray[np.float64] = np.multiply(capital, np.cumprod(1.0 + fraction * np.asarray(r, dtype=np.float64)))
    return grown


def drawdowns(r: ArrayLike, fraction: float, orders: int, seed: int) -> NDArray[np.float64]:
    """Return the maximum drawdown (shares <= 0) of `orders` random orders of the trades; the seed decides which."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(np.asarray(r, dtype=np.float64), (orders, 1)), axis=1)
    equity = np.cumprod(1.0 + fraction * shuffled, axis=1)
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), 1.0)
    worst: NDArray[np.float64] = (equity / peak - 1.0).min(axis=1)
    return worst
