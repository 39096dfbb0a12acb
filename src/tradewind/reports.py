"""A stored run becomes a report: tables are read, and prices read again from the history, which stays as it is.

What is gone is said, not guessed: a report without prices has no candles and the reason in their place.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.data.series import TICKS, Identity
from tradewind.errors import TradewindError, UnknownName
from tradewind.markets.loading import load_profile
from tradewind.markets.sessions import window
from tradewind.results.report import Bars, Prices, draw_report
from tradewind.results.report.candles import coarser, trading_dates

if TYPE_CHECKING:
    import polars as pl

    from tradewind.adapters.histories import History
    from tradewind.adapters.stored_runs import StoredRuns
    from tradewind.markets.instruments import Instrument

TABLES = ("trades", "equity", "gates", "orders", "fills", "refusals", "risk")
BANDS = ("band_pessimistic", "band_neutral", "band_optimistic")
BEFORE = 40 * 86_400 * 1_000_000_000
"""Prices before the run that are read too: the usual width of days is measured on them."""
MINUTE = 60
COLUMNS = ("ts", "open", "high", "low", "close")
SHADED = {
    "MARKET": "Trading date",
    "ASIA_BLOCK": "Asia",
    "LONDON_BLOCK": "London",
    "NY_AM": "New York morning",
    "NY_PM": "New York afternoon",
}
"""The sessions behind the candles: they follow one another and never overlap."""


def report_of(runs: "StoredRuns", run: str, history: "History") -> str:
    """Return the report of a stored run as one HTML document."""
    document = runs.get(run)
    if document.get("summary") is None:
        raise TradewindError(
            f"Run {run} is a {document['kind']}, which has no page of its own.", "Name a backtest: tradewind runs."
        )
    judged = runs.appended(run, "honesty")
    if judged:
        document = {**document, "judged": judged[-1]}
    tables = tables_of(runs, run)
    prices, remarks = prices_of(document, history)
    return draw_report(document, tables, prices, remarks=remarks)


def tables_of(runs: "StoredRuns", run: str) -> "dict[str, pl.DataFrame]":
    """Return the tables of a run that a report reads; bands only where the run has them."""
    try:
        tables = {name: runs.table(run, name) for name in TABLES}
    except UnknownName as error:
        raise TradewindError(
            f"Run {run} was saved by an older version: {error.message}", "Run it again to have its report."
        ) from error
    for name in BANDS:
        try:
            tables[name] = runs.table(run, name)
        except UnknownName:
            continue
    return tables


def prices_of(document: Mapping[str, Any], history: "History") -> tuple[dict[str, Prices], list[str]]:
    """Return the prices of each instrument of a run, and what must be said about those that are missing or changed."""
    found: dict[str, Prices] = {}
    remarks: list[str] = []
    period = _ns(document["from"]), _ns(document["to"])
    for symbol in document["instruments"]:
        series = _series(document, symbol)
        try:
            bars = _bars(history, series, (period[0] - BEFORE, period[1]))
        except TradewindError as error:
            remarks.append(f"No candles of {symbol}: {error}")
            continue
        if bars is None:
            remarks.append(f"No candles of {symbol}: the run read no bars of it, or they lie outside the period now.")
            continue
        changed = [" ".join(map(str, one)) for one in series if not _same(document, history, one, period)]
        if changed:
            remarks.append(
                f"The prices of {', '.join(changed)} have changed since this run: candles may not fit its trades."
            )
        found[symbol] = Prices(bars, _sessions(document, symbol, bars))
    return found, remarks


def _ns(moment: str) -> int:
    return int(np.datetime64(moment.removesuffix("Z"), "ns").astype(np.int64))


def _series(document: Mapping[str, Any], symbol: str) -> list[Identity]:
    """Return the series the run read of a symbol, bids or mids or ticks, coarsest first."""
    found: list[Identity] = []
    for text in document["hashes"]["data"]:
        parts = text.split(" ")
        if len(parts) == 5 and parts[0] == symbol and parts[4] != "ask":
            found.append((symbol, parts[1], int(parts[2]), parts[3], parts[4]))
    return sorted(found, key=lambda one: -one[2])


def _bars(history: "History", series: list[Identity], period: tuple[int, int]) -> Bars | None:
    """Return the bars of a period: where a finer series covers a stretch, it takes the place of the coarser there."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    whole: pl.DataFrame | None = None
    for one in series:
        parts = list(_minutes_of(history, one, period) if one[1] == TICKS else history.bars(one, *period, COLUMNS))
        if not parts:
            continue
        part = pl.concat(parts).with_columns(pl.col("ts").to_physical().cast(pl.Int64))
        if whole is not None:
            first, last = part["ts"][0], part["ts"][-1]
            rest = whole.filter((pl.col("ts") < first) | (pl.col("ts") > last))
            part = pl.concat([rest, part]).sort("ts")
        whole = part
    if whole is None or whole.height == 0:
        return None
    # Where two sizes of bars meet, the page shows the coarser, so that a bar is a bar everywhere.
    return coarser(Bars(1, *(whole[name].to_numpy() for name in COLUMNS)), max(series[0][2], MINUTE))


def _minutes_of(history: "History", ticks: Identity, period: tuple[int, int]) -> "Iterator[pl.DataFrame]":
    """Yield minutes of the bids of ticks, a stored part at a time; parts are months, so no minute is cut."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    bid = pl.col("bid")
    for part in history.ticks(ticks, *period, ("ts", "bid")):
        minutes = part.group_by(pl.col("ts").dt.truncate("1m"), maintain_order=True)
        yield minutes.agg(open=bid.first(), high=bid.max(), low=bid.min(), close=bid.last())


def _same(document: Mapping[str, Any], history: "History", one: Identity, period: tuple[int, int]) -> bool:
    """Return whether a series still holds the rows that the run read."""
    recorded = document["hashes"]["data"].get(" ".join(map(str, one)))
    return bool(recorded == history.digest(one, *period))


def _sessions(document: Mapping[str, Any], symbol: str, bars: Bars) -> list[tuple[str, int, int]]:
    """Return the shaded sessions of every trading date that has bars; none where the profile is gone."""
    try:
        instrument: Instrument = load_profile(document["settings"]["profile"]).instrument(symbol)
        found = []
        for day in np.unique(trading_dates(bars.ts)).tolist():
            for name, shown in SHADED.items():
                span = window(name, day, instrument)
                if span is not None and span[0] < span[1]:
                    found.append((shown, *span))
    except TradewindError:
        return []
    return found


def write_page(text: str, path: Path) -> Path:
    """The page stands at `path`, whole or not at all; return where."""
    temporary = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise TradewindError(
            f"The report cannot be written to {path}: {error.strerror or error}.", "Give another file with --out."
        ) from error
    return path
