"""The chart: candles of any timeframe with sessions, ranges and levels behind, orders, trades and gates before them."""

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from tradewind.data.series import BARS, TICKS
from tradewind.modes import open_history, open_runs
from tradewind.ui.live import region
from tradewind.ui.pieces import Html, card, choice, empty, entry, grid, joined, tag
from tradewind.ui.shell import page
from tradewind.ui.standing import now_of
from tradewind.ui.visit import Visit
from tradewind.views.candles import FRAMES

NAMES = {60: "M1", 120: "M2", 300: "M5", 600: "M10", 900: "M15", 1800: "M30", 3600: "H1", 14_400: "H4", 86_400: "D1"}
BEHIND = 60
"""Candles to the right of a moment that was asked for."""
PARTS = {"sessions": "Sessions", "levels": "Levels", "orders": "Orders", "trades": "Trades", "gates": "Gates"}
LEGEND = (
    "▲ ▼ entry long, short · ■ exit · dashed line an order as long as it waited, ✕ refused · ticks at the bottom: "
    "gates asked, tall ones all passed · hollow candles rise · times are New York's"
)
SCRIPTS = '<script src="/ui/vendor/lightweight-charts.js" defer></script><script src="/ui/chart.js" defer></script>'


@page("/chart", "Chart")
async def chart(visit: Visit) -> None:
    """The page."""
    ui.add_head_html(SCRIPTS)
    await region(lambda: _page(visit))


def _page(visit: Visit) -> Html:
    symbols = sorted({one.symbol for one in open_history(visit.settings).series() if one.kind in (BARS, TICKS)})
    if not symbols:
        what = empty(
            "No prices yet",
            "The chart shows what is stored. Import a file, or make a market up.",
            "tradewind data synth --on XAUUSD",
            tag("a", "Import data", href="/data#import", class_="button main"),
        )
        return joined([tag("div", tag("h1", "Chart"), class_="title"), grid(card("Candles", what))])
    runs = [one for one in open_runs(visit.settings).list() if one.get("summary")][:50]
    run = visit.asked("run")
    chosen = next((one for one in runs if run and str(one["id"]).startswith(run)), None)
    on = visit.asked("on") or (chosen["instruments"][0] if chosen else _first(visit, symbols))
    on = on if on in symbols else symbols[0]
    asked = visit.asked("timeframe", "300")
    seconds = int(asked) if asked.isdecimal() and int(asked) in FRAMES else 300
    return joined([_tools(symbols, on, runs, run, seconds), _box(visit, on, run, seconds), _legend()])


def _first(visit: Visit, symbols: list[str]) -> str:
    """Return what is shown where nobody asked: an instrument of the account, else the one with the newest prices."""
    told = now_of(visit)
    for one in told["instruments"] if told else ():
        if one["symbol"] in symbols:
            return str(one["symbol"])
    return max(open_history(visit.settings).series(), key=lambda one: (one.symbol in symbols, one.last)).symbol


def _tools(symbols: list[str], on: str, runs: Sequence[Mapping[str, Any]], run: str, seconds: int) -> Html:
    frames = [
        tag("button", NAMES[one], type="button", data_timeframe_choice=one, aria_pressed=str(one == seconds).lower())
        for one in FRAMES
    ]
    parts = [
        tag("button", text, type="button", data_part=name, aria_pressed="true", class_="tiny")
        for name, text in PARTS.items()
    ]
    listed = {"": "No run: prices alone"} | {
        str(one["id"]): f"{', '.join(one['strategies'])} {', '.join(one['instruments'])} {str(one['created'])[:16]}"
        for one in runs
    }
    return tag(
        "div",
        tag("h1", "Chart", class_="unseen"),
        choice("symbol", symbols, on, id="chart-symbol", aria_label="Instrument"),
        tag("div", *frames, class_="choices", role="group", aria_label="Timeframe"),
        choice("run", listed, run, id="chart-run", aria_label="Run whose trades are shown"),
        entry("day", type="date", id="chart-day", aria_label="Until this day"),
        tag("button", "Newest", type="button", data_newest=True),
        tag("span", tag("div", *parts, class_="choices", role="group", aria_label="What is drawn"), class_="right"),
        class_="title chart-tools",
    )


def _box(visit: Visit, on: str, run: str, seconds: int) -> Html:
    at = visit.asked("at")
    canvas = tag(
        "div", id="chart-canvas", class_="canvas", data_still=True, data_on=on, data_timeframe=seconds, data_run=run,
        data_account="" if run else visit.account, data_most=visit.asked("most"), role="application",
        aria_label="Candles; arrow keys move, plus and minus zoom",
        data_upto=int(at) + BEHIND * seconds if at.isdecimal() and len(at) < 12 else None,
    )  # fmt: skip
    hover = tag("div", id="chart-hover", class_="hover", hidden=True, data_still=True)
    legend = tag("div", id="chart-legend", class_="legend", data_still=True)
    return tag("div", canvas, legend, hover, class_="chart-box")


def _legend() -> Html:
    tints = {"Asia": "asia", "London": "london", "New York morning": "newyork", "New York afternoon": "late"}
    shown = [tag("span", tag("i", style=f"background:var(--{tint})"), name) for name, tint in tints.items()]
    said = tag("span", id="chart-said", data_still=True, role="status")
    return tag("div", *shown, tag("span", LEGEND), said, class_="swatches")
