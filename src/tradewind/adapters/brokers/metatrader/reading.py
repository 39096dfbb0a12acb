"""What comes from the bridge, read with suspicion: a field that is not what it should be is no answer at all."""

import math
import re
from collections.abc import Mapping
from typing import Any

from tradewind.broker import BrokerUnreachable

Json = Mapping[str, Any]

_OURS = re.compile(r"[A-Z0-9-]{1,31}")
_CONTROL = re.compile(r"[^ -~]")


def whole(row: Json, name: str) -> int:
    """Return a whole number of a row."""
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BrokerUnreachable(f"The bridge's answer is not understood: {name} is no whole number.")
    return value


def real(row: Json, name: str) -> float:
    """Return a finite number of a row."""
    value = row.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise BrokerUnreachable(f"The bridge's answer is not understood: {name} is no number.")
    return float(value)


def word(row: Json, name: str) -> str:
    """Return a text of a row; empty where there is none."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def rows(answer: Json, name: str) -> list[Json]:
    """Return a list of rows; BrokerUnreachable where it is missing, for that is not the same as empty."""
    value = answer.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BrokerUnreachable(f"The bridge's answer is not understood: it has no list of {name}.")
    return value


def inner(answer: Json, name: str) -> Json:
    """Return an object inside an answer; empty where there is none."""
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


def printable(text: str) -> str:
    """Return somebody else's words, short and without control characters."""
    return _CONTROL.sub("?", text)[:200]


def ours(text: str) -> str:
    """Return a text that can be an order id of ours, else nothing."""
    return text if _OURS.fullmatch(text) else ""


def owner(row: Json, magic: int) -> str:
    """Return our id of an order or deal: by the bridge's journal or its comment, where the number is ours."""
    known = ours(word(row, "id"))
    return known if row.get("magic") == magic else ""
