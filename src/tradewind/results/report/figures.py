"""Every measure of a run, folded away below the figures that decide; and the edge ratio at fixed horizons."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tradewind.results.amounts import UNKNOWN, cash_text, share_text
from tradewind.results.excursions import edge_ratios
from tradewind.results.report.candles import Bars
from tradewind.results.report.markup import Column, Html, facts, joined, table, tag, words

if TYPE_CHECKING:
    import polars as pl

SHARES = ("share", "growth", "drawdown", "rate", "rate_error", "exposure", "ulcer", "efficiency", "probability")
"""What is shown in percent: measures whose names end so."""
NAMES = {
    "days": "Calendar days", "annual_growth": "Annual growth (CAGR)", "max_drawdown": "Deepest drawdown, at marks",
    "worst_drawdown": "Deepest drawdown, worst corners", "drawdown_days": "Longest drawdown, days",
    "drawdown_recovered": "Recovered from it", "ulcer": "Ulcer index", "sharpe_day": "Sharpe ratio a day",
    "sharpe_day_error": "its standard error", "sharpe_year": "Sharpe ratio a year",
    "sharpe_year_error": "its standard error, a year", "sharpe_year_adjusted": "Sharpe a year, "
    "autocorrelation-adjusted (Lo)",
    "sortino_year": "Sortino ratio a year", "skew": "Skew of daily returns", "kurtosis": "Kurtosis (3 is normal)",
    "sharpe_probability": "Probability that the true Sharpe is above 0", "minimum_track_dates": "Least track "
    "record, dates",
    "payoff": "Mean win / mean loss",
    "effective_trades": "Trades that do not overlap", "holding_days": "Mean holding, days",
    "expectancy_r": "Mean R", "expectancy_error_r": "its standard error, R",
    "expectancy_error_effective_r": "the same, by trades that do not overlap", "quality_number": "System "
    "quality number",
    "scratches": "Scratches, |R| < 0.05", "mae_r": "Mean MAE, R",
    "mfe_r": "Mean MFE, R", "edge_ratio": "Mean MFE / mean MAE",
    "efficiency": "Kept of the MFE, winners", "cost_r": "Mean cost of a trade, R",
    "break_even_multiple": "Break-even multiple of spread and slippage", "leverage": "Mean leverage",
    "turnover": "Turnover a year, of equity",
}  # fmt: skip


def every_measure(measures: Mapping[str, Any], run: Mapping[str, Any]) -> Html:
    """Return all measures as names and values, after a click."""
    account = run["summary"]["account"]
    rows = [
        (NAMES.get(name, name.replace("_", " ").capitalize()), _shown(name, value, account))
        for name, value in measures.items()
        if not isinstance(value, Mapping | list)
    ]
    return tag("details", tag("summary", f"Every measure ({len(rows)})"), facts(rows))


def _shown(name: str, value: Any, account: Mapping[str, Any]) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "not by the end"
    if isinstance(value, int):
        return f"{value:,}"
    if name in ("costs", "average_net"):
        return cash_text(value, account["digits"], account["currency"])
    if name.endswith(SHARES):
        return share_text(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def edges(trades: "pl.DataFrame", bars: Mapping[str, Bars]) -> Html:
    """Return the edge ratio of the entries after so many bars, by instrument; nothing without prices."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    rows = []
    for symbol, one in sorted(bars.items()):
        mine = trades.filter(trades["symbol"] == symbol)
        if mine.height < 2:
            continue
        frame = pl.DataFrame(dict(zip(("ts", "open", "high", "low", "close"), one[1:], strict=True)))
        found = [each for each in edge_ratios(mine, frame) if each.ratio is not None]
        for each in found:
            minutes = each.bars * one.seconds // 60
            told = [f"{symbol}, {minutes:,} minutes", f"{each.trades:,}", f"{each.favour:.2f}", f"{each.against:.2f}"]
            error = "" if each.error is None else f" ± {each.error:.2f}"
            rows.append([*told, f"{each.ratio:.2f}{error}"])
    if not rows:
        return Html("")
    columns = [
        words("After"),
        Column("Trades"),
        Column("MFE", "ATR"),
        Column("MAE", "ATR"),
        Column("Edge ratio", "± s.e."),
    ]
    note = (
        "How far prices went for and against the entries, whatever the exits did: 1 is chance. Bars of one "
        "side, so the "
        "spread is not in it."
    )
    return joined([table(columns, rows, "Edge ratio at fixed horizons"), tag("p", note, class_="hint")])
