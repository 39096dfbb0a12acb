"""Dukascopy's binary files (bi5): ticks by the hour, candles by the day, month or year, packed with LZMA.

    EURUSD/2019/01/04/05h_ticks.bi5             ticks of 2019-02-04 05:00 to 06:00 UTC
    EURUSD/2019/01/04/BID_candles_min_1.bi5     bid bars of that day
    EURUSD/2019/01/BID_candles_hour_1.bi5       of that month
    EURUSD/2019/BID_candles_day_1.bi5           of that year; its days begin at 00:00 UTC

The folders are the vendor's address: **they count months from zero**. A date in a file's own name, as some
downloaders write it (`EURUSD_2019-02-04_05h_ticks.bi5`), is a calendar date. A file without a byte is an hour
without a price. Numbers are big-endian: a tick is milliseconds, ask, bid, ask size, bid size; a candle is seconds,
open, close, low, high, volume. Prices are integers, divided by the instrument's factor. Sizes are in millions of
the base unit, and the volume of a candle is the sum of its ticks' sizes on that side. Candle files have a flat
candle without volume for every minute or hour in which there was no price: those are left out.
"""

import lzma
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.data import vendor_names
from tradewind.data.importers.parsed import Part, Reading, Stated, checked_utc
from tradewind.data.importers.sources import Source, called
from tradewind.data.series import BARS, BOTH, NS, TICKS, Series, checked_side
from tradewind.data.vendor_names import Dukascopy
from tradewind.errors import BadData, UnknownName

NAME = "Dukascopy bi5"
FEED = "duka"

HOUR = 3600 * NS
LARGEST = 64 << 20
"""Bytes of an unpacked file: three million ticks in an hour, ten times what the wildest had."""

TICK = np.dtype([("ms", ">u4"), ("ask", ">u4"), ("bid", ">u4"), ("ask_size", ">f4"), ("bid_size", ">f4")])
CANDLE = np.dtype([("s", ">u4"), ("open", ">u4"), ("close", ">u4"), ("low", ">u4"), ("high", ">u4"), ("volume", ">f4")])

_UNITS = {"sec": 1, "min": 60, "hour": 3600, "day": 86_400}
_CONTENT = r"(?:(?P<hour>\d{1,2})h?_ticks|(?P<side>bid|ask)_candles_(?P<unit>sec|min|hour|day)_(?P<count>\d{1,3}))\.bi5"
_FOLDERS = re.compile(
    r"(?:.*/)?(?P<symbol>[a-z0-9.-]+)/(?P<year>\d{4})(?:/(?P<month>\d\d?))?(?:/(?P<day>\d\d?))?/" + _CONTENT,
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?:.*/)?(?:(?P<symbol>[a-z][a-z0-9.]+)[_-])?"
    r"(?P<year>\d{4})[_-]?(?P<month>\d\d)[_-]?(?P<day>\d\d)(?:--|[_T-])(?:(?P<alone>\d\d)h?\.bi5|" + _CONTENT + ")",
    re.IGNORECASE,
)
_ABOVE = re.compile(r"(?:.*/)?([a-z][a-z0-9.-]+)/\d{4}/(?:\d\d?/)*[^/]*", re.IGNORECASE)
"""The folder of an instrument that has its years in folders."""

Records = np.ndarray[Any, Any]


class Told(NamedTuple):
    """What a file's address says."""

    name: str | None
    """The vendor's name of the instrument."""
    seconds: int
    """Of a bar, 0 for ticks."""
    side: str
    start: int
    """The beginning of its hour, day, month or year; ns UTC."""
    end: int
    counted_from_zero: bool


