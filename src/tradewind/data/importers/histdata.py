"""HistData.com one-minute bars: `Generic ASCII` and `MetaTrader` files, without a header.

    20230601 000000;1.068700;1.068710;1.068530;1.068530;0
    2026.01.01,18:00,4323.698000,4332.848000,4323.698000,4328.198000,0

The vendor says "EST without daylight saving". That holds in winter only: measured against other feeds the
clock is New York in EU winter and an hour later in EU summer, which we call EET-7. The volume is always 0.
"""

import re
from pathlib import Path

import polars as pl

from tradewind.data.importers.parsed import (
    Parsed,
    Stated,
    numbers,
    read_text,
    stated_clock,
    utc_column,
    wall_times,
)
from tradewind.data.series import BARS, Series, checked_side
from tradewind.errors import TradewindError

NAME = "HistData"
FEED = "histdata"

_PRICES = ["open", "high", "low", "close", "volume"]
_ASCII = re.compile(rb"\d{8} \d{6};")
_METATRADER = re.compile(rb"\d{4}\.\d\d\.\d\d,\d\d:\d\d,")
_FILE = re.compile(r"DAT_(?:ASCII|MT)_([A-Z0-9]+)_M1_", re.IGNORECASE)


def recognises(path: Path, head: bytes) -> bool:
    """Answer whether a file that begins with `head` is one of ours."""
    return path.suffix.lower() == ".csv" and bool(_ASCII.match(head) or _METATRADER.match(head))


def read(path: Path, head: bytes, stated: Stated) -> Parsed:
    """Return the bars of a file, at the clock stated."""
    source = path.name
    clock = stated_clock(stated, source)
    named = _FILE.match(source)
    symbol = stated.symbol or (named[1].upper() if named else None)
    if symbol is None:
        raise TradewindError(f"{source} does not say its symbol.", "State it with symbol=.")
    if _ASCII.match(head):
        table = read_text(path, ";", ["time", *_PRICES])
        time, pattern = pl.col("time"), "%Y%m%d %H%M%S"
    else:
        table = read_text(path, ",", ["date", "clock", *_PRICES])
        time, pattern = pl.concat_str("date", "clock", separator=" "), "%Y.%m.%d %H:%M"
    frame = numbers(table, {name: name for name in _PRICES}, source, 1)
    ts = utc_column(wall_times(table, time, pattern, source, 1), clock)
    series = Series(symbol, BARS, 60, stated.feed or FEED, checked_side(stated.side or "bid"))
    return Parsed(series, frame.insert_column(0, ts), clock)
