"""Clocks: the trading date, the wall clocks of brokers and vendors, and the hours at which a day is reset.

Every instant here is nanoseconds UTC. A *trading date* D runs from 17:00 New York of the calendar day before
to 17:00 New York of D, so Sunday evening is Monday's date and Friday evening is "Saturday", on which nothing
trades. A *day number* is days since 1970-01-01. Local rules are computed with IANA zones, never with fixed
offsets.

Local times that do not exist or exist twice (the hour of a clock change) have one rule, the same for one time
and for a million: a wall clock counts with its *old* offset until it shows a time that only the new one can
show. So a repeated time means its first occurrence, and a skipped time means the instant as much later. In
all zones we use these hours fall on Sundays, when nothing but crypto trades.
"""

import re
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tradewind.errors import BadData, UnknownName

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NEW_YORK = "America/New_York"
LONDON = "Europe/London"
BERLIN = "Europe/Berlin"
TOKYO = "Asia/Tokyo"

ROLL = 17 * 60
"""The minute of the New York day at which a trading date ends and the next begins."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
_EPOCH_ORDINAL = _EPOCH.toordinal()
_FIRST_YEAR, _LAST_YEAR = 1970, 2069


class Changes(NamedTuple):
    """A zone's clock changes: from `instants[i]`, or wall time `walls[i]`, it leads UTC by `offsets[i]`."""

    instants: list[int]
    offsets: list[int]
    walls: list[int]


class Clock(NamedTuple):
    """The wall clock of a server or a vendor: the time in `zone`, put forward by `shift` nanoseconds."""

    name: str
    zone: str
    shift: int


class DayClock(NamedTuple):
    """A day that begins whenever `clock` shows `minute` minutes after midnight."""

    clock: Clock
    minute: int


def day_number(when: date) -> int:
    """Return the days from 1970-01-01 to a calendar date."""
    return when.toordinal() - _EPOCH_ORDINAL


def day_date(number: int) -> date:
    """Return the calendar date of a day number."""
    return date.fromordinal(number + _EPOCH_ORDINAL)


def wall_ns(naive: datetime) -> int:
    """Return what a wall clock shows, as nanoseconds since it showed 1970-01-01 00:00."""
    if naive.tzinfo is not None:
        raise BadData(f"The wall-clock time {naive} already has a zone.", "Give it without one, and name the clock.")
    return (naive - _EPOCH) // timedelta(microseconds=1) * 1000


def utc_datetime(ts: int) -> datetime:
    """Return an instant as an aware datetime, cut to the microsecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=ts // 1000)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownName("time zone", name, available_timezones()) from None


def _offset_seconds(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if offset is None else offset // timedelta(seconds=1)


@cache
def changes(zone: str) -> Changes:
    """Return every clock change of an IANA zone from 1970 to 2069."""
    info = _zone(zone)
    second = int(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())
    offset = _offset_seconds(info, second)
    instants, offsets, walls = [-(2**62)], [offset * SECOND], [-(2**62)]
    four_weeks = 28 * 86_400  # no zone of a market changes its clock twice within four weeks
    while second < end:
        later = second + four_weeks
        new = _offset_seconds(info, later)
        if new != offset:
            low, high = second, later
            while high - low > 1:
                middle = (low + high) // 2
                if _offset_seconds(info, middle) == offset:
                    low = middle
                else:
                    high = middle
            instants.append(high * SECOND)
            offsets.append(new * SECOND)
            walls.append((high + max(offset, new)) * SECOND)
            offset = new
        second = later
    return Changes(instants, offsets, walls)


def instant(day: int, minute: int, zone: str) -> int:
    """Return the instant at which a clock in `zone` shows `minute` minutes after midnight of `day`."""
    wall = day * DAY + minute * MINUTE
    known = changes(zone)
    return wall - known.offsets[bisect_right(known.walls, wall) - 1]


def wall(ts: int, zone: str) -> int:
    """Return what a clock in `zone` shows at an instant, as wall nanoseconds."""
    known = changes(zone)
    return ts + known.offsets[bisect_right(known.instants, ts) - 1]


def trading_day(ts: int) -> int:
    """Return the day number of the trading date an instant belongs to."""
    return (wall(ts, NEW_YORK) + DAY - ROLL * MINUTE) // DAY


def trading_date(ts: int) -> date:
    """Return the trading date an instant belongs to; a Saturday is a date on which nothing trades."""
    return day_date(trading_day(ts))


def weekday(ts: int) -> int:
    """Return the weekday of the instant's trading date: Monday 0 to Friday 4, then the closed weekend."""
    return trading_date(ts).weekday()