def told(where: str) -> Told | None:
    """Return what an address says, or None where it does not say it."""
    match = _FILE.fullmatch(where) or _FOLDERS.fullmatch(where)
    if match is None:
        return None
    found = match.groupdict()
    hour = found["hour"] or found.get("alone")
    seconds = 0 if hour else _UNITS[found["unit"].lower()] * int(found["count"])
    from_zero = match.re is _FOLDERS
    first = [int(found["year"])]
    first += [int(found[name]) for name in ("month", "day") if found[name]] + ([int(hour)] if hour else [])
    if from_zero and len(first) > 1:
        first[1] += 1
    depth = 4 if hour else {"sec": 3, "min": 3, "hour": 2, "day": 1}[found["unit"].lower()]
    try:
        begins, ends = _bounds(first[:depth], depth)
    except (ValueError, IndexError):
        return None
    above = _ABOVE.fullmatch(where)
    return Told(
        found["symbol"] or (above and above[1]),
        seconds,
        BOTH if hour else found["side"].lower(),
        begins,
        ends,
        from_zero,
    )


def _bounds(first: list[int], depth: int) -> tuple[int, int]:
    """Return the beginning and the end of a year, month, day or hour."""
    if len(first) < depth:
        raise ValueError
    year, month, day, hour = [*first, *[1, 1, 0][len(first) - 1 :]]
    if not 1970 <= year < 2070:
        raise ValueError
    begins = datetime(year, month, day, hour, tzinfo=UTC)
    if depth == 1:
        ends = begins.replace(year=year + 1)
    elif depth == 2:
        ends = begins.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        length = HOUR if depth == 4 else 24 * HOUR
        return _ns(begins), _ns(begins) + length
    return _ns(begins), _ns(ends)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * NS


def follows(before: str, after: str) -> bool:
    """Answer whether two files are of one series and month, and ticks without an hour between them.

    Such files are stored together, because storing a month a hundred times over takes long.
    """
    first, second = told(before), told(after)
    if first is None or second is None or first[:3] != second[:3]:
        return False
    next_one = second.start == first.end if first.seconds == 0 else second.start >= first.end
    return next_one and _month(first.start) == _month(second.start)


def _month(ts: int) -> str:
    return str(np.datetime64(ts, "ns").astype("M8[M]"))


def recognises(source: Source) -> bool:
    """Answer whether a file is one of ours."""
    return source.name.lower().endswith(".bi5")


def read(source: Source, stated: Stated) -> Reading:
    """Return the ticks or bars of a file."""
    return read_together([source], stated)


def read_together(sources: Sequence[Source], stated: Stated) -> Reading:
    """Return the ticks or bars of files that follow each other."""
    checked_utc(stated, sources[0])
    reading = Reading("UTC", iter(()), may_be_empty=True)
    reading.parts = _parts(sources, stated, reading)
    return reading


def _parts(sources: Sequence[Source], stated: Stated, reading: Reading) -> Iterator[Part]:
    for number, source in enumerate(sources):
        shown = source.shown if source.member else called(source.path)
        says = told(source.where)
        if says is None:
            raise BadData(
                f"The name {source.where} does not say of when the file is.",
                "Keep the vendor's folders, SYMBOL/YYYY/MM/DD/HHh_ticks.bi5, months from 00.",
            )
        instrument = _instrument(stated, says.name, source)
        side = says.side if says.seconds == 0 else checked_side(stated.side or says.side)
        kind = BARS if says.seconds else TICKS
        series = Series(stated.symbol or instrument.symbol, kind, says.seconds, stated.feed or FEED, side)
        content = unpacked(_packed(source), shown)
        frame = (candles if says.seconds else ticks)(content, says.start, instrument.factor, shown)
        _within(frame, says, shown)
        if number == 0:
            reading.notes.append(_when(says))
        left = without_fillers(frame) if says.seconds else frame
        reading.left_out += frame.height - left.height
        yield Part(series, left, shown=shown)
    if len(sources) > 1:
        reading.notes.append(f"{len(sources)} files stored together")
    if reading.left_out:
        reading.notes.append(f"{reading.left_out} flat bars without volume left out: nothing was quoted then")


