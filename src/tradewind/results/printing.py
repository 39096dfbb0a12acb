"""Results in a terminal: rich tables of plain data, and the same as JSON.

Every amount has its sign and its unit, every verdict a word, so nothing is lost without colour; long lines
fold and are never cut. Prices that were made up are announced before anything else is said. Rich is imported
when the first table is made.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tradewind.results.amounts import (
    cash_text,
    expectancy_text,
    factor_text,
    multiple_text,
    number_text,
    share_text,
    sharpe_text,
    shown_digits,
)
from tradewind.results.provenance import plain as plain_value
from tradewind.results.why import Answer

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table
    from rich.text import Text

SYNTHETIC = "SYNTHETIC DATA: prices were made up; the results say nothing about any market."


def plain(value: Any) -> Any:
    """Return anything of `results` as JSON has it: frames as lists of rows, moments as text, NaN as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if hasattr(value, "iter_rows"):
        return [plain(row) for row in value.iter_rows(named=True)]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return plain_value(value)


def summary_tables(run: Mapping[str, Any]) -> "list[Table]":
    """Return what a run's document says: the whole, its lines, and what each line cost."""
    return [overview_table(run), lines_table(run), costs_table(run)]


def overview_table(run: Mapping[str, Any]) -> "Table":
    """Return the run as a whole, one fact a row."""
    table = _table(run, heading(run))
    table.show_header = False
    table.add_column("", overflow="fold")
    table.add_column("", justify="right", overflow="fold")
    for name, value in _overview(run["summary"]):
        table.add_row(name, value)
    for name, words in [*news_rows(run.get("news", {})), *risk_rows(run.get("risk", {}))]:
        table.add_row(name, _text(words))
    return table


