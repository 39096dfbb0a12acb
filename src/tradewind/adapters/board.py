"""What every board does alike: values as JSON, a number for each, and a reader who knows where it stands.

A board shows the latest picture and decides nothing. Who publishes a topic numbers its values from 1 on; `epoch` names
that publisher's life. So a reader who comes back to its position goes on without a value twice, and counts those it
missed because the board keeps only so many, or lost them.
"""

import json
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np

from tradewind.errors import BadData

KEPT = 1_000
"""Values of a topic that a board keeps."""
LARGEST = 262_144
"""Bytes of the largest value."""
_POSITION = re.compile(r"(?:\d{1,19}(?:-\d{1,19})?)? \d{1,19} \d{1,19}", re.ASCII)
LIVES = 16
"""Publishers of one topic whose last number a reader remembers."""


class Item(NamedTuple):
    """One value on a board."""

    place: str
    """Where it lies, in the board's own words."""
    epoch: int
    sequence: int
    text: str


class BoardState(NamedTuple):
    """How a board is; nothing of it matters to trading."""

    up: bool
    since_ns: int
    """Since when it is up or down, ns UTC."""
    why: str
    """What it is down for, or what was wrong with the last value it did not take."""
    waiting: int
    """Values on their way."""
    lost: int
    """Values given up for want of room while it was down; each topic's newest is not among them."""
    unfit: int
    """Values that could not be shown."""


def encoded(value: Any) -> str:
    """Return the value as JSON; BadData where it has none, or is too large."""
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadData(
            f"A value cannot be shown on the board: {error}.", "Give numbers, texts, lists and dicts."
        ) from None
    if len(text) > LARGEST:
        raise BadData(f"A value of {len(text)} bytes is too large for the board.", f"Keep it below {LARGEST}.")
    return text


def decoded(text: str) -> Any:
    """Return the value of a text, None where it is none: whoever can write to the server is not trusted for more."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no plain value")


Fetch = Callable[[str, float], list[Item]]
"""Gets a place and seconds; the items after it, at the latest when the seconds have passed."""


class Subscription:
    """The values of a topic from a position on; it ends when none has come for `patience_s`, and may be asked again."""

    def __init__(self, fetch: Fetch, place: str, seen: dict[int, int], patience_s: float) -> None:
        """Made by a board's `subscribe`."""
        self._fetch, self._place, self._seen, self._patience_s = fetch, place, seen, patience_s
        self._ready: deque[Item] = deque()
        self._last = next(reversed(seen.items()), (0, 0))
        self.missed = 0
        """Values at least that went by unseen."""

    def __iter__(self) -> Self:
        """It is its own iterator."""
        return self

    def __next__(self) -> Any:
        """The next value."""
        until = time.monotonic() + self._patience_s
        while True:
            while self._ready:
                item = self._ready.popleft()
                self._place = item.place
                if self._is_new(item):
                    return decoded(item.text)
            left = until - time.monotonic()
            self._ready.extend(self._fetch(self._place, max(left, 0.0)))
            if not self._ready and left <= 0:
                raise StopIteration

    def _is_new(self, item: Item) -> bool:
        """Whether it was not seen before; those left out before it are counted."""
        last = self._seen.pop(item.epoch, None)
        if last is not None and item.sequence <= last:
            self._seen[item.epoch] = last
            return False
        self.missed += 0 if last is None else item.sequence - last - 1
        self._seen[item.epoch] = item.sequence
        self._last = (item.epoch, item.sequence)
        if len(self._seen) > LIVES:
            del self._seen[next(iter(self._seen))]
        return True

    @property
    def position(self) -> str:
        """Where to go on: `subscribe(topic, after=position)`."""
        return f"{self._place} {self._last[0]} {self._last[1]}"


def read_position(text: str) -> tuple[str, dict[int, int]]:
    """Return place and last number of a position; BadData where it is none."""
    if not _POSITION.fullmatch(text):
        raise BadData(f"{text[:80]!r} is no position on a board.", "Give one that a subscription told.")
    place, epoch, sequence = text.split(" ")
    return place, {int(epoch): int(sequence)} if int(sequence) else {}