def _instrument(stated: Stated, named: str | None, source: Source) -> Dukascopy:
    """Return the instrument; of one that is not listed the user states the factor as the scale of its prices."""
    name = stated.symbol or named
    found = vendor_names.of_dukascopy(name) if name else None
    if found is None and name and stated.scale is not None:
        return Dukascopy(vendor_names.plain(name), name, 1)
    if found is None:
        problem = UnknownName("instrument of Dukascopy", name, vendor_names.DUKASCOPY)
        raise BadData(
            f"{source.shown}: by what the prices of {name!r} are divided is not known.",
            f"State the instrument with --as, or the factor with --scale 0.001 and the like. {problem.hint}",
        )
    return found


def _packed(source: Source) -> bytes:
    with source.open() as stream:
        return stream.read(LARGEST + 1)


def unpacked(content: bytes, shown: str) -> bytes:
    """Return what a file packs; nothing of one without a byte."""
    if not content:
        return b""
    try:
        stream = lzma.LZMADecompressor(memlimit=LARGEST)
        plain = stream.decompress(content, max_length=LARGEST + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise BadData(
            f"{shown} is not a bi5 file: {error}; it begins {content[:24]!r}.", "Fetch the file again."
        ) from error
    if len(plain) > LARGEST:
        raise BadData(f"{shown} unpacks to more than {LARGEST >> 20} MB.", "Fetch the file again.")
    if not stream.eof or stream.unused_data:
        raise BadData(f"{shown} was cut or has something behind its end.", "Fetch the file again.")
    return plain


def _records(content: bytes, dtype: np.dtype[Any], shown: str) -> Records:
    if len(content) % dtype.itemsize:
        raise BadData(
            f"{shown} has {len(content)} bytes, no multiple of the {dtype.itemsize} of a row.", "Fetch the file again."
        )
    return np.frombuffer(content, dtype=dtype)


def ticks(content: bytes, start: int, factor: int, shown: str) -> pl.DataFrame:
    """Return unpacked ticks of the hour that begins at `start`, ns UTC."""
    rows = _records(content, TICK, shown)
    prices = {name: rows[name] / factor for name in ("bid", "ask")}
    sizes = {name: _decimal(rows[name]) for name in ("bid_size", "ask_size")}
    return pl.DataFrame({"ts": _utc(start + rows["ms"].astype(np.int64) * 1_000_000), **prices, **sizes})


def candles(content: bytes, start: int, factor: int, shown: str) -> pl.DataFrame:
    """Return unpacked candles of the day, month or year that begins at `start`, fillers included."""
    rows = _records(content, CANDLE, shown)
    prices = {name: rows[name] / factor for name in ("open", "high", "low", "close")}
    ts = _utc(start + rows["s"].astype(np.int64) * NS)
    return pl.DataFrame({"ts": ts, **prices, "volume": _decimal(rows["volume"])})


def without_fillers(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the bars in which something was quoted."""
    return frame.remove((pl.col("volume") == 0) & (pl.col("high") == pl.col("low")))


def _utc(values: np.ndarray[Any, np.dtype[np.int64]]) -> pl.Series:
    return pl.Series(values, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))


def _decimal(values: Records) -> pl.Series:
    """Return four-byte numbers as the decimals that they stand for: 1.48 is not 1.4800000190734863."""
    return pl.Series(values.astype(np.float32)).cast(pl.String).cast(pl.Float64, strict=False)


def _within(frame: pl.DataFrame, says: Told, shown: str) -> None:
    ts = frame["ts"].to_physical()
    if frame.height and not says.start <= int(ts.max()) < says.end:  # type: ignore[arg-type]  # whole numbers
        raise BadData(f"{shown} has rows after the end of its hour, day, month or year.", "Check the file's name.")


def _when(says: Told) -> str:
    moment = np.datetime64(says.start, "ns").astype("M8[m]" if says.seconds == 0 else "M8[D]")
    if says.counted_from_zero:
        return f"read as {moment} UTC: the vendor's folders count months from 00"
    return f"read as {moment} UTC: the date in the file's name is a calendar date"
