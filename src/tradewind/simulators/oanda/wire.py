"""How OANDA writes things: times in two formats, numbers as text, and identifiers as text.

Inside the simulator a document is what goes out on the wire, except that a moment is an integer, ns UTC: it is written
when the answer is, in the format the client asked for (`Accept-Datetime-Format`: RFC3339 or UNIX, both with
nanoseconds). Numbers are decimal text from the start, with the places their kind has: prices as the instrument is
shown, units as it is traded, cash with four places. Nothing is ever a float.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

Document = dict[str, Any]

SECOND = 1_000_000_000
CASH = Decimal("0.0001")
NUMBER_LENGTH = 30
"""No number of a client is longer."""

MOMENTS = frozenset(
    {
        "time",
        "createTime",
        "filledTime",
        "cancelledTime",
        "gtdTime",
        "openTime",
        "closeTime",
        "createdTime",
        "resettablePLTime",
        "lastOrderFillTimestamp",
        "timestamp",
        "from",
        "to",
    }
)
"""Names of fields that hold moments."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII
)
_UNIX = re.compile(r"(\d{1,11})(?:\.(\d{1,9}))?", re.ASCII)


def rfc3339(moment: int) -> str:
    """Return a moment as `2019-04-24T19:36:53.121553723Z`."""
    seconds, rest = divmod(moment, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def unix(moment: int) -> str:
    """Return a moment as `1556134613.121553723`."""
    seconds, rest = divmod(moment, SECOND)
    return f"{seconds}.{rest:09d}"


def read_moment(value: object) -> int | None:
    """Return a moment given in either format, or None where it is neither."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if found := _UNIX.fullmatch(text):
        return int(found[1]) * SECOND + int((found[2] or "").ljust(9, "0"))
    if found := _RFC3339.fullmatch(text):
        try:
            zone = (found[4] or "Z").upper().replace("Z", "+00:00")
            seconds = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").timestamp()
        except (ValueError, OverflowError):
            return None
        return int(seconds) * SECOND + int((found[3] or "").ljust(9, "0"))
    return None


def read_number(value: object) -> Decimal | None:
    """Return a number given as text or as a JSON number, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = str(value)
    return Decimal(text) if len(text) <= NUMBER_LENGTH and _NUMBER.fullmatch(text) and text.isascii() else None


def places(value: Decimal) -> int:
    """Return how many decimal places a number needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def with_places(value: Decimal, digits: int) -> str:
    """Return a number with so many decimal places, rounded half to even."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return f"{rounded or abs(rounded):f}"


def cash(value: Decimal) -> str:
    """Return an amount of money with four places."""
    return with_places(value, 4)


def written(document: Any, write: Any, skew: int = 0) -> Any:
    """Return a document with every moment written by `write` (`rfc3339` or `unix`), `skew` ns later than it is."""
    if isinstance(document, Mapping):
        return {
            name: write(value + skew)
            if name in MOMENTS and isinstance(value, int)
            else written(value, write, skew)
            if isinstance(value, dict | list)
            else value
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [written(one, write, skew) for one in document]
    return document
