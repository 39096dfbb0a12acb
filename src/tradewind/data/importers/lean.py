"""QuantConnect LEAN's files: zipped text without a header, whose address says everything else.

    cfd/oanda/minute/xauusd/20140505_quote.zip: 20140505_xauusd_minute_quote.csv
        0,1300.335,1300.978,1300.277,1300.854,0,1300.799,1301.464,1300.772,1301.216,0    bid OHLC, size, ask OHLC, size
    cfd/oanda/tick/xauusd/20140504_quote.zip: 20140504_xauusd_tick_quote.csv
        79200579.427,1300.151,1301.801                                                  bid, ask (or each with its size)
    cfd/oanda/hour/xauusd.zip: xauusd.csv
        20140505 13:00,1308.2,1309.1,...

Within a day times are milliseconds since midnight, with fractions; in files of hours and days they are dates. A
quote bar becomes two bars, one of bids and one of asks. Its sizes are those of the last quote and no volume, so the
volume is 0; that of a trade bar is stored. The clock is the market's, as LEAN's market hours database has it: UTC for
OANDA, crypto and FXCM's CFDs, UTC-5 all year for FXCM's currencies. Prices of equities are scaled and not read here.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data import vendor_names
from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    Table,
    Times,
    clock_name,
    numbers,
    stated_clock,
    tables,
    utc_column,
    wall_times,
)
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, BOTH, NS, TICKS, Series, checked_side
from tradewind.errors import BadData

NAME = "LEAN"

_DAY_FILE = re.compile(
    r"(?P<date>(?:19[7-9]|20[0-6])\d{5})_(?P<symbol>[a-z0-9]+)_(?P<size>tick|second|minute)_(?P<kind>quote|trade)\.csv",
    re.IGNORECASE,
)
_LONG_FILE = re.compile(r"(?P<symbol>[a-z0-9]+)(?:_(?P<kind>quote|trade))?\.csv", re.IGNORECASE)
_WITHIN_A_DAY = re.compile(rb"\d{1,8}(?:\.\d+)?,")
_DATED = re.compile(rb"(?:19[7-9]|20[0-6])\d{5} \d\d:\d\d,")
_FOLDERS = re.compile(
    r"(?:^|[/_])(?P<type>cfd|forex|crypto|cryptofuture|equity|option|future|index)[/_](?P<market>[a-z]+)[/_]"
    r"(?P<size>tick|second|minute|hour|daily)[/_]"
)
_DAY_ADDRESS = re.compile(r"(\d{8})_(?:[a-z0-9]+_(?:tick|second|minute)_)?(?:quote|trade)\.(?:zip|csv)$")
_DATE = re.compile(r"\d{8}")
_SECONDS = {"tick": 0, "second": 1, "minute": 60, "hour": 3600, "daily": 86_400}
_CLOCKS = {
    ("forex", "oanda"): "UTC",
    ("cfd", "oanda"): "UTC",
    ("forex", "fxcm"): "UTC-5",
    ("cfd", "fxcm"): "UTC",
    ("crypto", "coinbase"): "UTC",
    ("crypto", "gdax"): "UTC",
    ("crypto", "bitfinex"): "UTC",
    ("crypto", "binance"): "UTC",
    ("crypto", "bybit"): "UTC",
}
"""The time zone of the data, from LEAN's market hours database."""
_CORNERS = ("open", "high", "low", "close")
_COLUMNS = {
    # kind of rows: columns of the file
    ("tick", 3): ("time", "bid", "ask"),
    ("tick", 5): ("time", "bid", "bid_size", "ask", "ask_size"),
    ("quote", 11): (
        "time", *(f"bid_{name}" for name in _CORNERS), "bid_size", *(f"ask_{name}" for name in _CORNERS), "ask_size",
    ),
    ("trade", 6): ("time", *_CORNERS, "volume"),
}  # fmt: skip
_DAY_MS = 86_400_000


class Told(NamedTuple):
    """What a file's address says; of what it does not, None."""

    symbol: str
    seconds: int | None
    kind: str | None
    midnight: int | None
    """Of a file of one day, as wall nanoseconds."""
    market: str | None
    clock: str | None


def follows(before: str, after: str) -> bool:
    """Answer whether two files are of one series and month, and ticks of days without one between them.

    Such files are stored together, because storing a month once for each of its days takes long.
    """
    days = [_DAY_ADDRESS.search(where.lower()) for where in (before, after)]
    if not all(days) or _DATE.sub("", before) != _DATE.sub("", after):
        return False
    try:
        first, second = (datetime.strptime(day[1], "%Y%m%d") for day in days if day)  # noqa: DTZ007  calendar dates
    except ValueError:
        return False
    apart = (second - first).days
    return (first.year, first.month) == (second.year, second.month) and (
        apart == 1 or (apart > 1 and "tick" not in re.split("[/_]", before.lower()))
    )


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    if _DAY_FILE.fullmatch(source.name):
        return bool(_WITHIN_A_DAY.match(source.head))
    return bool(_LONG_FILE.fullmatch(source.name) and _DATED.match(source.head) and _width(source) in (6, 11))


def read(source: Source, stated: Stated) -> Reading:
    """Return the quotes of a file as ticks or as bars of both sides, or its trade bars."""
    says = _told(source)
    clock = stated_clock(stated, source) if stated.clock or says.clock is None else clock_name(says.clock)
    reading = Reading(clock, iter(()))
    reading.parts = _parts(source, stated, says, reading)
    return reading