def day_open(when: date) -> int:
    """Return the instant a trading date begins: 17:00 New York of the calendar day before."""
    return instant(day_number(when) - 1, ROLL, NEW_YORK)


def day_close(when: date) -> int:
    """Return the instant a trading date ends: 17:00 New York of the date itself."""
    return instant(day_number(when), ROLL, NEW_YORK)


_NAMED_CLOCKS = {"NY": NEW_YORK, "EET": "Europe/Athens", "UTC": "UTC"}
_CLOCK_PATTERN = re.compile(r"(NY|EET|UTC)(?:([+-])(\d{1,2})(?::([0-5]\d))?)?")


def clock(name: str) -> Clock:
    """Return the clock of that name: `NY+7` (most MetaTrader servers), `EET`, `UTC+3`, an IANA zone."""
    match = _CLOCK_PATTERN.fullmatch(name)
    if match is None:
        if "/" not in name:
            raise UnknownName("clock", name, ["NY+7", "EET", "EET-7", "UTC", "UTC+2", "UTC+3", "Europe/Athens"])
        _zone(name)
        return Clock(name, name, 0)
    word, sign, hours, minutes = match.groups()
    shift = int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
    if shift > 14 * HOUR:
        raise BadData(f"The clock {name!r} is shifted by more than 14 hours.", "Use a shift such as NY+7 or UTC+3.")
    return Clock(name, _NAMED_CLOCKS[word], -shift if sign == "-" else shift)


def _as_clock(which: Clock | str) -> Clock:
    return clock(which) if isinstance(which, str) else which


def to_utc(naive: datetime, which: Clock | str) -> int:
    """Return the instant at which a clock shows a time; the head of this file tells of repeated hours."""
    reading = _as_clock(which)
    zone_wall = wall_ns(naive) - reading.shift
    known = changes(reading.zone)
    return zone_wall - known.offsets[bisect_right(known.walls, zone_wall) - 1]


def from_utc(ts: int, which: Clock | str) -> datetime:
    """Return what a clock shows at an instant, cut to the microsecond."""
    reading = _as_clock(which)
    return _EPOCH + timedelta(microseconds=(wall(ts, reading.zone) + reading.shift) // 1000)


def transitions(which: Clock | str, first: datetime, last: datetime) -> list[tuple[int, int]]:
    """Return (wall nanoseconds from which, nanoseconds to subtract) for wall times from `first` to `last`.

    The rows are sorted and the first lies at or before `first`, so that an importer converts a million times
    at once: `utc = walls - subtract[numpy.searchsorted(starts, walls, side="right") - 1]`.
    """
    reading = _as_clock(which)
    known = changes(reading.zone)
    low = bisect_right(known.walls, wall_ns(first) - reading.shift) - 1
    high = bisect_right(known.walls, wall_ns(last) - reading.shift)
    rows = zip(known.walls[low:high], known.offsets[low:high], strict=True)
    return [(start + reading.shift, offset + reading.shift) for start, offset in rows]


DAY_CLOCKS = {
    "internal": DayClock(Clock("NY", NEW_YORK, 0), ROLL),
    "prop": DayClock(Clock("Europe/Prague", "Europe/Prague", 0), 0),
    "server": DayClock(Clock("NY+7", NEW_YORK, 7 * HOUR), 0),
}
"""The day clocks that run in parallel: ours, the prop firm's, and the usual broker server's midnight."""


def day_clock(name: str, server_clock: str = "NY+7") -> DayClock:
    """Return a day clock by name; `server` is midnight of the broker's own server clock."""
    if name not in DAY_CLOCKS:
        raise UnknownName("day clock", name, DAY_CLOCKS)
    return DayClock(clock(server_clock), 0) if name == "server" else DAY_CLOCKS[name]


def _reset(day: int, which: DayClock) -> int:
    zone_wall = day * DAY + which.minute * MINUTE - which.clock.shift
    known = changes(which.clock.zone)
    return zone_wall - known.offsets[bisect_right(known.walls, zone_wall) - 1]


def last_reset(ts: int, which: DayClock) -> int:
    """Return the latest reset of a day clock at or before an instant."""
    day = (wall(ts, which.clock.zone) + which.clock.shift) // DAY + 1
    while (reset := _reset(day, which)) > ts:
        day -= 1
    return reset


def next_reset(ts: int, which: DayClock) -> int:
    """Return the first reset of a day clock after an instant."""
    day = (wall(ts, which.clock.zone) + which.clock.shift) // DAY - 1
    while (reset := _reset(day, which)) <= ts:
        day += 1
    return reset
