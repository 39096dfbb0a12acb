"""What was asked of a run, as a table for a terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

ANSWERS = {True: "survived", False: "FAILED", None: ""}


def shown(answer: Mapping[str, Any], *, synthetic: bool) -> "Table":
    """Return the checks, one a row."""
    from rich import box  # noqa: PLC0415 - loaded only when a table is made
    from rich.table import Table  # noqa: PLC0415 - loaded only when a table is made
    from rich.text import Text  # noqa: PLC0415 - brackets in what was found mean nothing

    made_up = "SYNTHETIC DATA: prices were made up.\n" if synthetic else ""
    table = Table(
        title=f"{made_up}Could run {answer['run']} be luck?", title_justify="left", box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0), pad_edge=False,
    )  # fmt: skip
    table.add_column("asked", no_wrap=True)
    table.add_column("found", overflow="fold")
    table.add_column("", no_wrap=True)
    for one in answer["checks"]:
        table.add_row(one["name"], Text(one["said"]), ANSWERS[one["passes"]])
    return table
