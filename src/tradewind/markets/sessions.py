"""Trading sessions: which part of the day is Tokyo, London, New York, and what lies between.

A session is a window [opens, closes) on a trading date. Each end is resolved in its own zone on the calendar
day of the date, so London to New York is five hours in most weeks and four when only America has changed its
clocks (domain 1.2, 1.6). Windows are not cut to the instrument's hours: on a day that ends early the window
stays, and the day type says so. A session does not exist on a date on which the instrument is closed.

One reading of domain 1.2 is ours: BREAK is the hour with which the trading date *begins* (17:00 to 18:00 New
York of the calendar day before), because the hour after its close already belongs to the next date.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from tradewind.errors import BadData, UnknownName
from tradewind.markets.cash import cash_session
from tradewind.markets.clock import LONDON, NEW_YORK, TOKYO, day_number, instant
from tradewind.markets.hours import market_hours
from tradewind.markets.instruments import Instrument

Window = tuple[int, int]

SESSION_IDS = {
    "MARKET": 0, "TOKYO": 1, "LONDON": 2, "NEWYORK": 3, "NY_CASH": 4, "ASIA_BLOCK": 5, "LONDON_BLOCK": 6,
    "NY_AM": 7, "NY_PM": 8, "POST": 9, "BREAK": 10, "OVERLAP_FX": 11, "OVERLAP_CASH": 12, "LONDON_CASH": 13,
    "TOKYO_CASH": 14, "XETRA": 15,
}  # fmt: skip
"""Every session and its number, which is its place in the kernel's state."""

SESSION_NAMES = {number: name for name, number in SESSION_IDS.items()}


class End(NamedTuple):
    """One end of a window: a wall time in a zone, `days` after the trading date's calendar day."""

    zone: str
    minute: int
    days: int = 0


ANCHOR = End("", 0)
"""Stands for the instrument's own New York anchor (08:00, or 09:30 on days with a New York cash session)."""

_PLAIN = {
    "TOKYO": (End(TOKYO, 9 * 60), End(TOKYO, 18 * 60)),
    "LONDON": (End(LONDON, 8 * 60), End(LONDON, 17 * 60)),
    "NEWYORK": (End(NEW_YORK, 8 * 60), End(NEW_YORK, 17 * 60)),
    "ASIA_BLOCK": (End(TOKYO, 9 * 60), End(LONDON, 8 * 60)),
    "LONDON_BLOCK": (End(LONDON, 8 * 60), ANCHOR),
    "NY_AM": (ANCHOR, End(NEW_YORK, 12 * 60)),
    "NY_PM": (End(NEW_YORK, 12 * 60), End(NEW_YORK, 16 * 60)),
    "POST": (End(NEW_YORK, 16 * 60), End(NEW_YORK, 17 * 60)),
    "BREAK": (End(NEW_YORK, 17 * 60, -1), End(NEW_YORK, 18 * 60, -1)),
    "OVERLAP_FX": (End(NEW_YORK, 8 * 60), End(LONDON, 17 * 60)),
}

_CASH = {"NY_CASH": "XNYS", "LONDON_CASH": "XLON", "TOKYO_CASH": "XTKS", "XETRA": "XETR"}


def ny_anchor(instrument: Instrument, day: int) -> int | None:
    """Return when New York begins for an instrument; None where that is the cash open and there is none."""
    if instrument.ny_anchor == "08:00":
        return instant(day, 8 * 60, NEW_YORK)
    session = cash_session("XNYS", day)
    return None if session is None else session[0]


def _end(end: End, instrument: Instrument, day: int) -> int | None:
    return ny_anchor(instrument, day) if end is ANCHOR else instant(day + end.days, end.minute, end.zone)


def _plain(name: str, instrument: Instrument, day: int) -> Window | None:
    if name == "BREAK" and instrument.asset_class == "fx":
        return None
    opens, closes = (_end(end, instrument, day) for end in _PLAIN[name])
    return None if opens is None or closes is None else (opens, closes)


def _overlap_cash(_: str, __: Instrument, day: int) -> Window | None:
    new_york, london = cash_session("XNYS", day), cash_session("XLON", day)
    if new_york is None or london is None or london[1] <= new_york[0]:
        return None
    return new_york[0], london[1]


def _market(_: str, instrument: Instrument, day: int) -> Window:
    spans = market_hours(instrument).intervals(day)
    return spans[0][0], spans[-1][1]


