"""When something is published that moves every market: the minutes at which synthetic prices jump.

Rate decisions are on their real dates (from 2018, where our calendar begins). American payrolls and inflation
follow rules: the first Friday and the second Wednesday of a month, 08:30 New York, unless the exchange is closed.
Real ones mostly, but not always, fall on these days; strategies are told of news by a calendar, not by this.
"""

from functools import cache
from typing import NamedTuple

from tradewind.markets.cash import cash_session
from tradewind.markets.clock import ROLL, day_date, day_number
from tradewind.markets.fomc import decisions

HALF_PAST_EIGHT = 8 * 60 + 30


class Release(NamedTuple):
    """Something published `minute` minutes after 17:00 New York of the day before."""

    kind: str
    minute: int


@cache
def _decided() -> frozenset[int]:
    return frozenset(day_number(one.when) for one in decisions() if one.scheduled)


def minute_of_date(clock_minute: int) -> int:
    """Return how many minutes after 17:00 New York a clock there shows that minute of its day."""
    return (clock_minute - ROLL) % 1440


def releases(day: int) -> list[Release]:
    """Return what is published on a trading date."""
    found = []
    when = day_date(day)
    if cash_session("XNYS", day) is not None:
        if when.weekday() == 4 and when.day <= 7:
            found.append(Release("payrolls", minute_of_date(HALF_PAST_EIGHT)))
        if when.weekday() == 2 and 8 <= when.day <= 14:
            found.append(Release("inflation", minute_of_date(HALF_PAST_EIGHT)))
    if day in _decided():
        found.append(Release("decision", minute_of_date(14 * 60)))
        found.append(Release("conference", minute_of_date(14 * 60 + 30)))
    return found
