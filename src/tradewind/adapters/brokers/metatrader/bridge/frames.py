"""How the bridge to a MetaTrader 5 terminal is spoken to, on both sides: frames, signed and numbered.

A frame is four bytes of length, 32 bytes of HMAC-SHA256 over the direction, the number of the frame and the text, and
the text, JSON. The key is made for each connection from both sides' random numbers and the shared secret, so a frame
can be neither forged nor lost, repeated, or brought from another connection without notice. Nothing is secret in it:
beyond one machine it has to go through TLS.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from typing import Any

PROTOCOL = 1
HANDSHAKE_LIMIT = 1024
REQUEST_LIMIT = 64 * 1024
ANSWER_LIMIT = 8 * 1024 * 1024
MARK = 32
"""Bytes of the signature."""


class Untrusted(Exception):  # noqa: N818 - reads as the sentence it prints
    """The other side does not know the secret or does not speak as agreed."""


def proof(secret: bytes, what: str, server: str, client: str) -> bytes:
    """Return the proof that its maker knows the secret, for one purpose and one connection."""
    return hmac.new(secret, f"{what}|{server}|{client}".encode(), hashlib.sha256).digest()


class Seal:
    """One direction of one connection."""

    def __init__(self, key: bytes, direction: str) -> None:
        """No frame was made yet."""
        self.key, self.direction, self.number = key, direction.encode("ascii"), 0

    def _mark(self, text: bytes) -> bytes:
        self.number += 1
        return hmac.new(self.key, self.direction + struct.pack(">Q", self.number) + text, hashlib.sha256).digest()

    def closed(self, message: dict[str, Any]) -> bytes:
        """Return the frame that carries a message."""
        text = json.dumps(message, allow_nan=False, separators=(",", ":")).encode("utf-8")
        return struct.pack(">I", len(text) + MARK) + self._mark(text) + text

    def opened(self, body: bytes) -> dict[str, Any]:
        """Return the message in the body of a frame; Untrusted where it is not the next one the other side made."""
        if not hmac.compare_digest(body[:MARK], self._mark(body[MARK:])):
            raise Untrusted("a frame is not signed as agreed")
        return parsed(body[MARK:])


def plain_frame(message: dict[str, Any]) -> bytes:
    """Return an unsigned frame, as the first ones of a connection are."""
    text = json.dumps(message).encode("utf-8")
    return struct.pack(">I", len(text)) + text


def parsed(text: bytes) -> dict[str, Any]:
    """Return the JSON object in a text."""
    try:
        message = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Untrusted("a frame is not JSON") from None
    if not isinstance(message, dict):
        raise Untrusted("a frame is not a JSON object")
    return message


def word_of(message: dict[str, Any], name: str) -> str:
    """Return a text of a message; Untrusted where it is none."""
    value = message.get(name)
    if not isinstance(value, str):
        raise Untrusted("a frame lacks " + name)
    return value


def length_of(head: bytes, limit: int) -> int:
    """Return the length a frame announces; Untrusted where it is more than was agreed."""
    length: int = struct.unpack(">I", head)[0]
    if not 2 <= length <= limit:
        raise Untrusted(f"a frame of {length} bytes")
    return length
