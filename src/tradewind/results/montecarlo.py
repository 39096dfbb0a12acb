"""What else might have come out: resampled days, trades that were missed, dearer trades. Every draw has a seed.

Days are resampled by the stationary bootstrap of Politis and Romano (1994): blocks of geometric length, wrapped round
the end, so that what hangs together over days stays together; the mean length is that of `dependence`. Intervals are
the plain quantiles of what was drawn. They say how uncertain a record of this length is; they know nothing of choices
made before (that is `overfitting`) nor of markets that the record has not seen.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.results import statistics
from tradewind.results.columns import Floats, Integers, minor_of
from tradewind.results.dependence import block_days
from tradewind.results.entries import trading_days
from tradewind.results.measures import daily_returns, spans
from tradewind.results.reshuffle import drawdowns
from tradewind.results.summary import SPLIT

if TYPE_CHECKING:
    import polars as pl

REPEATS = 2000
LEVEL = 0.9
AT_ONCE = 1_000_000
MOST_TRADES_DRAWN, FEWEST_DRAWS = 50_000_000, 200
"""Of long records fewer draws are made of single trades, and they need no more."""

COST_MULTIPLES = (0.0, 1.0, 1.5, 2.0)
MISSED = 0.1


class Interval(NamedTuple):
    """The middle of what was drawn, and the limits between which `LEVEL` of it lies."""

    low: float
    median: float
    high: float


def simulate(
    tables: Mapping[str, "pl.DataFrame"], document: Mapping[str, Any], *, seed: int, repeats: int = REPEATS
) -> dict[str, Any]:
    """Return all of it for a run as plain data; None where a record is too short: 20 trading dates, two trades.

    Intervals of its growth, Sharpe ratio, drawdown and expectancy, drawdowns of its trades in other orders (each as a
    share of what had been earned before it, one after another), results with a tenth of them missed, and at other
    costs.
    """
    trades, returns = tables["trades"], daily_returns(tables["equity"], document)
    opened, closed = spans(trades)
    holding = float((closed - opened).mean()) / 86_400e9 if len(opened) else 0.0
    enough, some = len(returns) >= statistics.LEAST_DATES, trades.height > 1
    net = trades["net"].to_numpy()
    length = block_days(returns, holding) if enough else None
    before = float(document["account"]["balance"]) + np.concatenate(([0.0], np.cumsum(net)[:-1]))
    draws = min(repeats, max(FEWEST_DRAWS, MOST_TRADES_DRAWN // max(trades.height, 1)))
    reordered = drawdowns(net / before, 1.0, draws, seed) if some and (before > 0).all() else None
    digits = document["summary"]["account"]["digits"]
    return {
        "seed": seed,
        "repeats": repeats,
        "trade_repeats": draws,
        "level": LEVEL,
        "block_days": length,
        "days": _plain(day_intervals(returns, length, seed=seed, repeats=repeats)) if length else None,
        "expectancy_r": _plain(expectancy_interval(trades, seed=seed, repeats=repeats)),
        "reordered_drawdown": _quantiles(reordered),
        "missed": _plain(missed(net, seed=seed, repeats=draws)) if some else None,
        "costs": at_costs(
            {name: minor_of(trades[name], digits) / 10**digits for name in SPLIT}, trades["risk"], digits
        ),
    }


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _plain(value) for name, value in found.items()}
    return found._asdict() if isinstance(found, Interval) else found


def _quantiles(drawn: Floats | None) -> dict[str, float] | None:
    """Return the drawdowns that the worst 1, 5 and 50 % of the orders reach."""
    if drawn is None:
        return None
    return {f"worst_{share}": float(np.quantile(drawn, share / 100)) for share in (1, 5, 50)}


def resampled(count: int, length: float, repeats: int, seed: int) -> Iterator[Integers]:
    """Yield arrays of draws x `count` places, `repeats` draws in all: a stationary bootstrap, mean block `length`."""
    rng, rows, places = np.random.default_rng(seed), max(1, AT_ONCE // max(count, 1)), np.arange(count)
    for start in range(0, repeats, rows):
        shape = (min(rows, repeats - start), count)
        begins = rng.random(shape) < 1 / max(length, 1.0)
        begins[:, :1] = True
        first = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
        yield (np.take_along_axis(rng.integers(0, count, shape), first, axis=1) + places - first) % count


def day_intervals(
    returns: ArrayLike, length: float, *, seed: int, repeats: int = REPEATS, level: float = LEVEL
) -> dict[str, Interval | float]:
    """Return intervals of annual growth, yearly Sharpe ratio and maximum drawdown, and the chance of a loss.

    A year is 252 trading dates here: what is drawn are dates.
    """
    sample = np.asarray(returns, np.float64)
    year = statistics.TRADING_DATES_A_YEAR
    drawn = []
    for places in resampled(sample.size, length, repeats, seed):
        days = sample[places]
        curve = np.cumprod(np.maximum(1 + days, 0.0), axis=1)
        peak = np.maximum(np.maximum.accumulate(curve, axis=1), 1.0)
        deviation = days.std(axis=1, ddof=1)
        ratio = np.where(deviation > 0, days.mean(axis=1) / np.where(deviation > 0, deviation, 1.0), 0.0)
        drawn.append([curve[:, -1] ** (year / sample.size) - 1, ratio * year**0.5, (curve / peak - 1).min(axis=1)])
    grown, sharpe, depth = np.concatenate(drawn, axis=1)
    return {
        "annual_growth": _interval(grown, level),
        "sharpe_year": _interval(sharpe, level),
        "max_drawdown": _interval(depth, level),
        "loss_probability": float((grown < 0).mean()),
    }


def expectancy_interval(
    trades: "pl.DataFrame", *, seed: int, repeats: int = REPEATS, level: float = LEVEL
) -> Interval | None:
    """Return the interval of mean R when whole trading dates are drawn, so trades of one date stay together."""
    rated = trades.filter(trades["r"].is_not_null())
    if rated.height < 2:
        return None
    days, place = np.unique(trading_days(spans(rated)[0]), return_inverse=True)
    total, count = np.bincount(place, rated["r"].to_numpy()), np.bincount(place)
    drawn = [total[chosen].sum(axis=1) / count[chosen].sum(axis=1) for chosen in resampled(len(days), 1, repeats, seed)]
    return _interval(np.concatenate(drawn), level)


def missed(
    net: ArrayLike, share: float = MISSED, *, seed: int, repeats: int = REPEATS, level: float = LEVEL
) -> dict[str, Interval | float]:
    """Return intervals of the sum and the mean of results when each trade was missed with probability `share`.

    With them the chance of a loss. A result that hangs on a few trades does not survive this.
    """
    results, rng = np.asarray(net, np.float64), np.random.default_rng(seed)
    rows = max(1, AT_ONCE // max(results.size, 1))
    sums, counts = [], []
    for start in range(0, repeats, rows):
        kept = rng.random((min(rows, repeats - start), results.size)) >= share
        sums.append(kept @ results)
        counts.append(kept.sum(axis=1))
    total = np.concatenate(sums)
    mean = total / np.maximum(np.concatenate(counts), 1)
    loss = float((total < 0).mean())
    return {"net": _interval(total, level), "average_net": _interval(mean, level), "loss_probability": loss}


def at_costs(parts: Mapping[str, Floats], risk: "pl.Series", digits: int = 2) -> list[dict[str, Any]]:
    """Return results with spread and slippage at x0, x1, x1.5 and x2, from the costs split out of each trade.

    The same trades at other costs: stops and sizes are those of x1. What a dearer market would have changed in
    them, only another run can tell. `parts` are cash of `digits` digits, costs negative; `risk` is the cash at
    risk, null where unknown.
    """
    scaled = parts["spread"] + parts["slippage"]
    rest = parts["gross_mid"] + parts["commission"] + parts["financing"]
    staked = risk.cast(float).to_numpy()
    counted = np.isfinite(staked) & (staked > 0)
    rows = []
    for multiple in COST_MULTIPLES:
        net = rest + multiple * scaled
        expected = statistics.expectancy(net[counted] / staked[counted])
        rows.append(
            {
                "multiple": multiple,
                "net": round(float(net.sum()), digits),
                "profit_factor": statistics.profit_factor(net),
                "expectancy_r": expected.mean if expected else None,
                "expectancy_error_r": expected.error if expected else None,
            }
        )
    return rows


def _interval(drawn: NDArray[np.float64], level: float) -> Interval:
    """Return the quantiles that leave equal shares outside."""
    low, median, high = np.quantile(drawn, ((1 - level) / 2, 0.5, (1 + level) / 2)).tolist()
    return Interval(low, median, high)
