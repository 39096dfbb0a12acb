"""What a vendor module hands over, and what it may be told.

A vendor module reads one file format and knows nothing else: `recognises(source)` says whether a file is of its
kind, `read(source, stated)` understands it, part by part, so that a file may be larger than the memory. It turns
text into columns and its clock into UTC, and says how. Checking, counting and storing are the same for all and
happen elsewhere.
"""

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.data.checks import REPAIR
from tradewind.data.importers.sources import Source
from tradewind.data.series import Series
from tradewind.errors import BadData, TradewindError
from tradewind.markets import clock as clocks

CLOCKS = "ny+7 (most MetaTrader servers), eet, eet-7 (HistData), utc, utc+3 or a zone such as Europe/Athens"

Times = np.ndarray[Any, np.dtype[np.int64]]

FIRST_TIME, LAST_TIME = datetime(1970, 1, 1), datetime(2069, 12, 31, 23, 59, 59)  # noqa: DTZ001  a wall clock has no zone
"""`markets.clock` knows the clock changes of these years, and there are no prices of others."""
FRACTION = "%.f"
"""Any fraction of a second, or none."""
OFFSET = r" ?(?:GMT)?(?:Z|[+-]\d\d:?\d\d)$"
"""How a time ends that carries its offset from UTC: Z, +02:00, GMT+0200."""
BROKEN = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What reading a damaged file ends with; of some damage the library thinks that it cannot be, and panics."""
MOST_SECONDS = 100 * 366 * 86_400


class Stated(NamedTuple):
    """What the user said about a file; None where the file or its vendor must answer."""

    symbol: str | None = None
    clock: str | None = None
    side: str | None = None
    feed: str | None = None
    timeframe: int | None = None
    """Seconds of a bar."""
    mapping: Path | None = None
    """A file that says which column of a table is what."""
    scale: Decimal | None = None
    """What every price is multiplied by."""
    stamp: str | None = None
    """Whether bars are stamped at their open, as usual, or at their close."""


class Part(NamedTuple):
    """Some rows of one series in the order of the file, `ts` in UTC; `row` is the number of the first in the file."""

    series: Series
    frame: pl.DataFrame
    row: int = 1
    shown: str = ""
    """How an error names the file, where several are read together."""


@dataclass
class Reading:
    """A file being read: notes and counts are complete once the parts are."""

    clock: str
    parts: Iterator[Part]
    left_out: int = 0
    """Rows that were understood and are not handed over; a note says why."""
    notes: list[str] = field(default_factory=list)
    may_be_empty: bool = False
    """Whether a part without rows says that there were no prices, and not that the file was cut."""


def whole(series: Series, frame: pl.DataFrame, clock: str, row: int = 1) -> Reading:
    """Return the reading of a file that was understood in one piece."""
    return Reading(clock, iter([Part(series, frame, row)]))


class Table(NamedTuple):
    """Some rows of a delimited file as columns of text; `row` is the number of the first in the file."""

    frame: pl.DataFrame
    row: int


def tables(
    source: Source,
    separator: str,
    names: Sequence[str] | None = None,
    *,
    header: bool | None = None,
    skip: int = 0,
    quote: str | None = None,
) -> Iterator[Table]:
    """Yield a delimited file as columns of text, so that a bad value can be shown as it is.

    `names` are the columns of a file without a header, or, with `header`, those to take instead of its own; `skip`
    lines before them are no part of the table.
    """
    header = names is None if header is None else header
    skipped = skip + (header and names is not None)
    row = 1 + skip + header
    found = False
    blocks = source.lines()
    if skipped:
        blocks = itertools.chain(next(blocks, b"").split(b"\n", skipped)[skipped:], blocks)
    for text in blocks:
        if text and not text.isspace():
            frame = _table(source, text, separator, names, quote)
            names = frame.columns
            if frame.height:
                found = True
                yield Table(frame, row)
            row += frame.height
    if not found:
        raise BadData(f"{source.shown} has no rows.", "Check that the download or export was complete.")


def _table(source: Source, text: bytes, separator: str, names: Sequence[str] | None, quote: str | None) -> pl.DataFrame:
    if text.endswith((b"\n\n", b"\n\r\n")):
        text = text.rstrip(b"\r\n")  # an empty line at the end is no row
    if names is not None:
        # Every block gets a header, so that rows with fewer fields at its end do not make it narrower.
        mark = quote or ""
        text = separator.join(f"{mark}{name}{mark}" for name in names).encode() + b"\n" + text
    try:
        return pl.read_csv(text, separator=separator, infer_schema=False, quote_char=quote)
    except BROKEN as error:
        reason = str(error).partition("\n")[0]
        raise BadData(
            f"{source.shown} is not a table: {reason}.", "Check that the file was not cut or edited."
        ) from error


def numbers(table: Table, columns: dict[str, str], source: Source, absent: Collection[str] = ()) -> pl.DataFrame:
    """Return text columns as numbers under new names, or refuse the first value that is none.

    Of the new names in `absent` a value may be empty.
    """
    frame, first_row = table
    text = {new: pl.col(old).str.strip_chars() for old, new in columns.items()}
    values = frame.select(column.cast(pl.Float64, strict=False).alias(new) for new, column in text.items())
    for old, new in columns.items():
        if not values[new].null_count():
            continue
        wrong = values[new].is_null()
        if new in absent:
            wrong &= frame.select(text[new].fill_null("") != "").to_series()
        if wrong.any():
            row = wrong.arg_max() or 0
            raise BadData(
                f"{source.shown}, row {row + first_row}: {new} is {frame[old][row]!r}, which is not a number.",
                REPAIR,
            )
    return values


def wall_times(table: Table, text: pl.Expr, pattern: str, source: Source) -> Times:
    """Return the times of a wall clock as ns since it showed 1970-01-01, or refuse the first that is none."""
    frame = table.frame.select(text=text)
    return checked_times(table, frame.with_columns(_understood(frame["text"], pattern)), f"not {pattern}", source)


def _understood(text: pl.Series, pattern: str) -> pl.Series:
    """Return times as a column `time`, null where there is none.

    They are counted in microseconds, because a year that ns cannot count would silently become another. A pattern
    for any fraction of a second takes seven times as long as one for milliseconds, or none: so those are tried first.
    """
    read = partial(text.str.to_datetime, time_unit="us", strict=False, cache=False)
    usual = ".%3f" if "." in (text[0] or "").rpartition(":")[2] else ""
    times = read(pattern.replace(FRACTION, usual))
    if FRACTION in pattern and times.null_count():
        times = pl.select(pl.coalesce(times, read(pattern))).to_series()
    return times.dt.replace_time_zone(None).alias("time")


class Written(NamedTuple):
    """How times are written: a pattern, and how each ends with its offset from UTC, or nothing."""

    pattern: str
    mark: str = ""


def iso(first: str | None) -> Written:
    """Return how ISO times are written, as the first of them shows."""
    text = first or ""
    offset = re.search(OFFSET, text)
    mark = "" if offset is None or "GMT" in offset[0] else offset[0][: -len(offset[0].lstrip())] + "%#z"
    _, letter, clock = text.partition("T" if "T" in text else " ")
    if not letter:
        return Written("%Y-%m-%d", mark)
    return Written(f"%Y-%m-%d{letter}%H:%M" + ("" if clock.count(":") == 1 and not mark else ":%S%.f"), mark)


def moments(table: Table, text: pl.Expr, written: Written, clock: str | None, source: Source) -> pl.Series:
    """Return times as a UTC column `ts`: of the clock, or, without one, by the offset each of them carries.

    With a clock offsets are not believed: what stands before them is what that clock showed.
    """
    if clock is None:
        times = wall_times(table, text, written.pattern + written.mark, source)  # which applies the offset
        return pl.Series("ts", times).cast(pl.Datetime("ns", "UTC"))
    if written.mark:
        text = text.str.replace(OFFSET, "")
    return utc_column(wall_times(table, text, written.pattern, source), clock)


def epoch_times(table: Table, column: str, per_second: int, source: Source) -> Times:
    """Return counts since 1970-01-01, so many a second, as ns, or refuse the first that is none."""
    count = pl.col(column).str.strip_chars().cast(pl.Int64, strict=False)
    believed = pl.when(count.is_between(0, MOST_SECONDS * per_second)).then(count)  # larger ones would overflow
    micros = believed * (10**6 // per_second) if per_second <= 10**6 else believed // (per_second // 10**6)
    frame = table.frame.select(text=column, time=micros.cast(pl.Datetime("us")))
    return checked_times(table, frame, f"not a count since 1970, {per_second} a second", source)


def checked_times(table: Table, times: pl.DataFrame, wanted: str, source: Source) -> Times:
    """Return the column `time` as ns, or refuse the first `text` that was not understood or is of no market."""
    known = times["time"].is_between(FIRST_TIME, LAST_TIME).fill_null(value=False)
    if not known.all():
        row = known.arg_min() or 0
        wanted = wanted if times["time"].is_null()[row] else "a time from 1970 to 2069"
        raise BadData(f"{source.shown}, row {row + table.row}: the time is {times['text'][row]!r}, {wanted}.", REPAIR)
    return times["time"].to_physical().to_numpy() * 1000


def stated_clock(stated: Stated, source: Source) -> str:
    """Return the clock the user named, as `markets.clock` spells it; times without a clock are refused."""
    if stated.clock is None:
        raise TradewindError(
            f"{source.shown} does not say which clock its times are of.", f"State it with --clock: {CLOCKS}."
        )
    return clock_name(stated.clock)


def checked_utc(stated: Stated, source: Source) -> None:
    """Refuse another clock for a file whose times are in UTC by its format."""
    if stated.clock is not None and clock_name(stated.clock) != "UTC":
        raise TradewindError(f"{source.shown} is in UTC, not {stated.clock}.", "Leave the clock out for such files.")


def clock_name(text: str) -> str:
    """Return the clock as `markets.clock` spells it, or refuse it."""
    return clocks.clock(text if "/" in text else text.upper()).name


def stated_symbol(stated: Stated, found: str | None, source: Source) -> str:
    """Return the symbol the user named, or else the one found, or refuse the file."""
    symbol = stated.symbol or found
    if not symbol:
        raise TradewindError(f"{source.shown} does not say its symbol.", "State it with --as.")
    return symbol


def utc_column(walls: Times, clock: str) -> pl.Series:
    """Return wall times as a UTC column `ts`; repeated and skipped hours go as `markets.clock` says."""
    if not len(walls):
        return pl.Series("ts", walls).cast(pl.Datetime("ns", "UTC"))
    first, last = (clocks.utc_datetime(int(end)).replace(tzinfo=None) for end in (walls.min(), walls.max()))
    rows = np.array(clocks.transitions(clock, first, last), dtype=np.int64)
    utc = walls - rows[np.searchsorted(rows[:, 0], walls, side="right") - 1, 1]
    return pl.Series("ts", utc).cast(pl.Datetime("ns", "UTC"))
