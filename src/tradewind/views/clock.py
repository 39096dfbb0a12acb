"""The session clock: for each instrument what is open now and what comes next, from the market calendars."""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from tradewind.errors import TradewindError
from tradewind.markets.clock import day_date, day_number, trading_day
from tradewind.markets.hours import DAY_TYPES, day_type, market_hours
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile
from tradewind.markets.news import Event
from tradewind.markets.sessions import SESSION_NAMES, session_windows
from tradewind.modes import known_calendar
from tradewind.settings import Settings

AHEAD = 4
"""Trading dates that are looked through, so that a weekend and a holiday are bridged."""
NEWS_AHEAD_NS = 2 * 86_400 * 1_000_000_000


def clock_of(settings: Settings, symbols: list[str], now: int, profile: str | None = None) -> list[dict[str, Any]]:
    """Return for each instrument whether it trades now, the sessions that run, and the next events, ns UTC."""
    found = load_profile(profile or settings.profile)
    return [instrument_clock(settings, found.instrument(symbol), now) for symbol in symbols]


def instrument_clock(settings: Settings, one: Instrument, now: int, most: int = 6) -> dict[str, Any]:
    """Return one instrument's clock; where the calendar does not reach it says so instead of guessing."""
    told: dict[str, Any] = {"symbol": one.symbol, "now": now, "open": None, "day_type": None, "sessions": [],
                            "next": [], "trouble": None}  # fmt: skip
    try:
        events, running = _events(one, now)
        date = day_date(trading_day(now))
        told |= {"day_type": DAY_TYPES[day_type(date, one)], "sessions": running, "date": date.isoformat()}
        told["open"] = any(
            opens <= now < closes for opens, closes in market_hours(one).intervals(trading_day(now))
        )  # fmt: skip
    except TradewindError as error:
        return told | {"trouble": error.message}
    news = [
        {"at": event.ts, "what": "release", "name": event.name, "impact": event.impact}
        for event in _calendar(settings.model_dump_json(), one.symbol, now // 3_600_000_000_000)
        if now <= event.ts < now + NEWS_AHEAD_NS
    ]
    told["next"] = sorted([*events, *news], key=lambda event: int(event["at"]))[:most]
    return told


def _events(one: Instrument, now: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what opens and closes after now, and the sessions that run."""
    first = day_date(trading_day(now))
    found: list[dict[str, Any]] = []
    running: list[dict[str, Any]] = []
    for ahead in range(AHEAD):
        day = day_number(first + timedelta(days=ahead))
        for opens, closes in market_hours(one).intervals(day):
            found += _edges("market", (opens, closes), now)
        for number, (opens, closes) in session_windows(day, one):
            if number == 0:
                continue
            name = SESSION_NAMES[number]
            found += _edges(name, (opens, closes), now)
            if opens <= now < closes:
                running.append({"session": name, "opens": opens, "closes": closes})
        if found:
            break
    return found, running


def _edges(name: str, span: tuple[int, int], now: int) -> list[dict[str, Any]]:
    edges = zip(("opens", "closes"), span, strict=True)
    return [{"at": at, "what": what, "name": name} for what, at in edges if at > now]


@lru_cache(maxsize=64)
def _calendar(settings: str, symbol: str, hour: int) -> tuple[Event, ...]:
    """Return the releases that concern an instrument as they were known at an hour."""
    told = Settings.model_validate_json(settings)
    return tuple(known_calendar(told, (hour + 1) * 3_600_000_000_000, symbol))
