"""HistData.com one-minute bars: `Generic ASCII` and `MetaTrader` files, without a header.

    20230601 000000;1.068700;1.068710;1.068530;1.068530;0
    2026.01.01,18:00,4323.698000,4332.848000,4323.698000,4328.198000,0

The vendor says "EST without daylight saving". That holds in winter only: measured against other feeds the
clock is New York in EU winter and an hour later in EU summer, which we call EET-7. The volume is always 0.
"""

import re
from collections.abc import Iterator

import polars as pl

from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    numbers,
    stated_clock,
    stated_symbol,
    tables,
    utc_column,
    wall_times,
)
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, Series, checked_side

NAME = "HistData"
FEED = "histdata"

_PRICES = ["open", "high", "low", "close", "volume"]
_ASCII = re.compile(rb"\d{8} \d{6};")
_METATRADER = re.compile(rb"\d{4}\.\d\d\.\d\d,\d\d:\d\d,")
_FILE = re.compile(r"DAT_(?:ASCII|MT)_([A-Z0-9]+)_M1_", re.IGNORECASE)


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return bool(_ASCII.match(source.head) or _METATRADER.match(source.head))


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars of a file, at the clock stated."""
    clock = stated_clock(stated, source)
    named = _FILE.match(source.name)
    symbol = stated_symbol(stated, named[1].upper() if named else None, source)
    series = Series(symbol, BARS, 60, stated.feed or FEED, checked_side(stated.side or "bid"))
    return Reading(clock, _parts(source, series, clock))


def _parts(source: Source, series: Series, clock: str) -> Iterator[Part]:
    if _ASCII.match(source.head):
        read, time, pattern = tables(source, ";", ["time", *_PRICES]), pl.col("time"), "%Y%m%d %H%M%S"
    else:
        read = tables(source, ",", ["date", "clock", *_PRICES])
        time, pattern = pl.concat_str("date", "clock", separator=" "), "%Y.%m.%d %H:%M"
    for table in read:
        frame = numbers(table, {name: name for name in _PRICES}, source)
        ts = utc_column(wall_times(table, time, pattern, source), clock)
        yield Part(series, frame.insert_column(0, ts), table.row)
