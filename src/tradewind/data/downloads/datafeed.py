"""Dukascopy's older files: the same periods as packed binary, months from zero, at `datafeed.dukascopy.com`.

    /datafeed/EURUSD/2019/01/04/05h_ticks.bi5       ticks of 2019-02-04 05:00 to 06:00 UTC

The service stopped answering in July 2026 (dukascopy-node, issue 254); mirrors of the files have the same addresses.
A period without prices is an empty file or is not there. Only periods that are over are asked for.
"""

from collections.abc import Iterator

from tradewind.data import vendor_names
from tradewind.data.downloads import dukascopy
from tradewind.data.downloads.window import Got, Order, Vendor, Window
from tradewind.data.importers import bi5
from tradewind.data.series import NS, TICKS

NAME, FEED = "Dukascopy's older files", "duka"
ADDRESS = "https://datafeed.dukascopy.com/datafeed"

_FILES = {60: "min_1", 3600: "hour_1", 86_400: "day_1"}


def vendor(address: str = ADDRESS) -> Vendor:
    """Return Dukascopy's older service as we ask it."""
    return Vendor(
        NAME, FEED, address, tuple(dukascopy.SOURCES), 0.5, dukascopy.series, _windows, _read, dukascopy.notes,
        frozenset({404}),
    )  # fmt: skip


def _windows(order: Order, now: int) -> Iterator[Window]:
    series = dukascopy.series(order)
    name = vendor_names.plain(vendor_names.DUKASCOPY[series[0].symbol].code)
    for begins, ends, over in dukascopy.periods(order, now):
        if not over:
            continue
        start, end = (int(moment.timestamp()) * NS for moment in (begins, ends))
        folders = [f"{begins.year:04}", f"{begins.month - 1:02}", f"{begins.day:02}"]
        if not order.seconds:
            yield Window(start, end, "/".join([name, *folders, f"{begins.hour:02}h_ticks.bi5"]), {}, series)
            continue
        folders = folders[: {60: 3, 3600: 2, 86_400: 1}[order.seconds]]
        for one in series:
            file = f"{one.side.upper()}_candles_{_FILES[order.seconds]}.bi5"
            yield Window(start, end, "/".join([name, *folders, file]), {}, (one,))


def _read(window: Window, content: bytes) -> Got:
    """Return the rows of a file."""
    (one,) = window.series
    factor = vendor_names.DUKASCOPY[one.symbol].factor
    plain = bi5.unpacked(content, window.path)
    if one.kind == TICKS:
        return Got(((one, bi5.ticks(plain, window.start, factor, window.path)),), window.end)
    frame = bi5.candles(plain, window.start, factor, window.path)
    return Got(((one, bi5.without_fillers(frame)),), window.end)
