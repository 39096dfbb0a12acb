"""One run with its report, runs beside each other, a sweep with its map."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.errors import TradewindError
from tradewind.modes import open_runs
from tradewind.research.sweeping import open_sweeps
from tradewind.results.report.curves import seconds_of
from tradewind.results.sweep_page import heat_svg, luck_words, stability_svg
from tradewind.results.sweeps import TrialLine, report
from tradewind.ui.curves import curves
from tradewind.ui.live import region
from tradewind.ui.numbers import change, plain, share
from tradewind.ui.pieces import Column, Html, badge, card, empty, figure, grid, pairs, rows, synthetic, tag, words
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit

MEASURES = (
    ("Net", "total", "net", "money"), ("Trades", "total", "trades", "whole"), ("Won", "total", "win_rate", "share"),
    ("Profit factor", "total", "profit_factor", "plain"), ("Mean R", "total", "expectancy_r", "plain"),
    ("its standard error", "total", "expectancy_error_r", "plain"), ("Return", "account", "return_share", "share"),
    ("Deepest drawdown", "account", "worst_drawdown", "share"), ("Sharpe a year", "account", "sharpe_year", "plain"),
    ("Spread paid", "total", "spread", "money"), ("Slippage paid", "total", "slippage", "money"),
    ("Commission", "total", "commission", "money"), ("Financing", "total", "financing", "money"),
    ("In the market", "total", "exposure", "share"), ("Refusals", "total", "refusals", "whole"),
)  # fmt: skip


@page("/research/run", "Run")
async def run(visit: Visit) -> None:
    """The page of one run."""
    await region(lambda: _run(visit))


def _run(visit: Visit) -> Html:
    store = open_runs(visit.settings)
    found = store.find(visit.asked("id", "latest"))
    document = store.get(found)
    head = tag(
        "div",
        tag("h1", f"{', '.join(document['strategies'])} on {', '.join(document['instruments'])}"),
        synthetic() if document["synthetic"] else None,
        tag("span", f"{str(document['from'])[:10]} to {str(document['to'])[:10]}", class_="lead"),
        tag(
            "span",
            tag("a", "On the chart", href=f"/chart?run={found}", class_="button"),
            tag("a", "Report alone", href=f"/api/v1/runs/{found}/report", class_="button", target="_blank"),
            class_="right",
        ),
        class_="title",
    )
    if document.get("summary") is None:
        text = f"It is a {document['kind']}."
        return tag(
            "div", head, grid(card("Run", empty("This run has no report", text, f"tradewind runs show {found}")))
        )
    frame = tag("iframe", src=f"/api/v1/runs/{found}/report", class_="report", title="Report", sandbox="allow-scripts",
                loading="eager")  # fmt: skip
    return tag("div", head, grid(_figures(document)), frame)


def _figures(document: Mapping[str, Any]) -> Html:
    total, account = document["summary"]["total"], document["summary"]["account"]
    unit = account["currency"]
    shown = [
        figure(
            "Net", change(total["net"], unit, 0), f"{share(account['return_share'])} of {plain(account['initial'], 0)}"
        ),
        figure("Trades", plain(total["trades"], 0), f"{share(total['win_rate'], 0)} won"),
        figure("Mean R", plain(total["expectancy_r"]), f"± {plain(total['expectancy_error_r'])}"),
        figure("Deepest drawdown", share(account["worst_drawdown"]), "at the worst inside bars"),
        figure(
            "Costs", change(total["spread"] + total["slippage"] + total["commission"] + total["financing"], unit, 0)
        ),
    ]
    honest = document.get("honesty", {}).get("sentence")
    note = tag("p", badge("honesty", "info"), f" {honest}", class_="small") if honest else None
    return card("What it came to", tag("div", *shown, class_="row wide-gap"), note)


@page("/research/compare", "Compare")
async def compare(visit: Visit) -> None:
    """Runs beside each other."""
    await region(lambda: _compare(visit, visit.request.query_params.getlist("run")))


def _compare(visit: Visit, wanted: Sequence[str]) -> Html:
    title = tag("div", tag("h1", "Compare"), tag("span", tag("a", "All runs", href="/research", class_="button"),
                                                 class_="right"), class_="title")  # fmt: skip
    store = open_runs(visit.settings)
    found = list(dict.fromkeys(store.find(one) for one in wanted[:4]))
    if len(found) < 2:
        hint = empty("Tick at least two runs", "On the Research page each run has a box.", "",
                     tag("a", "Research", href="/research", class_="button main"))  # fmt: skip
        return tag("div", title, grid(card("Nothing to compare", hint)))
    documents = [store.get(one) for one in found]
    named = [f"{number}. {', '.join(one['strategies'])} {', '.join(one['instruments'])}"
             for number, one in enumerate(documents, 1)]  # fmt: skip
    lines = []
    for name, one in zip(named, found, strict=True):
        try:
            table = store.table(one, "equity")
        except TradewindError:
            continue
        lines.append((name, seconds_of(table["ts"]), table["equity"].to_numpy()))
    columns = [words("Measure"), *(Column(one) for one in named)]
    body = [[name, *(_measure(one, part, key, kind) for one in documents)] for name, part, key, kind in MEASURES]
    parameters = [
        card(
            name,
            pairs(
                sorted((k, v) for each in one.get("parameters", {}).values() for k, v in each.items()),
            ),
            wide="w3",
        )
        for name, one in zip(named, documents, strict=True)
    ]
    equity = card("Equity", curves(lines) or empty("No equity was kept"), note="each line has a stroke of its own")
    return tag("div", title, grid(equity, card("Measures", rows(columns, body, "Measures")), *parameters))


def _measure(document: Mapping[str, Any], part: str, key: str, kind: str) -> object:
    value = ((document.get("summary") or {}).get(part) or {}).get(key)
    if kind == "money":
        return change(value, "", 0)
    return share(value) if kind == "share" else plain(value, 0 if kind == "whole" else 2)


@page("/research/sweep", "Sweep")
async def sweep(visit: Visit) -> None:
    """A sweep: best trials, luck, map."""
    await region(lambda: _sweep(visit), 3.0)


def _sweep(visit: Visit) -> Html:
    store = open_sweeps(visit.settings)
    found = store.find(visit.asked("id", "latest"))
    document = store.get(found)
    told = report(document, [TrialLine(one.number, one.params, one.figures) for one in store.trials(found)])
    done = f"{told['done']:,} of {told['total']:,} trials" if told["total"] else f"{told['done']:,} trials"
    title = tag(
        "div", tag("h1", f"{document['strategy']} on {', '.join(document['instruments'])}"),
        synthetic() if document["synthetic"] else None, tag("span", done, class_="lead"), class_="title",
    )  # fmt: skip
    best = told["best"]
    names = list(dict.fromkeys(name for one in best for name in one["params"]))
    columns = [Column("#"), *(words(name) for name in names), Column("Net"), Column("Trades"), Column("Profit factor"),
               Column("Mean R"), Column("Sharpe a year"), Column("Drawdown")]  # fmt: skip
    body = [
        [one["number"], *(one["params"].get(name, "") for name in names), change(one["figures"].get("net"), "", 0),
         plain(one["figures"].get("trades"), 0), plain(one["figures"].get("profit_factor")),
         plain(one["figures"].get("expectancy_r"), 3), plain(one["figures"].get("sharpe_year")),
         share(one["figures"].get("worst_drawdown"))] for one in best
    ]  # fmt: skip
    cards = [card("How much of the best is luck", tag("p", luck_words(told["luck"])))]
    if told["heat_map"] is not None:
        heat = tag("div", Html(heat_svg(told["heat_map"], told["objective"])), class_="heat", tabindex=0, role="region",
                   aria_label="Heat map")  # fmt: skip
        cards.append(card("Map", heat, note="point at a cell for its value; the best has a border", wide="w6"))
    if told["stability"]:
        drawn = Html("".join(stability_svg(one, told["objective"]) for one in told["stability"]))
        cards.append(card("How sharp is the peak?", tag("div", drawn, class_="plots"), wide="w6"))
    cards.append(
        card("Best trials", rows(columns, body, "Best trials, best first", head=(0,)), note=f"by {told['objective']}")
        if body
        else card("Best trials", _none_ranked(told))
    )
    return tag("div", title, grid(*cards))


def _none_ranked(told: Mapping[str, Any]) -> Html:
    """Return why there is no best trial."""
    if not told["done"]:
        return empty("No trial has finished yet", "They stand here as they end.")
    days = f"None of the {told['done']:,} has a {told['objective']}: too few days with trades. Sweep a longer stretch."
    return empty("Nothing to rank by", days)
