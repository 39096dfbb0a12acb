"""Dukascopy's newer JSON: the first value and then steps, times in milliseconds, prices in units of `multiplier`.

    {"timestamp": ..., "multiplier": 1.0E-5, "ask": ..., "bid": ..., "times": [...], "asks": [...], "bids": [...],
     "askVolumes": [...], "bidVolumes": [...]}
    {"timestamp": ..., "multiplier": 0.1, "shift": 60000, "open": ..., "high": ..., "low": ..., "close": ...,
     "times": [...], "opens": [...], "highs": [...], "lows": [...], "closes": [...], "volumes": [...]}

`times` are steps as well: of ticks in milliseconds, of candles in multiples of `shift`. A minute without a price has
no candle. A document does not say its instrument, and a candle not its side: the name of the file must, as in
`candles-minute-EUR-USD-BID-2026-7-10.json`. Sizes of ticks are in units and those of candles in millions of units;
both are stored in millions, as those of the binary files are. Days begin at 00:00 UTC.
"""

import re

import numpy as np
import polars as pl

from tradewind.data import vendor_names
from tradewind.data.importers.documents import Document, Numbers, Whole, document
from tradewind.data.importers.parsed import Reading, Stated, checked_utc, stated_symbol, whole
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, BOTH, TICKS, Series, checked_side
from tradewind.errors import TradewindError

NAME = "Dukascopy JSON"
FEED = "duka"

_CODE = re.compile(r"(?:^|[/_-])([A-Z0-9.]{2,12}-[A-Z]{3})(?=[/_.-])")
_SIDE = re.compile(r"(?:^|[/_-])(BID|ASK)(?=[/_.-])", re.IGNORECASE)
_MS = 1_000_000
_LAST_MS = 2**43
"""In the year 2248; later times do not fit nanoseconds."""
_FOLDERS = 7
"""So many parts of an address may say what a file holds."""


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return source.head.lstrip().startswith(b"{") and b'"multiplier"' in source.head


def read(source: Source, stated: Stated) -> Reading:
    """Return the ticks or candles of a file."""
    checked_utc(stated, source)
    found = document(source.content(), source.shown)
    where = "/".join(source.where.split("/")[-_FOLDERS:])
    code = _CODE.search(where)
    known = vendor_names.of_dukascopy(code[1]) if code else None
    name = known.symbol if known else vendor_names.plain(code[1]) if code else None
    symbol = stated_symbol(stated, name, source)
    feed = stated.feed or FEED
    if "shift" not in found.values:
        frame, series = ticks(found), Series(symbol, TICKS, 0, feed, BOTH)
    else:
        named = _SIDE.search(where)
        side = stated.side or (named and named[1])
        if not side:
            raise TradewindError(f"{source.shown} does not say its side.", "State it with --side: bid or ask.")
        seconds, frame = candles(found)
        series = Series(symbol, BARS, seconds, feed, checked_side(side))
    reading = whole(series, frame, "UTC")
    reading.may_be_empty = True
    return reading


def ticks(found: Document) -> pl.DataFrame:
    """Return the ticks of a document, in UTC."""
    count = len(found.listing("times"))
    ts = _times(found, found.running("times", count))
    prices = {name: _prices(found, name, f"{name}s", count) for name in ("bid", "ask")}
    sizes = {f"{name}_size": found.numbers(f"{name}Volumes", count) / 1e6 for name in ("bid", "ask")}
    return pl.DataFrame({"ts": ts, **prices, **sizes})


def candles(found: Document) -> tuple[int, pl.DataFrame]:
    """Return the seconds of a bar and the bars of a document, in UTC."""
    shift = found.number("shift", 1000, 31 * 86_400_000)
    if shift % 1000:
        found.refuse(f"shift is {shift:g}, no whole seconds")
    count = len(found.listing("times"))
    steps = found.running("times", count)
    if count and int(np.abs(steps).max()) * int(shift) > _LAST_MS:
        found.refuse("times reach beyond the year 2248")
    ts = _times(found, steps * int(shift))
    prices = {name: _prices(found, name, f"{name}s", count) for name in ("open", "high", "low", "close")}
    volume = found.numbers("volumes", count)
    return int(shift) // 1000, pl.DataFrame({"ts": ts, **prices, "volume": volume})


def _times(found: Document, after: Whole) -> pl.Series:
    """Return the times that come so many milliseconds after the document's."""
    first = int(found.number("timestamp", 0, _LAST_MS))
    if len(after) and not (after.min() >= 0 and after.max() < _LAST_MS - first):
        found.refuse("times reach beyond the year 2248 or before the document's own")
    return pl.Series((first + after) * _MS, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))


def _prices(found: Document, first: str, steps: str, count: int) -> Numbers:
    """Return prices: the first one, and the steps from each to the next in units of the multiplier."""
    multiplier = found.number("multiplier", 1e-12, 1e6)
    after = found.running(steps, count)
    if not count:
        return np.empty(0)
    units = round(found.number(first, 0, 1e12 * min(multiplier, 1.0)) / multiplier) + after
    inverse = round(1 / multiplier)
    # Dividing by a power of ten gives the decimal itself; multiplying by 0.1 does not.
    exact = inverse > 0 and abs(1 / multiplier - inverse) < 1e-6 * inverse
    if exact:
        return np.divide(units, inverse, dtype=np.float64)
    return np.multiply(units, multiplier, dtype=np.float64)
