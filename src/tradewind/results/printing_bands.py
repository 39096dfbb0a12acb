"""Bands and cost stress in a terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tradewind.results.amounts import cash_text, share_text
from tradewind.results.printing import blank_table

if TYPE_CHECKING:
    from rich.table import Table

BOOKS = ("pessimistic", "neutral", "optimistic")


def bands_table(run: Mapping[str, Any]) -> "Table":
    """Return what the run may have been, one book a row, and what depends on fills that nobody can know."""
    bands, account = run["bands"], run["summary"]["account"]
    table = blank_table(run, f"Bands, in {account['currency']}")
    for name in ("book", "net", "return", "trades", "drawdown", "assumes"):
        table.add_column(name, justify="left" if name in ("book", "assumes") else "right", overflow="fold")
    for book in BOOKS:
        one = bands[book]
        table.add_row(
            book, cash_text(one["net"], account["digits"]), share_text(one["return_share"], sign=True),
            f"{one['trades']:,}",
            share_text(one["max_drawdown"]), bands["assumes"][book],
        )  # fmt: skip
    table.add_section()
    table.add_row("ambiguous", share_text(bands["ambiguous_share"]), "", "", "", "trades a bar could not decide")
    unknowable = share_text(bands["unknowable_profit_share"])
    table.add_row("unknowable", unknowable, "", "", "", "of the result hangs on which book is true")
    if bands["flagged"]:
        table.add_row("FLAGGED", "", "", "", "", bands["advice"])
    return table


def stress_table(run: Mapping[str, Any]) -> "Table":
    """Return the net result by multiple of spread and slippage, and the multiple that leaves nothing."""
    stress, account = run["stress"], run["summary"]["account"]
    table = blank_table(run, f"Cost stress, in {account['currency']}")
    table.add_column("spread and slippage")
    table.add_column("net", justify="right")
    for multiple in ("0", "1", "2"):
        table.add_row(f"x{multiple}", cash_text(stress[multiple], account["digits"]))
    table.add_section()
    table.add_row("break-even", break_even_text(stress["break_even"]))
    return table


def break_even_text(multiple: float | None) -> str:
    """Return the break-even multiple in words; below 2 there is little to lose before nothing is left."""
    if multiple is None:
        return "beyond x16"
    if multiple == 0:
        return "loses without any cost"
    return f"x{multiple:.2f}" + ("" if multiple >= 2 else " (want 2 or more)")