def _cash(name: str, _: Instrument, day: int) -> Window | None:
    return cash_session(_CASH[name], day)


_RESOLVERS: dict[str, Callable[[str, Instrument, int], Window | None]] = {
    "MARKET": _market,
    "OVERLAP_CASH": _overlap_cash,
    **dict.fromkeys(_PLAIN, _plain),
    **dict.fromkeys(_CASH, _cash),
}


class SessionRule(NamedTuple):
    """A session as it is declared; both ends are None where a cash venue or the instrument's hours give them."""

    number: int
    name: str
    opens: End | None
    closes: End | None
    venue: str | None


def session_rules() -> list[SessionRule]:
    """Return every session by number; an end that is `ANCHOR` is the instrument's own."""
    return [
        SessionRule(number, name, opens, closes, _CASH.get(name))
        for name, number in SESSION_IDS.items()
        for opens, closes in [_PLAIN.get(name, (None, None))]
    ]


_LITERAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) (\S+)")


def window(name: str, day: int, instrument: Instrument) -> Window | None:
    """Return a session of an instrument on a day number, or None where there is none that date."""
    if not market_hours(instrument).intervals(day):
        return None
    if (resolve := _RESOLVERS.get(name)) is not None:
        return resolve(name, instrument, day)
    if (match := _LITERAL.fullmatch(name)) is None:
        raise UnknownName("session", name, SESSION_IDS)
    opens_hour, opens_minute, closes_hour, closes_minute, zone = match.groups()
    opens = instant(day, int(opens_hour) * 60 + int(opens_minute), zone)
    closes = instant(day, int(closes_hour) * 60 + int(closes_minute), zone)
    if closes <= opens:
        raise BadData(f"The window {name!r} ends before it begins.", "Both times are of the same calendar day.")
    return opens, closes


def session_window(name: str, when: date, instrument: Instrument) -> Window | None:
    """Return a session, or a window like `09:00-15:00 Asia/Tokyo`, on a trading date, or None."""
    return window(name, day_number(when), instrument)


def session_windows(day: int, instrument: Instrument) -> list[tuple[int, Window]]:
    """Return every session of an instrument on a day number as (session id, window), by id."""
    if not market_hours(instrument).intervals(day):
        return []
    found = ((number, _RESOLVERS[name](name, instrument, day)) for name, number in SESSION_IDS.items())
    return [(number, span) for number, span in found if span is not None]


class Fixing(NamedTuple):
    """An event at the same wall time every day, or every such weekday: when, where, and what it moves."""

    zone: str
    minute: int
    classes: tuple[str, ...]
    source: str
    weekday: int | None = None


FIXINGS = {
    "LBMA gold a.m.": Fixing(LONDON, 10 * 60 + 30, ("metal",), "[V:S15]"),
    "LBMA gold p.m.": Fixing(LONDON, 15 * 60, ("metal",), "[V:S15]"),
    "LBMA silver": Fixing(LONDON, 12 * 60, ("metal",), "[V:S15]"),
    "WM/Refinitiv fix": Fixing(LONDON, 16 * 60, ("fx", "metal"), "[V:S15]; window 15:57:30 to 16:02:30 [K]"),
    "Tokyo fix": Fixing(TOKYO, 9 * 60 + 55, ("fx",), "[K]"),
    "COMEX gold settlement": Fixing(NEW_YORK, 13 * 60 + 30, ("metal",), "[K]"),
    "US data 08:30": Fixing(NEW_YORK, 8 * 60 + 30, ("us_index", "eu_index", "metal", "energy", "fx"), "[K]"),
    "US data 10:00": Fixing(NEW_YORK, 10 * 60, ("us_index", "eu_index", "metal", "energy", "fx"), "[K]"),
    "EIA crude": Fixing(NEW_YORK, 10 * 60 + 30, ("energy",), "[K]", weekday=2),
}
"""Fixed intraday events of domain 1.2. FOMC dates are in `fomc.py`."""


def fixing_instant(name: str, when: date) -> int | None:
    """Return the instant of a fixed intraday event on a date; None where there is none that weekday."""
    if name not in FIXINGS:
        raise UnknownName("fixed event", name, FIXINGS)
    fixing = FIXINGS[name]
    if when.weekday() > 4 or fixing.weekday not in {None, when.weekday()}:
        return None
    return instant(day_number(when), fixing.minute, fixing.zone)
