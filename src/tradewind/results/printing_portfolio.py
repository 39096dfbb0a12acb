"""Who made what, and how risk is to be shared out, in a terminal and as settings."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.results.amounts import UNKNOWN, cash_text, share_text, shown_digits
from tradewind.results.budget import Budget
from tradewind.results.printing import blank_table

if TYPE_CHECKING:
    from rich.table import Table

BARE = re.compile(r"[A-Za-z0-9_-]+")


def attribution_tables(run: Mapping[str, Any]) -> "list[Table]":
    """Return who made what of a run: profit, risk and drawdown by line, and how the lines moved together."""
    return [parts_table(run), correlation_table(run)]


def parts_table(run: Mapping[str, Any]) -> "Table":
    """Return what each line made, risked and lost in the deepest drawdown, adding up to the account's."""
    account, whole = run["summary"]["account"], run["summary"]["attribution"]
    fall = whole["drawdown"]
    table = blank_table(run, f"Who made what, in {account['currency']}; {_fall_text(fall)}")
    for name in ("", "Closed", "Open", "Profit", "Risked", "Daily dev.", "Share of risk", "In drawdown"):
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    digits = shown_digits(whole["lines"], ("profit", "drawdown", "risk"), account["digits"])
    for line in whole["lines"]:
        table.add_row(
            f"{line['strategy']} {line['symbol']}",
            *(cash_text(line[name], digits) for name in ("net", "open", "profit")),
            share_text(line["risk_share"]),
            UNKNOWN if line["deviation"] is None else f"{line['deviation']:,.{digits}f}",
            share_text(line["variance_share"]),
            cash_text(line["drawdown"], digits),
        )
    if whole["netting"] or fall["netting"]:
        netted = ("", "", cash_text(whole["netting"], digits), "", "", "", cash_text(fall["netting"], digits))
        table.add_row("netting", *netted)
    closed, opened = (sum(line[name] for line in whole["lines"]) for name in ("net", "open"))
    table.add_section()
    table.add_row(
        "account", cash_text(closed, digits), cash_text(opened, digits), cash_text(whole["profit"], digits), "", "", "",
        cash_text(fall["cash"], digits),
    )  # fmt: skip
    return table


def _fall_text(fall: Mapping[str, Any]) -> str:
    if fall["trough"] is None:
        return "no drawdown by daily closes"
    share, peak = share_text(fall["share"], sign=True), fall["peak"] or "start"
    return f"deepest drawdown by daily closes {share}, {peak} to {fall['trough']}"


def correlation_table(run: Mapping[str, Any]) -> "Table":
    """Return the correlations of daily profits."""
    whole = run["summary"]["attribution"]
    table = blank_table(run, f"Correlation of daily profits, {whole['days']:,} dates")
    table.add_column("", overflow="fold")
    for number in range(len(whole["lines"])):
        table.add_column(str(number + 1), justify="right")
    for number, (line, row) in enumerate(zip(whole["lines"], whole["correlation"], strict=True)):
        words = [UNKNOWN if value is None else f"{value:+.2f}" for value in row]
        table.add_row(f"{number + 1} {line['strategy']} {line['symbol']}", *words)
    return table


def budget_table(budget: Budget, *, synthetic: bool) -> "Table":
    """Return the weights, and what each line moves by itself and brings to the portfolio's risk."""
    title = (
        f"Risk shared out by {budget.method}, from {budget.days:,} dates\n"
        f"volatility a year {share_text(budget.volatility)}, with weights of 1 {share_text(budget.unweighted)}; "
        f"correlations moved {share_text(budget.shrinkage)} of the way to zero"
    )
    table = blank_table({"synthetic": synthetic}, title)
    for name in ("", "Weight", "Volatility alone", "Share of risk"):
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    for pair, weight, alone, share in zip(
        budget.pairs, budget.weights, budget.volatilities, budget.contributions, strict=True
    ):
        limit = " (the cap)" if pair in budget.limited else ""
        table.add_row(" ".join(pair), f"{weight:.4f}{limit}", share_text(alone), share_text(share))
    return table


def weights_toml(budget: Budget, runs: Sequence[str]) -> str:
    """Return the weights as the section of a settings file; a weight is cut to four digits, never rounded up."""
    lines = [
        f"# Risk shared out by {budget.method} from {budget.days} trading dates of {', '.join(runs)}.",
        f"# Expected volatility {share_text(budget.volatility)} a year.",
    ]
    strategies = dict.fromkeys(strategy for strategy, _ in budget.pairs)
    for strategy in strategies:
        lines += ["", f"[portfolio.weights.{_key(strategy)}]"]
        for (owner, symbol), weight, share in zip(budget.pairs, budget.weights, budget.contributions, strict=True):
            if owner == strategy:
                lines.append(f"{_key(symbol)} = {int(weight * 10_000) / 10_000}  # {share_text(share)} of the risk")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """Return a name as a key of TOML."""
    return name if BARE.fullmatch(name) else json.dumps(name)
