"""Columns of numbers as the bytes PostgreSQL reads and sends: whole columns at a time, no number by itself.

Source of the formats: the PostgreSQL documentation of COPY ("Binary Format"), and `array_send` of its server.
"""

from collections.abc import Iterator, Sequence
from itertools import starmap
from typing import Any

import numpy as np
import polars as pl

from tradewind.adapters.catalogue import OPTIONAL, TIME

Column = np.ndarray[Any, Any]
Optional = tuple[Column, Column | None]
"""Numbers, and where there are none; None if all are there."""

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
PART_ROWS = 65_536
"""Rows that are turned into bytes at a time."""

_ABSENT = -1
_ARRAY_HEADER = 20


def copy_bytes(columns: Sequence[Optional]) -> Iterator[bytes]:
    """Yield what COPY ... (FORMAT binary) reads for rows of these columns."""
    yield HEADER
    for start in range(0, len(columns[0][0]), PART_ROWS):
        part = slice(start, start + PART_ROWS)
        yield _rows([(values[part], None if absent is None else absent[part]) for values, absent in columns])
    yield TRAILER


def _rows(columns: Sequence[Optional]) -> bytes:
    """Return rows: the number of values, then each one's length and bytes; an absent one has length -1 and none."""
    fields = [("values", ">i2")]
    for number, (values, _) in enumerate(columns):
        fields += [(f"length{number}", ">i4"), (f"value{number}", values.dtype.newbyteorder(">").str)]
    rows = np.empty(len(columns[0][0]), dtype=fields)
    rows["values"] = len(columns)
    kept = np.ones((len(rows), rows.itemsize), dtype=bool)
    start = rows["values"].itemsize
    for number, (values, absent) in enumerate(columns):
        rows[f"length{number}"] = values.itemsize
        rows[f"value{number}"] = values
        start += rows[f"length{number}"].itemsize
        if absent is not None:
            rows[f"length{number}"][absent] = _ABSENT
            kept[absent, start : start + values.itemsize] = False
        start += values.itemsize
    if all(absent is None for _, absent in columns):
        return rows.tobytes()
    return rows.view(np.uint8).reshape(kept.shape)[kept].tobytes()


def optional(column: pl.Series) -> Optional:
    """Return a column's numbers and where there are none: absent, or no number."""
    values = column.fill_null(np.nan).to_numpy()
    missing = np.isnan(values)
    return values, missing if missing.any() else None


def array(raw: bytes | None, kind: str) -> Column:
    """Return the numbers of an array that PostgreSQL sent in its binary form; every one of them has a value."""
    if raw is None:
        return np.empty(0, dtype=kind)
    element = np.dtype([("length", ">i4"), ("value", np.dtype(kind).newbyteorder(">"))])
    return np.frombuffer(raw, dtype=element, offset=_ARRAY_HEADER)["value"].astype(kind)


def frame(names: Sequence[str], arrays: Sequence[bytes | None]) -> pl.DataFrame:
    """Return the columns of a series from what `asked` asked for."""
    return pl.DataFrame(list(starmap(_column, zip(names, arrays, strict=True))))


def asked(names: Sequence[str]) -> str:
    """Return the expressions that give each column as one array."""
    own = {"ts": "array_agg(ts_ns)"}
    own |= {name: f"array_agg(coalesce({name}, 'NaN'))" for name in OPTIONAL}
    return ", ".join(own.get(name, f"array_agg({name})") for name in names)


def _column(name: str, raw: bytes | None) -> pl.Series:
    if name == "ts":
        return pl.Series(name, array(raw, "i8")).cast(TIME)
    if name == "n":
        return pl.Series(name, array(raw, "i4"))
    column = pl.Series(name, array(raw, "f8"))
    return column.fill_nan(None) if name in OPTIONAL else column


def tick_frame(parts: Sequence[Sequence[Column]]) -> pl.DataFrame:
    """Return times, bids and asks as a frame, in order of time."""
    schema = {"ts": pl.Int64, "bid": pl.Float64, "ask": pl.Float64}
    frames = [pl.DataFrame(dict(zip(schema, part, strict=True)), schema) for part in parts]
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort("ts", maintain_order=True).cast({"ts": TIME})
