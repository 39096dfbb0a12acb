"""Every measure of domain 6.1 of a run, as plain data; the summary is the first look, this the whole.

Made of the tables and the document alone, so a stored run gives it again. None stands for what cannot be said. Sums
and drawdowns that the summary has are taken from it: the kernel saw every mark, the tables have one an hour.
"""

import contextlib
import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind import money
from tradewind.errors import TradewindError
from tradewind.markets.clock import DAY, SECOND
from tradewind.markets.hours import open_intervals
from tradewind.results import growth, overfitting, statistics, trade_quality
from tradewind.results.columns import Floats, Integers, minor_of
from tradewind.results.entries import instruments_of
from tradewind.results.open_time import merged, open_before
from tradewind.results.summary import SPLIT

if TYPE_CHECKING:
    import polars as pl

Measures = dict[str, Any]


def measure(tables: Mapping[str, "pl.DataFrame"], document: Mapping[str, Any], *, riskless: float = 0.0) -> Measures:
    """Return the measures of a run; `riskless` is the rate of cash a year, 0.02 for 2 %.

    Shares are of 1, drawdowns <= 0, times in calendar days unless a name says otherwise, `_r` in multiples of the
    cash at risk, cash in the account's currency.
    """
    daily = daily_returns(tables["equity"], document) - riskless / statistics.TRADING_DATES_A_YEAR
    return {
        **_period(document),
        **_growth(tables["equity"], document),
        **_ratios(daily),
        **_luck(daily),
        **_trades(tables["trades"], document["summary"]["account"]["digits"]),
        **_r(tables["trades"]),
        **_costs(tables["trades"], document),
        **_size(tables, document),
    }


def daily_returns(equity: "pl.DataFrame", document: Mapping[str, Any]) -> Floats:
    """Return the return of every trading date of a run; none where the account was ruined on the way."""
    digits = document["summary"]["account"]["digits"]
    curve = minor_of(equity.filter(equity["date"].is_not_null())["equity"], digits)
    return np.zeros(0) if (curve <= 0).any() else statistics.daily_returns(curve, _initial(document))


def _initial(document: Mapping[str, Any]) -> int:
    """Return the balance at the start, minor units."""
    account = document["account"]
    return money.minor(account["balance"], account["currency"])


def _moment(text: str) -> int:
    """Return a moment of a document as ns UTC."""
    when = datetime.fromisoformat(text)
    return int(when.timestamp()) * SECOND + when.microsecond * 1000


def _days(document: Mapping[str, Any]) -> float:
    return (_moment(document["to"]) - _moment(document["from"])) / DAY


def _period(document: Mapping[str, Any]) -> Measures:
    return {"days": _days(document), "trading_dates": document["summary"]["account"]["days"]}


def _growth(equity: "pl.DataFrame", document: Mapping[str, Any]) -> Measures:
    """Return growth and drawdowns; those on marks are the kernel's, at every price, and the window is the run."""
    account, initial = document["summary"]["account"], _initial(document)
    yearly = growth.annual_growth(account["initial"], account["final"], _days(document))
    when = equity["ts"].to_physical().to_numpy().astype(np.int64)
    curve = minor_of(equity["equity"], account["digits"])
    daily = curve[equity["date"].is_not_null().to_numpy()]
    spell = growth.longest_drawdown(when, curve, initial, min(_moment(document["from"]), *when[:1].tolist(), 2**62))
    return {
        "return_share": account["return_share"],
        "annual_growth": yearly,
        "max_drawdown": account["max_drawdown"],
        "worst_drawdown": account["worst_drawdown"],
        "drawdown_days": spell.length / DAY,
        "drawdown_recovered": spell.recovered,
        "ulcer": growth.ulcer(daily, initial),
        "calmar": growth.calmar(yearly, account["max_drawdown"]),
    }


def _ratios(daily: Floats) -> Measures:
    """Return the Sharpe and Sortino ratios of daily returns above cash."""
    ratio = statistics.sharpe(daily)
    year = math.sqrt(statistics.TRADING_DATES_A_YEAR)
    return {
        "sharpe_day": ratio.per_day if ratio else None,
        "sharpe_day_error": ratio.error if ratio else None,
        "sharpe_year": ratio.per_year if ratio else None,
        "sharpe_year_error": ratio.error * year if ratio else None,
        "sharpe_year_adjusted": growth.adjusted_sharpe(daily) if ratio else None,
        "sortino_year": growth.sortino(daily) if ratio else None,
    }


def _luck(daily: Floats) -> Measures:
    """Return what the length and shape of the record say of its Sharpe ratio, as if nothing else had been tried."""
    found = overfitting.moments(daily) if len(daily) >= statistics.LEAST_DATES else None
    if found is None:
        return dict.fromkeys(("skew", "kurtosis", "sharpe_probability", "minimum_track_dates"))
    return {
        "skew": found.skew,
        "kurtosis": found.kurtosis,
        "sharpe_probability": overfitting.probabilistic_sharpe(found.sharpe, 0.0, *found[1:]),
        "minimum_track_dates": overfitting.minimum_track(found.sharpe, 0.0, *found[2:]),
    }


