"""The table of results: one line for each strategy and instrument, and the total.

It is made of the tables and the facts alone, so a stored run gives it again. Sums of cash are sums of minor
units. A summary is plain data, ready for JSON; `None` stands for what cannot be said, never NaN. This is what
a first look needs; the full statistics and those of overfitting are sections of their own beside it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from tradewind import money
from tradewind.results import statistics
from tradewind.results.attribution import Attribution, attribute
from tradewind.results.columns import Integers, minor_of
from tradewind.results.facts import InstrumentFacts, RunFacts
from tradewind.results.open_time import merged, share_held

if TYPE_CHECKING:
    import polars as pl

SPLIT = ("gross_mid", "spread", "slippage", "commission", "financing")
"""The parts of `net`."""


class Line(TypedDict):
    """Results of one strategy in one instrument, or of all; cash in the account's currency, shares of 1."""

    strategy: str
    symbol: str
    trades: int
    wins: int
    losses: int
    win_rate: float | None
    net: float
    average_net: float | None
    profit_factor: float | None
    rated: int
    expectancy_r: float | None
    expectancy_error_r: float | None
    average_win_r: float | None
    average_loss_r: float | None
    average_risk: float | None
    gross_mid: float
    spread: float
    slippage: float
    commission: float
    financing: float
    cost_share: float | None
    exposure: float | None
    longest_losing_streak: int
    ambiguous: int
    ambiguous_share: float | None
    refusals: int


class AccountResult(TypedDict):
    """What became of the account; drawdowns are shares <= 0."""

    currency: str
    digits: int
    initial: float
    final: float
    open: float
    """What positions still open at the end have added so far."""
    return_share: float
    max_drawdown: float
    worst_drawdown: float
    days: int
    """Trading dates."""
    sharpe_day: float | None
    sharpe_day_error: float | None
    sharpe_year: float | None


class Summary(TypedDict):
    """The table of results."""

    account: AccountResult
    total: Line
    lines: list[Line]
    exposure_of: str
    """"market": exposure is a share of the market's open time; "calendar": of the whole period."""
    attribution: Attribution


def summarise(tables: Mapping[str, "pl.DataFrame"], facts: RunFacts) -> Summary:
    """Return the table of results of a run."""
    trades, refusals = tables["trades"], tables["refusals"]
    by_symbol = {one.symbol: one for one in facts.instruments}
    counted = all(by_symbol[symbol].open_ns > 0 for _, symbol in facts.pairs)
    lines = []
    for strategy, symbol in facts.pairs:
        mine = trades.filter((trades["strategy"] == strategy) & (trades["symbol"] == symbol))
        refused = refusals.filter((refusals["strategy"] == strategy) & (refusals["symbol"] == symbol))
        lines.append(_line((strategy, symbol), mine, refused, [by_symbol[symbol]], facts))
    traded = [by_symbol[symbol] for symbol in dict.fromkeys(symbol for _, symbol in facts.pairs)]
    total = _line(("", ""), trades, refusals, traded, facts)
    return {
        "account": _account(tables["equity"], total["net"], facts),
        "total": total,
        "lines": lines,
        "exposure_of": "market" if counted else "calendar",
        "attribution": attribute(tables, facts),
    }


