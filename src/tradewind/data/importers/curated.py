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
from tradewind.data.importers.parsed import Parsed, Stated
from tradewind.data.series import BARS, BOTH, SPREAD_DIGITS, TICKS, Series, checked_side, seconds_of
from tradewind.errors import BadData, TradewindError

NAME = "Parquet"

_FILE = re.compile(
    r"(?P<symbol>[A-Za-z0-9.#]+)_(?:ticks|(?P<size>[SMHDW]\d+))_(?P<feed>[A-Za-z0-9.-]+)"
    r"(?:_(?P<side>bid|ask|mid))?(?:_\d{8}){0,2}\.parquet"
)
_TIME = pl.Datetime("ns", "UTC")


def recognises(path: Path, head: bytes) -> bool:
    """Answer whether a file that begins with `head` is one of ours."""
    return path.suffix == ".parquet" and head.startswith(b"PAR1")


def read(path: Path, _head: bytes, stated: Stated) -> Parsed:
    """Return the bars or ticks of a file, with the spreads of its companion if it has one."""
    series = _series(path, stated)
    if stated.clock is not None and stated.clock.upper() != "UTC":
        raise TradewindError(f"{path.name} is in UTC, not {stated.clock}.", "Leave the clock out for Parquet files.")
    frame = _table(path)
    if series.kind == TICKS:
        return Parsed(series, _typed(frame, (TICK_COLUMNS, TICK_OPTIONAL), path), "UTC")
    frame = _typed(frame, (BAR_COLUMNS, BAR_OPTIONAL), path)
    companion = path.parent / "spread" / path.name
    if not companion.exists():
        return Parsed(series, frame, "UTC")
    spread = _typed(_table(companion), (("ts", "spread"), ()), companion)
    spread = spread.with_columns(pl.col("spread").round(SPREAD_DIGITS))
    frame = frame.join(spread, on="ts", how="left", maintain_order="left")
    return Parsed(series, frame, "UTC", notes=(f"spreads from spread/{path.name}",))


def _series(path: Path, stated: Stated) -> Series:
    named = _FILE.fullmatch(path.name)
    if named is None or path.parent.name == "spread":
        raise TradewindError(
            f"The name {path.name} does not say what the file holds.",
            "Name it SYMBOL_BARSIZE_FEED_SIDE_first_last.parquet or SYMBOL_ticks_FEED_first_last.parquet; "
            "files in spread/ are read with the bars of the same name.",
        )
    symbol, feed = stated.symbol or named["symbol"], stated.feed or named["feed"]
    if named["size"] is None:
        return Series(symbol, TICKS, 0, feed, BOTH)
    side = stated.side or named["side"]
    if side is None:
        raise TradewindError(f"{path.name} does not say its side.", "State it with side=: bid, ask or mid.")
    return Series(symbol, BARS, seconds_of(named["size"]), feed, checked_side(side))


def _table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise BadData(f"{path} cannot be read: {reason}.", "Fetch the file again.") from error


def _typed(frame: pl.DataFrame, columns: tuple[tuple[str, ...], tuple[str, ...]], path: Path) -> pl.DataFrame:
    """Return the known columns in our types."""
    needed, optional = columns
    checked_columns(frame.columns, needed, optional, path.name)
    time = frame.schema["ts"]
    if not isinstance(time, pl.Datetime) or time.time_zone != "UTC":
        raise BadData(f"{path.name}: the column ts is {time}, not a time in UTC.", "Convert ts to timestamp[ns, UTC].")
    try:
        known = (
            pl.col(name).cast(_TIME if name == "ts" else pl.Float64)
            for name in frame.columns
            if name in needed + optional
        )
        return frame.select(known)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise BadData(f"{path.name} has a column that is not numbers: {reason}.", "Store prices as float64.") from error
