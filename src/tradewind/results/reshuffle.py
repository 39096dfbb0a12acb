"""What the order of trades does: under fixed-fractional sizing the end is the same for every order, the way is not.

So a reshuffle says how deep the drawdown might as well have been, and nothing about whether there is an edge.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

AT_ONCE = 4_000_000
"""So many trades of all orders are held in memory together."""


def compounded(r: ArrayLike, fraction: float, capital: float) -> NDArray[np.float64]:
    """Return the equity after each trade of the R multiples `r` when `fraction` of equity is risked on each."""
    grown: NDArray[np.float64] = np.multiply(capital, np.cumprod(1.0 + fraction * np.asarray(r, dtype=np.float64)))
    return grown


def drawdowns(r: ArrayLike, fraction: float, orders: int, seed: int) -> NDArray[np.float64]:
    """Return the maximum drawdown (shares <= 0) of `orders` random orders of the trades; the seed decides which."""
    trades, rng = np.asarray(r, dtype=np.float64), np.random.default_rng(seed)
    if trades.size == 0:
        return np.zeros(orders)
    rows = max(1, AT_ONCE // trades.size)
    parts = [_worst(trades, fraction, min(rows, orders - start), rng) for start in range(0, orders, rows)]
    return np.concatenate(parts)


def _worst(r: NDArray[np.float64], fraction: float, orders: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the maximum drawdown of some orders; an account that is lost stays lost."""
    shuffled = rng.permuted(np.tile(r, (orders, 1)), axis=1)
    equity = np.cumprod(np.maximum(1.0 + fraction * shuffled, 0.0), axis=1)
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), 1.0)
    worst: NDArray[np.float64] = (equity / peak - 1.0).min(axis=1)
    return worst
