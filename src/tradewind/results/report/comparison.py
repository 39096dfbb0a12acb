"""Runs side by side: their figures, in what they differ, and their equity over each other as shares of their start."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.results.amounts import cash_text, expectancy_text, factor_text, share_text
from tradewind.results.printing import SYNTHETIC
from tradewind.results.report.axes import Box, date_marks, drawing, marks_of, path, rows_of, thinned, widened
from tradewind.results.report.curves import seconds_of
from tradewind.results.report.markup import Column, Html, figure, joined, section, table, tag, void, words
from tradewind.results.report.page import page

if TYPE_CHECKING:
    import polars as pl

    Stored = tuple[Mapping[str, Any], Mapping[str, pl.DataFrame]]

STROKES = ("", "7 4", "2 3", "10 3 2 3", "1 5")
"""Dashes that tell the curves apart without colour."""
COLOURS = ("accent", "loss", "gain", "warn", "ink")
LEFT_OUT = (
    "id", "created", "summary", "environment", "hashes.content", "hashes.results", "theses", "gates", "honesty",
    "bands", "stress",
)  # fmt: skip
"""What always differs, or follows from the rest."""


def figures_of(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the figures of a run that are compared, with their units."""
    account, total = run["summary"]["account"], run["summary"]["total"]
    digits, unit = account["digits"], account["currency"]
    sharpe = "n/a"
    if account["sharpe_day"] is not None:
        sharpe = f"{account['sharpe_day']:+.3f} ± {account['sharpe_day_error']:.3f}"
    return [
        ("Trades", f"{total['trades']:,}"),
        ("Net", cash_text(total["net"], digits, unit)),
        ("Return", share_text(account["return_share"], sign=True)),
        ("Mean R", expectancy_text(total)),
        ("Won", share_text(total["win_rate"])),
        ("Profit factor", factor_text(total)),
        ("Sharpe ratio a day", sharpe),
        ("Drawdown, worst corners", share_text(account["worst_drawdown"], sign=True)),
        ("Gross at mid", cash_text(total["gross_mid"], digits, unit)),
        ("Spread", cash_text(total["spread"], digits, unit)),
        ("Slippage", cash_text(total["slippage"], digits, unit)),
        ("Commission", cash_text(total["commission"], digits, unit)),
        ("Swap", cash_text(total["financing"], digits, unit)),
        ("Decided inside one bar", share_text(total["ambiguous_share"])),
        ("Orders refused", f"{total['refusals']:,}"),
    ]


