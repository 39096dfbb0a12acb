"""What `tradewind data synth` does and tells: one plain mapping, and the table of it.

The table has a line for each figure: what the made-up prices give, between what and what real files lay, and what
the real bars at hand give, if there are some. A seed is one possible market, so some
figures always lie outside.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tradewind.data.series import BARS, TICKS, History, timeframe_name
from tradewind.data.synthetic.calibration import symbols
from tradewind.data.synthetic.comparison import compared, real_bars
from tradewind.data.synthetic.market import synthetic_sides, write_synthetic
from tradewind.errors import BadData
from tradewind.markets.clock import utc_datetime
from tradewind.markets.loading import load_profile

if TYPE_CHECKING:
    from rich.table import Table


def made_up(
    history: History, on: Sequence[str], span: tuple[int, int], seed: int, *, bar: str = "M1", compare: bool = False
) -> dict[str, Any]:
    """Store M1 bars or ticks (`bar` is M1 or ticks) and return what was written and, if asked, how real it looks."""
    wanted = list(dict.fromkeys(one.strip() for text in on for one in text.split(",") if one.strip())) or symbols()
    if bar.upper() != "M1" and bar != TICKS:
        raise BadData(f"Synthetic bars are not made of size {bar!r}.", "Make M1: every longer bar is made of it.")
    written = write_synthetic(history, wanted, seed, span, kind=TICKS if bar == TICKS else BARS)
    report: dict[str, Any] = {
        "synthetic": True,
        "seed": seed,
        "from": utc_datetime(span[0]).isoformat(),
        "to": utc_datetime(span[1]).isoformat(),
        "written": [
            {
                "symbol": series.symbol,
                "bars": timeframe_name(series.timeframe),
                "feed": series.feed,
                "side": series.side,
                "new": outcome.new,
                "changed": outcome.changed,
            }
            for series, outcome in written.items()
        ],
    }
    if compare:
        folder = os.environ.get("TRADEWIND_DATA")
        profile = load_profile("metatrader")
        # The bars of the ticks are these bars, so ticks need not be read again.
        made = {
            symbol: pl.concat(sides.bid for sides in synthetic_sides(profile.instrument(symbol), *span, seed))
            for symbol in wanted
        }
        real = real_bars(history, wanted, Path(folder) if folder else None)
        report["figures"] = [one._asdict() for one in compared(made, real)]
    return report


def report_table(report: dict[str, Any]) -> "Table":
    """Return the figures as one table."""
    from rich import box  # noqa: PLC0415 - only a printed comparison needs it
    from rich.table import Table  # noqa: PLC0415 - only a printed comparison needs it

    table = Table(
        title=f"SYNTHETIC DATA, seed {report['seed']}, beside real data",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for name in ("", "figure"):
        table.add_column(name, no_wrap=True)
    for name in ("synthetic", "real files", "here"):
        table.add_column(name, justify="right")
    before = None
    for one in report["figures"]:
        low, high = one["low"], one["high"]
        between = "" if low is None else _number(low) if low == high else f"{_number(low)} to {_number(high)}"
        name = one["symbol"] or "together"
        real = "" if one["real"] is None else _number(one["real"])
        table.add_row("" if name == before else name, one["figure"], _number(one["synthetic"]), between, real)
        before = name
    return table


def _number(value: float) -> str:
    """Return a figure with three digits that count, and never as a power of ten."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.5f}" if 0 < abs(value) < 0.001 else f"{value:.3g}"
