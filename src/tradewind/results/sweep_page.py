"""A sweep as one HTML file that needs nothing else: best trials, heat map, stability, drawn as SVG, light and dark.

Numbers are those of `results.sweeps.report`; nothing is calculated here. Colours run from blue (worse) to yellow
(better) and differ in lightness, so that they can be told apart without colour too.
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = (
    ("net", "net", ",.2f"), ("return_share", "return", ".2%"), ("trades", "trades", ",.0f"),
    ("profit_factor", "profit factor", ".2f"), ("expectancy_r", "mean R", ".3f"),
    ("expectancy_error_r", "s.e.", ".3f"), ("sharpe_day", "Sharpe a day", ".4f"),
    ("sharpe_year", "Sharpe a year", ".2f"), ("max_drawdown", "drawdown", ".2%"),
    ("worst_drawdown", "worst inside bars", ".2%"), ("cost_share", "costs of gross", ".1%"),
)  # fmt: skip
"""Figure, heading and format of the table's columns."""

LOW, MIDDLE, HIGH = (38, 70, 140), (70, 150, 140), (250, 220, 70)
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #c8ccd2; --soft: #667; --mark: #d1432b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #16181c; --line: #444a52; --soft: #9aa; --mark: #ff7a5c; }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child, .left { text-align: left; }
.wide { overflow-x: auto; } .soft { color: var(--soft); } .warn { color: var(--mark); font-weight: 600; }
svg text { fill: var(--ink); font: 11px system-ui, sans-serif; } figure { margin: 1rem 0; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; }
@media print { body { margin: 0; max-width: none; } }
"""


def page(document: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Return the page of a sweep: its document and what `results.sweeps.report` says of it."""
    title = f"Sweep of {document['strategy']} on {', '.join(document['instruments'])}"
    parts = [
        f"<h1>{_text(title)}</h1>",
        '<p class="warn">SYNTHETIC prices: nothing here is about a market.</p>' if document["synthetic"] else "",
        f'<p class="soft">{_text(_subtitle(document, told))}</p>',
        f"<p>{_text(luck_words(told['luck']))}</p>",
        "<h2>Best trials</h2>",
        f'<div class="wide">{_table(told["best"])}</div>',
    ]
    if told["heat_map"] is not None:
        parts += ["<h2>Map</h2>", f'<div class="wide">{heat_svg(told["heat_map"], told["objective"])}</div>']
    if told["stability"]:
        drawn = "".join(stability_svg(one, told["objective"]) for one in told["stability"])
        parts += ["<h2>How sharp is the peak?</h2>", f'<div class="plots">{drawn}</div>']
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
    )
    return f"{head}<body>{''.join(parts)}</body></html>\n"


