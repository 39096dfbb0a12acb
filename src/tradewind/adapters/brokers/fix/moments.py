"""Moments as FIX writes them, `YYYYMMDD-HH:MM:SS` with 0, 3, 6 or 9 digits behind the point, always UTC."""

from datetime import UTC, datetime
from functools import lru_cache

from tradewind.adapters.brokers.fix.wire import Garbled

SECOND = 1_000_000_000
FORM = "%Y%m%d-%H:%M:%S"


@lru_cache(maxsize=64)
def _whole(text: str) -> int:
    """Return the seconds since 1970 of a moment without a fraction; a leap second counts as the one before it."""
    steady = text[:-2] + "59" if text.endswith(":60") else text
    return int(datetime.strptime(steady, FORM).replace(tzinfo=UTC).timestamp())


def moment(text: str) -> int:
    """Return a moment in ns UTC; `Garbled` where it is none."""
    whole, _, fraction = text.partition(".")
    if len(whole) != 17 or not whole.isascii() or len(fraction) > 9 or (fraction and not fraction.isdigit()):
        raise Garbled(f"{text[:40]!r} is not a moment.")
    try:
        return _whole(whole) * SECOND + int(fraction.ljust(9, "0"))
    except (ValueError, OverflowError) as error:
        raise Garbled(f"{text[:40]!r} is not a moment.") from error


def stamp(ns: int) -> str:
    """Return a moment to the millisecond, as it is sent."""
    seconds, rest = divmod(ns, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC).strftime(FORM)}.{rest // 1_000_000:03d}"


def day(ns: int) -> str:
    """Return the UTC date, as it is sent."""
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y%m%d")
