"""What scripts write of MetaTrader 5's Python package: its bars and ticks as a comma-separated table.

    time,open,high,low,close,tick_volume,spread,real_volume
    time,bid,ask,last,volume,time_msc,flags,volume_real

The package counts seconds since 1970 on the *server's* clock, as if that were UTC; a table library then writes them
as dates, and sometimes puts +00:00 behind them. Whatever stands there, it is what the server's clock showed. A first
column without a name numbers the rows. The spread is in points, and empty or unchanged sides of ticks go as in
`metatrader`.
"""

import re
from collections.abc import Iterable, Iterator

import polars as pl

from tradewind.data.checks import checked_columns
from tradewind.data.importers.metatrader import FEED, PRICES, bars, digits, named, quotes
from tradewind.data.importers.parsed import (
    OFFSET,
    Reading,
    Stated,
    Table,
    Times,
    epoch_times,
    numbers,
    stated_clock,
    tables,
    wall_times,
)
from tradewind.data.importers.sizes import Told
from tradewind.data.importers.sources import Source
from tradewind.data.series import BOTH, TICKS, Series, checked_side

NAME = "MetaTrader 5 (Python)"

_HEADER = re.compile(r"(?:[^,]*,)?time,(?:open,high,low,close,tick_volume|bid,ask,last)\b")


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return _HEADER.match(_header(source)) is not None


def local(_source: Source, _stated: Stated) -> bool:
    """Answer that nobody but the user knows the clock."""
    return True


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars or ticks of a file, at the clock stated."""
    clock = stated_clock(stated, source)
    symbol, seconds = named(source, stated)
    feed = stated.feed or FEED
    if "bid" in _header(source).split(","):
        return quotes(Series(symbol, TICKS, 0, feed, BOTH), _quotes(tables(source, ","), source), clock)
    told = Told(symbol, seconds, feed, checked_side(stated.side or "bid"))
    return bars(told, _bars(tables(source, ","), source), clock)


def _header(source: Source) -> str:
    return source.head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("latin-1").strip()


def _bars(read: Iterable[Table], source: Source) -> Iterator[tuple[Times, pl.DataFrame, int]]:
    wanted = {name: name for name in PRICES} | {"tick_volume": "volume"}
    for table in read:
        found = table.frame.columns
        checked_columns(found, ("time", *wanted), ("spread", "real_volume"), source.shown)
        spread = {"spread": "spread"} if "spread" in found else {}
        yield _walls(table, source), numbers(table, wanted | spread, source), digits(table.frame, PRICES)


def _quotes(read: Iterable[Table], source: Source) -> Iterator[tuple[Times, pl.DataFrame, int]]:
    for table in read:
        checked_columns(table.frame.columns, ("time", "bid", "ask"), ("time_msc",), source.shown)
        in_ms = "time_msc" in table.frame.columns
        walls = epoch_times(table, "time_msc", 1000, source) if in_ms else _walls(table, source)
        yield walls, numbers(table, {"bid": "bid", "ask": "ask"}, source, absent=("bid", "ask")), table.row


def _walls(table: Table, source: Source) -> Times:
    first = (table.frame["time"][0] or "").strip()
    if first.isdigit():
        return epoch_times(table, "time", 1, source)
    text = pl.col("time").str.replace(OFFSET, "")
    return wall_times(table, text, f"%Y-%m-%d{'T' if 'T' in first else ' '}%H:%M:%S%.f", source)
