"""Any table of bars or ticks, text or Parquet, understood by a mapping that the user writes."""

from collections.abc import Iterator

import polars as pl

from tradewind.data.checks import checked_columns
from tradewind.data.importers.mapping import BOTH_SIDES, COUNTS, OFFSET, PRICES, QUOTE, TableMapping, load
from tradewind.data.importers.pages import DamagedError, check_pages
from tradewind.data.importers.parsed import (
    BROKEN,
    Part,
    Reading,
    Stated,
    Table,
    Written,
    clock_name,
    epoch_times,
    iso,
    moments,
    numbers,
    stated_clock,
    stated_symbol,
    tables,
    utc_column,
)
from tradewind.data.importers.sizes import usual_step
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, BOTH, SPREAD_DIGITS, TICKS, Series, checked_side
from tradewind.errors import BadData, TradewindError

NAME = "a table with a mapping"
FEED = "imported"

_ROWS = 250_000
"""Rows of Parquet understood at once."""


def local(_source: Source, stated: Stated) -> bool:
    """Answer whether neither the user nor the mapping says whose clock the times are of."""
    mapping = _mapping(stated)
    return stated.clock is None and mapping.clock is None and mapping.written not in COUNTS


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars or ticks of a table; of bars of both sides two series."""
    mapping = _mapping(stated)
    symbol = stated_symbol(stated, mapping.symbol, source)
    feed = stated.feed or mapping.feed or FEED
    clock = clock_name(stated.clock) if stated.clock else mapping.clock
    if clock is None:
        clock = "UTC" if mapping.written in COUNTS else stated_clock(stated, source)
    if mapping.ticks:
        sides = {BOTH: Series(symbol, TICKS, 0, feed, BOTH)}
    else:
        both = set(BOTH_SIDES) & set(mapping.columns)
        side = stated.side or mapping.side
        if not both and side is None:
            raise TradewindError(f"{source.shown} does not say its side.", "State it with --side, or in the mapping.")
        names = ("bid", "ask") if both else (checked_side(side or ""),)
        seconds = stated.timeframe or mapping.seconds or 0
        sides = {name: Series(symbol, BARS, seconds, feed, name) for name in names}
    parts = _parts(source, mapping, sides, None if clock == OFFSET else clock)
    return Reading("UTC" if clock == OFFSET else clock, parts)


def _mapping(stated: Stated) -> TableMapping:
    if stated.mapping is None:
        raise TradewindError("A table of an unknown kind needs a mapping.", "Propose one: tradewind data mapping FILE")
    return load(stated.mapping)


def _parts(source: Source, mapping: TableMapping, sides: dict[str, Series], clock: str | None) -> Iterator[Part]:
    for table in _parquet(source) if source.name.endswith(".parquet") else _text(source, mapping):
        names = _named(table.frame.columns, mapping, source)
        ts = _times(table, names, mapping, clock, source)
        for side, series in sides.items():
            known = series
            if series.kind == BARS and not series.timeframe:
                known = sides[side] = series._replace(timeframe=usual_step(ts.to_physical().to_numpy()))
            yield Part(known, _values(table, _wanted(side, names), mapping, source).insert_column(0, ts), table.row)


def _text(source: Source, mapping: TableMapping) -> Iterator[Table]:
    names = None
    if not mapping.header:
        first = next(source.lines(), b"").split(b"\n", mapping.skip + 1)[mapping.skip :]
        count = (first[0] if first else b"").count(mapping.separator.encode()) + 1
        names = [str(number) for number in range(1, count + 1)]
    return tables(source, mapping.separator, names, skip=mapping.skip, quote='"')


def _parquet(source: Source) -> Iterator[Table]:
    """Yield a Parquet file as columns of text, times in ISO form; so one way of understanding does for all."""
    try:
        content = source.content()
        check_pages(content)
        frame = pl.read_parquet(content)
        for start in range(0, frame.height, _ROWS):
            rows = frame[start : start + _ROWS]
            yield Table(rows.select(_as_text(rows[name]) for name in rows.columns), start + 1)
    except (*BROKEN, DamagedError) as error:
        reason = str(error).partition("\n")[0]
        raise BadData(f"{source.shown} cannot be read: {reason}.", "Fetch the file again.") from error


def _as_text(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime):
        mark = "" if column.dtype.time_zone is None else "+00:00"
        wall = column if column.dtype.time_zone is None else column.dt.convert_time_zone("UTC")
        return wall.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{mark}")
    return column.cast(pl.String)


def _named(found: list[str], mapping: TableMapping, source: Source) -> dict[str, str]:
    """Return which column of the table each column of the mapping is."""
    texts = [column for column in mapping.columns.values() if isinstance(column, str)]
    checked_columns(found, texts, (), source.shown)
    most = max((column for column in mapping.columns.values() if isinstance(column, int)), default=0)
    if most > len(found):
        raise BadData(f"{source.shown} has no column {most}, only {len(found)}.", "Check the separator of the mapping.")
    named = {name: column if isinstance(column, str) else found[column - 1] for name, column in mapping.columns.items()}
    twice = next((column for column in named.values() if list(named.values()).count(column) > 1), None)
    if twice is not None:
        both = " and ".join(name for name, column in named.items() if column == twice)
        raise BadData(f"The mapping takes the column {twice!r} for {both}.", "Take each column once.")
    return named


def _times(table: Table, names: dict[str, str], mapping: TableMapping, clock: str | None, source: Source) -> pl.Series:
    if mapping.written in COUNTS:
        return utc_column(epoch_times(table, names["time"], COUNTS[mapping.written], source), clock or "UTC")
    text = pl.col(names["time"]).str.strip_chars()
    if "date" in names:
        text = pl.concat_str(pl.col(names["date"]).str.strip_chars(), text, separator=" ")
    if mapping.written == "iso":
        return moments(table, text, iso(table.frame.select(text).item(0, 0)), clock, source)
    pattern, percent, mark = mapping.written.partition("%z")
    return moments(table, text, Written(pattern, percent + mark), clock, source)


def _wanted(side: str, names: dict[str, str]) -> dict[str, str]:
    """Return the columns of the table that one series takes, each with its own name for it."""
    if side == BOTH:
        ours = {name: name for name in (*QUOTE, "bid_size", "ask_size")}
    elif "open" in names:
        ours = {name: name for name in (*PRICES, "volume", "spread")}
    else:
        ours = {f"{side}_{name}": name for name in PRICES} | {"volume": "volume"}
    return {names[theirs]: name for theirs, name in ours.items() if theirs in names}


def _values(table: Table, wanted: dict[str, str], mapping: TableMapping, source: Source) -> pl.DataFrame:
    if mapping.decimal == ",":
        points = table.frame.with_columns(pl.col(name).str.replace(",", ".", literal=True) for name in wanted)
        table = table._replace(frame=points)
    frame = numbers(table, wanted, source, absent=("volume", "spread", "bid_size", "ask_size"))
    if mapping.point is not None and "spread" in frame.columns:
        frame = frame.with_columns((pl.col("spread") * float(mapping.point)).round(SPREAD_DIGITS))
    return frame
