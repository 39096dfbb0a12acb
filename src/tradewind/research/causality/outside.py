"""Files of prices and other series that a strategy reads: the same file as it was known at a moment.

A row's *stamp* is what its time column says. When it was *known* is another matter: a bar stamped with its open is
known when it closes, and a date without a time when that day's market closes (21:00 UTC, the earliest 17:00 New York).
The file may be declared in the strategy: OUTSIDE = {"vix.csv": "close"}:

    open          stamps are opens; the length of a row is the usual distance of two
    close         stamps are when the row was known
    known ahead   a schedule, published before: it is left alone, and the certificate says so
"""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import TradewindError

TABLES = (".csv", ".tsv", ".txt")
COLUMNAR = (".parquet", ".pq", ".feather", ".ipc", ".arrow")
OPAQUE = (".npy", ".npz", ".pkl", ".pickle", ".h5", ".hdf5", ".sqlite", ".db", ".joblib", ".gz", ".zip", ".xlsx")
TIMES = re.compile(
    r"^(ts|time|times|date|datetime|timestamp|day|close_time|open_time|known|published|released)$", re.IGNORECASE
)
KNOWN_NAMES = re.compile(r"close|known|publish|release", re.IGNORECASE)
NS = 1_000_000_000
DAY_KNOWN = 21 * 3600 * NS
READINGS = ("open", "close", "known ahead")


class Table(NamedTuple):
    """What a file holds, with the times of its rows, ns UTC."""

    content: Any
    names: Sequence[str]
    stamps: NDArray[np.int64]
    known: NDArray[np.int64]
    reading: str


def read_table(path: Path, declared: str | None) -> Table | None:
    """Return the file as rows with times, or None where it has none that we can read."""
    if declared is not None and declared not in READINGS:
        raise TradewindError(f"OUTSIDE says {path.name} is {declared!r}.", f"It may be: {', '.join(READINGS)}.")
    found = _of_text(path) if path.suffix.lower() in TABLES else _of_columns(path)
    if found is None:
        return None
    content, names, name, stamps, dates = found
    known, reading = _known(names, name, stamps, dates=dates, declared=declared)
    return Table(content, names, stamps, known, reading)


def _known(
    names: Sequence[str], name: str, stamps: NDArray[np.int64], *, dates: bool, declared: str | None
) -> tuple[NDArray[np.int64], str]:
    """Return when each row was known, and how that was found."""
    if declared == "known ahead":
        return np.full(len(stamps), -(2**62)), declared
    if declared == "close" or (declared is None and KNOWN_NAMES.search(name)):
        return stamps, "close"
    if dates:
        return stamps + DAY_KNOWN, "date"
    bars = {"open", "high", "low", "close"} <= {one.lower() for one in names}
    if declared == "open" or bars:
        steps = np.diff(np.unique(stamps))
        return stamps + (int(np.median(steps)) if len(steps) else 0), "open"
    return stamps, "close"


def write_as_of(table: Table, path: Path, target: Path, as_of: tuple[str, int, int]) -> None:
    """`target` is the file as of (how, moment, seed): "cut" and "poison" by stamps, "unfinished" what had not ended.

    An even seed raises what comes later, an odd one lowers it.
    """
    how, moment, seed = as_of
    later = table.stamps > moment
    if table.reading == "known ahead" or how == "whole":
        later[:] = False
    elif how == "unfinished":
        later = (table.stamps <= moment) & (table.known > moment)
    draw = np.random.default_rng(seed)
    level = (1.15, 1.6) if seed % 2 == 0 else (0.6, 0.85)
    factors = draw.uniform(*level, (len(later), 1)) * draw.uniform(0.9, 1.1, (len(later), len(table.names)))
    if path.suffix.lower() in TABLES:
        _write_text(table, target, later, factors, cut=how == "cut")
    else:
        _write_columns(table, path, target, (later, factors), cut=how == "cut")


