"""The table of one work: milliseconds, and the two ratios that matter on any machine."""

from rich import box
from rich.console import Console
from rich.table import Table

WORKS = {
    "W1": "W1: average crossing, always in the market, next-open fills",
    "W2": "W2: 30-minute opening range with a bracket, one trade a day",
    "W4": "W4: quotes, an average of the mid, a market order every 1,000th",
    "W1 plain": "W1 with the strategy in plain Python",
    "W3": "W3: W1 for 100 pairs of averages",
    "B x 1000": "Strategy B with 1,000 sets of parameters, costs and house rules (the loop is one of W2)",
    "B": "Strategy B as shipped (the loop is W2's)",
}
WIDTH = 150


def show(work, rows, lines):
    """Print one work's measurements; times of peers that ran fewer rows are scaled to all of them."""
    shown = Table(title=f"{WORKS[work]} ({rows:,} rows)", title_justify="left", box=box.SIMPLE)
    shown.add_column("engine")
    for name in ("ms", "ns/row", "x loop", "x ours"):
        shown.add_column(name, justify="right")
    shown.add_column("answer")
    shown.add_column("note")
    loop, own = (line.get("work_seconds") for line in lines[:2])
    for line in lines:
        seconds = line.get("work_seconds")
        name = f"{line['engine']} {line['version']}".strip()
        note = line.get("note", "")
        if seconds is None:
            shown.add_row(name, "-", "-", "-", "-", "", note)
            continue
        per_row = f"{seconds / rows * 1e9:,.1f}"
        ratios = (_ratio(seconds, loop), _ratio(seconds, own))
        shown.add_row(name, f"{seconds * 1e3:,.1f}", per_row, *ratios, line["answer"], note)
    console = Console()
    Console(width=max(WIDTH, console.width)).print(shown)


def _ratio(seconds, other):
    return f"{seconds / other:,.2f}" if other else "-"
