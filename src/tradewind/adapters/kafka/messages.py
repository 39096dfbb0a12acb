"""What travels: MessagePack with a version in every message.

Fields we do not know are passed over, so that a newer writer can add some. A version we do not know is not guessed at:
the message is `Unreadable` and goes to the dead letters. Columns are int64, little-endian; prices in ticks.
"""

from typing import Any, NamedTuple

import msgspec
import numpy as np

from tradewind.broker import Link, Quote
from tradewind.ports import Rows

VERSION = 1


class Quotes(msgspec.Struct, tag="quotes", tag_field="type", kw_only=True):
    """Prices of one instrument, oldest first."""

    v: int = VERSION
    feed: str
    epoch: int
    """When this life of the feed began, ns UTC: higher than every one before."""
    sequence: int
    """Of this instrument in this epoch, from 1, without a gap."""
    symbol: str
    tick: str
    """The tick size, such as "0.001"."""
    received: int
    """When the feed had the newest of them, ns UTC."""
    ts: bytes
    bid: bytes
    ask: bytes


class Linked(msgspec.Struct, tag="link", tag_field="type", kw_only=True):
    """The feed's own stream of an instrument came or went."""

    v: int = VERSION
    feed: str
    epoch: int
    sequence: int
    symbol: str
    up: bool
    reason: str = ""
    received: int


class Events(msgspec.Struct, tag="events", tag_field="type", kw_only=True):
    """Rows of the kernel as a tape has them; the key is the tape's name, so that their order holds."""

    v: int = VERSION
    tape: str
    sequence: int
    layout: str
    """A hash of the fields of a row: other code may not read these bytes."""
    rows: bytes
    last: bool = False


class Bars(msgspec.Struct, tag="bars", tag_field="type", kw_only=True):
    """Closed bars of one instrument, one side."""

    v: int = VERSION
    feed: str
    symbol: str
    seconds: int
    side: str
    tick: str
    ts: bytes
    """When they open."""
    open: bytes
    high: bytes
    low: bytes
    close: bytes
    volume: bytes


class JournalBlock(msgspec.Struct, tag="journal", tag_field="type", kw_only=True):
    """A block of an account's journal, as it is stored; the key is the account."""

    v: int = VERSION
    account: str
    seq: int
    commit_number: int
    remaining: int
    epoch: int
    ts: int
    log: str
    before: int
    start: int
    rows: int
    crc: int
    chain: bytes
    payload: bytes


class Alert(msgspec.Struct, tag="alert", tag_field="type", kw_only=True):
    """Something a person should know."""

    v: int = VERSION
    account: str
    ts: int
    about: str
    level: str
    text: str


Message = Quotes | Linked | Events | Bars | JournalBlock | Alert


class Unreadable(NamedTuple):
    """A message that is none of ours, or of a version we do not know; and why."""

    why: str
    raw: bytes


class _Head(msgspec.Struct):
    """What every message of every version has."""

    type: str
    v: int


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Message)
_HEAD = msgspec.msgpack.Decoder(_Head)


def encoded(message: Message) -> bytes:
    """Return a message as bytes."""
    return _ENCODER.encode(message)


def decoded(raw: bytes | None) -> "Message | Unreadable":
    """Return the message in some bytes, whatever they are."""
    if raw is None:
        return Unreadable("it is empty", b"")
    try:
        head = _HEAD.decode(raw)
        if head.v != VERSION:
            return Unreadable(f"version {head.v} of {head.type[:40]!r}; this Tradewind reads {VERSION}", raw)
        found: Message = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(f"{error}"[:200], raw)
    why = _wrong(found)
    return Unreadable(why, raw) if why else found


def _wrong(message: Message) -> str:
    """Return what in a message cannot be, empty where all can."""
    if isinstance(message, Quotes):
        lengths = {len(message.ts), len(message.bid), len(message.ask)}
        return "" if len(lengths) == 1 and lengths.pop() % 8 == 0 and message.sequence > 0 else "its columns do not fit"
    if isinstance(message, Bars):
        columns = (message.ts, message.open, message.high, message.low, message.close, message.volume)
        lengths = {len(column) for column in columns}
        return "" if len(lengths) == 1 and lengths.pop() % 8 == 0 else "its columns do not fit"
    return ""


def column(values: Any) -> bytes:
    """Return whole numbers as a column."""
    return np.asarray(values, "<i8").tobytes()


def numbers(raw: bytes) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return a column as numbers."""
    return np.frombuffer(raw, "<i8")


def quotes_of(message: Quotes, instrument: int) -> list[Quote]:
    """Return a message's prices as the trader takes them; `instrument` is its number there."""
    parts = (numbers(one).tolist() for one in (message.ts, message.bid, message.ask))
    return [Quote(instrument, ts, bid, ask) for ts, bid, ask in zip(*parts, strict=True)]


def link_of(message: Linked) -> Link:
    """Return a message's link as the trader takes it."""
    return Link("quotes", message.up, message.reason)


def rows_of(message: Events, dtype: "np.dtype[Any]") -> Rows:
    """Return the rows of a tape's message; whoever calls has compared the layout."""
    rows: Rows = np.frombuffer(bytearray(message.rows), dtype)
    return rows
