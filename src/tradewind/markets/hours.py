"""When an instrument trades: weekly template, cut by product holidays, cut by broker deviations.

Times are nanoseconds UTC and every interval is [opens, closes). All intervals of a trading date lie within
it, so a date is the unit: its intervals, and what kind of day it is. The scheduled hours are what should
happen; in recorded data the bars are the last word, and the data doctor reports where the two differ.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from tradewind.errors import BadData
from tradewind.markets.cash import cash_half_day, cash_session, check_covered
from tradewind.markets.clock import HOUR, day_date, day_number, trading_day
from tradewind.markets.instruments import Instrument

CLOSED, THIN, HALF, FULL = 0, 1, 2, 3
"""Day types: nothing trades; the CFD trades without its cash venue; the day is cut short; an ordinary day."""

DAY_TYPES = {CLOSED: "closed", THIN: "thin", HALF: "half", FULL: "full"}

Interval = tuple[int, int]


class MarketHours:
    """The trading hours of one instrument, remembered by date."""

    def __init__(self, instrument: Instrument) -> None:
        self.symbol = instrument.symbol
        self._cash_venue = instrument.cash_venue
        self._weekly = instrument.hours
        self._valid_from = [day_number(row.valid_from) for row in instrument.hours]
        self._holidays = instrument.holidays()
        # A reopening cuts the date it falls on, which may be days after the closing.
        self._reopenings = {trading_day(row.reopen): row.reopen for row in self._holidays.values()}
        self._known: dict[int, list[Interval]] = {}

    def weekly(self, day: int) -> list[Interval]:
        """Return what the weekly template alone says of a trading date."""
        weekday = (day + 3) % 7
        row = bisect_right(self._valid_from, day) - 1
        if weekday > 4:
            return []
        if row < 0:
            raise BadData(
                f"{self.symbol} has no weekly hours for {day_date(day)}.",
                "Choose a later date, or declare the hours.",
            )
        return self._weekly[row].intervals(day, weekday)

    def intervals(self, day: int) -> list[Interval]:
        """Return the intervals in which the instrument trades on a trading date, in order."""
        known = self._known.get(day)
        if known is None:
            check_covered(day)
            known = self._known[day] = self._cut(day)
        return known

    def _cut(self, day: int) -> list[Interval]:
        spans = self.weekly(day)
        holiday, reopen = self._holidays.get(day), self._reopenings.get(day)
        if reopen is not None:
            spans = [(max(opens, reopen), closes) for opens, closes in spans if closes > reopen]
        if holiday is None:
            return spans
        end = holiday.closes
        if end is None:  # closed all day, unless it reopens within the same date
            return spans if reopen is not None and reopen == holiday.reopen else []
        return [(opens, min(closes, end)) for opens, closes in spans if opens < end]

    def day_type(self, day: int) -> int:
        """Return CLOSED, THIN, HALF or FULL for a trading date."""
        spans = self.intervals(day)
        if not spans:
            return CLOSED
        venue = self._cash_venue
        if venue is not None and cash_session(venue, day) is None:
            return THIN
        lost = sum(closes - opens for opens, closes in self.weekly(day)) - sum(
            closes - opens for opens, closes in spans
        )
        short_cash_day = venue is not None and cash_half_day(venue, day)
        return HALF if lost > HOUR or short_cash_day else FULL


@lru_cache(maxsize=256)
def market_hours(instrument: Instrument) -> MarketHours:
    """Return the hours of an instrument; ask once and keep it where many dates are needed."""
    return MarketHours(instrument)


def market_intervals(instrument: Instrument, when: date) -> list[Interval]:
    """Return the intervals in which an instrument trades on a trading date, in order."""
    return list(market_hours(instrument).intervals(day_number(when)))


def day_type(when: date, instrument: Instrument) -> int:
    """Return CLOSED, THIN, HALF or FULL for an instrument on a trading date."""
    return market_hours(instrument).day_type(day_number(when))


def is_open(instrument: Instrument, ts: int) -> bool:
    """Return whether an instrument is scheduled to trade at an instant."""
    spans = market_hours(instrument).intervals(trading_day(ts))
    return any(opens <= ts < closes for opens, closes in spans)


def open_intervals(instrument: Instrument, first: int, last: int) -> Iterator[Interval]:
    """Yield, in order, every interval in which an instrument trades, cut to [first, last)."""
    hours = market_hours(instrument)
    for day in range(trading_day(first), trading_day(last) + 1):
        for opens, closes in hours.intervals(day):
            if opens < last and closes > first:
                yield max(opens, first), min(closes, last)


def _horizon(ts: int) -> range:
    day = trading_day(ts)
    return range(day, day + 15)  # no market we know is shut for two weeks


def next_open(instrument: Instrument, ts: int) -> int:
    """Return the first instant at or after `ts` at which an instrument trades."""
    hours = market_hours(instrument)
    for day in _horizon(ts):
        for opens, closes in hours.intervals(day):
            if ts < closes:
                return max(ts, opens)
    raise BadData(f"{instrument.symbol} does not open within two weeks of {day_date(trading_day(ts))}.")


def next_close(instrument: Instrument, ts: int) -> int:
    """Return the end of the interval open at `ts`, or of the next one; intervals that touch are one."""
    hours = market_hours(instrument)
    end: int | None = None
    for day in _horizon(ts):
        for opens, closes in hours.intervals(day):
            if end is not None and opens > end:
                return end
            if ts < closes:
                end = closes
    raise BadData(f"{instrument.symbol} does not close within two weeks of {day_date(trading_day(ts))}.")
