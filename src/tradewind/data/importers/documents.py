"""JSON from vendors: the few things asked of a document, each with one sentence for the case that it is otherwise.

A document comes from outside and may be anything: cut, an error page, numbers too long for a number. Whatever it
is, it is understood or refused by name; nothing of it is believed before its type is looked at.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from tradewind.errors import BadData

LARGEST = 256 << 20
"""Bytes of the largest document that is read: millions of candles."""

_EXACT = 2.0**53
_AGAIN = "Fetch it again."

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


class Document:
    """A JSON object and how an error names it."""

    def __init__(self, values: Mapping[str, Any], shown: str) -> None:
        self.values = values
        self.shown = shown

    def refuse(self, sentence: str) -> NoReturn:
        """The document is refused."""
        raise BadData(f"{self.shown}: {sentence}.", _AGAIN)

    def listing(self, name: str) -> list[Any]:
        """Return a list."""
        found = self.values.get(name)
        if not isinstance(found, list):
            self.refuse(f"{name} is {_short(found)}, not a list")
        return found

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        found = self.values.get(name)
        if not isinstance(found, str) or not found:
            self.refuse(f"{name} is {_short(found)}, not a text")
        return found

    def number(self, name: str, least: float, most: float) -> float:
        """Return a number between two bounds."""
        found = self.values.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
            self.refuse(f"{name} is {_short(found)}, not a number from {least:g} to {most:g}")
        return float(found)

    def numbers(self, name: str, count: int) -> Numbers:
        """Return a list of so many finite numbers."""
        found = self.listing(name)
        if len(found) != count:
            self.refuse(f"{name} has {len(found)} values where times has {count}")
        if not set(map(type, found)) <= {int, float}:
            place, value = next((i, one) for i, one in enumerate(found) if type(one) not in (int, float))
            self.refuse(f"value {place + 1} of {name} is {_short(value)}, not a number")
        try:
            values = np.array(found, dtype=np.float64)
        except OverflowError:
            self.refuse(f"{name} holds a number beyond all measure")
        if not np.isfinite(values).all():
            self.refuse(f"value {int(np.argmin(np.isfinite(values))) + 1} of {name} is not finite")
        return values

    def running(self, name: str, count: int) -> Whole:
        """Return the running sum of a list of so many whole numbers."""
        steps = self.numbers(name, count)
        # Each is looked at before they are added up: a sum beyond all measure is a warning of numpy's.
        if (steps != np.rint(steps)).any() or (np.abs(steps) >= _EXACT).any() or np.abs(steps).sum() >= _EXACT:
            self.refuse(f"{name} holds steps that are no whole numbers")
        return np.cumsum(steps).astype(np.int64)


def document(content: bytes, shown: str) -> Document:
    """Return the JSON object that the bytes spell, or refuse them."""
    if len(content) > LARGEST:
        raise BadData(f"{shown} is larger than {LARGEST >> 20} MB.", "Split it.")
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0][:100]
        raise BadData(f"{shown} is not JSON: {reason}; it begins {content[:40]!r}.", _AGAIN) from error
    if not isinstance(values, dict):
        raise BadData(f"{shown} is no JSON object; it begins {content[:40]!r}.", _AGAIN)
    return Document(values, shown)


def _short(value: object) -> str:
    """Return a value as an error shows it."""
    if value is None:
        return "absent"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a very long number"
    return repr(value)[:40] if isinstance(value, str | int | float) else f"a {type(value).__name__}"
