"""Dukascopy's JSON service: ticks by the hour, minute bars by the day, hours by the month, days by the year.

    /ticks/EUR-USD/2026/7/13/12                         months count from one here, and nothing is padded
    /candles/minute/EUR-USD/BID/2026/7/10
    /candles/hour/EUR-USD/BID?from=1783900800000        the period that is not over yet

The vendor does not document this service; the addresses are those that the dukascopy-node project (1.49.0) has used
since the older files stopped coming in July 2026. Hours of ticks that are not over are left for the next time.
Days begin at 00:00 UTC.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from tradewind.data import vendor_names
from tradewind.data.downloads.window import Got, Order, Vendor, Window
from tradewind.data.importers import dukascopy_json
from tradewind.data.importers.documents import document
from tradewind.data.series import BARS, BOTH, NS, TICKS, Series, timeframe_name
from tradewind.errors import BadData
from tradewind.markets.clock import utc_datetime

NAME, FEED = "Dukascopy", "duka"
ADDRESS = "https://jetta.dukascopy.com/v1"
SETTLED_NS = 600 * NS
"""A period that ended less than this ago may still be written."""

SOURCES = {0: "ticks", 60: "minute", 3600: "hour", 86_400: "day"}


def vendor(address: str = ADDRESS) -> Vendor:
    """Return Dukascopy as we ask it."""
    return Vendor(NAME, FEED, address, tuple(SOURCES), 0.5, series, _windows, _read, notes, frozenset({404}))


def series(order: Order) -> tuple[Series, ...]:
    """Return what an order fills: ticks, or the bars of both sides."""
    symbol = vendor_names.listed(order.symbol, NAME, vendor_names.DUKASCOPY)
    if not order.seconds:
        return (Series(symbol, TICKS, 0, FEED, BOTH),)
    return tuple(Series(symbol, BARS, order.seconds, FEED, side) for side in ("bid", "ask"))


def notes(order: Order) -> tuple[str, ...]:
    """Return what to know of such bars."""
    return ("these days begin at 00:00 UTC; ours at 17:00 New York",) if order.seconds == 86_400 else ()


def periods(order: Order, now: int) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield the hours, days, months or years that hold the order, and whether each is over."""
    begins = floor(utc_datetime(order.since or 0), order.seconds)
    until = order.until or now
    while _ns(begins) < until:
        ends = following(begins, order.seconds)
        yield begins, ends, _ns(ends) + SETTLED_NS <= now
        begins = ends


def floor(moment: datetime, seconds: int) -> datetime:
    """Return the beginning of the period in which the vendor keeps such bars together."""
    begins = moment.replace(minute=0, second=0, microsecond=0)
    if seconds:
        begins = begins.replace(hour=0)
    if seconds >= 3600:
        begins = begins.replace(day=1)
    return begins.replace(month=1) if seconds >= 86_400 else begins


def following(begins: datetime, seconds: int) -> datetime:
    """Return the beginning of the next period."""
    if seconds >= 86_400:
        return begins.replace(year=begins.year + 1)
    if seconds >= 3600:
        return begins.replace(year=begins.year + begins.month // 12, month=begins.month % 12 + 1)
    return datetime.fromtimestamp(begins.timestamp() + (86_400 if seconds else 3600), UTC)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * NS


def _windows(order: Order, now: int) -> Iterator[Window]:
    code = vendor_names.DUKASCOPY[series(order)[0].symbol].code
    for begins, ends, over in periods(order, now):
        if not order.seconds:
            if over:
                path = f"ticks/{code}/{begins.year}/{begins.month}/{begins.day}/{begins.hour}"
                yield Window(_ns(begins), _ns(ends), path, {}, series(order))
            continue
        date = [begins.year, begins.month, begins.day][: {60: 3, 3600: 2, 86_400: 1}[order.seconds]]
        for one in series(order):
            path = f"candles/{SOURCES[order.seconds]}/{code}/{one.side.upper()}"
            if over:
                path += "".join(f"/{number}" for number in date)
            params = {} if over else {"from": str(_ns(begins) // 1_000_000)}
            end = _ns(ends) if over else now - SETTLED_NS
            if end > _ns(begins):
                yield Window(_ns(begins), end, path, params, (one,), finished=over)


def _read(window: Window, content: bytes) -> Got:
    """Return the rows of an answer."""
    found = document(content, "Dukascopy's answer")
    (one,) = window.series
    if one.kind == TICKS:
        return Got(((one, dukascopy_json.ticks(found)),), window.end)
    seconds, frame = dukascopy_json.candles(found)
    if seconds != one.timeframe:
        size = timeframe_name(seconds)
        raise BadData(f"Dukascopy answered with bars of {size}, not {timeframe_name(one.timeframe)}.", "Ask again.")
    if window.finished:
        return Got(((one, frame),), window.end)
    # Of a period that is not over the last bar may not be complete, and the next time it is asked for as a whole.
    ended = frame.filter(pl.col("ts").to_physical() + seconds * NS <= window.end)
    return Got(((one, ended),), window.start)
