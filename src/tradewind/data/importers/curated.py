"""Parquet files that say in their name what they are, times already in UTC.

    SYMBOL_BARSIZE_FEED_SIDE_first_last.parquet     bars:  ts (open), open, high, low, close, volume
    SYMBOL_ticks_FEED_first_last.parquet            ticks: ts, bid, ask, bid_size, ask_size
    spread/<same name>                              ts, spread in price units; 0 is "not recorded"

The two sides of a feed are two files and become two series.
"""

import re
from pathlib import Path

import polars as pl

from tradewind.data.checks import BAR_COLUMNS, BAR_OPTIONAL, TICK_COLUMNS, TICK_OPTIONAL, checked_columns
from tradewind.data.importers.pages import DamagedError, check_pages
from tradewind.data.importers.parsed import BROKEN, Reading, Stated, whole
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, BOTH, SPREAD_DIGITS, TICKS, Series, checked_side, seconds_of
from tradewind.errors import BadData, TradewindError

NAME = "Parquet"

_FILE = re.compile(
    r"(?P<symbol>[A-Za-z0-9.#]+)_(?:ticks|(?P<size>[SMHDW]\d+))_(?P<feed>[A-Za-z0-9.-]+)"
    r"(?:_(?P<side>bid|ask|mid))?(?:_\d{8}){0,2}\.parquet"
)
COMPANIONS = "spread"
"""The folder of files that are read with others."""

_TIME = pl.Datetime("ns", "UTC")


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return source.name.endswith(".parquet") and source.head.startswith(b"PAR1")


def companions(path: Path) -> list[Path]:
    """Return the other files that are read with a file: the spreads of its bars."""
    spreads = path.parent / COMPANIONS / path.name
    return [spreads] if path.suffix == ".parquet" and spreads.exists() else []


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars or ticks of a file, with the spreads of its companion if it has one."""
    series = _series(source, stated)
    if stated.clock is not None and stated.clock.upper() != "UTC":
        raise TradewindError(f"{source.shown} is in UTC, not {stated.clock}.", "Leave the clock out for such files.")
    frame = _table(source.content(), source.shown)
    if series.kind == TICKS:
        return whole(series, _typed(frame, (TICK_COLUMNS, TICK_OPTIONAL), source.shown), "UTC")
    frame = _typed(frame, (BAR_COLUMNS, BAR_OPTIONAL), source.shown)
    reading = whole(series, frame, "UTC")
    if source.member is None and (beside := companions(source.path)):
        spread = _typed(_table(beside[0].read_bytes(), f"spread/{source.name}"), (("ts", "spread"), ()), source.shown)
        spread = spread.with_columns(pl.col("spread").round(SPREAD_DIGITS))
        frame = frame.join(spread, on="ts", how="left", maintain_order="left")
        reading = whole(series, frame, "UTC")
        reading.notes.append(f"spreads from spread/{source.name}")
    return reading


def _series(source: Source, stated: Stated) -> Series:
    named = _FILE.fullmatch(source.name)
    if named is None or source.path.parent.name == COMPANIONS:
        raise TradewindError(
            f"The name {source.name} does not say what the file holds.",
            "Name it SYMBOL_BARSIZE_FEED_SIDE_first_last.parquet or SYMBOL_ticks_FEED_first_last.parquet; "
            "files in spread/ are read with the bars of the same name.",
        )
    symbol, feed = stated.symbol or named["symbol"], stated.feed or named["feed"]
    if named["size"] is None:
        return Series(symbol, TICKS, 0, feed, BOTH)
    side = stated.side or named["side"]
    if side is None:
        raise TradewindError(f"{source.shown} does not say its side.", "State it with --side: bid, ask or mid.")
    return Series(symbol, BARS, seconds_of(named["size"]), feed, checked_side(side))


def _table(content: bytes, name: str) -> pl.DataFrame:
    try:
        check_pages(content)
        return pl.read_parquet(content)
    except (*BROKEN, DamagedError) as error:
        reason = str(error).partition("\n")[0]
        raise BadData(f"{name} cannot be read: {reason}.", "Fetch the file again.") from error


def _typed(frame: pl.DataFrame, columns: tuple[tuple[str, ...], tuple[str, ...]], name: str) -> pl.DataFrame:
    """Return the known columns in our types."""
    needed, optional = columns
    checked_columns(frame.columns, needed, optional, name)
    time = frame.schema["ts"]
    if not isinstance(time, pl.Datetime) or time.time_zone != "UTC":
        raise BadData(f"{name}: the column ts is {time}, not a time in UTC.", "Convert ts to timestamp[ns, UTC].")
    try:
        known = (
            pl.col(column).cast(_TIME if column == "ts" else pl.Float64)
            for column in frame.columns
            if column in needed + optional
        )
        return frame.select(known)
    except BROKEN as error:
        reason = str(error).partition("\n")[0]
        raise BadData(f"{name} has a column that is not numbers: {reason}.", "Store prices as float64.") from error
