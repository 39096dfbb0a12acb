"""Runs side by side in a terminal: a column a run."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.results.printing import SYNTHETIC

if TYPE_CHECKING:
    from rich.table import Table


def comparison_tables(
    runs: Sequence[Mapping[str, Any]],
    figures: Sequence[Sequence[tuple[str, str]]],
    differences: Sequence[tuple[str, Sequence[str]]],
) -> "list[Table]":
    """Return the figures of runs, and what was not the same in all of them."""
    heads = [f"{', '.join(run['strategies'])}\n{', '.join(run['instruments'])}\n{run['id'][-10:]}" for run in runs]
    title = f"{SYNTHETIC}\n" if any(run["synthetic"] for run in runs) else ""
    first = _table(f"{title}{len(runs)} runs side by side", heads, justify="right")
    for place, (name, _) in enumerate(figures[0]):
        first.add_row(name, *(each[place][1] for each in figures))
    second = _table("What differs", heads, justify="left")
    for name, values in differences:
        second.add_row(name, *values)
    if not differences:
        second.add_row("nothing", *("" for _ in runs))
    return [first, second]


def _table(title: str, heads: Sequence[str], *, justify: str) -> "Table":
    from rich import box  # noqa: PLC0415 - loaded only when a table is made
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    table = Table(title=Text(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    for head in heads:
        table.add_column(Text(head), justify="right" if justify == "right" else "left", overflow="fold")
    return table
