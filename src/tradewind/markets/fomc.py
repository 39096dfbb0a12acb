"""Rate decisions of the Federal Reserve: the dates on which a statement is published at 14:00 New York.

Source: the calendars published by the Board of Governors (federalreserve.gov, fomccalendars.htm and the
tentative schedules of 2024-08-09 and 2025-09-05). The two emergency decisions of March 2020 replaced the
meeting of 18 March, which is therefore not in the list. Statements have come at 14:00 since March 2013 [K].
"""

from datetime import date
from functools import cache
from typing import NamedTuple

from tradewind.errors import BadData
from tradewind.markets.clock import NEW_YORK, day_number, instant


class Decision(NamedTuple):
    """A rate decision: its date, the New York minute of the statement, and whether it was on the calendar."""

    when: date
    minute: int
    scheduled: bool

    @property
    def ts(self) -> int:
        """The instant of the statement."""
        return instant(day_number(self.when), self.minute, NEW_YORK)


_SCHEDULED = {
    2013: "01-30 03-20 05-01 06-19 07-31 09-18 10-30 12-18",
    2014: "01-29 03-19 04-30 06-18 07-30 09-17 10-29 12-17",
    2015: "01-28 03-18 04-29 06-17 07-29 09-17 10-28 12-16",
    2016: "01-27 03-16 04-27 06-15 07-27 09-21 11-02 12-14",
    2017: "02-01 03-15 05-03 06-14 07-26 09-20 11-01 12-13",
    2018: "01-31 03-21 05-02 06-13 08-01 09-26 11-08 12-19",
    2019: "01-30 03-20 05-01 06-19 07-31 09-18 10-30 12-11",
    2020: "01-29 04-29 06-10 07-29 09-16 11-05 12-16",
    2021: "01-27 03-17 04-28 06-16 07-28 09-22 11-03 12-15",
    2022: "01-26 03-16 05-04 06-15 07-27 09-21 11-02 12-14",
    2023: "02-01 03-22 05-03 06-14 07-26 09-20 11-01 12-13",
    2024: "01-31 03-20 05-01 06-12 07-31 09-18 11-07 12-18",
    2025: "01-29 03-19 05-07 06-18 07-30 09-17 10-29 12-10",
    2026: "01-28 03-18 04-29 06-17 07-29 09-16 10-28 12-09",
    2027: "01-27 03-17 04-28 06-09 07-28 09-15 10-27 12-08",
}

_EMERGENCY = (
    Decision(date(2020, 3, 3), 10 * 60, scheduled=False),
    Decision(date(2020, 3, 15), 17 * 60, scheduled=False),
)

_EARLIER_HOUR = {date(2013, 1, 30): 14 * 60 + 15}

FIRST, LAST = date(2013, 1, 1), date(2027, 12, 31)


@cache
def decisions() -> tuple[Decision, ...]:
    """Return every rate decision from 2013 to 2027, in order; those of 2027 are tentative."""
    dates = [date.fromisoformat(f"{year}-{day}") for year, days in _SCHEDULED.items() for day in days.split()]
    listed = [Decision(when, _EARLIER_HOUR.get(when, 14 * 60), scheduled=True) for when in dates]
    return tuple(sorted([*listed, *_EMERGENCY]))


@cache
def _scheduled_dates() -> frozenset[date]:
    return frozenset(decision.when for decision in decisions() if decision.scheduled)


def is_fomc_day(when: date) -> bool:
    """Return whether a scheduled rate decision falls on a date; a year we have no calendar for is refused."""
    if not FIRST <= when <= LAST:
        raise BadData(f"There is no FOMC calendar for {when}.", f"It covers {FIRST.year} to {LAST.year}.")
    return when in _scheduled_dates()
