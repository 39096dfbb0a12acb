"""Quotes as a recorder keeps them: in its own transaction, and each once, however often it is told.

A quote is the one it is by its feed, its instrument, its time, and its number in the feed's epoch. Prices are whole
ticks; what a tick is worth stands beside the instrument.
"""

import struct
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from psycopg.adapt import Dumper
from psycopg.pq import Format

from tradewind.adapters.postgres.connection import translated
from tradewind.adapters.timescale import binary
from tradewind.adapters.timescale.listing import Connection
from tradewind.adapters.timescale.storing import DECOMPRESS

Integers = np.ndarray[Any, np.dtype[np.int64]]

_INT8, _INT8_ARRAY = 20, 1016

_NEW = """
INSERT INTO market.quoted (feed, symbol, tick_size) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_QUOTED = "SELECT symbol, tick_size, id FROM market.quoted WHERE feed = %s"
_WRITE = """
INSERT INTO market.quotes (quoted, ts_ns, epoch, seq, bid, ask, received_ns)
SELECT * FROM unnest(%b, %b, %b, %b, %b, %b, %b) ORDER BY 1, 2, 3, 4
ON CONFLICT DO NOTHING
"""
_READ = """
SELECT array_agg(ts_ns), array_agg(bid), array_agg(ask) FROM
(SELECT * FROM market.quotes WHERE quoted = %s AND ts_ns >= %s AND ts_ns < %s ORDER BY ts_ns, epoch, seq) inside
"""


class Quotes(NamedTuple):
    """Quotes of one instrument in one epoch of a feed: a column each, of equal length."""

    symbol: str
    tick_size: Decimal
    epoch: int
    seq: Integers
    ts: Integers
    """By the broker's clock, ns UTC."""
    bid: Integers
    """In ticks."""
    ask: Integers
    received: Integers | None = None
    """By our clock."""


class Recorded(NamedTuple):
    """What became of quotes."""

    new: int
    doubled: int
    """Those that were there already."""


class _Whole:
    """A column of whole numbers on its way to the server."""

    def __init__(self, values: Integers) -> None:
        self.values = values


class _WholeDumper(Dumper):
    """Such a column as one array in the server's own form."""

    format = Format.BINARY
    oid = _INT8_ARRAY

    def dump(self, obj: _Whole) -> bytes:
        """Return the header of `array_recv`, then each number with its length."""
        elements = np.empty(len(obj.values), dtype=[("length", ">i4"), ("value", ">i8")])
        elements["length"], elements["value"] = 8, obj.values
        return struct.pack(">5i", 1, 0, _INT8, len(elements), 1) + elements.tobytes()


def write_quotes(connection: Connection, feed: str, rows: Sequence[Quotes]) -> Recorded:
    """The quotes are stored once the caller commits; say how many were new and how many were there already."""
    rows = [one for one in rows if len(one.seq)]
    if not rows:
        return Recorded(0, 0)
    with translated(f"Could not record quotes of {feed}"), connection.cursor() as cursor:
        cursor.adapters.register_dumper(_Whole, _WholeDumper)
        cursor.execute(DECOMPRESS)
        numbers = _numbers(connection, feed, rows)
        columns = [np.concatenate(column) for column in zip(*(_columns(one, numbers) for one in rows), strict=True)]
        for month in np.unique(columns[1].astype("M8[ns]").astype("M8[M]")):
            start = int(month.astype("M8[ns]").astype(np.int64))
            cursor.execute("SELECT market.make_room('quotes', %s, %s)", (start, start))
        new = cursor.execute(_WRITE, [_Whole(column) for column in columns]).rowcount
    return Recorded(new, len(columns[0]) - new)


def _columns(one: Quotes, numbers: dict[tuple[str, Decimal], int]) -> list[Integers]:
    count = len(one.seq)
    number, epoch = np.full(count, numbers[one.symbol, one.tick_size]), np.full(count, one.epoch)
    received = np.zeros(count, dtype=np.int64) if one.received is None else one.received
    return [number, one.ts, epoch, one.seq, one.bid, one.ask, received]


def _numbers(connection: Connection, feed: str, rows: Sequence[Quotes]) -> dict[tuple[str, Decimal], int]:
    """Return the number of each instrument that is quoted; new ones have one from now on."""
    wanted = {(one.symbol, one.tick_size) for one in rows}
    for _ in range(2):
        known = {(symbol, size): number for symbol, size, number in connection.execute(_QUOTED, (feed,)).fetchall()}
        if wanted <= known.keys():
            break
        for symbol, size in sorted(wanted - known.keys()):
            connection.execute(_NEW, (feed, symbol, size))
    return known


def recorded_ticks(connection: Connection, feed: str, symbol: str, start_ns: int, end_ns: int) -> Any:
    """Return what was recorded in [start, end) as a frame of ticks, as `History.write` takes it."""
    with translated(f"Could not read quotes of {feed} {symbol}"), connection.cursor(binary=True) as cursor:
        found = connection.execute(_QUOTED, (feed,)).fetchall()
        parts = []
        for number, size in [(number, size) for name, size, number in found if name == symbol]:
            result: Any = cursor.execute(_READ, (number, start_ns, end_ns)).pgresult
            arrays = [binary.array(result.get_value(0, place), "i8") for place in range(3)]
            parts.append([arrays[0], _decimal(arrays[1], size), _decimal(arrays[2], size)])
    return binary.tick_frame(parts)


def _decimal(ticks: Integers, size: Decimal) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return prices: the nearest number to each, because two whole numbers are divided once."""
    share = Fraction(size)
    prices: np.ndarray[Any, np.dtype[np.float64]] = ticks * share.numerator / share.denominator
    return prices
