"""One month of rows and what is stored of it already: what is new is added, what differs is corrected."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from tradewind.adapters.catalogue import COLUMNS, OPTIONAL, Identity, series_name, times
from tradewind.adapters.timescale import binary
from tradewind.adapters.timescale.listing import Connection, Month
from tradewind.adapters.timescale.reading import rows as stored_rows
from tradewind.errors import TradewindError

Outcome = tuple[int, int, Month]
"""Rows that were new, rows that replaced others, and what the month holds now."""
Period = tuple[int, int]

FOREVER = (-(2**62), 2**62)

DECOMPRESS = "SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0"
"""Late rows may change what was compressed long ago, however much of it; PostgreSQL alone knows no such limit."""

DIRECT_ROWS = 50_000
"""From so many ticks on they are compressed as they come in, where TimescaleDB can: fewer would make poor batches."""

_DIRECT = """
SELECT set_config(name, %s, true) FROM pg_settings WHERE name IN
('timescaledb.enable_direct_compress_copy', 'timescaledb.enable_direct_compress_copy_client_sorted')
"""

_COUNT = "SELECT count(*) FROM market.ticks WHERE series = %s AND ts_ns BETWEEN %s AND %s"

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_bars (
    series integer NOT NULL, ts_ns bigint NOT NULL, open double precision NOT NULL, high double precision NOT NULL,
    low double precision NOT NULL, close double precision NOT NULL, volume double precision, spread double precision
) ON COMMIT DELETE ROWS
"""
_THERE = """
SELECT count(*) FROM staged_bars JOIN market.bars b USING (series, ts_ns)
WHERE b.series = %s AND b.ts_ns BETWEEN %s AND %s
"""
_UPSERT = """
INSERT INTO market.bars AS b SELECT * FROM staged_bars ORDER BY ts_ns
ON CONFLICT (series, ts_ns) DO UPDATE SET
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    volume = excluded.volume, spread = coalesce(excluded.spread, b.spread)
WHERE (b.open, b.high, b.low, b.close, b.volume, b.spread) IS DISTINCT FROM
      (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, coalesce(excluded.spread, b.spread))
"""
_FORGET = "DELETE FROM market.{kind} WHERE series = %s AND ts_ns >= %s AND ts_ns < %s"


def checked(frame: pl.DataFrame, series: Identity) -> pl.DataFrame:
    """Return the frame with one sign for every absent value, or refuse prices that are none."""
    prices = [name for name in COLUMNS[series[1]][1:] if name not in OPTIONAL]
    for name in prices:
        if frame[name].null_count() or frame[name].is_nan().any():
            raise TradewindError(f"Nothing was written to {series_name(series)}: {name} is not always a number.")
    return frame.with_columns(pl.col(name).fill_nan(None) for name in OPTIONAL if name in frame.columns)


def put_bars(connection: Connection, number: int, rows: pl.DataFrame, stored: Month | None, _: Period) -> Outcome:
    """The bars are stored, in place of those of the same time; a bar without a spread keeps the recorded one."""
    first, last = int(times(rows)[0]), int(times(rows)[-1])
    if stored is None or stored.last < first or last < stored.first:
        copy(connection, "market.bars", number, rows)
        return rows.height, 0, _grown(stored, rows.height, first, last)
    connection.execute(_STAGE)
    connection.execute("TRUNCATE staged_bars")
    copy(connection, "staged_bars", number, rows)
    found: Any = connection.execute(_THERE, (number, first, last)).fetchone()
    there = int(found[0])
    written = connection.execute(_UPSERT).rowcount
    new = rows.height - there
    return new, written - new, _grown(stored, new, first, last)


def put_ticks(
    connection: Connection, number: int, rows: pl.DataFrame, stored: Month | None, stretch: Period
) -> Outcome:
    """The ticks are stored, in place of all in the stretch."""
    first, last = int(times(rows)[0]), int(times(rows)[-1])
    if stored is None:
        copy_ticks(connection, number, rows)
        return rows.height, 0, Month(rows.height, first, last)
    told = stored_rows(connection, (number, "ticks"), stretch, COLUMNS["ticks"])
    if told.equals(rows):
        return 0, 0, stored
    if told.height:
        forget(connection, (number, "ticks"), *stretch)
    copy_ticks(connection, number, rows)
    held = stored.rows - told.height + rows.height
    kept_first = min(first, stored.first) if stored.first < stretch[0] else first
    kept_last = max(last, stored.last) if stored.last >= stretch[1] else last
    return max(rows.height - told.height, 0), told.height, Month(held, kept_first, kept_last)


def _grown(stored: Month | None, new: int, first: int, last: int) -> Month:
    if stored is None:
        return Month(new, first, last)
    return Month(stored.rows + new, min(stored.first, first), max(stored.last, last))


def forget(connection: Connection, series: tuple[int, str], start: int, end: int) -> None:
    """No row of series (number, kind) lies in [start, end)."""
    number, kind = series
    connection.execute(_FORGET.format(kind=kind), (number, start, end))


def copy_ticks(connection: Connection, number: int, rows: pl.DataFrame) -> None:
    """The ticks are in their table, many of them compressed already; they come in order, and nothing has to sort.

    To compress what comes in is young in TimescaleDB, so the rows are counted afterwards.
    """
    many = rows.height >= DIRECT_ROWS
    direct = connection.execute(_DIRECT, ("on" if many else "off",)).rowcount
    copy(connection, "market.ticks", number, rows)
    if many and direct:
        ts = times(rows)
        found: Any = connection.execute(_COUNT, (number, int(ts[0]), int(ts[-1]))).fetchone()
        if found[0] != rows.height:
            message = f"Of {rows.height} ticks {found[0]} arrived in the database, so none were kept."
            raise TradewindError(message, "Tell the makers of Tradewind, with the version of TimescaleDB.")


def copy(connection: Connection, table: str, number: int, rows: pl.DataFrame) -> None:
    """The rows are in the table, or none of them."""
    names, parts = copy_parts(number, rows)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as out:
        for part in parts:
            out.write(part)


def copy_parts(number: int, rows: pl.DataFrame) -> tuple[str, Iterator[bytes]]:
    """Return the names of the columns and the bytes that COPY reads for the rows of a series."""
    kind = "ticks" if "bid" in rows.columns else "bars"
    ts = times(rows)
    columns: dict[str, binary.Optional] = {"series": (np.full(len(ts), number, dtype=np.int32), None)}
    columns["ts_ns"] = ts, None
    if kind == "ticks":
        columns["n"] = numbered(ts), None
    columns |= {name: binary.optional(rows[name]) for name in COLUMNS[kind][1:]}
    return ", ".join(columns), binary.copy_bytes(list(columns.values()))


def numbered(ts: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return which row of its instant each one is, from 0; the times are in order."""
    places = np.arange(len(ts), dtype=np.int64)
    begins = np.r_[True, ts[1:] != ts[:-1]]
    return (places - np.maximum.accumulate(np.where(begins, places, 0))).astype(np.int32)
