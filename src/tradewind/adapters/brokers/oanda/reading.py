"""What OANDA says, read with suspicion: every field has the type we need or the answer is not one.

Numbers come as strings or as numbers and become Decimal; times come as RFC 3339 or as seconds and become ns UTC.
Fields and names that we do not know are passed over.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn

from tradewind.broker import BrokerUnreachable

Json = Mapping[str, Any]

_RFC = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?Z")
_UNIX = re.compile(r"(\d{1,10})(?:\.(\d{1,9})\d*)?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_EMPTY: Json = {}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def document(content: bytes) -> Json:
    """Return the JSON object that the bytes spell; BrokerUnreachable if they do not."""
    try:
        values = json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BrokerUnreachable(f"OANDA's answer is no JSON object; it begins {printable(content[:40])!r}.")
    return values


def printable(said: bytes | str) -> str:
    """Return the first 200 letters that can be printed."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return "".join(letter for letter in words[:200] if letter.isprintable())


def text(found: Json, name: str, default: str | None = None) -> str:
    """Return a text; without a default it must be there."""
    value = found.get(name, default)
    if not isinstance(value, str) or len(value) > 1000:
        raise _unfit(name, value, "a text")
    return value


def number(found: Json, name: str, default: Decimal | None = None) -> Decimal:
    """Return a finite number, however it was written; without a default it must be there."""
    value = found.get(name, default)
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool) and len(str(value)) <= 40:
        try:
            result = Decimal(value)
        except InvalidOperation:
            raise _unfit(name, value, "a number") from None
        if result.is_finite() and abs(result.adjusted()) <= 20:
            return result
    raise _unfit(name, value, "a number")


def whole(found: Json, name: str) -> int:
    """Return a whole number that is not negative: an id or a count."""
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or not _WHOLE.fullmatch(str(value)):
        raise _unfit(name, value, "a whole number")
    return int(value)


def moment(found: Json, name: str, default: int | None = None) -> int:
    """Return a time, ns UTC."""
    value = found.get(name)
    if value is None and default is not None:
        return default
    words = str(value) if isinstance(value, str | int | Decimal) else ""
    if match := _RFC.fullmatch(words):
        try:
            second = _second(match[1])
        except ValueError:
            raise _unfit(name, value, "a time") from None
        return second * 10**9 + int((match[2] or "0").ljust(9, "0"))
    if match := _UNIX.fullmatch(words):
        return int(match[1]) * 10**9 + int((match[2] or "0").ljust(9, "0"))
    raise _unfit(name, value, "a time")


@lru_cache(maxsize=64)
def _second(words: str) -> int:
    """Return the second that is written, since 1970; most lines of a stream share theirs with others."""
    return int(datetime.fromisoformat(words).replace(tzinfo=UTC).timestamp())


def written(ts: int) -> str:
    """Return a time as OANDA reads it: RFC 3339 with nanoseconds."""
    at = datetime.fromtimestamp(ts // 10**9, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ts % 10**9:09d}Z"


def inner(found: Json, name: str) -> Json:
    """Return an object inside another, an empty one where there is none."""
    value = found.get(name)
    if value is None:
        return _EMPTY
    if not isinstance(value, dict):
        raise _unfit(name, value, "an object")
    return value


def listed(found: Json, name: str, *, needed: bool = False) -> list[Json]:
    """Return a list of objects, an empty one where there is none, unless it is needed."""
    value = found.get(name)
    if value is None and not needed:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _unfit(name, value, "a list of objects")
    return value


def _unfit(name: str, value: object, wanted: str) -> BrokerUnreachable:
    shown = "absent" if value is None else printable(repr(value))[:60]
    return BrokerUnreachable(f"OANDA's answer is not understood: {name} is {shown}, not {wanted}.")
