"""One HTML file with everything in it: it asks nothing of any network, and its own policy forbids it to.

The figures are drawn here as SVG and stand without a script; scripts add what must move: candles, the table of trades,
the light switch. The same run gives the same bytes: nothing here reads a clock, and numbers are written one way.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tradewind.results.breakdowns import breakdowns
from tradewind.results.measures import measure
from tradewind.results.report.candles import Bars, chart, shading
from tradewind.results.report.curves import curves, depths, seconds_of
from tradewind.results.report.doubts import honesty, origins, stress
from tradewind.results.report.figures import edges, every_measure
from tradewind.results.report.markup import Html, joined, section, tag
from tradewind.results.report.misses import misses
from tradewind.results.report.money_made import money_made
from tradewind.results.report.opening import opening
from tradewind.results.report.packing import pack
from tradewind.results.report.shapes import shapes
from tradewind.results.report.slices import slices
from tradewind.results.report.trades import trade_columns, trades_section
from tradewind.results.report.verdict import verdict

if TYPE_CHECKING:
    import polars as pl

HERE = Path(__file__).parent
SCRIPTS = ("vendor/lightweight-charts.js", "page.js", "ledger.js", "candles.js")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
TRADES_BUDGET = 3_450_000
CANDLES_BUDGET = 900_000
"""Characters of the page; all of it stays under five million."""

NAMES = {
    "summary": "Summary", "equity": "Equity", "candles": "Candles", "trades": "Trades", "shape": "R, MAE, MFE",
    "slices": "Breakdowns", "refused": "Refused", "stress": "Costs", "honesty": "Luck", "origins": "Provenance",
}  # fmt: skip

Windows = Sequence[tuple[str, int, int]]


class Prices(NamedTuple):
    """What the chart shows of one instrument."""

    bars: Bars
    sessions: Windows = ()
    """(name, opens, closes), ns UTC."""


def draw_report(
    run: Mapping[str, Any],
    tables: "Mapping[str, pl.DataFrame]",
    prices: Mapping[str, Prices] | None = None,
    *,
    remarks: Sequence[str] = (),
) -> str:
    """Return the report of a run as one HTML document; `remarks` are said where the candles are."""
    trades = trade_columns(run, tables, TRADES_BUDGET)
    shown = dict(prices or {})
    data = {
        "currency": run["account"]["currency"],
        "trades": trades,
        "equity": _equity(run, tables),
        "charts": _charts(tables, shown),
    }
    traded = tables["trades"].height > 0
    measures = measure(tables, run)
    bars = {symbol: one.bars for symbol, one in shown.items()}
    parts = [
        opening(run),
        money_made(run, verdict(run, tables, measures), every_measure(measures, run)),
        curves(run, tables),
        _candles(shown, remarks),
        trades_section(run, tables, trades["left_out"]),
        shapes(run, tables, edges(tables["trades"], bars)),
        slices(run, breakdowns(tables, run, _ranges(bars)) if traded else {}),
        misses(run, tables),
        stress(run, measures),
        honesty(run, measures),
        origins(run),
    ]
    return page(f"{', '.join(run['strategies'])} on {', '.join(run['instruments'])}", NAMES, parts, data)


def page(title: str, names: Mapping[str, str], parts: Sequence[Html], data: Mapping[str, Any]) -> str:
    """Return a whole document: head, bar, parts, the data for the scripts, the scripts."""
    links = (tag("a", name, href=f"#{anchor}") for anchor, name in names.items())
    bar = tag(
        "div", tag("nav", *links, aria_label="Sections"), tag("div", id="switches", class_="switches"), class_="topbar"
    )
    head = joined(
        [
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<meta name="color-scheme" content="light dark">'),
            tag("title", title),
            tag("style", Html(_asset("style.css"))),
        ]
    )
    credit = tag(
        "footer",
        "Made by Tradewind. Candles are drawn by Lightweight Charts™, copyright TradingView, Inc., ",
        tag("a", "https://www.tradingview.com/", href="https://www.tradingview.com/", rel="noreferrer"),
        ", Apache License 2.0.",
    )
    scripts = joined(tag("script", Html(_asset(name))) for name in SCRIPTS)
    body = joined([tag("a", "Skip to the summary", href="#summary", class_="skip"), bar, tag("main", *parts, credit)])
    stored = tag("script", Html(as_json(data)), type="application/json", id="data")
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}{stored}{scripts}</body></html>\n'


def as_json(data: object) -> str:
    """Return plain data as JSON that can stand in a page: no `<` of it can end the script it stands in."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _equity(run: Mapping[str, Any], tables: "Mapping[str, pl.DataFrame]") -> dict[str, Any]:
    """Return what the reading below the curve says: equity and drawdown at the close of each trading date."""
    rows = tables["equity"]
    if rows.height == 0:
        return {}
    account = run["summary"]["account"]
    depth, _ = depths(rows["equity"].to_numpy(), rows["low_equity"].to_numpy(), account["initial"])
    daily = rows["date"].is_not_null().to_numpy()
    kept = daily if daily.any() else ~daily
    return {
        "ts": pack(seconds_of(rows["ts"])[kept]).plain,
        "equity": pack(rows["equity"].to_numpy()[kept], 10 ** account["digits"]).plain,
        "depth": pack(depth[kept], 1e5).plain,
    }


def _charts(tables: "Mapping[str, pl.DataFrame]", prices: Mapping[str, Prices]) -> dict[str, Any]:
    trades, found = tables["trades"], {}
    for symbol, one in sorted(prices.items()):
        mine = trades.filter(trades["symbol"] == symbol)
        opened, closed = (mine[name].to_physical().to_numpy() for name in ("opened", "closed"))
        budget = CANDLES_BUDGET // len(prices)
        found[symbol] = {**chart(one.bars, opened, closed, budget), "sessions": shading(one.sessions)}
    return found


def _ranges(bars: Mapping[str, Bars]) -> "dict[str, pl.DataFrame] | None":
    """Return the bars by which the width of days is judged, None without any."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    names = ("ts", "open", "high", "low", "close")
    return {symbol: pl.DataFrame(dict(zip(names, one[1:], strict=True))) for symbol, one in bars.items()} or None


def _candles(prices: Mapping[str, Prices], remarks: Sequence[str]) -> Html:
    lead = (
        "Candles of the bid, or of the only side there is, with sessions behind them and trades before. Go to a "
        "date, or from trade to trade; drag and wheel move and zoom, and so do the arrow keys, + and -."
    )
    said = [tag("p", each, class_="hint") for each in remarks]
    if not prices:
        why = said or [tag("p", "No prices were given to this report, so there are no candles.", class_="hint")]
        return section("candles", "Candles", None, *why)
    return section(
        "candles",
        "Candles",
        lead,
        tag("div", id="steer", class_="steer", role="toolbar", aria_label="What the chart shows"),
        tag(
            "div",
            id="chart",
            class_="chart",
            tabindex=0,
            role="application",
            aria_label="Candles; arrow keys move, + and - zoom",
        ),
        tag("p", id="told", class_="told", role="status", aria_live="polite"),
        tag("p", id="sessions", class_="legend"),
        tag("noscript", tag("p", "The candles need JavaScript.")),
        *said,
    )
