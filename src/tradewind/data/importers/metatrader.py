"""MetaTrader 5 bars, as its Symbols window exports them.

    <DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> <VOL> <SPREAD>      (tabs, CRLF)

Times are the broker's server clock, whatever the file or its sender says; bars are bids; the volume is the
number of price changes; the spread is one number a bar in *points*, the last digit of the price.

Two traps. The digits of a symbol can change over the years, and old prices are then written with fewer: the
point is the finest digit of the whole file. And a terminal that has no small bars for the early years
delivers daily ones in front of them, in the same file: only the bars of one size are kept, and the summary
says what was not.
"""

import re
from typing import Any

import numpy as np
import polars as pl

from tradewind.data.checks import checked_columns
from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    Table,
    Times,
    numbers,
    stated_clock,
    stated_symbol,
    utc_column,
    wall_times,
    whole_table,
)
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, NS, SPREAD_DIGITS, Series, checked_side, seconds_of, timeframe_name

NAME = "MetaTrader 5"
FEED = "mt5"

_COLUMNS = {"<OPEN>": "open", "<HIGH>": "high", "<LOW>": "low", "<CLOSE>": "close", "<TICKVOL>": "volume"}
_OPTIONAL = ("<TIME>", "<VOL>", "<SPREAD>")
_SIZES = (60, 300, 900, 1800, 3600, 14_400, 86_400)
_FILE = re.compile(r"([A-Za-z0-9.#]+?)_(?:(M[1-9]\d?|H[1-9]\d?|D1|W1)(?=[_.]))?", re.IGNORECASE)
Ranges = np.ndarray[Any, np.dtype[np.float64]]

_PREFIX = 10
"""So many larger bars in front are no accident of a thin market."""


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return "<DATE>" in source.head.replace(b"\x00", b"").decode("latin-1")[:40]


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars of a file, at the clock stated."""
    clock = stated_clock(stated, source)
    table = whole_table(source, "\t")
    checked_columns(table.frame.columns, ("<DATE>", *_COLUMNS), _OPTIONAL, source.shown)
    walls = _walls(table, source)
    spread = {"<SPREAD>": "spread"} if "<SPREAD>" in table.frame.columns else {}
    frame = numbers(table, _COLUMNS | spread, source)
    if spread:
        frame = frame.with_columns((pl.col("spread") / 10 ** _digits(table.frame)).round(SPREAD_DIGITS))
    named = _FILE.match(source.name)
    symbol = stated_symbol(stated, named[1].upper() if named else None, source)
    seconds = stated.timeframe or (seconds_of(named[2]) if named and named[2] else _usual_step(walls))
    start, end = _stretch(walls, (frame["high"] - frame["low"]).to_numpy(), seconds)
    left_out = len(walls) - (end - start)
    notes = [f"{left_out} bars of another size than {timeframe_name(seconds)} left out"] if left_out else []
    ts = utc_column(walls[start:end], clock)
    series = Series(symbol, BARS, seconds, stated.feed or FEED, checked_side(stated.side or "bid"))
    part = Part(series, frame[start:end].insert_column(0, ts), table.row + start)
    return Reading(clock, iter([part]), left_out, notes)


def _walls(table: Table, source: Source) -> Times:
    if "<TIME>" in table.frame.columns:
        text = pl.concat_str("<DATE>", "<TIME>", separator=" ")
        return wall_times(table, text, "%Y.%m.%d %H:%M:%S", source)
    return wall_times(table, pl.concat_str("<DATE>", pl.lit(" 00:00:00")), "%Y.%m.%d %H:%M:%S", source)


def _digits(table: pl.DataFrame) -> int:
    """Return the most digits after the point of any price in the file."""
    after = (pl.col(name).str.split(".").list.get(1, null_on_oob=True).str.len_bytes().max() for name in _COLUMNS)
    return max((int(digits) for digits in table.select(after).row(0) if digits is not None), default=0)


def _usual_step(walls: Times) -> int:
    """Return the seconds most often between two rows."""
    steps, counts = np.unique(np.diff(walls), return_counts=True)
    return int(steps[counts.argmax()]) // NS if len(steps) else _SIZES[0]


def _stretch(walls: Times, ranges: Ranges, seconds: int) -> tuple[int, int]:
    """Return the first row and the end of the bars of the size wanted."""
    steps = np.diff(walls)
    usual = _usual_step(walls)
    for size in reversed(_SIZES):
        fits = (walls[:-1] % (size * NS) == 0) & (steps >= size * NS)
        larger = int(fits.argmin()) if not fits.all() else 0
        if size > usual and larger >= _PREFIX:
            larger += _belongs(ranges, larger)
            return (0, larger) if seconds == size else (larger, len(walls))
    return 0, len(walls)


def _belongs(ranges: Ranges, row: int) -> bool:
    """Answer whether the row where the size changes is a large bar; only its range can tell."""
    large, small = np.median(ranges[:row]), np.median(ranges[row + 1 :])
    return bool(ranges[row] ** 2 > large * small)
