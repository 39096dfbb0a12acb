"""What a vendor module hands over, and what it may be told.

A vendor module reads one file format and knows nothing else: it turns text into columns, its clock into
UTC, and says how it understood the file. Checking, counting and storing are the same for all and happen
elsewhere.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.data.checks import REPAIR
from tradewind.data.series import Series
from tradewind.errors import BadData, TradewindError
from tradewind.markets import clock as clocks

CLOCKS = "NY+7 (most MetaTrader servers), EET, EET-7 (HistData), UTC, UTC+3 or a zone such as Europe/Athens"

Times = np.ndarray[Any, np.dtype[np.int64]]


class Stated(NamedTuple):
    """What the user said about a file; None where the file or its vendor must answer."""

    symbol: str | None = None
    clock: str | None = None
    side: str | None = None
    feed: str | None = None


class Parsed(NamedTuple):
    """One file understood: its series, its rows with `ts` in UTC, its first row's number."""

    series: Series
    frame: pl.DataFrame
    clock: str
    first_row: int = 1
    left_out: int = 0
    notes: tuple[str, ...] = ()


def read_text(path: Path, separator: str, names: list[str] | None) -> pl.DataFrame:
    """Return a delimited file as columns of text, so that a bad number can be shown as it is.

    `names` are the columns of a file without a header. MetaTrader also writes UTF-16: its mark gives it away.
    """
    content = path.read_bytes()
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        content = content.decode("utf-16").encode()
    if not content.strip():
        raise BadData(f"{path} is empty.", "Check that the download or export was complete.")
    try:
        table = pl.read_csv(
            content,
            separator=separator,
            has_header=names is None,
            new_columns=names,
            infer_schema=False,
            quote_char=None,
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise BadData(f"{path} is not a table: {reason}.", "Check that the file was not cut or edited.") from error
    if table.is_empty():
        raise BadData(f"{path.name} has no rows.", "Check that the download or export was complete.")
    return table


def numbers(frame: pl.DataFrame, columns: dict[str, str], source: str, first_row: int) -> pl.DataFrame:
    """Return text columns as numbers under new names, or refuse the first value that is none."""
    values = frame.select(
        pl.col(old).str.strip_chars().cast(pl.Float64, strict=False).alias(new) for old, new in columns.items()
    )
    for old, new in columns.items():
        if values[new].null_count():
            row = values[new].is_null().arg_max() or 0
            raise BadData(
                f"{source}, row {row + first_row}: {new} is {frame[old][row]!r}, which is not a number.",
                REPAIR,
            )
    return values


def wall_times(frame: pl.DataFrame, text: pl.Expr, pattern: str, source: str, first_row: int) -> Times:
    """Return the times of a wall clock as ns since it showed 1970-01-01, or refuse the first that is none."""
    times = frame.select(text=text).select(
        "text", time=pl.col("text").str.to_datetime(pattern, time_unit="ns", strict=False)
    )
    if times["time"].null_count():
        row = times["time"].is_null().arg_max() or 0
        raise BadData(
            f"{source}, row {row + first_row}: the time is {times['text'][row]!r}, not {pattern}.",
            REPAIR,
        )
    return times["time"].to_physical().to_numpy()


def stated_clock(stated: Stated, source: str) -> str:
    """Return the clock the user named, as `markets.clock` spells it; times without a clock are refused."""
    if stated.clock is None:
        raise TradewindError(f"{source} does not say which clock its times are of.", f"State it with clock=: {CLOCKS}.")
    name = stated.clock if "/" in stated.clock else stated.clock.upper()
    return clocks.clock(name).name


def utc_column(walls: Times, clock: str) -> pl.Series:
    """Return wall times as a UTC column `ts`; repeated and skipped hours go as `markets.clock` says."""
    first, last = (clocks.utc_datetime(int(end)).replace(tzinfo=None) for end in (walls.min(), walls.max()))
    rows = np.array(clocks.transitions(clock, first, last), dtype=np.int64)
    utc = walls - rows[np.searchsorted(rows[:, 0], walls, side="right") - 1, 1]
    return pl.Series("ts", utc).cast(pl.Datetime("ns", "UTC"))
