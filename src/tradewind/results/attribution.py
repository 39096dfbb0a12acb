"""Who made what: every strategy in every instrument, adding up to the account to the minor unit.

For each line: profit = net of closed trades + what is open; net = gross_mid + spread + slippage + commission +
financing. The profits of the lines and `netting` (see `daily`) are final - initial equity. The drawdown told is the
deepest by closes of trading dates, and a line's part of it is its profit between that peak and that trough; the parts
add up too, and one that made money meanwhile has a positive part. Correlations and deviations are of daily profits.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from tradewind import money
from tradewind.results.columns import Integers, minor_of
from tradewind.results.daily import DailyProfit, daily_profit
from tradewind.results.facts import RunFacts

if TYPE_CHECKING:
    import polars as pl

COSTS = ("spread", "slippage", "commission", "financing")


class LinePart(TypedDict):
    """One strategy in one instrument; cash in the account's currency, shares of 1."""

    strategy: str
    symbol: str
    profit: float
    net: float
    open: float
    gross_mid: float
    spread: float
    slippage: float
    commission: float
    financing: float
    trades: int
    risk: float
    """Cash put at risk by all trades together; those without a stop count nothing."""
    risk_share: float | None
    drawdown: float
    deviation: float | None
    """Standard deviation of daily profit."""
    variance_share: float | None
    """covariance with the sum of all lines / variance of that sum: the shares add up to 1."""


class Fall(TypedDict):
    """The deepest drawdown by closes of trading dates."""

    peak: str | None
    """The date whose close was the peak; None stands for the start."""
    trough: str | None
    cash: float
    share: float
    netting: float


class Attribution(TypedDict):
    """Who made what of a run."""

    lines: list[LinePart]
    profit: float
    """Final less initial equity: the sum of the lines and of netting."""
    netting: float
    days: int
    drawdown: Fall
    correlation: list[list[float | None]]
    """Of daily profits, line by line; None where one of the two never changed."""


def attribute(tables: Mapping[str, "pl.DataFrame"], facts: RunFacts) -> Attribution:
    """Return who made what of a run, from its tables "trades", "lines" and "equity"."""
    digits = money.minor_digits(facts.currency)
    daily = daily_profit(tables, facts)
    profit, netting = _totals(tables, daily, facts)
    peak, trough = _deepest(daily)
    during = slice(peak, trough)
    shares = variance_shares(daily.profit)
    lines = []
    risks = _by_pair(tables["trades"], "risk", digits, daily)
    for number, pair in enumerate(daily.pairs):
        lines.append(
            _part(pair, tables["trades"], profit[number], digits)
            | {
                "risk": risks[number] / 10**digits,
                "risk_share": risks[number] / sum(risks) if sum(risks) else None,
                "drawdown": int(daily.profit[during, number].sum()) / 10**digits,
                "deviation": _deviation(daily.profit[:, number], digits),
                "variance_share": shares[number],
            }
        )
    return {
        "lines": lines,  # type: ignore[typeddict-item]  # joined from two mappings, which mypy reads as plain ones
        "profit": (sum(profit) + netting) / 10**digits,
        "netting": netting / 10**digits,
        "days": len(daily.dates),
        "drawdown": _fall(daily, peak, trough, digits),
        "correlation": correlation(daily.profit),
    }


def _totals(tables: Mapping[str, "pl.DataFrame"], daily: DailyProfit, facts: RunFacts) -> tuple[list[int], int]:
    """Return what each line made up to the end of the run, and what netting left over, minor units."""
    digits = money.minor_digits(facts.currency)
    lines, curve = tables["lines"], minor_of(tables["equity"]["equity"], digits)
    final = int(curve[-1]) if curve.size else facts.initial
    moments = tables["equity"]["ts"].to_physical()
    worth = dict.fromkeys(daily.pairs, 0)
    newest = lines.filter(lines["ts"].to_physical() == (moments[-1] if len(moments) else 0))
    values = minor_of(newest["earned"], digits) + minor_of(newest["unrealised"], digits)
    for name, symbol, value in zip(newest["strategy"], newest["symbol"], values.tolist(), strict=True):
        worth[name, symbol] = value
    made = list(worth.values())
    return made, final - facts.initial - sum(made)


def _part(pair: tuple[str, str], trades: "pl.DataFrame", profit: int, digits: int) -> dict[str, float | str]:
    """Return the cash of one line, each cost apart."""
    mine = trades.filter((trades["strategy"] == pair[0]) & (trades["symbol"] == pair[1]))
    sums = {name: int(minor_of(mine[name], digits).sum()) for name in ("gross_mid", *COSTS)}
    net = sum(sums.values())
    return {
        "strategy": pair[0],
        "symbol": pair[1],
        "profit": profit / 10**digits,
        "net": net / 10**digits,
        "open": (profit - net) / 10**digits,
        **{name: value / 10**digits for name, value in sums.items()},
        "trades": mine.height,
    }


def _by_pair(trades: "pl.DataFrame", name: str, digits: int, daily: DailyProfit) -> list[int]:
    """Return the sums of a column of cash, by line; null counts nothing."""
    filled = trades.with_columns(trades[name].fill_null(0.0))
    return [
        int(minor_of(filled.filter((filled["strategy"] == one) & (filled["symbol"] == two))[name], digits).sum())
        for one, two in daily.pairs
    ]


def _deepest(daily: DailyProfit) -> tuple[int, int]:
    """Return (peak, trough): the dates [peak, trough) are those of the deepest fall; equal where nothing fell."""
    if not daily.dates:
        return 0, 0
    curve = np.concatenate(([daily.initial], daily.equity)).astype(np.float64)
    falls = curve / np.maximum.accumulate(curve)
    trough = int(falls.argmin())
    return int(curve[: trough + 1].argmax()), trough


def _fall(daily: DailyProfit, peak: int, trough: int, digits: int) -> Fall:
    """Return the fall over the dates [peak, trough)."""
    curve = [daily.initial, *daily.equity.tolist()]
    return {
        "peak": daily.dates[peak - 1].isoformat() if trough > peak > 0 else None,
        "trough": daily.dates[trough - 1].isoformat() if trough > peak else None,
        "cash": (curve[trough] - curve[peak]) / 10**digits,
        "share": curve[trough] / curve[peak] - 1,
        "netting": int(daily.netting[peak:trough].sum()) / 10**digits,
    }


def _deviation(profit: Integers, digits: int) -> float | None:
    return float(profit.std(ddof=1)) / 10**digits if len(profit) > 1 else None


def variance_shares(profit: Integers) -> list[float | None]:
    """Return each line's covariance with the sum of all over the variance of that sum; None where it never changed."""
    total = profit.sum(axis=1, dtype=np.float64)
    if len(total) < 2 or total.std() == 0:
        return [None] * profit.shape[1]
    centred = total - total.mean()
    return [float(share) for share in centred @ profit / (centred @ centred)]


def correlation(profit: Integers) -> list[list[float | None]]:
    """Return the correlations of daily profits; None where one of the two never changed."""
    varies = profit.std(axis=0) > 0 if len(profit) > 1 else np.zeros(profit.shape[1], bool)
    centred = (profit - profit.mean(axis=0)) if len(profit) else profit.astype(np.float64)
    length = np.where(varies, np.sqrt((centred**2).sum(axis=0)), 1.0)
    found = np.clip((centred / length).T @ (centred / length), -1.0, 1.0)
    both = varies[:, None] & varies[None, :]
    return [
        [float(value) if known else None for value, known in zip(row, mask, strict=True)]
        for row, mask in zip(found, both, strict=True)
    ]
