"""Sessions of the cash exchanges: New York, London, Tokyo, Xetra.

The hours come from exchange_calendars, which is right for cash venues (domain 1.1) but takes seconds to load.
So its answers from 2006 to 2027 are kept here as data: the regular hours below, and in
`declared/cash_exceptions.csv` every weekday without a session or with an early close. `python -m
tradewind.markets.regenerate` writes that file anew; a test compares every session with exchange_calendars.
"""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from tradewind.errors import BadData, UnknownName
from tradewind.markets.clock import BERLIN, LONDON, NEW_YORK, TOKYO, day_date, day_number, instant
from tradewind.markets.weekly import local_time

FIRST_YEAR, LAST_YEAR = 2006, 2027
"""The years our calendars cover; outside them we do not know what was closed, and say so."""


class Venue(NamedTuple):
    """A cash exchange and its regular hours in minutes of its own day."""

    zone: str
    opens: int
    closes: int


VENUES = {
    "XNYS": Venue(NEW_YORK, 9 * 60 + 30, 16 * 60),
    "XLON": Venue(LONDON, 8 * 60, 16 * 60 + 30),
    "XTKS": Venue(TOKYO, 9 * 60, 15 * 60),
    "XETR": Venue(BERLIN, 9 * 60, 17 * 60 + 30),
}

_TOKYO_CLOSES_LATER = day_number(date(2024, 11, 5))  # by half an hour
_FIRST_DAY, _LAST_DAY = day_number(date(FIRST_YEAR, 1, 1)), day_number(date(LAST_YEAR, 12, 31))


def check_covered(day: int) -> None:
    """Refuse a day number outside the years for which we have calendars."""
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise BadData(
            f"There is no market calendar for {day_date(day)}; it covers {FIRST_YEAR} to {LAST_YEAR}.",
            "Choose dates within, or extend it with `python -m tradewind.markets.regenerate`.",
        )


@cache
def irregular_closes() -> dict[tuple[str, int], int | None]:
    """Return the closing minute of every irregular weekday, or None where there is no session."""
    text = files("tradewind.markets").joinpath("declared", "cash_exceptions.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, int], int | None] = {}
    for line in text.splitlines()[1:]:
        venue, when, close = line.split(",")
        found[venue, day_number(date.fromisoformat(when))] = None if close == "closed" else local_time(close).minute
    return found


def cash_venue(name: str) -> Venue:
    """Return a cash exchange by its code, such as XNYS."""
    try:
        return VENUES[name]
    except KeyError:
        raise UnknownName("cash venue", name, VENUES) from None


def regular_close(name: str, day: int) -> int:
    """Return the minute at which a full day of the venue ends on a day number."""
    venue = cash_venue(name)
    return venue.closes + 30 if name == "XTKS" and day >= _TOKYO_CLOSES_LATER else venue.closes


def cash_session(name: str, day: int) -> tuple[int, int] | None:
    """Return open and close of a cash exchange on a day number, or None where it holds no session."""
    venue = cash_venue(name)
    check_covered(day)
    if (day + 3) % 7 > 4:
        return None
    close = irregular_closes().get((name, day), regular_close(name, day))
    return None if close is None else (instant(day, venue.opens, venue.zone), instant(day, close, venue.zone))


def cash_half_day(name: str, day: int) -> bool:
    """Return whether a cash exchange holds a shortened session on a day number."""
    cash_venue(name)
    check_covered(day)
    return irregular_closes().get((name, day)) is not None
