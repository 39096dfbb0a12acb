"""What became of one variant, in the few numbers by which variants are compared: arrays in, figures out.

The formulas are those of a run's own table of results (`results.statistics`; domain rules 6.1), so a variant and a
backtest of the same parameters say the same. `None` is "cannot be said".
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.results import statistics
from tradewind.results.facts import RunFacts
from tradewind.results.open_time import merged, share_held

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY_NS = 86_400_000_000_000
YEAR_DAYS = 365.25
FIGURES = (
    "net", "return_share", "trades", "wins", "profit_factor", "expectancy_r", "expectancy_error_r", "sharpe_day",
    "sharpe_year", "max_drawdown", "worst_drawdown", "cost_share", "ambiguous_share", "exposure", "turnover",
    "refusals",
)  # fmt: skip
"""What is known of every variant. Shares are of 1, drawdowns <= 0, `net` is in units of the account's currency."""


@dataclass(frozen=True)
class Tally:
    """The finished trades of one variant, added up; cash in minor units of the account."""

    trades: int = 0
    wins: int = 0
    won: int = 0
    lost: int = 0
    """Sums of the nets above and below nothing."""
    gross_mid: int = 0
    costs: int = 0
    """Spread, slippage, commission and financing: cash to the account, negative where it was paid."""
    ambiguous: int = 0
    held: float | None = None
    """For which share of the market's open time a position was held."""
    traded: float = 0.0
    """Notional bought and sold."""
    r: Floats = field(default_factory=lambda: np.zeros(0))
    """R of each trade in order; NaN where it had no stop."""


@dataclass(frozen=True)
class Ending:
    """The account when the tape was used up."""

    initial: int
    equity: int
    drawdown: float
    adverse_drawdown: float
    refusals: int


def figures(
    tally: Tally, ending: Ending, daily: Integers, *, period_ns: int, minor_per_unit: int
) -> dict[str, float | None]:
    """Return the figures of one variant; `daily` is its equity at the end of every trading date, minor units."""
    rated = tally.r[~np.isnan(tally.r)]
    expected = statistics.expectancy(rated)
    ratio = statistics.sharpe(np.zeros(0) if (daily <= 0).any() else statistics.daily_returns(daily, ending.initial))
    years = period_ns / (YEAR_DAYS * DAY_NS)
    worth = float(daily.mean()) if len(daily) else float(ending.initial)
    found: dict[str, float | None] = {
        "net": (tally.won + tally.lost) / minor_per_unit,
        "return_share": ending.equity / ending.initial - 1,
        "trades": tally.trades,
        "wins": tally.wins,
        "profit_factor": tally.won / -tally.lost if tally.lost else None,
        "expectancy_r": expected.mean if expected else None,
        "expectancy_error_r": expected.error if expected else None,
        "sharpe_day": ratio.per_day if ratio else None,
        "sharpe_year": ratio.per_year if ratio else None,
        "max_drawdown": ending.drawdown,
        "worst_drawdown": ending.adverse_drawdown,
        "cost_share": statistics.cost_share(tally.costs, tally.gross_mid),
        "ambiguous_share": tally.ambiguous / tally.trades if tally.trades else None,
        "exposure": tally.held,
        "turnover": tally.traded / worth / years if worth > 0 and years > 0 else None,
        "refusals": ending.refusals,
    }
    return {name: _finite(found[name]) for name in FIGURES}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def open_hours(facts: RunFacts) -> Integers:
    """Return the intervals in which a market of the run was open, joined and in order."""
    return merged(span for one in facts.instruments for span in one.open_spans)


def daily_returns(daily: Integers, initial: int) -> Floats:
    """Return the return of every trading date; from the date on which nothing was left they are -1 and then 0."""
    curve = np.maximum(np.concatenate(([initial], daily)), 0).astype(np.float64)
    result: Floats = np.zeros(len(daily))
    np.divide(np.diff(curve), curve[:-1], out=result, where=curve[:-1] > 0)
    return result


def trading_dates(dates: Integers) -> NDArray[np.bool_]:
    """Return which of the samples' dates are trading dates: no time of day, no weekend (1970-01-01: a Thursday)."""
    result: NDArray[np.bool_] = (dates > 0) & ((dates + 3) % 7 <= 4)
    return result


def tally_of(trades: np.ndarray[Any, Any], worth: Floats, hours: Integers) -> Tally:
    """Return rows of TRADE added up; `worth` is the notional of a tick of one lot step, by instrument.

    The market was open in the intervals `hours`.
    """
    column = {name: trades[name].astype(np.int64) for name in trades.dtype.names or ()}
    costs = column["spread_cost"] + column["slippage_cost"] + column["commission"] + column["financing"]
    net = column["gross"] + column["commission"] + column["financing"]
    risk = column["risk"]
    traded = np.zeros(len(worth), np.int64)
    np.add.at(traded, column["instrument"], column["entry_cost"] + column["exit_cost"])
    return Tally(
        trades=len(trades),
        wins=int((net > 0).sum()),
        won=int(net[net > 0].sum()),
        lost=int(net[net < 0].sum()),
        gross_mid=int((net - costs).sum()),
        costs=int(costs.sum()),
        ambiguous=int((column["ambiguous"] > 0).sum()),
        held=share_held(column["opened_at"], column["closed_at"], hours),
        traded=float(traded @ worth),
        r=np.where(risk > 0, net / np.maximum(risk, 1), np.nan),
    )
