"""TradingView: "Export chart data", a table of bars with whatever indicators the chart had.

    time,open,high,low,close,Volume,MA                      OANDA_XAUUSD, 60.csv: exchange, symbol, minutes
    1704067200,2062.6,2066.1,2060.2,2063.7,5210,2061.9

Times are seconds since 1970 (UTC) or ISO times with their offset, which is that of the chart. A chart has one price;
for what we trade that is the bid with most feeds, so bars are bids unless another side is stated. Feeds differ as
brokers do, so each exchange is a feed of its own. Indicators are left out.
"""

import re
from collections.abc import Iterator

import polars as pl

from tradewind.data.checks import checked_columns
from tradewind.data.importers.parsed import (
    Part,
    Reading,
    Stated,
    Table,
    epoch_times,
    iso,
    moments,
    numbers,
    stated_clock,
    stated_symbol,
    tables,
    utc_column,
)
from tradewind.data.importers.sizes import usual_step
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, Series, checked_side, seconds_of

NAME = "TradingView"
FEED = "tradingview"

_HEADER = re.compile(r"time,open,high,low,close(?:,|$)")
_TIME = re.compile(
    r"(?P<seconds>\d+),|(?P<date>\d{4}-\d\d-\d\d)(?P<clock>T\d\d:\d\d:\d\d(?P<offset>Z|[+-]\d\d:?\d\d)?)?,"
)
_FILE = re.compile(r"(?:(?P<exchange>[A-Z0-9]+)_)?(?P<symbol>[A-Za-z0-9.!#]+), ?(?P<size>\d*[SDW]?)[_. ]")
_PRICES = ("open", "high", "low", "close")


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    header = _lines(source)[0]
    return _HEADER.match(header) is not None and "tick_volume" not in header


def local(source: Source, _stated: Stated) -> bool:
    """Answer whether the times carry no offset from UTC."""
    found = _first(source)
    return found is not None and not found["seconds"] and not found["offset"]


def read(source: Source, stated: Stated) -> Reading:
    """Return the bars of a chart."""
    named = _FILE.match(source.name)
    symbol = stated_symbol(stated, named["symbol"].upper() if named else None, source)
    exchange = f"{FEED}-{named['exchange'].lower()}" if named and named["exchange"] else FEED
    seconds = stated.timeframe or _seconds(named["size"] if named else "")
    series = Series(symbol, BARS, seconds, stated.feed or exchange, checked_side(stated.side or "bid"))
    clock = stated_clock(stated, source) if stated.clock or local(source, stated) else None
    reading = Reading(clock or "UTC", iter(()))
    if stated.side is None:
        reading.notes.append("a chart does not say its side; taken as bid")
    reading.parts = _parts(source, series, clock, reading)
    return reading


def _lines(source: Source) -> list[str]:
    return [*source.head.removeprefix(b"\xef\xbb\xbf").decode("latin-1").splitlines(), "", ""]


def _first(source: Source) -> re.Match[str] | None:
    return _TIME.match(_lines(source)[1])


def _seconds(size: str) -> int:
    """Return the seconds of a bar size as charts have it, 60, 30S or 1D, or 0."""
    if not size.strip("0"):
        return 0
    if size.isdigit():
        return int(size) * 60
    return seconds_of(size[-1] + (size[:-1] or "1"))


def _parts(source: Source, series: Series, clock: str | None, reading: Reading) -> Iterator[Part]:
    ignored: list[str] = []
    for table in tables(source, ","):
        found = table.frame.columns
        checked_columns(found, ("time", *_PRICES), (), source.shown)
        volume = next((name for name in found if name.lower() == "volume"), None)
        wanted = {name: name for name in _PRICES} | ({volume: "volume"} if volume else {})
        frame = numbers(table, wanted, source, absent=("volume",))
        frame = frame.insert_column(0, _times(table, clock, source))
        if not series.timeframe:
            series = series._replace(timeframe=usual_step(frame["ts"].to_physical().to_numpy()))
        if not ignored and (ignored := [name for name in found if name not in {"time", *wanted}]):
            reading.notes.append(f"columns left out: {', '.join(ignored)}")
        yield Part(series, frame, table.row)


def _times(table: Table, clock: str | None, source: Source) -> pl.Series:
    text = pl.col("time").str.strip_chars()
    first = table.frame.select(text)["time"][0] or ""
    if first.isdigit():
        # Seconds are of UTC, whatever the chart shows; a clock that is stated is the user's own business.
        return utc_column(epoch_times(table, "time", 1, source), clock or "UTC")
    return moments(table, text, iso(first), clock, source)