def read_together(sources: Sequence[Source], stated: Stated) -> Reading:
    """Return the rows of files that follow each other."""
    readings = [read(source, stated) for source in sources]
    together = Reading(readings[0].clock, iter(()))

    def parts() -> Iterator[Part]:
        for source, one in zip(sources, readings, strict=True):
            yield from (part._replace(shown=source.shown) for part in one.parts)
            together.left_out += one.left_out
        together.notes += dict.fromkeys(note for one in readings for note in one.notes)
        together.notes.append(f"{len(readings)} files stored together")

    together.parts = parts()
    return together


def _told(source: Source) -> Told:
    where = source.where.lower()
    folders = _FOLDERS.search(where)
    if folders and folders["type"] not in ("cfd", "forex", "crypto", "cryptofuture"):
        raise BadData(
            f"{source.shown} holds prices of type {folders['type']}, which LEAN scales.",
            "Import files of cfd, forex or crypto.",
        )
    market = folders["market"] if folders else None
    clock = _CLOCKS.get((folders["type"], folders["market"])) if folders else None
    named = _DAY_FILE.fullmatch(source.name)
    if named is None:
        plain = _LONG_FILE.fullmatch(source.name)
        symbol, kind = (plain["symbol"], plain["kind"]) if plain else ("", None)
        return Told(_symbol(symbol), _SECONDS[folders["size"]] if folders else None, kind, None, market, clock)
    try:
        day = datetime.strptime(named["date"], "%Y%m%d").date()  # noqa: DTZ007  a calendar date has no zone
    except ValueError as error:
        raise BadData(f"{source.shown}: {named['date']} is no date.", "Give the file its name back.") from error
    midnight = int(np.datetime64(day, "ns").astype(np.int64))
    return Told(
        _symbol(named["symbol"]), _SECONDS[named["size"].lower()], named["kind"].lower(), midnight, market, clock
    )


def _symbol(name: str) -> str:
    return vendor_names.of_oanda(name)


def _width(source: Source) -> int:
    return source.head.split(b"\n", 1)[0].count(b",") + 1


def _columns(source: Source, says: Told) -> tuple[str, tuple[str, ...]]:
    """Return what the rows are and their columns."""
    width = _width(source)
    kind = "tick" if says.seconds == 0 and says.kind == "quote" else says.kind or ("quote" if width == 11 else "trade")
    if says.seconds == 0 and kind == "trade":
        raise BadData(f"{source.shown} holds trades, which have no bid and no ask.", "Import the file of quotes.")
    if (kind, width) not in _COLUMNS:
        raise BadData(
            f"{source.shown} has {width} columns, which is no {kind} file of LEAN.", "Check that it was not edited."
        )
    return kind, _COLUMNS[kind, width]


def _parts(source: Source, stated: Stated, says: Told, reading: Reading) -> Iterator[Part]:
    kind, names = _columns(source, says)
    symbol, feed = stated.symbol or says.symbol, stated.feed or says.market or "lean"
    seconds = stated.timeframe or says.seconds
    if seconds is None:
        raise BadData(f"{source.shown} does not say its bar size.", "State it with --bar: H1 or D1.")
    if kind == "trade" and stated.side is None:
        reading.notes.append("trades are stored as bids, because no --side was stated")
    for table in tables(source, ",", names):
        walls = _walls(table, says, source)
        ts = utc_column(walls, reading.clock)
        if kind == "tick":
            frame = numbers(table, {name: name for name in names[1:]}, source)
            yield Part(Series(symbol, TICKS, 0, feed, BOTH), frame.insert_column(0, ts), table.row)
        elif kind == "trade":
            frame = numbers(table, {name: name for name in names[1:]}, source)
            series = Series(symbol, BARS, seconds, feed, checked_side(stated.side or "bid"))
            yield Part(series, frame.insert_column(0, ts), table.row)
        else:
            for side in ("bid", "ask"):
                if stated.side is None or checked_side(stated.side) == side:
                    series = Series(symbol, BARS, seconds, feed, side)
                    yield from _one_side(table, ts, series, source)


def _one_side(table: Table, ts: pl.Series, series: Series, source: Source) -> Iterator[Part]:
    """Yield the bars of one side; a bar in which that side was not quoted has empty fields."""
    columns = {f"{series.side}_{name}": name for name in _CORNERS}
    quoted = table.frame.select(pl.any_horizontal(pl.col(name).str.len_bytes() > 0 for name in columns))
    kept = quoted.to_series().fill_null(value=False)
    held = Table(table.frame.filter(kept), table.row) if not kept.all() else table
    frame = numbers(held, columns, source).with_columns(volume=pl.lit(0.0))
    if frame.height:
        yield Part(series, frame.insert_column(0, ts.filter(kept)), table.row)


def _walls(table: Table, says: Told, source: Source) -> Times:
    """Return what the market's clock showed."""
    if says.midnight is None:
        known = table.frame["time"].str.contains(r"^(?:19[7-9]|20[0-6])").fill_null(value=False)
        if not known.all():
            row = known.not_().arg_max() or 0
            raise BadData(
                f"{source.shown}, row {row + table.row}: the time is {table.frame['time'][row]!r}, before 1970 or "
                "after 2069.",
                "Check that the file was not edited.",
            )
        return wall_times(table, pl.col("time"), "%Y%m%d %H:%M", source)
    after = numbers(table, {"time": "time"}, source)["time"].to_numpy()
    inside = (after >= 0) & (after < _DAY_MS)
    if not inside.all():
        row = int(np.argmin(inside))
        raise BadData(
            f"{source.shown}, row {row + table.row}: {table.frame['time'][row]!r} is no time of a day in milliseconds.",
            "Check that the file was not edited.",
        )
    walls: Times = says.midnight + np.rint(after * (NS // 1000)).astype(np.int64)
    return walls
