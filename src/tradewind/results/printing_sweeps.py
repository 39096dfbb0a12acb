"""A sweep in the terminal: the best trials, what luck alone would give, a map of two parameters, the fall-off."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tradewind.results.sweep_page import COLUMNS, colour, luck_words, shown_figure, stability_words

SHOWN = ("net", "trades", "expectancy_r", "expectancy_error_r", "sharpe_day", "max_drawdown")
"""The columns that fit a terminal; a page has more."""


def sweep_tables(document: Mapping[str, Any], told: Mapping[str, Any]) -> list[Any]:
    """Return what to print of a sweep."""
    name = f"{document['strategy']} on {', '.join(document['instruments'])}"
    made = "SYNTHETIC prices. " if document["synthetic"] else ""
    title = f"{made}Sweep {document['id']}: {name}, {told['done']:,} of {document['total']:,} trials"
    parts: list[Any] = [_best(told["best"], title, document["objectives"]), Text(luck_words(told["luck"]))]
    if told["heat_map"] is not None:
        parts.append(_map(told["heat_map"], told["objective"]))
    parts += [Text(f"{one['name']}: {stability_words(one, told['objective'])}") for one in told["stability"]]
    if told["front"]:
        parts.append(Text(f"Trials that no other beats in every objective: {', '.join(map(str, told['front']))}"))
    return parts


def _best(best: Sequence[Mapping[str, Any]], title: str, objectives: Sequence[str]) -> Table:
    names = list(dict.fromkeys(name for one in best for name in one["params"]))
    shown = [
        one
        for one in COLUMNS
        if one[0] in (*SHOWN, *objectives) and any(line["figures"].get(one[0]) is not None for line in best)
    ]
    table = Table(title=title, title_justify="left")
    for column in ("trial", *names, *(heading for _, heading, _ in shown)):
        table.add_column(column, justify="right")
    for one in best:
        cells = [str(one["number"]), *(one["params"].get(name, "") for name in names)]
        table.add_row(*cells, *(shown_figure(one["figures"].get(key), pattern) for key, _, pattern in shown))
    return table


def _map(shown: Mapping[str, Any], objective: str) -> Group:
    """Return the map in coloured cells, with the worst and the best in words."""
    known = [value for row in shown["values"] for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    longest = max((len(one) for one in shown["rows"]), default=0)
    lines = [
        Text(f"{objective}: {shown['down']} down, {shown['across']} across; {low:.4g} (dark) to {high:.4g} (light)")
    ]
    for label, row in zip(shown["rows"], shown["values"], strict=True):
        line = Text(f"{label:>{longest}} ")
        for value in row:
            share = 0.5 if high == low or value is None else (value - low) / (high - low)
            mark = "  " if value is None else "* " if value == high else "  "
            line.append(mark, style="" if value is None else f"black on {colour(share)}")
        lines.append(line)
    lines.append(Text(f"{'':>{longest}} {shown['columns'][0]} to {shown['columns'][-1]}"))
    return Group(*lines)


def sweeps_table(documents: Sequence[Mapping[str, Any]]) -> Table:
    """Return the list of sweeps."""
    table = Table("sweep", "strategy", "instruments", "method", "trials", "varied", "")
    for one in documents:
        table.add_row(
            one["id"], one["strategy"], ", ".join(one["instruments"]), one["method"],
            f"{one['done']:,} of {one['total']:,}", ", ".join(text.split("=")[0] for text in one["space"]["vary"]),
            "SYNTHETIC" if one["synthetic"] else "",
        )  # fmt: skip
    return table