def _line(
    pair: tuple[str, str],
    trades: "pl.DataFrame",
    refusals: "pl.DataFrame",
    traded: Sequence[InstrumentFacts],
    facts: RunFacts,
) -> Line:
    """Return the results of the trades of one line, in the instruments `traded`."""
    digits = money.minor_digits(facts.currency)
    parts = {name: minor_of(trades[name], digits) for name in SPLIT}
    net = sum(parts.values(), start=np.zeros(trades.height, np.int64))
    sums = {name: _units(int(values.sum()), digits) for name, values in parts.items()}
    r = trades["r"].drop_nulls().to_numpy()
    expected, count = statistics.expectancy(r), trades.height
    ambiguous = int((trades["ambiguous"] > 0).sum())
    return {
        "strategy": pair[0],
        "symbol": pair[1],
        "trades": count,
        "wins": int((net > 0).sum()),
        "losses": int((net < 0).sum()),
        "win_rate": statistics.win_rate(net),
        "net": _units(int(net.sum()), digits),
        "average_net": float(net.mean()) / 10**digits if count else None,
        "profit_factor": statistics.profit_factor(net),
        "rated": len(r),
        "expectancy_r": expected.mean if expected else None,
        "expectancy_error_r": expected.error if expected else None,
        "average_win_r": _mean(r[r > 0]),
        "average_loss_r": _mean(r[r < 0]),
        "average_risk": _mean(trades["risk"].drop_nulls().to_numpy()),
        "gross_mid": sums["gross_mid"],
        "spread": sums["spread"],
        "slippage": sums["slippage"],
        "commission": sums["commission"],
        "financing": sums["financing"],
        "cost_share": _cost_share(parts),
        "exposure": _exposure(trades, traded, facts),
        "longest_losing_streak": statistics.longest_losing_streak(net),
        "ambiguous": ambiguous,
        "ambiguous_share": ambiguous / count if count else None,
        "refusals": int(refusals["count"].sum()),
    }


def _exposure(trades: "pl.DataFrame", traded: Sequence[InstrumentFacts], facts: RunFacts) -> float | None:
    """Return the share of open time spent in a position; of the period where nobody counted the open time."""
    opened, closed = (trades[name].to_physical().to_numpy() for name in ("opened", "closed"))
    if traded and all(one.open_spans for one in traded):
        return share_held(opened, closed, merged(span for one in traded for span in one.open_spans))
    counted = all(one.open_ns > 0 for one in facts.instruments if one.symbol in {symbol for _, symbol in facts.pairs})
    open_ns = max((one.open_ns for one in traded), default=0) if counted else facts.end - facts.start
    return statistics.time_covered(opened, closed) / open_ns if open_ns > 0 else None


def _cost_share(parts: Mapping[str, Integers]) -> float | None:
    gross = int(parts["gross_mid"].sum())
    return statistics.cost_share(sum(int(parts[name].sum()) for name in SPLIT[1:]), gross)


def _units(minor: int, digits: int) -> float:
    return minor / float(10**digits)


def _mean(values: statistics.Floats) -> float | None:
    return float(values.mean()) if values.size else None


def _account(equity: "pl.DataFrame", net: float, facts: RunFacts) -> AccountResult:
    """Return what became of the account; drawdowns are the kernel's, of every mark, where it was asked."""
    digits = money.minor_digits(facts.currency)
    curve, low = minor_of(equity["equity"], digits), minor_of(equity["low_equity"], digits)
    final, initial, closing = int(curve[-1]) if curve.size else facts.initial, facts.initial, facts.closing
    daily = curve[equity["date"].is_not_null().to_numpy()]
    ratio = statistics.sharpe(_returns(daily, initial))
    return {
        "currency": facts.currency,
        "digits": digits,
        "initial": _units(initial, digits),
        "final": _units(final, digits),
        "open": _units(final - initial - round(net * 10**digits), digits),
        "return_share": final / initial - 1,
        "max_drawdown": closing.drawdown if closing else statistics.max_drawdown(curve, initial),
        "worst_drawdown": (closing.adverse_drawdown if closing else statistics.worst_drawdown(curve, low, initial)),
        "days": len(daily),
        "sharpe_day": ratio.per_day if ratio else None,
        "sharpe_day_error": ratio.error if ratio else None,
        "sharpe_year": ratio.per_year if ratio else None,
    }


def _returns(daily: Integers, initial: int) -> statistics.Floats:
    """Return the daily returns, none where the account was ruined on the way."""
    return np.zeros(0) if (daily <= 0).any() else statistics.daily_returns(daily, initial)