def news_rows(news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the calendar a run knew, its windows, and what no calendar covers; runs of old say nothing."""
    if not news:
        return []
    if not news["enabled"]:
        return [("", ""), ("News calendar", "none: switched off")]
    counts = ", ".join(f"{count:,} {symbol}" for symbol, count in news["windows"].items())
    rows = [("", ""), ("News calendar", f"{' and '.join(news['calendars'])}, {news['hash'][:10]}")]
    rows.append(("News windows", counts))
    return [*rows, ("Not in the calendar", ", ".join(news["uncovered"]))] if news["uncovered"] else rows


def risk_rows(risk: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the risk rules of a run and what they did; runs of old say nothing."""
    if not risk:
        return []
    if risk["name"] == "none":
        return [("", ""), ("Risk rules", "no risk rules")]
    rows = [("", ""), ("Risk rules", f"{risk['name']}, version {risk['version']}, {risk['hash']}")]
    if risk.get("kill_level"):
        rows.append(("Kill level at the end", f"K{risk['kill_level']}"))
    rows += [(f"  Refused: {name}", f"{count:,}") for name, count in risk["refusals"].items()]
    return rows + [(f"  {name}", f"{count:,}") for name, count in risk["actions"].items()]


def heading(run: Mapping[str, Any]) -> str:
    """Return what was run: strategies and instruments, period and account, id."""
    account = run["account"]
    return (
        f"{run['kind']} of {', '.join(run['strategies'])} on {', '.join(run['instruments'])}\n"
        f"{run['from']} to {run['to']}, account {account['balance']} {account['currency']}\n"
        f"run {run['id']}"
    )


def _overview(summary: Mapping[str, Any]) -> "list[tuple[str, str | Text]]":
    """Return the names and values of the overview, in order."""
    account, total = summary["account"], summary["total"]
    digits, unit = account["digits"], account["currency"]
    rows: list[tuple[str, str | Text]] = [
        ("Net profit of closed trades", _cash(total["net"], digits, unit)),
        *_still_open(account),
        ("Return", share_text(account["return_share"], sign=True)),
        ("Max drawdown, at marks", share_text(account["max_drawdown"], sign=True)),
        ("Max drawdown, worst corners of bars", share_text(account["worst_drawdown"], sign=True)),
        ("Sharpe ratio", sharpe_text(account)),
        ("", ""),
        ("Trades", f"{total['trades']:,}"),
        ("Won", share_text(total["win_rate"])),
        ("Profit factor", factor_text(total)),
        ("Expectancy", expectancy_text(total)),
        (
            "Average win, loss",
            f"{multiple_text(total['average_win_r'])}, {multiple_text(total['average_loss_r'])}",
        ),
        ("Longest losing streak", f"{total['longest_losing_streak']:,}"),
        (f"In a position, of {_base(summary)}", share_text(total["exposure"])),
        ("Decided inside one bar (ambiguous)", share_text(total["ambiguous_share"])),
        ("Orders refused", f"{total['refusals']:,}"),
        ("", ""),
        ("Gross, at mid prices", _cash(total["gross_mid"], digits, unit)),
    ]
    rows += [(f"  {name}", _cash(total[key], digits, unit)) for name, key in COSTS]
    rows.append(("= Net profit of closed trades", _cash(total["net"], digits, unit)))
    rows.append(("Costs, share of gross", share_text(total["cost_share"])))
    return rows


COSTS = (("Spread", "spread"), ("Slippage", "slippage"), ("Commission", "commission"), ("Swap", "financing"))


def _still_open(account: Mapping[str, Any]) -> "list[tuple[str, Text]]":
    if account["open"] == 0:
        return []
    return [
        (
            "Positions still open at the end",
            _cash(account["open"], account["digits"], account["currency"]),
        )
    ]


def _base(summary: Mapping[str, Any]) -> str:
    return "market hours" if summary["exposure_of"] == "market" else "calendar time"


def lines_table(run: Mapping[str, Any]) -> "Table":
    """Return how each strategy did in each instrument: what fits a terminal, the rest is in the document."""
    summary = run["summary"]
    account = summary["account"]
    table = _table(run, f"By strategy and instrument, net in {account['currency']}")
    table.add_column("", overflow="fold")
    for name in ("Trades", "Won", "Factor", "Mean R", "Exposed", "Net"):
        table.add_column(name, justify="right", overflow="fold")
    lines = [*summary["lines"], summary["total"]]
    shown, last = shown_digits(lines, ("net",), account["digits"]), lines[-2] if len(lines) > 1 else None
    for line in lines:
        table.add_row(
            _line(line),
            f"{line['trades']:,}",
            share_text(line["win_rate"]),
            factor_text(line),
            expectancy_text(line).removesuffix(" R"),
            share_text(line["exposure"]),
            _cash(line["net"], shown),
            end_section=line is last,
        )
    return table


def costs_table(run: Mapping[str, Any]) -> "Table":
    """Return what each line would have made without costs, each cost, and what was left."""
    summary = run["summary"]
    account = summary["account"]
    table = _table(run, f"Costs, in {account['currency']}: gross + spread + slippage + commission + swap = net")
    table.add_column("", overflow="fold")
    for name in ("Gross", *(name for name, _ in COSTS), "Net", "Share"):
        table.add_column(name, justify="right", overflow="fold")
    lines = [*summary["lines"], summary["total"]]
    keys = ("gross_mid", *(key for _, key in COSTS), "net")
    shown, last = shown_digits(lines, keys, account["digits"]), lines[-2] if len(lines) > 1 else None
    for line in lines:
        amounts = [_cash(line[key], shown) for key in keys]
        table.add_row(_line(line), *amounts, share_text(line["cost_share"]), end_section=line is last)
    return table


def trades_table(run: Mapping[str, Any], trades: "pl.DataFrame", newest: int | None = 20) -> "Table":
    """Return the `newest` trades that closed, or all of them where that is None."""
    rows = trades if newest is None else trades.tail(newest)
    table = _table(run, f"{rows.height:,} of {trades.height:,} trades, times UTC, net in {run['account']['currency']}")
    digits = run["summary"]["account"]["digits"]
    for name in ("Opened", "Closed", "Trade"):
        table.add_column(name, overflow="fold")
    for name in ("Entry", "Exit", "R", "Net"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("Why it ended", overflow="fold")
    for row in rows.iter_rows(named=True):
        same_day = row["opened"].date() == row["closed"].date()
        table.add_row(
            f"{row['opened']:%Y-%m-%d %H:%M}",
            f"{row['closed']:%H:%M}" if same_day else f"{row['closed']:%Y-%m-%d %H:%M}",
            _text(f"{row['strategy']} {row['side']} {row['lots']:g} {row['symbol']}"),
            f"{row['entry_price']:.10g}",
            f"{row['exit_price']:.10g}",
            multiple_text(row["r"]),
            _cash(row["net"], digits),
            f"{row['reason'] or ''}{' (ambiguous)' if row['ambiguous'] else ''}",
        )
    return table


def why_tables(run: Mapping[str, Any], answer: Answer) -> "list[Table]":
    """Return why there was, or was not, a trade: the gates, then orders and refusals where there were any."""
    tables = [_gates(run, answer)]
    if answer.orders:
        tables.append(_orders(run, "Orders at that moment", answer.orders))
    if answer.refusals:
        tables.append(_orders(run, "Refused", answer.refusals))
    return tables


def _gates(run: Mapping[str, Any], answer: Answer) -> "Table":
    """Return the gates at one bar, and what was held."""
    held = f"{answer.position:+g} lots" if answer.position else "no position"
    where = f"{answer.strategy} on {answer.symbol} at {answer.moment}, {held}"
    table = _table(run, f"{where}\n{answer.sentence}")
    table.add_column("Gate", overflow="fold")
    for name in ("Value", "At least", "At most", "Missing"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("Verdict", overflow="fold")
    for one in answer.gates:
        verdict = _text("passed", "green") if one.passed else _text("NOT PASSED", "red")
        missing = "" if one.passed else number_text(one.missing, sign=True)
        bounds = ("" if bound is None else number_text(bound) for bound in (one.low, one.high))
        table.add_row(_text(one.gate), number_text(one.value), *bounds, missing, verdict)
    for name in answer.not_asked:
        table.add_row(_text(name), "", "", "", "", "not asked")
    return table


def _orders(run: Mapping[str, Any], title: str, orders: Sequence[Mapping[str, Any]]) -> "Table":
    table = _table(run, title)
    for name in ("Given", "Order", "Status", "Reason"):
        table.add_column(name, overflow="fold")
    for one in orders:
        price = one["price"] or one["trigger"]
        words = [one["side"], f"{one['lots']:g}", one["type"], f"at {price:.10g}" if price else None]
        order = " ".join(word for word in words if word)
        table.add_row(one["given"], order, one["status"], one["sentence"] or one["reason"] or "")
    return table


def _text(words: str, style: str = "") -> "Text":
    """Return words for a cell; brackets in them mean nothing."""
    from rich.text import Text  # noqa: PLC0415 - see the module

    return Text(words, style, overflow="fold")


def _line(line: Mapping[str, Any]) -> "Text":
    """Return whose results a line holds."""
    return _text(f"{line['strategy']} {line['symbol']}".strip() or "total")


def _cash(amount: float, digits: int, unit: str = "") -> "Text":
    """Return cash with its sign; losses are also red, gains green."""
    return _text(cash_text(amount, digits, unit), "red" if amount < 0 else "green" if amount > 0 else "")


def _table(run: Mapping[str, Any], title: str) -> "Table":
    """Return an empty table; where the prices were made up its title begins with that."""
    from rich import box  # noqa: PLC0415 - see the module
    from rich.table import Table  # noqa: PLC0415 - loaded only when it is needed

    heading = _text("")
    if run["synthetic"]:
        heading.append(f"{SYNTHETIC}\n", "bold reverse")
    heading.append(title, "bold")
    return Table(
        title=heading,
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
