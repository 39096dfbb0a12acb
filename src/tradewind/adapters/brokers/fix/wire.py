"""FIX on the wire: bytes to messages and back, and nothing of what they mean.

A frame is `8=FIX.4.4|9=length|...|10=sum|`: the length counts from behind its own field to the checksum's, the sum is
that of all bytes before it, modulo 256 (FIX 4.4 volume 2). A frame that does not fit its length, its sum or the form
`tag=value` is garbled: it is dropped and counted, as the standard asks, and the gap it leaves in the sequence numbers
brings it back. Bytes from outside are untrusted: what is looked at is bounded, and nothing is raised for them.
"""

from collections.abc import Iterable, Iterator, Sequence

import simplefix  # type: ignore[import-untyped]  # it publishes no types

from tradewind.errors import TradewindError

SOH = b"\x01"
BEGIN = "FIX.4.4"
START = b"8=FIX.4.4\x019="
LONGEST = 1 << 16
"""Bytes of body of the longest message that is read; a longer one is garbled."""

LENGTH_DIGITS = 6
TRAILER = 7
"""Bytes of `10=000|`."""

LENGTHS = frozenset({90, 93, 95, 212, 348, 350, 352, 354, 356, 358, 360, 362, 364, 445, 618, 621})
"""Fields of FIX 4.4 that tell the length of a data field, which may hold any byte."""

Pair = tuple[int, str]


class Garbled(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A message of the counterparty does not mean anything."""


class Message:
    """One message: its type and its fields in order, header included; values are text in Latin-1."""

    __slots__ = ("_first", "fields", "type")

    def __init__(self, kind: str, fields: Sequence[Pair]) -> None:
        self.type = kind
        self.fields = tuple(fields)
        self._first: dict[int, str] = {}
        for tag, value in self.fields:
            self._first.setdefault(tag, value)

    def __repr__(self) -> str:
        """Return the type alone: a logon has a password in it."""
        return f"Message({self.type!r}, {len(self.fields)} fields)"

    def get(self, tag: int, otherwise: str = "") -> str:
        """Return the first value of a field."""
        return self._first.get(tag, otherwise)

    def has(self, tag: int) -> bool:
        """Return whether the message has the field."""
        return tag in self._first

    def number(self, tag: int) -> int:
        """Return the first value of a field as a number that is not negative; `Garbled` where it is none."""
        text = self._first.get(tag, "")
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise Garbled(f"Field {tag} of a message of type {self.type!r} is {text[:40]!r}, not a number.")
        return int(text)

    def groups(self, count: int, opening: int) -> Iterator[dict[int, str]]:
        """Yield the members of a repeating group: each begins with the field `opening`, behind the field `count`."""
        group: dict[int, str] | None = None
        inside = False
        for tag, value in self.fields:
            if tag == count:
                inside = True
            elif inside and tag == opening:
                if group is not None:
                    yield group
                group = {tag: value}
            elif group is not None:
                group.setdefault(tag, value)
        if group is not None:
            yield group


def encode(kind: str, header: Iterable[Pair], body: Iterable[Pair]) -> bytes:
    """Return a message as it goes on the wire; a value that would end its field is refused."""
    message = simplefix.FixMessage()
    message.append_pair(8, BEGIN)
    message.append_pair(35, kind)
    for tag, value in (*header, *body):
        if "\x01" in value or not value or not value.isascii():
            raise Garbled(f"Field {tag} cannot be sent: its value is empty or has characters that FIX does not carry.")
        message.append_pair(tag, value)
    encoded: bytes = message.encode()
    return encoded


def sendable(text: str) -> str:
    """Return a text of somebody else's as far as a field of ours can carry it; a question mark for what it cannot."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text[:200]) or "?"


def checksum(data: bytes | bytearray) -> bytes:
    """Return the three digits that stand in field 10 after `data`."""
    return b"%03d" % (sum(data) % 256)


def plain(frame: bytes) -> list[Pair] | None:
    """Return the fields of a frame without data fields, eight times as fast; None where it is not of that form."""
    fields = []
    for field in frame[:-1].decode("latin-1").split("\x01"):
        tag, equals, value = field.partition("=")
        if not equals or not (tag.isascii() and tag.isdigit()) or len(tag) > 9:
            return None
        fields.append((int(tag), value))
    return fields


class Frames:
    """What has been received and is not a whole message yet; `garbled` counts what was dropped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._parser = simplefix.FixParser(allow_empty_values=True)
        self.garbled = 0

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are whole now, in order."""
        self._buffer += data
        found = []
        while (frame := self._next()) is not None:
            message = self._read(frame)
            if message is None:
                self.garbled += 1
            else:
                found.append(message)
        return found

    def _next(self) -> bytes | None:
        """Return the next frame whose length and sum are right, or None where more has to come."""
        while True:
            begin = self._buffer.find(START)
            if begin < 0:
                self._forget(len(self._buffer) - len(START) + 1)
                return None
            self._forget(begin)
            frame = self._first()
            if frame is None:
                return None
            if frame:
                del self._buffer[: len(frame)]
                return frame
            self.garbled += 1
            del self._buffer[:2]

    def _first(self) -> bytes | None:
        """Return the frame the buffer begins with; nothing where it is garbled; None where it is not whole."""
        head = len(START)
        end = self._buffer.find(SOH, head, head + LENGTH_DIGITS + 1)
        digits = bytes(self._buffer[head : end if end >= 0 else head + LENGTH_DIGITS + 1])
        if end < 0 and len(digits) <= LENGTH_DIGITS and (not digits or digits.isdigit()):
            return None
        if end < 0 or not digits.isdigit() or int(digits) > LONGEST:
            return b""
        body_end = end + 1 + int(digits)
        if len(self._buffer) < body_end + TRAILER:
            return None
        trailer = bytes(self._buffer[body_end : body_end + TRAILER])
        if trailer != b"10=" + checksum(self._buffer[:body_end]) + SOH:
            return b""
        return bytes(self._buffer[: body_end + TRAILER])

    def _forget(self, count: int) -> None:
        """The first `count` bytes are gone: they begin no message."""
        if count > 0:
            del self._buffer[:count]

    def _read(self, frame: bytes) -> Message | None:
        """Return a frame's fields, or None where they are none."""
        fields = plain(frame)
        if fields is None or not LENGTHS.isdisjoint(tag for tag, _ in fields):
            fields = self._careful(frame)
        if fields is None or len(fields) < 4 or fields[2][0] != 35 or fields[-1][0] != 10:
            return None
        return Message(fields[2][1], fields[2:-1])

    def _careful(self, frame: bytes) -> list[Pair] | None:
        """Return the fields of a frame in which data may hold separators, or None where it cannot be read."""
        self._parser.reset()
        self._parser.append_buffer(frame)
        try:
            parsed = self._parser.get_message()
        except (simplefix.errors.ParsingError, ValueError):
            return None
        if parsed is None or self._parser.get_buffer():
            return None
        return [(int(tag), value.decode("latin-1")) for tag, value in parsed.pairs]
