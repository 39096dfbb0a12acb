"""HistData.com: one-minute bars in four layouts and ticks in one, all without a header.

    20230601 000000;1.068700;1.068710;1.068530;1.068530;0               DAT_ASCII_EURUSD_M1_*, DAT_NT_EURUSD_M1_*
    2026.01.01,18:00,4323.698000,4332.848000,4323.698000,4328.198000,0  DAT_MT_XAUUSD_M1_*
    EURUSD,201202010000,1.306600,1.306600,1.306560,1.306560,0           DAT_MS_EURUSD_M1_*
    20120201 000003660,1.306600,1.306770,0                              DAT_ASCII_EURUSD_T_*: bid, ask

Bars are bids; the volume is always 0. The vendor says "EST without daylight saving" of all of them. That holds in
winter only: measured against other feeds the clock is New York in EU winter and an hour later in EU summer, which
we call EET-7 and take unless another clock is stated.

The NinjaTrader "ticks" hold one side, cut to whole seconds; half a quote is none, and the ASCII ticks of the same
month have both sides in milliseconds, so they are refused. (The vendor's layouts: histdata.com, "Data Files:
Detailed Specification".)
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    clock_name,
    numbers,
    stated_symbol,
    tables,
    utc_column,
    wall_times,
)
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, BOTH, TICKS, Series, checked_side
from tradewind.errors import BadData

NAME = "HistData"
FEED = "histdata"
CLOCK = "EET-7"


class Layout(NamedTuple):
    """How the files of one kind begin, and what their columns are."""

    begins: re.Pattern[bytes]
    separator: str
    time: tuple[str, ...]
    pattern: str
    columns: tuple[str, ...]
    kind: str = BARS


_BAR = ("open", "high", "low", "close", "volume")
_METATRADER = Layout(re.compile(rb"\d{4}\.\d\d\.\d\d,\d\d:\d\d,"), ",", ("date", "time"), "%Y.%m.%d %H:%M", _BAR)
_LAYOUTS = (
    Layout(re.compile(rb"\d{8} \d{6};(?:[^;\r\n]*;){4}"), ";", ("time",), "%Y%m%d %H%M%S", _BAR),
    Layout(re.compile(rb"\d{8} \d{9},"), ",", ("time",), "%Y%m%d %H%M%S%3f", ("bid", "ask", "volume"), TICKS),
    Layout(re.compile(rb"[A-Z]{6},\d{12},"), ",", ("symbol", "time"), "%Y%m%d%H%M", _BAR),
)
_ONE_SIDED = re.compile(rb"\d{8} \d{6};[^;\r\n]*;[^;\r\n]*\r?\n")
_FILE = re.compile(r"DAT_(?:ASCII|NT|MT|MS|XLSX)_([A-Z0-9]+)_(?:M1|T)", re.IGNORECASE)


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours; MetaTrader's own exports look like one layout and have other names."""
    return _layout(source) is not None or _is_refused(source)


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars or ticks of a file, at the vendor's clock unless another is stated."""
    layout = _layout(source)
    if layout is None:
        raise BadData(
            f"{source.shown} is of a HistData kind that is not read: a workbook, or one side of the ticks.",
            "Take the kind Generic ASCII instead; its bars and ticks are the same, and complete.",
        )
    named = _FILE.match(source.name)
    symbol = stated_symbol(stated, named[1].upper() if named else None, source)
    feed = stated.feed or FEED
    series = Series(symbol, TICKS, 0, feed, BOTH)
    if layout.kind == BARS:
        series = Series(symbol, BARS, 60, feed, checked_side(stated.side or "bid"))
    clock = clock_name(stated.clock or CLOCK)
    return Reading(clock, _parts(source, layout, series, clock))


def _layout(source: Source) -> Layout | None:
    layouts = (_METATRADER, *_LAYOUTS) if _FILE.match(source.name) else _LAYOUTS
    return next((layout for layout in layouts if layout.begins.match(_text(source))), None)


def _is_refused(source: Source) -> bool:
    workbook = source.name.lower().endswith(".xlsx") and _FILE.match(source.name)
    return bool(workbook or _ONE_SIDED.match(_text(source)))


def _text(source: Source) -> bytes:
    return source.head.removeprefix(b"\xef\xbb\xbf")


def _parts(source: Source, layout: Layout, series: Series, clock: str) -> Iterator[Part]:
    time = pl.concat_str(layout.time, separator=" ") if layout.time == ("date", "time") else pl.col("time")
    wanted = [name for name in layout.columns if name != "volume" or layout.kind == BARS]
    for table in tables(source, layout.separator, [*layout.time, *layout.columns]):
        frame = numbers(table, {name: name for name in wanted}, source)
        ts = utc_column(wall_times(table, time, layout.pattern, source), clock)
        yield Part(series, frame.insert_column(0, ts), table.row)