def _trades(trades: "pl.DataFrame", digits: int) -> Measures:
    """Return what the results of trades say, in cash."""
    net = minor_of(trades["net"], digits)
    opened, closed = spans(trades)
    count, seconds = trades.height, (closed - opened) / SECOND
    return {
        "trades": count,
        "wins": int((net > 0).sum()),
        "losses": int((net < 0).sum()),
        "win_rate": statistics.win_rate(net),
        "win_rate_error": trade_quality.win_rate_error(net),
        "profit_factor": statistics.profit_factor(net),
        "payoff": trade_quality.payoff(net),
        "average_net": float(net.mean()) / 10**digits if count else None,
        "longest_losing_streak": statistics.longest_losing_streak(net),
        "effective_trades": trade_quality.separate_trades(opened, closed),
        "holding_days": float(seconds.mean()) / 86_400 if count else None,
        "ambiguous_share": float((trades["ambiguous"] > 0).sum()) / count if count else None,
    }


def spans(trades: "pl.DataFrame") -> tuple[Integers, Integers]:
    """Return when trades opened and closed, ns UTC."""
    opened, closed = (trades[name].to_physical().to_numpy().astype(np.int64) for name in ("opened", "closed"))
    return opened, closed


def _r(trades: "pl.DataFrame") -> Measures:
    """Return what the results of trades say, in multiples of the cash at risk; of those that had a stop."""
    rated = trades.filter(trades["r"].is_not_null())
    r, against, favour = (rated[name].cast(float).to_numpy() for name in ("r", "mae_r", "mfe_r"))
    expected, separate = statistics.expectancy(r), trade_quality.separate_trades(*spans(rated))
    varied = len(r) > 1 and r.min() != r.max()
    known = np.isfinite(against) & np.isfinite(favour)
    return {
        "rated": len(r),
        "expectancy_r": expected.mean if expected else None,
        "expectancy_error_r": expected.error if expected else None,
        "expectancy_error_effective_r": float(r.std(ddof=1)) / math.sqrt(separate) if len(r) > 1 else None,
        "quality_number": statistics.quality_number(r) if varied else None,
        "scratches": trade_quality.scratches(r),
        "mae_r": float(against[known].mean()) if known.any() else None,
        "mfe_r": float(favour[known].mean()) if known.any() else None,
        "edge_ratio": trade_quality.edge_ratio(favour[known], against[known]),
        "efficiency": trade_quality.efficiency(r, favour),
    }


def _costs(trades: "pl.DataFrame", document: Mapping[str, Any]) -> Measures:
    """Return what trading cost, and how much more it might have."""
    digits = document["summary"]["account"]["digits"]
    parts = {name: minor_of(trades[name], digits) for name in SPLIT}
    sums = {name: int(values.sum()) for name, values in parts.items()}
    paid = sum(parts[name] for name in SPLIT[1:])
    scaled = sums["spread"] + sums["slippage"]
    return {
        "costs": sum(sums[name] for name in SPLIT[1:]) / 10**digits,
        "cost_share": statistics.cost_share(sum(sums[name] for name in SPLIT[1:]), sums["gross_mid"]),
        "cost_r": trade_quality.cost_in_r(paid / 10**digits, trades["risk"].cast(float).to_numpy()),
        "break_even_multiple": trade_quality.break_even_multiple(sum(sums.values()) - scaled, scaled),
    }


def _size(tables: Mapping[str, "pl.DataFrame"], document: Mapping[str, Any]) -> Measures:
    """Return how much was held and turned over, measured by the mean equity of trading dates.

    `leverage` is the notional held, averaged over the time any market of the run was open; turnover is what was
    bought and sold a year.
    """
    exposure = document["summary"]["total"]["exposure"]
    trades, equity = tables["trades"], tables["equity"]
    mean = equity.filter(equity["date"].is_not_null())["equity"].mean()
    if not trades.height or not isinstance(mean, float) or mean <= 0:
        return {"exposure": exposure, "leverage": None if trades.height else 0.0, "turnover": 0.0}
    bought, sold = notionals(trades)
    known = bool(np.isfinite(bought).all())
    held, total = _open_times(trades, document)
    years = _days(document) / growth.DAYS_A_YEAR
    return {
        "exposure": exposure,
        "leverage": float((bought * held).sum()) / total / mean if known and total > 0 else None,
        "turnover": float((bought + sold).sum()) / mean / years if known and years > 0 else None,
    }


def _open_times(trades: "pl.DataFrame", document: Mapping[str, Any]) -> tuple[Floats, int]:
    """Return for how long of each trade its market was open, and how long any was during the run.

    Instruments whose hours are not known are taken to be open always.
    """
    period = (_moment(document["from"]), _moment(document["to"]))
    hours = {symbol: merged([period]) for symbol in document["instruments"]}
    for symbol, instrument in instruments_of(document).items():
        with contextlib.suppress(TradewindError):  # a period that its calendar does not cover
            hours[symbol] = merged(open_intervals(instrument, *period))
    opened, closed = spans(trades)
    held, symbols = np.zeros(len(opened)), trades["symbol"].to_numpy()
    for symbol, known in hours.items():
        mine = symbols == symbol
        held[mine] = open_before(closed[mine], known) - open_before(opened[mine], known)
    union = merged(span for known in hours.values() for span in known.tolist())
    return held, int((union[:, 1] - union[:, 0]).sum())


def notionals(trades: "pl.DataFrame") -> tuple[Floats, Floats]:
    """Return the notional at entry and at exit of each trade in the account's currency; NaN where not known."""
    symbols = trades["symbol"].unique(maintain_order=True).to_list()
    which = np.array([symbols.index(one) for one in trades["symbol"].to_list()], np.int64)
    entry, out, lots = (trades[name].to_numpy() for name in ("entry_price", "exit_price", "lots"))
    filled = np.sum([trades[name].to_numpy() for name in ("gross_mid", "spread", "slippage")], axis=0)
    worth = trade_quality.cash_per_price(filled, (out - entry) * lots, which, len(symbols))[which]
    return entry * lots * worth, out * lots * worth
