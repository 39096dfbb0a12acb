"""The shape of the results: how R is spread, how far trades went against and for, and the edge ratio.

Above some number of trades single marks would only be a blot; then cells are drawn that are darker where more trades
lie.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.results import statistics
from tradewind.results.amounts import multiple_text, share_text
from tradewind.results.report.axes import Box, Floats, columns_of, drawing, rows_of, step_of
from tradewind.results.report.markup import Html, facts, figure, joined, section, tag, void

if TYPE_CHECKING:
    import polars as pl

CROWD = 1500
CELLS = 48
SCRATCH = 0.05
"""A trade within this of zero R is a scratch (domain rule 6.1)."""


def shapes(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]", edges: Html) -> Html:
    """Return the section of distributions."""
    trades = tables["trades"]
    rated = trades.filter(trades["r"].is_not_null())
    lead = "R is net result over the cash at risk when the trade was opened. Trades without a stop have none."
    if rated.height < 2:
        return section(
            "shape", "Shape of the results", lead, tag("p", "Fewer than two trades have an R: nothing to draw.")
        )
    r = rated["r"].to_numpy()
    parts = [tag("div", _histogram(r), _excursions(rated), class_="pair"), _figures(run, rated, r), edges]
    return section("shape", "Shape of the results", lead, *parts)


def _histogram(r: Floats) -> Html:
    """Return how many trades ended in each range of R; what lies far out is gathered in the last bars."""
    low, high = float(np.quantile(r, 0.002)), float(np.quantile(r, 0.998))
    low, high = min(low, -0.5), max(high, 0.5)
    step = max(step_of(low, high, 40), 0.01)
    edges = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
    counts, _ = np.histogram(np.clip(r, edges[0], edges[-1] - step * 1e-6), edges)
    most = int(counts.max())
    box, size = Box(52, 14, 414, 226, float(edges[0]), float(edges[-1]), 0, most * 1.08), (480, 282)
    parts: list[object] = [rows_of(box, lambda value: f"{value:,.0f}", 4)]
    parts.append(columns_of(box, lambda value: f"{value:+g}" if value else "0", 7))
    for left, count in zip(edges.tolist(), counts.tolist(), strict=False):
        if count:
            x, wide = box.x(left), box.x(left + step) - box.x(left)
            side = "loss" if left + step / 2 < 0 else "gain"
            bar = void(
                "rect", class_=f"bar {side}", x=round(x + 0.5, 1), y=box.y(count), width=round(max(wide - 1, 0.6), 1),
                height=round(box.top + box.high - box.y(count), 1),
            )  # fmt: skip
            parts.append(bar)
    mean = statistics.expectancy(r)
    assert mean is not None  # noqa: S101 - there are at least two trades
    parts += _mean_mark(box, mean)
    parts.append(tag("text", "R", class_="tick", x=466, y=276, text_anchor="end"))
    label = f"{len(r):,} trades by R, mean {multiple_text(mean.mean)}"
    note = f"{len(r):,} trades, bars of {step:g} R; the line is the mean with two standard errors to either side."
    if float(r.min()) < edges[0] or float(r.max()) > edges[-1]:
        note += (
            f" The outermost bars hold everything to {multiple_text(float(r.min()))} and "
            f"{multiple_text(float(r.max()))}."
        )
    return figure("Distribution of R", note, drawing(size, label, joined(parts), class_="shape"))


def _mean_mark(box: Box, mean: statistics.Estimate) -> list[Html]:
    x, error = box.x(mean.mean), mean.error or 0.0
    left, right = box.x(max(mean.mean - 2 * error, box.x_from)), box.x(min(mean.mean + 2 * error, box.x_to))
    wide = round(max(right - left, 1), 1)
    return [
        void("rect", class_="error", x=left, y=box.top, width=wide, height=box.high),
        void("line", class_="mean", x1=x, x2=x, y1=box.top, y2=box.top + box.high),
        tag("text", f"mean {mean.mean:+.2f}", class_="value", x=min(x + 6, 400), y=box.top + 11),
    ]


def _excursions(rated: "pl.DataFrame") -> Html:
    """Return how far each trade went for it, over how far it went against it."""
    known = rated.filter(rated["mae_r"].is_not_null() & rated["mfe_r"].is_not_null())
    against, forward = np.maximum(known["mae_r"].to_numpy(), 0), np.maximum(known["mfe_r"].to_numpy(), 0)
    won = known["net"].to_numpy() > 0
    title, size = "MAE and MFE", (480, 282)
    if len(against) < 2:
        return figure(title, "Not known for these trades.")
    right = max(float(np.quantile(against, 0.99)) * 1.08, 0.5)
    top = max(float(np.quantile(forward, 0.99)) * 1.08, 0.5)
    box = Box(52, 14, 414, 226, 0, right, 0, top)
    parts: list[object] = [rows_of(box, lambda value: f"{value:g}", 5), columns_of(box, lambda value: f"{value:g}", 6)]
    if len(against) > CROWD:
        parts.append(_cells(box, np.minimum(against, right * 0.9999), np.minimum(forward, top * 0.9999)))
        how = "the darker a cell, the more trades, on a scale of logarithms"
    else:
        inside = [
            (box.x(min(a, right)), box.y(min(f, top))) for a, f in zip(against.tolist(), forward.tolist(), strict=True)
        ]
        for kind, shape in (
            (False, "M{x} {y}m-3.4 -3.4l6.8 6.8m0 -6.8l-6.8 6.8"),
            (True, "M{x} {y}m0 -4l3.8 6.8h-7.6z"),
        ):
            marks = "".join(
                shape.format(x=x, y=y) for (x, y), one in zip(inside, won.tolist(), strict=True) if one == kind
            )
            parts.append(void("path", class_="won" if kind else "lost", d=marks or "M0 0"))
        how = "triangles won, crosses lost"
    parts.append(tag("text", "MAE, R", class_="tick", x=466, y=276, text_anchor="end"))
    parts.append(tag("text", "MFE, R", class_="tick", x=52, y=10))
    label = f"MFE over MAE of {len(against):,} trades"
    note = (
        f"Furthest against and furthest for each trade, on the side it would leave at; {how}. The outermost "
        "1 % lie on the edge."
    )
    return figure(title, note, drawing(size, label, joined(parts), class_="shape"))


def _cells(box: Box, x: Floats, y: Floats) -> Html:
    """Return cells in five shades of one colour: the log of the trades in each."""
    counts, across, down = np.histogram2d(x, y, CELLS, [[box.x_from, box.x_to], [box.y_from, box.y_to]])
    shade = np.ceil(np.log1p(counts) / np.log1p(max(counts.max(), 1)) * 5).astype(int)
    wide, high = round(box.wide / CELLS, 2), round(box.high / CELLS, 2)
    paths = []
    for level in range(1, 6):
        places = np.argwhere(shade == level).tolist()
        cells = "".join(f"M{box.x(across[i])} {box.y(down[j + 1])}h{wide}v{high}h-{wide}z" for i, j in places)
        if cells:
            paths.append(void("path", class_=f"cell d{level}", d=cells))
    return joined(paths)


def _figures(run: Mapping[str, Any], rated: "pl.DataFrame", r: Floats) -> Html:
    """Return the figures that sum the shape up."""
    total = run["summary"]["total"]
    against, forward = (rated[name].drop_nulls().to_numpy() for name in ("mae_r", "mfe_r"))
    winners = rated.filter((rated["net"] > 0) & (rated["mfe_r"] > 0))
    kept = (winners["r"] / winners["mfe_r"]).to_numpy()
    spread = float(r.std(ddof=1))
    rows: list[tuple[str, object]] = [
        ("Median R", multiple_text(float(np.median(r)))),
        ("Standard deviation of R", f"{spread:.2f} R"),
        ("Worst, best", f"{multiple_text(float(r.min()))}, {multiple_text(float(r.max()))}"),
        ("Scratches, |R| < 0.05", share_text(float((np.abs(r) < SCRATCH).mean()))),
        ("System quality number", f"{statistics.quality_number(r):+.2f}" if spread else "n/a"),
    ]
    if against.size and against.mean() > 0:
        rows.append(("Edge ratio, mean MFE / mean MAE", f"{forward.mean() / against.mean():.2f}"))
    if kept.size:
        rows.append(("Kept of the best price, winners", share_text(float(kept.mean()))))
    rows.append(("Decided inside one bar", f"{total['ambiguous']:,} trades"))
    return facts(rows)
