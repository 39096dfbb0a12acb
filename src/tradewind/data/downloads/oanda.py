"""Candles of OANDA's v20 API: `/v3/instruments/{instrument}/candles`, bid and ask in one answer.

A request may span 5000 candles; ours span one less, so that it does not matter whether the end belongs to it. Bars
of hours and days are asked for as ours are counted, from 17:00 New York. A candle is stored when OANDA calls it
complete. There are no ticks: the finest bars are of 5 seconds.

Source of the contract: the official OpenAPI document of the v20 API.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from tradewind.data import vendor_names
from tradewind.data.downloads.window import Got, Order, Secret, Vendor, Window
from tradewind.data.importers import oanda_json
from tradewind.data.importers.documents import document
from tradewind.data.series import BARS, NS, Series
from tradewind.errors import BadData, TradewindError
from tradewind.markets.clock import utc_datetime

NAME, FEED = "OANDA", "oanda"
PRACTICE, LIVE = "https://api-fxpractice.oanda.com", "https://api-fxtrade.oanda.com"
TOKEN = "TRADEWIND_OANDA_TOKEN"  # noqa: S105  the name of the variable, not what is in it
COUNT = 4999
SETTLED_NS = 60 * NS
"""A bar that ended less than this ago may still be on its way."""

_GRANULARITIES = {seconds: name for name, seconds in oanda_json.GRANULARITIES.items() if name != "W"}
_OURSELVES = ("localhost", "127.0.0.1", "::1")
_SPELLING = re.compile(r"[A-Za-z0-9._~+/=-]{8,512}")


def vendor(secret: Secret, address: str = PRACTICE) -> Vendor:
    """Return OANDA as we ask it, the practice service unless another address is given."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _OURSELVES:
        raise TradewindError(f"{address} would be told the token in the open.", "Give an address that begins https://.")
    return Vendor(NAME, FEED, address, tuple(_GRANULARITIES), 0.2, _series, _windows, _read, secret=secret)


def token(file: Path | None) -> Secret:
    """Return the token from a file, or from the environment, or say where to put it."""
    if file is not None:
        try:
            text = file.read_text(encoding="ascii")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not plain text"
            raise TradewindError(f"The token file {file} cannot be read: {reason}.", "Check --token-file.") from None
    else:
        text = os.environ.get(TOKEN, "")
    if not text.strip():
        raise TradewindError(
            "There is no OANDA token.", f"Make one on OANDA's page and give it with --token-file or {TOKEN}."
        )
    if not _SPELLING.fullmatch(text.strip()):
        raise TradewindError("The OANDA token has letters that no token has.", "Copy it again, one line.")
    return Secret(text.strip())


def _series(order: Order) -> tuple[Series, ...]:
    symbol = vendor_names.listed(order.symbol, NAME, vendor_names.OANDA)
    return tuple(Series(symbol, BARS, order.seconds, FEED, side) for side in ("bid", "ask"))


def _windows(order: Order, now: int) -> Iterator[Window]:
    series = _series(order)
    span = order.seconds * NS
    length = COUNT * span
    start = (order.since or 0) // span * span
    last = min(order.until or now, now - SETTLED_NS) // span * span
    while start < last:
        end = min((start // length + 1) * length, last)
        params = {
            "price": "BA",
            "granularity": _GRANULARITIES[order.seconds],
            "from": _moment(start),
            "to": _moment(end),
            "dailyAlignment": "17",
            "alignmentTimezone": "America/New_York",
        }
        path = f"/v3/instruments/{vendor_names.OANDA[series[0].symbol]}/candles"
        yield Window(start, end, path, params, series)
        start = end


def _moment(ts: int) -> str:
    return f"{utc_datetime(ts):%Y-%m-%dT%H:%M:%S}.000000000Z"


def _read(window: Window, content: bytes) -> Got:
    """Return the complete candles of an answer inside the window."""
    found = document(content, "OANDA's answer")
    series = window.series[0]
    if vendor_names.of_oanda(found.text("instrument")) != series.symbol:
        raise BadData(f"OANDA answered for {found.text('instrument')[:20]!r}, not {series.symbol}.", "Ask again.")
    if oanda_json.granularity(found) != series.timeframe:
        raise BadData("OANDA answered with bars of another size.", "Ask again.")
    frames, _ = oanda_json.candles(found)
    waiting = oanda_json.unfinished(found)
    parts = tuple((one, _clipped(frames[one.side], window)) for one in window.series if one.side in frames)
    return Got(parts, min([window.end, *waiting]))


def _clipped(frame: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Return the bars that open in the window: OANDA also gives the one that its beginning falls into."""
    ts = pl.col("ts").to_physical()
    return frame.filter((ts >= window.start) & (ts < window.end))
