"""Data: what prices are stored, over which months, what the doctor says of them, and how more of them come in."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tradewind.adapters.catalogue import SeriesInfo
from tradewind.adapters.histories import History
from tradewind.adapters.job_store import JobStore
from tradewind.data.doctor import Record
from tradewind.data.doctor import words as series_words
from tradewind.data.doctor.stored import known
from tradewind.data.series import SYNTHETIC, Series, timeframe_name
from tradewind.markets.loading import load_profile
from tradewind.modes import open_history
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.icons import icon
from tradewind.ui.live import region
from tradewind.ui.numbers import counted, plain, seconds, when
from tradewind.ui.pieces import Column, badge, card, choice, empty, entry, field, grid, rows, synthetic, words
from tradewind.ui.shared import shared
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit

SEVERITY = {"blocker": "bad", "warning": "warn", "note": "info"}
STATES = {"queued": "", "running": "info", "done": "good", "failed": "bad", "cancelled": "warn"}
CLOCKS = ("", "auto", "utc", "ny+7", "eet", "eet-7")
MOST_MONTHS = 60


@page("/data", "Data")
async def data(visit: Visit) -> None:
    """The page."""
    await region(lambda: tag("div", tag("h1", "Data"), tag("span", _place(visit), class_="lead"), class_="title"))
    await region(lambda: _stored(visit), 3.0)
    await region(lambda: _import(visit))
    await region(lambda: _imports(visit), 1.0)
    await region(lambda: _findings(visit), 5.0)


def _history(visit: Visit) -> History:
    return open_history(visit.settings)


def _place(visit: Visit) -> str:
    return str(_history(visit).place)


def _series(visit: Visit) -> Sequence[SeriesInfo]:
    return shared(("series", str(visit.data)), 2.0, lambda: _history(visit).series())


def _records(visit: Visit) -> Mapping[Series, Record | None]:
    def ask() -> Mapping[Series, Record | None]:
        history = _history(visit)
        return {Series(*one.series): known(history, one.series) for one in history.series()}

    return shared(("records", str(visit.data)), 3.0, ask)


def _stored(visit: Visit) -> Html:
    found = _series(visit)
    if not found:
        return grid(
            card(
                "Stored",
                empty(
                    "No prices yet",
                    "Drop a file below: MetaTrader, Dukascopy, HistData, TradingView, OANDA, "
                    "LEAN, Parquet or any table with a mapping. Or make a market up:",
                    "tradewind data synth --on XAUUSD,US30",
                ),
            )
        )
    months = _all_months({month for one in found for month in one.months})[-MOST_MONTHS:]
    columns = [
        words("Instrument"),
        words("Bars"),
        words("Feed"),
        words("Side"),
        Column("Rows"),
        words("From"),
        words("To"),
        words(f"Months, {months[0]} to {months[-1]}" if months else "Months"),
        words("Doctor"),
        words(""),
    ]
    records = _records(visit)
    listed = [_row(one, months, records.get(Series(*one.series))) for one in found]
    return grid(
        card("Stored", rows(columns, listed, "Stored series", head=(0, 1)), note=f"{len(found)} series, times in UTC")
    )


def _all_months(stored: set[str]) -> list[str]:
    """Return every month from the first to the last: one without prices is a gap to be seen."""
    if not stored:
        return []
    first, last = (np.datetime64(month, "M") for month in (min(stored), max(stored)))
    return [str(month) for month in np.arange(first, last + 1)]


def _row(one: SeriesInfo, months: Sequence[str], record: Record | None) -> list[object]:
    there = set(one.months)
    cells = [tag("i", class_="there" if month in there else None, title=month) for month in months]
    covered = tag(
        "div", *cells, class_="months", role="img", aria_label=f"{len(there & set(months))} of {len(months)} months"
    )
    name = joined([one.symbol, " ", synthetic() if one.feed == SYNTHETIC else None])
    chart = tag("a", "Chart", href=f"/chart?on={one.symbol}", class_="small")
    return [
        name,
        timeframe_name(one.timeframe) if one.timeframe else "ticks",
        one.feed,
        one.side,
        plain(one.rows, 0),
        tag("span", when(one.first, "%Y-%m-%d"), class_="nowrap"),
        tag("span", when(one.last, "%Y-%m-%d"), class_="nowrap"),
        tag("div", covered, class_="coverage"),
        _verdict(record),
        chart,
    ]


def _verdict(record: Record | None) -> Html:
    if record is None:
        return badge("not examined", "")
    if record.open_blockers:
        return badge(counted(len(record.open_blockers), "blocker"), "bad")
    counts = {kind: sum(one.severity == kind for one in record.findings) for kind in ("warning", "note")}
    if counts["warning"]:
        return badge(counted(counts["warning"], "warning"), "warn")
    return badge(counted(counts["note"], "note") if counts["note"] else "nothing found", "good")


def _import(visit: Visit) -> Html:
    why_not = visit.why_not("backtest")
    symbols = sorted(load_profile(visit.settings.profile).symbols)
    fields = [
        field("Instrument", choice("symbol", {"": "as the file says"} | {one: one for one in symbols})),
        field("Clock of its times", choice("clock", {one: one or "as the file says" for one in CLOCKS})),
        field("Side", choice("side", {"": "as the file says", "bid": "bid", "ask": "ask", "mid": "mid"})),
        field("Feed", entry("feed", placeholder="name of the source", maxlength=40)),
        field(
            "Bars",
            choice("bar", {"": "as the file says"} | {one: one for one in ("M1", "M5", "M15", "M30", "H1", "D1")}),
        ),
    ]
    drop = tag(
        "button",
        icon("upload"),
        tag("b", "Drop files here, or click to choose"),
        tag("span", "CSV, Parquet, HST, BI5, JSON, ZIP, GZ; up to 512 MB each. Importing twice changes nothing."),
        class_="drop",
        type="button",
        disabled=bool(why_not),
        title=why_not or None,
    )
    chosen = entry(
        "file", type="file", multiple=True, class_="unseen", tabindex=-1, aria_label="Files", disabled=bool(why_not)
    )
    form = tag(
        "form", tag("div", *fields, class_="fields-in whole"), tag("div", drop, chosen, class_="whole"), class_="fields"
    )
    return grid(tag("div", card("Import", form, note="the doctor examines what comes in"), id="import", class_="w12"))


def _imports(visit: Visit) -> Html:
    found = [one for one in JobStore(visit.data).list(most=40) if one.kind == "import"][:6]
    if not found:
        return Html("")
    columns = [words("File"), words("State"), words("What came of it"), Column("Took")]
    listed = [
        [one.wanted.get("name", ""), badge(one.state, STATES[one.state]), _came(one.result, one.error),
         seconds(((one.ended_ns or visit.house.now()) - one.began_ns) / 1e9) if one.began_ns else ""] for one in found
    ]  # fmt: skip
    return grid(card("Imports", rows(columns, listed, "Imports, newest first", head=(0, 1)), note="newest first"))


def _came(result: Any, error: str) -> Html:
    if error:
        return tag("span", error[:400], class_="down")
    lines = []
    for one in result if isinstance(result, list) else []:
        symbol, kind, timeframe, feed, side = one["series"][:5]
        size = timeframe_name(timeframe) if timeframe else kind
        worst = [each for each in one.get("findings", []) if each["severity"] == "blocker"]
        lines.append(
            tag(
                "div",
                f"{symbol} {size} {feed} {side}: {one['new']:,} new, {one['changed']:,} changed "
                f"of {one['rows']:,} rows ",
                badge(counted(len(worst), "blocker"), "bad") if worst else None,
            )
        )
    return joined(lines)


def _findings(visit: Visit) -> Html:
    found = [(record, finding) for record in _records(visit).values() if record for finding in record.findings]
    if not found:
        return Html("")
    order = {"blocker": 0, "warning": 1, "note": 2}
    found.sort(key=lambda one: order[one[1].severity])
    columns = [
        words("Severity"),
        words("Series"),
        words("What"),
        words("When, UTC"),
        Column("Count"),
        words("Evidence and remedy"),
    ]
    listed = [
        [
            badge(
                finding.severity if record.waiver(finding) is None else f"{finding.severity}, waived",
                SEVERITY[finding.severity],
            ),
            series_words(record.series),
            finding.code.replace("-", " "),
            when(finding.first),
            plain(finding.number, 0),
            joined([finding.evidence, tag("div", tag("code", finding.command)) if finding.command else None]),
        ]
        for record, finding in found[:60]
    ]
    note = "a blocker keeps a series out of backtests until it is mended or waived"
    return grid(
        card("What the doctor found", rows(columns, listed, "Findings of the data doctor", head=(2, 0)), note=note)
    )
