"""The calendar part of an event tape: days and sessions, in the order in which they become known.

A DAY begins at every 17:00 New York from Sunday to Friday: Sunday's begins Monday's date, Friday's the closed
"Saturday" that lasts until Sunday. With it, at the same instant, come the date's SESSION entries, so that
whoever reads the tape knows the whole calendar of a date before its first price. On a date an instrument does
not trade, its only entry is MARKET, empty, of day type CLOSED. Times are nanoseconds UTC.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from tradewind.markets.clock import (
    DAY,
    NEW_YORK,
    ROLL,
    DayClock,
    day_date,
    instant,
    last_reset,
    next_reset,
    trading_day,
    wall,
)
from tradewind.markets.hours import CLOSED, market_hours
from tradewind.markets.instruments import Instrument
from tradewind.markets.sessions import SESSION_IDS, session_windows

SATURDAY, SUNDAY = 5, 6


class DayEntry(NamedTuple):
    """A trading date begins."""

    ts: int
    kind: Literal["day"]
    date: int  # days since 1970-01-01
    opens: int
    closes: int  # the next entry's ts
    week: int  # Mondays since 1969-12-29; changes with Sunday 17:00
    month: int  # year x 12 + month of the date, January 1


class SessionEntry(NamedTuple):
    """A session of the trading date that begins now."""

    ts: int
    kind: Literal["session"]
    instrument: int
    session: int
    opens: int
    closes: int
    day_type: int


class EdgeEntry(NamedTuple):
    """A session opens or closes at this very instant."""

    ts: int
    kind: Literal["session open", "session close"]
    instrument: int
    session: int
    opens: int
    closes: int
    day_type: int


class ClockEntry(NamedTuple):
    """The day of another clock than the trading date begins: a firm's midnight, or the broker server's."""

    ts: int
    kind: Literal["clock"]
    clock: int
    date: int  # of the day that begins: a clock that resets at noon or later begins the next date
    week: int  # Mondays since 1969-12-29; changes with Monday's date


Entry = DayEntry | SessionEntry | EdgeEntry
NOON = 12 * 60


def clock_resets(number: int, which: DayClock, first_ns: int, last_ns: int) -> Iterator[ClockEntry]:
    """Yield every reset of day clock `number` from the last one before `first_ns` through `last_ns`, in time order."""
    ts = last_reset(first_ns, which)
    while ts <= last_ns:
        shown = wall(ts, which.clock.zone) + which.clock.shift
        date = shown // DAY + (1 if which.minute >= NOON else 0)
        yield ClockEntry(ts, "clock", number, date, (date + 3) // 7)
        ts = next_reset(ts, which)


def schedule(instruments: Sequence[Instrument], first_ns: int, last_ns: int, *, edges: bool = False) -> Iterator[Entry]:
    """Yield the calendar entries from the DAY that contains `first_ns` through `last_ns`, in time order.

    With `edges`, every opening and closing of a session is an entry of its own. Within one instant: DAY,
    SESSION, openings, closings, each by instrument and session.
    """
    day = trading_day(first_ns)
    if _weekday(day) == SUNDAY:  # the weekend is one DAY, which began as "Saturday"
        day -= 1
    pending: list[EdgeEntry] = []
    while True:
        opens = instant(day - 1, ROLL, NEW_YORK)
        if opens > last_ns:
            break
        following = day + (2 if _weekday(day) == SATURDAY else 1)
        closes = instant(following - 1, ROLL, NEW_YORK)
        sessions = [
            entry
            for number, instrument in enumerate(instruments)
            for entry in _sessions(number, instrument, day, opens)
        ]
        yield from _released(pending, opens, last_ns)
        yield _day(day, opens, closes)
        yield from sessions
        if edges:
            pending += _edges(sessions)
            pending.sort(key=_edge_order)
            yield from _released(pending, closes, last_ns)
        day = following
    yield from _released(pending, last_ns + 1, last_ns)


def _weekday(day: int) -> int:
    return (day + 3) % 7


def _day(day: int, opens: int, closes: int) -> DayEntry:
    when = day_date(day)
    return DayEntry(opens, "day", day, opens, closes, (day + 3) // 7, when.year * 12 + when.month)


def _sessions(number: int, instrument: Instrument, day: int, ts: int) -> Iterator[SessionEntry]:
    kind = market_hours(instrument).day_type(day)
    if kind == CLOSED:
        yield SessionEntry(ts, "session", number, SESSION_IDS["MARKET"], ts, ts, CLOSED)
    for session, (opens, closes) in session_windows(day, instrument):
        yield SessionEntry(ts, "session", number, session, opens, closes, kind)


def _edges(sessions: list[SessionEntry]) -> Iterator[EdgeEntry]:
    for entry in sessions:
        if entry.day_type != CLOSED:
            yield EdgeEntry(entry.opens, "session open", *entry[2:])
            yield EdgeEntry(entry.closes, "session close", *entry[2:])


def _edge_order(entry: EdgeEntry) -> tuple[int, bool, int, int]:
    return entry.ts, entry.kind == "session close", entry.instrument, entry.session


def _released(pending: list[EdgeEntry], before: int, last_ns: int) -> Iterator[EdgeEntry]:
    """Yield, and forget, the edges earlier than `before`; those after `last_ns` stay unsaid."""
    count = sum(1 for entry in pending if entry.ts < before)
    ready = pending[:count]
    del pending[:count]
    yield from (entry for entry in ready if entry.ts <= last_ns)
