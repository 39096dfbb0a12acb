"""MetaTrader 4: exports of the History Center, and the history files themselves.

    2024.01.02,01:00,2062.91,2065.51,2062.80,2065.37,222        XAUUSD60.csv: symbol, then the minutes of a bar

A history file (.hst) is a header of 148 bytes and records of one size, all little-endian: version 400 up to build
509 of the terminal, 401 since. Times are the server's clock as seconds since 1970, bars are bids, the volume is the
number of price changes. The spread of version 401 is 0 in most terminals: not recorded. (The records: MqlRates in the
MQL4 reference, and PeriodConverter.mq4, which every terminal brings.)

The .csv is also a layout of HistData, whose files say so in their names.
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.importers.parsed import (
    Reading,
    Stated,
    Times,
    numbers,
    stated_clock,
    stated_symbol,
    tables,
    wall_times,
)
from tradewind.data.importers.sizes import Told, of_one_size, sized, usual_step
from tradewind.data.importers.sources import BLOCK, Source
from tradewind.data.series import NS, SPREAD_DIGITS, checked_side, seconds_of, timeframe_name
from tradewind.errors import BadData
from tradewind.markets.clock import DAY

NAME = "MetaTrader 4"
FEED = "mt4"

_ROW = re.compile(rb"(?:\xef\xbb\xbf)?\d{4}\.\d\d\.\d\d,\d\d:\d\d,")
_NAMES = ["date", "time", "open", "high", "low", "close", "volume"]
_SYMBOL = r"(?P<symbol>[A-Za-z0-9.#+]+?)"
_REST = r"(?:[_ -].*)?\.(?:csv|txt)"

_HEADER = struct.Struct("<i64s12sii60x")
_PRICES = [(name, "<f8") for name in ("open", "high", "low", "close")]
_RECORDS = {
    400: np.dtype(
        [("time", "<i4"), ("open", "<f8"), ("low", "<f8"), ("high", "<f8"), ("close", "<f8"), ("volume", "<f8")]
    ),
    401: np.dtype([("time", "<i8"), *_PRICES, ("volume", "<i8"), ("spread", "<i4"), ("real", "<i8")]),
}


class Head(NamedTuple):
    """What the header of a history file says."""

    version: int
    symbol: str
    seconds: int
    digits: int


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return _is_history(source) or _ROW.match(source.head) is not None


def local(_source: Source, _stated: Stated) -> bool:
    """Answer that nobody but the user knows the clock."""
    return True


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars of a file, at the clock stated."""
    clock = stated_clock(stated, source)
    side = checked_side(stated.side or "bid")
    feed = stated.feed or FEED
    if _is_history(source):
        head = _head(source)
        told = Told(stated.symbol or head.symbol, stated.timeframe or head.seconds, feed, side)
        return Reading(clock, sized(told, _records(source, head), clock))
    read = list(_rows(source))
    symbol, seconds = _named(source.name, usual_step(np.concatenate([walls for walls, _ in read])))
    symbol = stated_symbol(stated, symbol, source)
    return of_one_size(Told(symbol, stated.timeframe or seconds, feed, side), read, clock, 1)


def _rows(source: Source) -> Iterator[tuple[Times, pl.DataFrame]]:
    for table in tables(source, ",", _NAMES):
        walls = wall_times(table, pl.concat_str("date", "time", separator=" "), "%Y.%m.%d %H:%M", source)
        yield walls, numbers(table, {name: name for name in _NAMES[2:]}, source)


def _named(name: str, step: int) -> tuple[str | None, int]:
    """Return the symbol and the seconds of a bar or 0; letters and digits at the end are a size if the bars have it."""
    size, minutes = timeframe_name(step), step // 60
    for ending in (f"_{size}", size, f"_?M{minutes}", f"_?{minutes}"):
        found = re.fullmatch(_SYMBOL + ending + _REST, name, re.IGNORECASE)
        if found:
            return found["symbol"].upper(), step
    found = re.fullmatch(_SYMBOL + r"(?:_(?P<size>M[1-9]\d?|H[1-9]\d?|D1|W1))?" + _REST, name, re.IGNORECASE)
    if found is None:
        return None, 0
    return found["symbol"].upper(), seconds_of(found["size"]) if found["size"] else 0


def _is_history(source: Source) -> bool:
    return source.name.lower().endswith(".hst")


def _head(source: Source) -> Head:
    """Return the header of a history file, or refuse it."""
    if len(source.head) < _HEADER.size:
        raise BadData(f"{source.shown} is shorter than the header of a history file.", "Copy it again.")
    version, _, symbol, minutes, digits = _HEADER.unpack_from(source.head)
    name = symbol.partition(b"\x00")[0].decode("latin-1")
    if version not in _RECORDS or not 0 < minutes <= 43_200 or not 0 <= digits <= SPREAD_DIGITS:
        raise BadData(
            f"{source.shown} is no history file: version {version}, {minutes} minutes, {digits} digits.",
            "MetaTrader 4 writes the versions 400 and 401; MetaTrader 5 keeps its history otherwise: export it.",
        )
    return Head(version, name, minutes * 60, digits)


def _records(source: Source, head: Head) -> Iterator[tuple[Times, pl.DataFrame, int]]:
    kind = _RECORDS[head.version]
    row = 1
    with source.open() as stream:
        stream.read(_HEADER.size)
        while block := stream.read(BLOCK // kind.itemsize * kind.itemsize):
            if len(block) % kind.itemsize:
                raise BadData(f"{source.shown} ends within a record.", "Close the terminal, then copy the file again.")
            records = np.frombuffer(block, kind)
            yield _walls(records["time"].astype(np.int64), source, row), _frame(records, head), row
            row += len(records)


def _walls(seconds: Times, source: Source, row: int) -> Times:
    wrong = (seconds < 0) | (seconds >= 36_524 * DAY // NS)
    if wrong.any():
        place = int(wrong.argmax())
        raise BadData(
            f"{source.shown}, row {place + row}: the time is {seconds[place]} seconds since 1970, not 1970 to 2069.",
            "Copy the file again.",
        )
    return seconds * NS


def _frame(records: "np.ndarray[tuple[int], np.dtype[np.void]]", head: Head) -> pl.DataFrame:
    columns = {name: records[name].astype(np.float64) for name in ("open", "high", "low", "close", "volume")}
    if head.version == 401 and records["spread"].any():
        columns["spread"] = np.round(records["spread"] / 10**head.digits, SPREAD_DIGITS)
    return pl.DataFrame(columns)
