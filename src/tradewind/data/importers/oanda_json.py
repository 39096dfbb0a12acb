"""OANDA's v20 candles as the API answers them: bid, ask and mid side by side, prices as text.

    {"instrument": "GBP_USD", "granularity": "D", "candles": [{"complete": true, "volume": 81734,
     "time": "2018-10-11T00:00:00.000000000Z", "ask": {"o": "1.32059", "h": ..., "l": ..., "c": ...}}, ...]}

Each component becomes a series. Times are RFC 3339 or seconds since 1970, both in UTC and of the bar's open. The
volume is the number of prices in the bar. A candle that is not complete yet is left out. Bars of two hours and more
begin where the request put the day (by default at 17:00 New York, as ours do); other alignments are noted.
"""

from typing import Any

import numpy as np
import polars as pl

from tradewind.data import vendor_names
from tradewind.data.importers.documents import Document, document
from tradewind.data.importers.parsed import Part, Reading, Stated, checked_utc
from tradewind.data.importers.sources import Source
from tradewind.data.series import BARS, NS, Series, checked_side
from tradewind.errors import UnknownName
from tradewind.markets.clock import wall

NAME = "OANDA JSON"
FEED = "oanda"

GRANULARITIES = (
    {f"S{count}": count for count in (5, 10, 15, 30)}
    | {f"M{count}": 60 * count for count in (1, 2, 4, 5, 10, 15, 30)}
    | {f"H{count}": 3600 * count for count in (1, 2, 3, 4, 6, 8, 12)}
    | {"D": 86_400, "W": 7 * 86_400}
)
"""Seconds of a bar. A month (M) has no fixed length and is not stored: the kernel makes months of smaller bars."""

_SIDES = {"bid": "bid", "ask": "ask", "mid": "mid"}
_PRICES = {"o": "open", "h": "high", "l": "low", "c": "close"}
_UNIX = r"^([0-2]?\d{1,9})(?:\.(\d{1,9})\d*)?$"
_RFC = r"^(?:19[7-9]|20[0-6])\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$"
_TIME = pl.Datetime("ns", "UTC")


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    head = source.head.lstrip()
    return head.startswith(b"{") and b'"candles"' in head and b'"granularity"' in head


def read(source: Source, stated: Stated) -> Reading:
    """Return the complete candles of a file, one series for each component."""
    checked_utc(stated, source)
    found = document(source.content(), source.shown)
    symbol = stated.symbol or vendor_names.of_oanda(found.text("instrument"))
    seconds = granularity(found)
    frames, left_out = candles(found)
    wanted = None if stated.side is None else checked_side(stated.side)
    feed = stated.feed or FEED
    parts = [
        Part(Series(symbol, BARS, seconds, feed, side), frame)
        for side, frame in frames.items()
        if wanted in (None, side)
    ]
    reading = Reading("UTC", iter(parts), left_out)
    if left_out:
        reading.notes.append(f"{left_out} candles that were not complete left out")
    reading.notes += [note for part in parts[:1] if (note := _alignment(part))]
    return reading


def granularity(found: Document) -> int:
    """Return the seconds of a document's bars."""
    name = found.text("granularity")
    if name not in GRANULARITIES:
        problem = UnknownName("bar size of OANDA that we store", name, GRANULARITIES)
        found.refuse(str(problem).rstrip(".?") + (" instead" if "Did" in problem.hint else ""))
    return GRANULARITIES[name]


def candles(found: Document) -> tuple[dict[str, pl.DataFrame], int]:
    """Return the complete candles of each component in UTC, and how many were not complete."""
    rows = _rows(found)
    complete = [row for row in rows if row.get("complete") is not False]
    ts = _times(found, [row.get("time") for row in complete])
    volume = _numbers(found, "volume", [row.get("volume", 0) for row in complete])
    frames = {}
    for side in _SIDES:
        held = [place for place, row in enumerate(complete) if row.get(side) is not None]
        if not held:
            continue
        prices = [_component(found, complete[place], side, place) for place in held]
        columns = {
            name: _numbers(found, f"{side}.{letter}", [price.get(letter) for price in prices])
            for letter, name in _PRICES.items()
        }
        frames[side] = pl.DataFrame({"ts": ts.gather(held), **columns, "volume": volume.gather(held)})
    return frames, len(rows) - len(complete)


def unfinished(found: Document) -> list[int]:
    """Return when the candles that are not complete open, ns UTC."""
    waiting = [row.get("time") for row in _rows(found) if row.get("complete") is False]
    return _times(found, waiting).to_physical().to_list()


def _rows(found: Document) -> list[dict[str, Any]]:
    rows = found.listing("candles")
    for place, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            found.refuse(f"candle {place} is no object")
    return rows


def _component(found: Document, row: dict[str, Any], side: str, place: int) -> dict[str, Any]:
    component = row[side]
    if not isinstance(component, dict):
        found.refuse(f"{side} of candle {place + 1} is no object")
    return component


def _texts(found: Document, name: str, values: list[Any]) -> pl.Series:
    """Return values as text, or refuse the first that is neither text nor number."""
    for place, value in enumerate(values, 1):
        plain = value.isascii() if isinstance(value, str) else type(value) is float or type(value) is int
        if not plain or (type(value) is int and abs(value) > 10**18):
            found.refuse(f"{name} of candle {place} is absent or no number")
    return pl.Series([str(value) for value in values], dtype=pl.String)


def _numbers(found: Document, name: str, values: list[Any]) -> pl.Series:
    texts = _texts(found, name, values)
    numbers = texts.cast(pl.Float64, strict=False)
    if numbers.null_count():
        place = numbers.is_null().arg_max() or 0
        found.refuse(f"{name} of candle {place + 1} is {texts[place][:40]!r}, which is not a number")
    return numbers


def _times(found: Document, values: list[Any]) -> pl.Series:
    """Return times as RFC 3339 or as seconds since 1970 write them."""
    texts = _texts(found, "time", values)
    parts = pl.DataFrame({"text": texts}).select(
        rfc=pl.when(pl.col("text").str.contains(_RFC))
        .then(pl.col("text"))
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ns", strict=False)
        .cast(pl.Int64),
        unix=pl.col("text").str.extract(_UNIX, 1).cast(pl.Int64, strict=False) * NS
        + pl.col("text").str.extract(_UNIX, 2).fill_null("0").str.pad_end(9, "0").cast(pl.Int64, strict=False),
    )
    both = parts.select(pl.coalesce("rfc", "unix"))["rfc"]
    if both.null_count():
        place = both.is_null().arg_max() or 0
        found.refuse(f"the time of candle {place + 1} is {texts[place][:40]!r}, neither RFC 3339 nor seconds")
    return both.cast(_TIME)


def _alignment(part: Part) -> str | None:
    """Return a note where large bars do not begin where ours do."""
    if part.series.timeframe <= 3600 or part.frame.is_empty():
        return None
    first = int(part.frame["ts"].to_physical()[0])
    since_17 = (wall(first, "America/New_York") // NS - 17 * 3600) % min(part.series.timeframe, 86_400)
    if not since_17:
        return None
    opens = np.datetime64(first, "ns").astype("M8[m]").item().strftime("%H:%M")
    return f"these bars open at {opens} UTC; ours are counted from 17:00 New York"
