"""Dukascopy tables: what JForex and the web page export, and ticks that were converted from its binary files.

    Time (EET),Open,High,Low,Close,Volume                   EURUSD_5 Mins_Bid_2025.10.01_2026.03.31.csv
    2025.10.01 00:00:00,1.17347,1.17398,1.17347,1.17387,25.17
    Gmt time,Ask,Bid,AskVolume,BidVolume                    EURUSD_Ticks_01.07.2019-01.07.2019.csv
    01.07.2019 13:30:03.304,1.13294,1.13291,1.5,0.75
    Local time,Open,High,Low,Close,Volume                   USA30.IDXUSD_Candlestick_1_M_BID_16.08.2025-...csv
    16.08.2025 00:00:00.000 GMT+0900,146.851,146.878,146.851,146.876,192
    2016.06.24 05:00:13.484,0.17823,0.17856,0.02,0.02       converted ticks: time, bid, ask and their sizes, UTC

The header names the clock, or each time carries its offset; both are believed unless another clock is stated. Where
neither does, times are UTC, as the vendor keeps them; but a `Local time` without offsets is somebody's, who must say
whose. One file has one side, named in the file's name. Flat bars without volume are closed hours that the export was
asked to fill; nothing traded in them, and they are left out.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    Written,
    clock_name,
    moments,
    numbers,
    stated_clock,
    stated_symbol,
    tables,
)
from tradewind.data.importers.sizes import usual_step
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, BOTH, TICKS, Series, checked_side

NAME = "Dukascopy"
FEED = "duka"

_HEADER = re.compile(
    r"(?P<time>time \((?P<zone>[a-z]+)\)|gmt time|local time|date)"
    r" *, *(?:(?P<ticks>ask *, *bid *, *ask ?volume *, *bid ?volume)|open *, *high *, *low *, *close *, *volume) *"
)
_CELL = re.compile(
    r"(?:\d{4}\.\d\d\.\d\d|(?P<web>\d\d\.\d\d\.\d{4})) \d\d:\d\d:\d\d(?:\.\d+)?(?P<offset> GMT[+-]\d{4})?,"
)
_TICK = re.compile(r"\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d\.\d{3}(?:,[\d.]+){4}\r?\n")
_ZONES = {"eet": "EET", "utc": "UTC", "gmt": "UTC"}
_BARS = ("open", "high", "low", "close", "volume")
_TICKS = ("ask", "bid", "ask_size", "bid_size")
_CONVERTED = ("bid", "ask", "bid_size", "ask_size")

_FILE = re.compile(r"(?P<symbol>[A-Za-z][A-Za-z0-9.#-]*)_")
_SIDE = re.compile(r"[_ -](bid|ask)[_ .-]", re.IGNORECASE)
_SIZE = re.compile(r"[_ ](?:([SMHD])(\d+)|(\d+)[_ ]([smhd])[a-z]*)(?=[_. ])", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Layout(NamedTuple):
    """What the beginning of a file says."""

    columns: tuple[str, ...]
    written: Written
    header: bool
    zone: str | None
    """The clock that the header names or the vendor keeps; None where somebody must say it."""


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return _layout(source) is not None


def local(source: Source, _stated: Stated) -> bool:
    """Answer whether the file leaves open whose clock its times are of."""
    layout = _layout(source)
    return layout is not None and layout.zone is None and not layout.written.mark


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars of one side, or the ticks, of a file."""
    layout = _layout(source)
    assert layout is not None  # noqa: S101  it was recognised
    named = _FILE.match(source.name)
    symbol = stated_symbol(stated, named["symbol"].upper() if named else None, source)
    clock = _clock(layout, stated, source)
    reading = Reading(clock or "UTC", iter(()))
    if stated.clock and layout.written.mark:
        reading.notes.append(f"the offsets in the file are not believed; its times are taken as {clock}")
    feed = stated.feed or FEED
    series = Series(symbol, TICKS, 0, feed, BOTH)
    if "open" in layout.columns:
        side = _SIDE.search(source.name)
        if side is None and stated.side is None:
            reading.notes.append("the name does not say the side; taken as bid")
        named_side = stated.side or (side[1] if side else "bid")
        series = Series(symbol, BARS, stated.timeframe or _seconds(source.name), feed, checked_side(named_side))
    reading.parts = _parts(source, layout, series, clock, reading)
    return reading


def _clock(layout: Layout, stated: Stated, source: Source) -> str | None:
    """Return the clock of the times, or None where each carries its offset."""
    if stated.clock:
        return clock_name(stated.clock)
    if layout.written.mark:
        return None
    return layout.zone or stated_clock(stated, source)


def _layout(source: Source) -> Layout | None:
    text = source.head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if _TICK.match(text):
        return Layout(_CONVERTED, Written("%Y.%m.%d %H:%M:%S%.f"), header=False, zone="UTC")
    first, _, rest = text.partition("\n")
    header, cell = _HEADER.fullmatch(first.strip().lower()), _CELL.match(rest)
    if header is None or cell is None:
        return None
    pattern = ("%d.%m.%Y" if cell["web"] else "%Y.%m.%d") + " %H:%M:%S%.f"
    zone = None if header["time"] == "local time" else _ZONES.get(header["zone"] or "utc")
    columns = _TICKS if header["ticks"] else _BARS
    return Layout(columns, Written(pattern, " GMT%z" if cell["offset"] else ""), header=True, zone=zone)


def _seconds(name: str) -> int:
    """Return the seconds of a bar as the name of a file says, or 0."""
    found = _SIZE.search(name)
    if found is None:
        return 0
    before, after, number, word = found.groups()
    return _UNITS[(before or word).lower()] * int(after or number)


def _parts(source: Source, layout: Layout, series: Series, clock: str | None, reading: Reading) -> Iterator[Part]:
    names = ["time", *layout.columns]
    for table in tables(source, ",", names, header=layout.header):
        frame = numbers(table, {name: name for name in layout.columns}, source)
        frame = frame.insert_column(0, moments(table, pl.col("time"), layout.written, clock, source))
        if series.kind == BARS:
            if not series.timeframe:
                series = series._replace(timeframe=usual_step(frame["ts"].to_physical().to_numpy()))
            frame = _traded(frame, reading)
        if frame.height:
            yield Part(series, frame, table.row)


def _traded(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Return the bars in which something traded."""
    traded = frame.filter((pl.col("volume") != 0) | (pl.col("high") != pl.col("low")))
    if traded.height < frame.height:
        reading.left_out += frame.height - traded.height
        reading.notes[:] = [note for note in reading.notes if not note.endswith(_FILLED)]
        reading.notes.append(f"{reading.left_out} {_FILLED}")
    return traded


_FILLED = "flat bars without volume left out: nothing traded in them"