def _subtitle(document: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    failed = f", {told['failed']:,} without a result" if told["failed"] else ""
    return (
        f"{document['id']}: {told['done']:,} of {document['total']:,} trials{failed}; {document['method']}, seed "
        f"{document['seed']}; {document['from'][:10]} to {document['to'][:10]}; "
        f"{'; '.join([*document['space']['vary'], *document['space']['where']])}"
    )


def luck_words(luck: Mapping[str, Any] | None) -> str:
    """Return in a sentence what the best is worth beside chance."""
    if luck is None:
        return "Too few trials have a Sharpe ratio to say how much of the best is luck."
    verdict = "above" if luck["beyond"] else "not above"
    return (
        f"Of {luck['trials']:,} trials the best has a daily Sharpe ratio of {luck['best']:.4f}. The best of as many "
        f"worthless variants that scatter as these do would be expected to show {luck['expected_best']:.4f}: the best "
        f"is {verdict} what luck alone gives. Trials scatter by {luck['deviation']:.4f} around {luck['mean']:.4f}."
    )


def shown_figure(value: float | None, pattern: str) -> str:
    """Return a figure as text, a dash for what cannot be said."""
    return "-" if value is None else format(value, pattern)


def _table(best: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for one in best for name in one["params"]))
    head = "".join(f"<th>{_text(one)}</th>" for one in ("trial", *names, *(title for _, title, _ in COLUMNS)))
    rows = []
    for one in best:
        cells = [str(one["number"]), *(one["params"].get(name, "") for name in names)]
        cells += [shown_figure(one["figures"].get(key), pattern) for key, _, pattern in COLUMNS]
        rows.append("".join(f"<td>{_text(cell)}</td>" for cell in cells))
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def heat_svg(shown: Mapping[str, Any], objective: str) -> str:
    """Return the map as a drawing; each cell says its value when it is pointed at."""
    rows, columns, values = shown["rows"], shown["columns"], shown["values"]
    known = [v for row in values for v in row if v is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    side, left, top = 26, 90, 24
    drawn = []
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            if value is None:
                continue
            share = (value - low) / (high - low) if high > low else 0.5
            edge = ' stroke="var(--mark)" stroke-width="3"' if value == high else ""
            drawn.append(
                f'<rect x="{left + x * side}" y="{top + y * side}" width="{side - 1}" height="{side - 1}" '
                f'fill="{colour(share)}"{edge}><title>{_text(shown["across"])} {_text(columns[x])}, '
                f"{_text(shown['down'])} {_text(rows[y])}: {value:.4g} ({shown['counts'][y][x]} trials)</title></rect>"
            )
    drawn += [
        f'<text x="{left - 6}" y="{top + y * side + 17}" text-anchor="end">{_text(one)}</text>'
        for y, one in enumerate(rows)
    ]
    below = top + len(rows) * side
    drawn += [
        f'<text transform="translate({left + x * side + 16},{below + 6}) rotate(-90)" text-anchor="end">'
        f"{_text(one)}</text>"
        for x, one in enumerate(columns)
    ]
    words = f"{objective}: {low:.4g} (dark) to {high:.4g} (light); {shown['down']} down, {shown['across']} across"
    drawn.append(f'<text x="{left}" y="14">{_text(words)}</text>')
    width, height = max(left + len(columns) * side + 20, 640), below + 90
    return (
        f'<svg role="img" aria-label="Heat map" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{''.join(drawn)}</svg>"
    )


def stability_svg(one: Mapping[str, Any], objective: str) -> str:
    """Return the fall-off along one parameter as a drawing."""
    known = [value for value in one["figures"] if value is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(0.0, *known)
    width, height, left, top = 330, 170, 50, 16
    step = (width - left - 12) / max(len(one["figures"]) - 1, 1)

    def place(number: int, value: float) -> tuple[float, float]:
        return left + number * step, top + (height - top - 40) * (1 - (value - low) / (high - low or 1.0))

    points = [(number, *place(number, value)) for number, value in enumerate(one["figures"]) if value is not None]
    line = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in points)
    zero = place(0, 0.0)[1]
    drawn = [
        f'<line x1="{left}" x2="{width - 8}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="var(--line)"/>',
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>',
        *(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if number == one["best"] else 3}" '
            f'fill="{"var(--mark)" if number == one["best"] else "currentColor"}">'
            f"<title>{_text(one['values'][number])}: {one['figures'][number]:.4g}</title></circle>"
            for number, x, y in points
        ),
        f'<text x="{left - 6}" y="{top + 6}" text-anchor="end">{high:.3g}</text>',
        f'<text x="{left}" y="{height - 22}">{_text(one["values"][0])}</text>',
        f'<text x="{width - 8}" y="{height - 22}" text-anchor="end">{_text(one["values"][-1])}</text>',
    ]
    return (
        f'<figure><svg role="img" aria-label="{_text(one["name"])}" width="{width}" height="{height - 14}" '
        f'viewBox="0 0 {width} {height - 14}">{"".join(drawn)}</svg><figcaption><b>{_text(one["name"])}</b>: '
        f"{_text(stability_words(one, objective))}</figcaption></figure>"
    )


def stability_words(one: Mapping[str, Any], objective: str) -> str:
    """Return in words how the objective falls off beside the best value of a parameter."""
    how = "others as in the best trial" if one["alone"] else "best of all trials with that value"
    if one["kept"] is None:
        return f"best at {one['values'][one['best']]} ({how})"
    return f"beside {one['values'][one['best']]} {objective} keeps {one['kept']:.0%} of the best ({how})"


def colour(share: float) -> str:
    """Return the colour of a value that lies `share` of the way from the worst to the best."""
    share = min(max(share, 0.0), 1.0)
    first, second, part = (LOW, MIDDLE, share * 2) if share < 0.5 else (MIDDLE, HIGH, share * 2 - 1)
    return "#" + "".join(f"{math.floor(a + (b - a) * part + 0.5):02x}" for a, b in zip(first, second, strict=True))


def _text(value: object) -> str:
    return html.escape(str(value))
