"""What single trades tell: formulas of domain 6.1 on plain arrays; None is "cannot be said".

Results are net of costs, R is net over the cash at risk, costs are cash paid and so negative. MAE and MFE are distances
of the exit side from the entry in R, while the trade was open.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SCRATCH_R = 0.05


def payoff(net: ArrayLike) -> float | None:
    """Return mean win / |mean loss|; None without a win or a loss."""
    results = np.asarray(net, np.float64)
    won, lost = results[results > 0], results[results < 0]
    return float(won.mean() / -lost.mean()) if won.size and lost.size else None


def win_rate_error(net: ArrayLike) -> float | None:
    """Return the standard error of the win rate, sqrt(p (1 - p) / n)."""
    results = np.asarray(net)
    if not results.size:
        return None
    share = float((results > 0).mean())
    return math.sqrt(share * (1 - share) / results.size)


def scratches(r: ArrayLike) -> int:
    """Return the number of trades that made or lost less than 0.05 R."""
    return int((np.abs(np.asarray(r, np.float64)) < SCRATCH_R).sum())


def edge_ratio(mfe: ArrayLike, mae: ArrayLike) -> float | None:
    """Return mean MFE / mean MAE.

    At a fixed horizon, in ATR, entries by chance give 1 before costs (`excursions`). Over the life of trades, in R,
    which is all that the table of trades knows, stops cut the one off and nothing the other: there it flatters.
    """
    against = _mean(mae)
    favour = _mean(mfe)
    return favour / against if favour is not None and against is not None and against > 0 else None


def efficiency(r: ArrayLike, mfe: ArrayLike) -> float | None:
    """Return the mean of R / MFE of winners: how much of the best moment was kept."""
    results, best = np.asarray(r, np.float64), np.asarray(mfe, np.float64)
    counted = (results > 0) & (best > 0)
    return _mean(results[counted] / best[counted])


def cost_in_r(costs: ArrayLike, risk: ArrayLike) -> float | None:
    """Return the mean of costs / cash at risk, positive, of trades whose risk is known."""
    paid, staked = np.asarray(costs, np.float64), np.asarray(risk, np.float64)
    counted = np.isfinite(staked) & (staked > 0)
    return _mean(-paid[counted] / staked[counted])


def break_even_multiple(before: float, scaled: float) -> float | None:
    """Return by how much spread and slippage may grow until nothing is left: m of before + m x scaled = 0.

    `before` is the result with all other costs and without these, `scaled` their sum, negative. It is linear: the same
    trades at other costs. 0 says that they lose without them; None that there are none.
    """
    return max(before, 0.0) / -scaled if scaled < 0 else None


def separate_trades(opened: Integers, closed: Integers) -> int:
    """Return the most trades of which no two were open at the same time: what of them can be called independent.

    The one that closes first is kept, then the first to close of those opened since, and so on, which is the most
    there can be.
    """
    count, free = 0, None
    for start, end in sorted(zip(opened.tolist(), closed.tolist(), strict=True), key=lambda span: (span[1], span[0])):
        if free is None or start >= free:
            count, free = count + 1, max(end, start + 1)
    return count


def cash_per_price(gross: Floats, moved: Floats, which: Integers, instruments: int) -> Floats:
    """Return what one unit of price of one lot was worth in each instrument, in the account's currency.

    It is read from the trades themselves: |result before commission| / |price difference x lots|, summed, so for a
    foreign quote currency the mean rate of the run. NaN where no trade of an instrument moved.
    """
    worth = np.full(instruments, np.nan)
    for number in range(instruments):
        mine = which == number
        distance = float(np.abs(moved[mine]).sum())
        if distance > 0:
            worth[number] = float(np.abs(gross[mine]).sum()) / distance
    return worth


def _mean(values: ArrayLike) -> float | None:
    found = np.asarray(values, np.float64)
    found = found[np.isfinite(found)]
    return float(found.mean()) if found.size else None