def _of_text(path: Path) -> tuple[Any, list[str], str, NDArray[np.int64], bool] | None:
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        return None
    rows = [row for row in csv.reader(text.splitlines(), dialect) if row]
    if len(rows) < 3:
        return None
    names = [name.strip() for name in rows[0]]
    for place, name in enumerate(names):
        if TIMES.match(name) or (place == 0 and _moment(rows[1][0]) is not None):
            stamps = [_moment(row[place]) if place < len(row) else None for row in rows[1:]]
            if all(one is not None for one in stamps):
                dates = all(re.fullmatch(r"\d{4}[-.]?\d{2}[-.]?\d{2}", row[place].strip()) for row in rows[1:])
                return (rows, dialect), names, name, np.array(stamps, np.int64), dates
    return None


def _moment(text: str) -> int | None:
    """Return a time as ns UTC: ISO 8601, 2026.01.31 12:00, or a number of s, ms, us or ns since 1970."""
    text = text.strip()
    if re.fullmatch(r"\d{9,19}(\.0)?", text):
        return _since_epoch(int(float(text)) if "." in text else int(text))
    try:
        when = datetime.fromisoformat(re.sub(r"^(\d{4})\.(\d{2})\.(\d{2})", r"\1-\2-\3", text))
    except ValueError:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return int(aware.timestamp()) * NS + aware.microsecond * 1000


def _since_epoch(number: int) -> int:
    for unit in (1, 1_000, 1_000_000):
        if number >= 10**17 // unit:
            return number * unit
    return number * NS


def _write_text(
    table: Table, target: Path, later: NDArray[np.bool_], factors: NDArray[np.float64], *, cut: bool
) -> None:
    rows, dialect = table.content
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, dialect)
        writer.writerow(rows[0])
        for row, late, factor, stamp in zip(rows[1:], later, factors.tolist(), table.stamps, strict=True):
            if late and cut:
                continue
            cells = zip(row, factor, strict=False)
            writer.writerow([_scaled(cell, one, int(stamp)) for cell, one in cells] if late else row)


def _scaled(cell: str, factor: float, stamp: int) -> str:
    """Return a number in a cell times `factor`; a time or a word as it is."""
    if _moment(cell) == stamp:
        return cell
    try:
        value = float(cell)
    except ValueError:
        return cell
    return str(round(value * factor)) if re.fullmatch(r"[+-]?\d+", cell.strip()) else repr(value * factor)


def _of_columns(path: Path) -> tuple[Any, list[str], str, NDArray[np.int64], bool] | None:
    import polars as pl  # noqa: PLC0415  only where a file of columns is read

    read: Any = getattr(pl.read_parquet if path.suffix.lower() in (".parquet", ".pq") else pl.read_ipc, "whole", None)
    read = read or (pl.read_parquet if path.suffix.lower() in (".parquet", ".pq") else pl.read_ipc)
    frame = read(path)
    for name, kind in frame.schema.items():
        if kind == pl.Date or isinstance(kind, pl.Datetime):
            stamps = frame[name].cast(pl.Datetime("ns")).to_physical().to_numpy()
            return frame, frame.columns, name, stamps.astype(np.int64), kind == pl.Date
        if TIMES.match(name) and kind.is_integer():
            stamps = np.array([_since_epoch(int(one)) for one in frame[name].to_list()], np.int64)
            return frame, frame.columns, name, stamps, False
    return None


def _write_columns(
    table: Table, path: Path, target: Path, change: tuple[NDArray[np.bool_], NDArray[np.float64]], *, cut: bool
) -> None:
    import polars as pl  # noqa: PLC0415  only where a file of columns is read

    later, factors = change
    frame: pl.DataFrame = table.content
    if cut:
        made = frame.filter(pl.Series(~later))
    else:
        changed = []
        for place, (name, kind) in enumerate(frame.schema.items()):
            scaled = frame[name] * pl.Series(np.where(later, factors[:, place], 1.0)) if kind.is_numeric() else None
            if scaled is not None and kind.is_float():
                changed.append(scaled.alias(name))
            elif scaled is not None and not TIMES.match(name):
                changed.append(scaled.round().cast(kind).alias(name))
        made = frame.with_columns(changed)
    if path.suffix.lower() in (".parquet", ".pq"):
        made.write_parquet(target)
    else:
        made.write_ipc(target)
