"""Equity and drawdown over time, with the band between pessimistic and optimistic fills where the run has one.

The curve is drawn of all hourly and daily samples, thinned to what a screen can show without losing an extreme; the
drawdown is measured on all of them, and at the lowest equity of each interval.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.results.amounts import cash_text, share_text
from tradewind.results.report.axes import (
    Box,
    Floats,
    brief,
    date_marks,
    drawing,
    marks_of,
    path,
    rows_of,
    thinned,
    widened,
)
from tradewind.results.report.markup import Html, figure, joined, remark, section, tag, void

if TYPE_CHECKING:
    import polars as pl

BUCKETS = 700
SIZE = (960, 460)
LEFT, WIDE = 78, 868


BOOKS = ("pessimistic", "neutral", "optimistic")


def curves(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]") -> Html:
    """Return the section of equity and drawdown."""
    lead = "Positions marked at the side they would close at, costs included; hourly samples and every 17:00 New York."
    if tables["equity"].height < 2:
        return section("equity", "Equity and drawdown", lead, tag("p", "The run has no samples of its equity."))
    account = run["summary"]["account"]
    x, equity = seconds_of(tables["equity"]["ts"]), tables["equity"]["equity"].to_numpy()
    low = tables["equity"]["low_equity"].to_numpy()
    bands = band_of(tables)
    drawn = _equity(x, equity, bands, account)
    return section("equity", "Equity and drawdown", lead, drawn, _drawdown(x, equity, low, account), _told(run))


def seconds_of(column: "pl.Series") -> Floats:
    """Return moments as seconds since 1970 UTC."""
    return column.to_physical().to_numpy().astype(np.float64) / 1e9


def band_of(tables: "Mapping[str, pl.DataFrame]") -> dict[str, tuple[Floats, Floats]]:
    """Return the equity of the pessimistic, neutral and optimistic books that the run has: (seconds, equity)."""
    found = {}
    for name in ("pessimistic", "neutral", "optimistic"):
        rows = tables.get(f"band_{name}")
        if rows is not None and rows.height > 1:
            found[name] = (seconds_of(rows["ts"]), rows["equity"].to_numpy())
    return found


def _time_axis(x: Floats, values: tuple[float, float], top: float, high: float) -> Box:
    return Box(LEFT, top, WIDE, high, float(x[0]), float(x[-1]), *values)


def _line(box: Box, x: Floats, y: Floats) -> str:
    kept = thinned(x, y, BUCKETS)
    return path((box.x(one), box.y(other)) for one, other in zip(kept[0].tolist(), kept[1].tolist(), strict=True))


def _equity(x: Floats, equity: Floats, bands: Mapping[str, tuple[Floats, Floats]], account: Mapping[str, Any]) -> Html:
    initial, unit = account["initial"], account["currency"]
    every = [equity, *(each for _, each in bands.values())]
    lowest, highest = widened([initial, *(float(e.min()) for e in every), *(float(e.max()) for e in every)])
    box = _time_axis(x, (lowest, highest), 12, 260)
    parts: list[object] = [rows_of(box, brief), marks_of(box, date_marks(x[0], x[-1]))]
    if "pessimistic" in bands and "optimistic" in bands:
        there = _line(box, *bands["optimistic"])
        parts.append(void("path", class_="band", d=f"{there}L{_back(box, bands['pessimistic'])}Z"))
    start = box.y(initial)
    parts.append(void("line", class_="start", x1=LEFT, x2=LEFT + WIDE, y1=start, y2=start))
    parts.append(tag("text", "start", class_="tick", x=LEFT + 4, y=start - 4))
    parts.append(void("path", class_="equity", d=_line(box, x, equity)))
    parts.append(void("line", class_="cursor", x1=0, x2=0, y1=box.top, y2=box.top + box.high))
    label = (
        f"Equity from {cash_text(initial, 0, unit)} to {cash_text(account['final'], 0, unit)}, "
        f"between {cash_text(float(equity.min()), 0)} and {cash_text(float(equity.max()), 0)}"
    )
    note = (
        f"{unit}. Point at it, or focus it and use the arrow keys, to read a date; click or press Enter to "
        "see its candles."
    )
    if bands:
        note += (
            " The pale band lies between pessimistic and optimistic fills: nobody can know where inside it "
            "one would be."
        )
    picture = drawing(
        (SIZE[0], 300), label, joined(parts), class_="curve", tabindex=0, data_left=LEFT, data_wide=WIDE,
        data_from=f"{x[0]:.0f}", data_to=f"{x[-1]:.0f}", data_curve="equity",
    )  # fmt: skip
    return figure("Equity", note, picture, tag("output", class_="reading", aria_live="polite"))


def _back(box: Box, curve: tuple[Floats, Floats]) -> str:
    """Return a curve from its end to its beginning, to close an area."""
    x, y = thinned(*curve, BUCKETS)
    return path((box.x(a), box.y(b)) for a, b in zip(x[::-1].tolist(), y[::-1].tolist(), strict=True)).removeprefix("M")


def _drawdown(x: Floats, equity: Floats, low: Floats, account: Mapping[str, Any]) -> Html:
    depth, worst = depths(equity, low, account["initial"])
    box = _time_axis(x, (min(float(worst.min()), -1e-4) * 1.08, 0.0), 10, 110)
    decimals = 2 if -float(worst.min()) < 0.02 else 1 if -float(worst.min()) < 0.1 else 0
    parts: list[object] = [rows_of(box, lambda value: f"{value * 100:.{decimals}f} %", 4)]
    parts.append(marks_of(box, date_marks(x[0], x[-1])))
    for kind, values in (("worst", worst), ("depth", depth)):
        inner = _line(box, x, values).removeprefix("M")
        parts.append(void("path", class_=kind, d=f"M{box.x(x[0])} {box.y(0)}L{inner}L{box.x(x[-1])} {box.y(0)}Z"))
    place = int(np.argmin(worst))
    parts.append(void("circle", class_="deepest", cx=box.x(float(x[place])), cy=box.y(float(worst[place])), r=3.5))
    label = f"Drawdown, deepest {share_text(float(worst.min()), sign=True)}"
    note = "Share of the highest equity so far: at the samples, and pale at the lowest equity of each interval."
    return figure("Drawdown", note, drawing((SIZE[0], 146), label, joined(parts), class_="curve"))


def depths(equity: Floats, low: Floats, initial: float) -> tuple[Floats, Floats]:
    """Return the drawdown at each sample and at the lowest equity before it, as shares <= 0."""
    peak = np.maximum.accumulate(np.concatenate(([initial], equity)))
    at_marks: Floats = equity / peak[1:] - 1
    at_worst: Floats = np.minimum(at_marks, low / peak[:-1] - 1)
    return at_marks, at_worst


def _told(run: Mapping[str, Any]) -> Html:
    """Return what the band says, or how a run gets one."""
    bands = run.get("bands")
    if not bands:
        return tag(
            "p",
            "No band: this run has one book. ",
            tag("code", "tradewind backtest ... --bands"),
            " runs it with pessimistic, neutral and optimistic fills together.",
            class_="hint",
        )
    account = run["summary"]["account"]
    nets = ", ".join(f"{book} {cash_text(bands[book]['net'], account['digits'])}" for book in BOOKS if book in bands)
    words = (
        f"Net {account['currency']} by book: {nets}. "
        f"{share_text(bands.get('unknowable_profit_share'))} of the profit hangs on which fills are true."
    )
    kind = "caution" if bands.get("flagged") else "note"
    return remark(kind, f"{words} {bands.get('advice', '') if bands.get('flagged') else ''}".strip())
