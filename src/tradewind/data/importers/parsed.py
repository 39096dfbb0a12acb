"""What a vendor module hands over, and what it may be told.

A vendor module reads one file format and knows nothing else: `recognises(source)` says whether a file is of its
kind, `read(source, stated)` understands it, part by part, so that a file may be larger than the memory. It turns
text into columns and its clock into UTC, and says how. Checking, counting and storing are the same for all and
happen elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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


def tables(source: Source, separator: str, names: Sequence[str] | None = None) -> Iterator[Table]:
    """Yield a delimited file as columns of text, so that a bad value can be shown as it is.

    `names` are the columns of a file without a header.
    """
    row = 1 if names else 2
    found = False
    for text in source.lines():
        frame = _table(source, text, separator, names)
        names = frame.columns
        if frame.height:
            found = True
            yield Table(frame, row)
        row += frame.height
    if not found:
        raise BadData(f"{source.shown} has no rows.", "Check that the download or export was complete.")


def _table(source: Source, text: bytes, separator: str, names: Sequence[str] | None) -> pl.DataFrame:
    try:
        return pl.read_csv(
            text,
            separator=separator,
            has_header=names is None,
            new_columns=None if names is None else list(names),
            infer_schema=False,
            quote_char=None,
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise BadData(
            f"{source.shown} is not a table: {reason}.", "Check that the file was not cut or edited."
        ) from error


def whole_table(source: Source, separator: str, names: Sequence[str] | None = None) -> Table:
    """Return all rows of a delimited file, for formats that only their whole explains."""
    parts = list(tables(source, separator, names))
    return Table(pl.concat([part.frame for part in parts]), parts[0].row)


def numbers(table: Table, columns: dict[str, str], source: Source) -> pl.DataFrame:
    """Return text columns as numbers under new names, or refuse the first value that is none."""
    frame, first_row = table
    values = frame.select(
        pl.col(old).str.strip_chars().cast(pl.Float64, strict=False).alias(new) for old, new in columns.items()
    )
    for old, new in columns.items():
        if values[new].null_count():
            row = values[new].is_null().arg_max() or 0
            raise BadData(
                f"{source.shown}, row {row + first_row}: {new} is {frame[old][row]!r}, which is not a number.",
                REPAIR,
            )
    return values


def wall_times(table: Table, text: pl.Expr, pattern: str, source: Source) -> Times:
    """Return the times of a wall clock as ns since it showed 1970-01-01, or refuse the first that is none."""
    times = table.frame.select(text=text).select(
        "text", time=pl.col("text").str.to_datetime(pattern, time_unit="ns", strict=False)
    )
    if times["time"].null_count():
        row = times["time"].is_null().arg_max() or 0
        raise BadData(
            f"{source.shown}, row {row + table.row}: the time is {times['text'][row]!r}, not {pattern}.",
            REPAIR,
        )
    return times["time"].to_physical().to_numpy()


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
