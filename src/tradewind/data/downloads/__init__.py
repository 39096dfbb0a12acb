"""Bringing prices from vendors into the history: window by window, politely, and never the same window twice.

A vendor module says which windows of time it is asked for (an hour of ticks, a day of minutes) and understands an
answer; `line` asks. What comes is checked like a file and stored in the series that the importers fill. Beside each
series stands a document `downloaded` with the stretches that were asked for, empty ones included, so that the next
download asks only for the rest.

Windows are stored a minute's worth at a time: a store keeps replaced month files for a day, and one write for every
hour of ticks would fill a disk. Whatever ends a download (the vendor, the network, Ctrl-C), what had come is stored
first; only a kill loses that last minute, and it is asked for again.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import polars as pl

from tradewind.data.checks import check_rows, impossible
from tradewind.data.downloads.basket import Basket
from tradewind.data.downloads.line import Answer, Line
from tradewind.data.downloads.window import Got, Order, Vendor, Window
from tradewind.data.series import BARS, NS, TICKS, History, Series, timeframe_name
from tradewind.errors import BadData, Interrupted, TradewindError, UnknownName

NOTHING = 48
"""After so many windows in a row that the vendor does not know, and none that it does, there is no point."""

_DAY = 86_400 * NS
_FIRST_BARS, _FIRST_TICKS = 365 * _DAY, 7 * _DAY
"""How far back a first download goes that is not told."""


class Fetched(NamedTuple):
    """How far a download is: the window just fetched is `number` of so many."""

    number: int
    windows: int
    window: Window
    rows: int


class DownloadSummary(NamedTuple):
    """What a download did; times are ns UTC."""

    vendor: str
    series: tuple[Series, ...]
    since: int
    until: int
    windows: int
    known: int
    """Windows that were not asked for, because an earlier download had them."""
    empty: int
    """Windows in which there was no price."""
    rows: int
    new: int
    changed: int
    left_out: int
    """Rows that cannot be, such as an ask below its bid."""
    requests: int
    notes: tuple[str, ...]


def download(
    order: Order, vendor: Vendor, history: History, line: Line, told: Callable[[Fetched], None] | None = None
) -> DownloadSummary:
    """Everything the vendor has of the order is stored, as far as it was not before; say what was done."""
    now = line.now()
    order = _dated(order, vendor, history, now)
    windows = list(vendor.windows(order, now))
    basket = Basket(history, vendor)
    known = empty = unknown = 0
    try:
        for number, window in enumerate(windows, 1):
            if not order.again and basket.has(window):
                known += 1
                continue
            got = line.get(window, partial(_understood, vendor, window))
            unknown = 0 if basket.answered or not got.unknown else unknown + 1
            if unknown >= NOTHING:
                raise TradewindError(  # noqa: TRY301  what came is stored on the way out, whatever the reason
                    f"{vendor.name} has nothing of {order.symbol} {timeframe_name(order.seconds)} at these times: "
                    f"{NOTHING} requests in a row were answered 'not found'.",
                    "Begin later with --since, or check whether the vendor has moved.",
                )
            empty += not got.rows
            basket.add(window, got, line.now())
            if told is not None:
                told(Fetched(number, len(windows), window, basket.rows))
    except TradewindError as error:
        basket.store()
        kind = type(error) if isinstance(error, Interrupted) else TradewindError
        raise kind(
            error.message, f"{error.hint} What had come is stored; the same command goes on from there."
        ) from error
    except KeyboardInterrupt:
        basket.store()
        raise
    basket.store()
    return DownloadSummary(
        vendor.name, vendor.series(order), order.since or 0, order.until or now, len(windows), known, empty,
        basket.rows, basket.new, basket.changed, basket.left_out, line.requests, vendor.notes(order),
    )  # fmt: skip


def _dated(order: Order, vendor: Vendor, history: History, now: int) -> Order:
    """Return the order with its ends: by default from what is stored until now."""
    if order.seconds not in vendor.sizes:
        names = [timeframe_name(seconds) for seconds in vendor.sizes]
        raise UnknownName(f"bar size of {vendor.name}", timeframe_name(order.seconds), names)
    until = now if order.until is None else min(order.until, now)
    since = order.since
    if since is None:
        stored = {Series(*held.series): held.last for held in history.find(order.symbol, vendor.feed)}
        lasts = [stored.get(series) for series in vendor.series(order)]
        found = [last + order.seconds * NS for last in lasts if last is not None]
        since = min(found) if len(found) == len(lasts) else now - (_FIRST_BARS if order.seconds >= 60 else _FIRST_TICKS)
    if since >= until and order.since is not None:
        raise TradewindError("The period to download is empty or in the future.", "Give --since before --until.")
    return order._replace(since=min(since, until), until=until)


def _understood(vendor: Vendor, window: Window, answer: Answer) -> Got:
    """Return the rows of an answer as they may be stored, or refuse it."""
    got = Got((), window.end, unknown=True) if answer.missing else vendor.read(window, answer.content)
    parts, left_out = [], 0
    for series, frame in got.parts:
        shown = f"{vendor.name}, {series.symbol} {series.side}"
        rows = frame.unique("ts", keep="last", maintain_order=True).sort("ts") if series.kind == BARS else frame
        kept = rows.filter(~impossible(rows, series.kind)) if rows.height else rows
        if kept.height * 2 < rows.height:
            raise BadData(f"{shown}: {rows.height - kept.height} of {rows.height} rows cannot be.", "Ask again later.")
        if kept.height:
            check_rows(kept, series.kind, shown)
            _inside(kept, window, shown, series.kind)
        left_out += rows.height - kept.height
        parts.append((series, kept))
    return got._replace(parts=tuple(parts), left_out=left_out)


def _inside(frame: pl.DataFrame, window: Window, shown: str, kind: str) -> None:
    ts = frame["ts"].to_physical()
    if not (window.start <= int(ts[0]) and int(ts[-1]) < window.end):
        what = "ticks" if kind == TICKS else "bars"
        raise BadData(f"{shown}: the answer holds {what} of another time than asked for.", "Ask again later.")