def differences(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return what was not the same in all runs, by its place in the document: parameters, data, settings, hashes."""
    flat = [dict(_leaves(run)) for run in runs]
    names = sorted({name for one in flat for name in one}, key=lambda name: (_rank(name), name))
    found = []
    for name in names:
        values = [one.get(name, "-") for one in flat]
        if len(set(values)) > 1:
            found.append((name, [value[:12] if name.startswith("hashes.") else value for value in values]))
    return found


def _rank(name: str) -> int:
    """Return where a difference stands: parameters first, hashes last."""
    order = ("strategies", "instruments", "from", "to", "parameters", "account", "risk", "settings", "seed")
    first = name.split(".", maxsplit=1)[0]
    return order.index(first) if first in order else len(order) + (first == "hashes")


def _leaves(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{above}.{key}" if above else str(key)
        if name in LEFT_OUT or name.startswith(("news.", "quality.", "risk.limits", "risk.refusals", "risk.actions")):
            continue
        if isinstance(value, Mapping):
            found += _leaves(value, name)
        else:
            found.append((name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return found


def warnings(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what makes the comparison unfair."""
    found = []
    if len({(run["from"], run["to"]) for run in runs}) > 1:
        found.append("The runs cover different periods: their figures are not of the same market.")
    if len({run["account"]["currency"] for run in runs}) > 1:
        found.append("The accounts are in different currencies.")
    shared = {name for run in runs for name in run["hashes"]["data"]}
    if (
        any(
            len({run["hashes"]["data"].get(name) for run in runs if name in run["hashes"]["data"]}) > 1
            for name in shared
        )
        and not found
    ):
        found.append("The same series held different prices: one of the runs saw other data.")
    if len({run["hashes"]["code"] for run in runs}) > 1:
        found.append("The runs were made by different versions of the code.")
    found.append("Taking the best of several runs is a choice: each of them counts as a trial.")
    return found


def draw_comparison(runs: "Sequence[Stored]") -> str:
    """Return the comparison of stored runs, each a document with its table "equity", as one HTML document."""
    documents = [document for document, _ in runs]
    short = [_short(document) for document in documents]
    head = tag(
        "header",
        tag("p", SYNTHETIC, class_="synthetic") if any(each["synthetic"] for each in documents) else None,
        tag("p", "Tradewind comparison", class_="kicker"),
        tag("h1", f"{len(documents)} runs side by side"),
        tag("ul", *(tag("li", _key(place), tag("b", name), f" {_what(each)}") for place, (name, each) in
                    enumerate(zip(short, documents, strict=True))), class_="runs"),
        id="top",
    )  # fmt: skip
    rows = [
        (name, *(each[place][1] for each in map(figures_of, documents)))
        for place, (name, _) in enumerate(figures_of(documents[0]))
    ]
    columns = [words(""), *(Column(name) for name in short)]
    differ = differences(documents)
    told = table(
        [words("What differs"), *(words(name) for name in short)], [(name, *values) for name, values in differ]
    )
    parts = [
        head,
        section("equity", "Equity over each other", "Share of each run's initial balance.", _curves(runs, short)),
        section("figures", "Figures", None, table(columns, rows, "Figures, ± one standard error"),
                joined(tag("p", each, class_="hint") for each in warnings(documents))),
        section("differences", "What differs", None, told if differ else tag("p", "Nothing that can change a result.")),
    ]  # fmt: skip
    names = {"equity": "Equity", "figures": "Figures", "differences": "Differences"}
    data = {"currency": "", "trades": {"count": 0, "words": {}, "columns": {}}, "equity": {}, "charts": {}}
    return page(f"Comparison of {', '.join(short)}", names, parts, data)


def _short(document: Mapping[str, Any]) -> str:
    """Return the half of an id that tells what was run: enough to name it by."""
    moment, _, content = document["id"].rpartition("-")
    return f"{content[:6]} {moment[9:15]}"


def _what(document: Mapping[str, Any]) -> str:
    return f"{', '.join(document['strategies'])} on {', '.join(document['instruments'])}, run {document['id']}"


def _key(place: int) -> Html:
    """Return the stroke of a curve as a short line."""
    line = void("line", **_stroke(place), x1=0, x2=34, y1=6, y2=6)
    return tag("svg", line, viewBox="0 0 36 12", class_="key", aria_hidden="true")


def _stroke(place: int) -> dict[str, str]:
    colour = COLOURS[place % len(COLOURS)]
    return {
        "stroke": f"var(--{colour})",
        "stroke_dasharray": STROKES[(place + place // len(COLOURS)) % len(STROKES)],
        "stroke_width": "2",
    }


def _curves(runs: "Sequence[Stored]", short: Sequence[str]) -> Html:
    curves = []
    for document, tables in runs:
        rows = tables["equity"]
        curves.append(
            (seconds_of(rows["ts"]), rows["equity"].to_numpy() / document["summary"]["account"]["initial"] - 1)
        )
    kept = [(x, y) for x, y in curves if len(x) > 1]
    if not kept:
        return tag("p", "None of the runs has samples of its equity.")
    low, high = widened([0.0, *(float(np.min(y)) for _, y in kept), *(float(np.max(y)) for _, y in kept)])
    first, last = min(float(x[0]) for x, _ in kept), max(float(x[-1]) for x, _ in kept)
    box = Box(62, 12, 770, 320, first, last, low, high)
    decimals = 2 if high - low < 0.02 else 1 if high - low < 0.1 else 0
    parts: list[object] = [
        rows_of(box, lambda value: f"{value * 100:+.{decimals}f} %" if value else "0 %"),
        marks_of(box, date_marks(first, last)),
    ]
    ends: list[float] = []
    for place, ((x, y), name) in enumerate(zip(curves, short, strict=True)):
        if len(x) < 2:
            continue
        points = [(box.x(a), box.y(b)) for a, b in zip(*(each.tolist() for each in thinned(x, y, 500)), strict=True)]
        parts.append(void("path", d=path(points), class_="other", **_stroke(place)))
        height = points[-1][1] + 4
        while any(abs(height - other) < 13 for other in ends):
            height += 13
        ends.append(height)
        parts.append(tag("text", name, class_="value", x=838, y=height))
    label = "; ".join(
        f"{name} ends at {y[-1] * 100:+.2f} %" for (x, y), name in zip(curves, short, strict=True) if len(x)
    )
    return figure(
        "",
        "Each curve has its own dashes; names stand at their ends.",
        drawing((960, 370), label, joined(parts), class_="curve"),
    )
