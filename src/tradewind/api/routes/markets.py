"""What can be traded and when: instruments, sessions, opening hours, releases; and what is stored of it."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradewind.api.guards import At, needs
from tradewind.api.problems import Problem
from tradewind.data.series import timeframe_name
from tradewind.markets.clock import trading_day
from tradewind.markets.hours import day_type, market_hours
from tradewind.markets.loading import load_profile
from tradewind.markets.sessions import SESSION_NAMES, session_windows
from tradewind.modes import open_history
from tradewind.requests import period_end, period_start

router = APIRouter(tags=["markets"])
MOST_DAYS = 31
MOST_BARS = 50_000
Day = Annotated[date | None, Query()]


@router.get("/instruments", dependencies=[needs("read")])
def instruments(at: At, profile: str | None = None) -> list[dict[str, Any]]:
    """The instruments of a broker profile, with ticks, lots and hours as they are traded now."""
    found = load_profile(profile or at.settings.profile)
    return [found.instrument(symbol).model_dump(mode="json") for symbol in sorted(found.symbols)]


@router.get("/sessions", dependencies=[needs("read")])
def sessions(
    at: At, on: str, day: Day = None, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 1
) -> list[dict[str, Any]]:
    """Opening hours and sessions of trading days, ns UTC; New York's dates, the first one today's if none is given."""
    one = load_profile(at.settings.profile).instrument(on)
    first = day or (date(1970, 1, 1) + timedelta(days=trading_day(at.now())))
    found = []
    for number in range(days):
        when = first + timedelta(days=number)
        ordinal = (when - date(1970, 1, 1)).days
        windows = [
            {"session": SESSION_NAMES[number], "opens": span[0], "closes": span[1]}
            for number, span in session_windows(ordinal, one)
        ]
        hours = [{"opens": opens, "closes": closes} for opens, closes in market_hours(one).intervals(ordinal)]
        found.append({"date": when.isoformat(), "type": day_type(when, one), "open": hours, "sessions": windows})
    return found


@router.get("/series", dependencies=[needs("read")])
def series(at: At) -> list[dict[str, Any]]:
    """What is stored: one row a series, with its feed, side, timeframe and reach."""
    return [
        {**asdict(one), "sources": len(one.sources), "timeframe_name": timeframe_name(one.timeframe)}
        for one in open_history(at.settings).series()
    ]


@router.get("/bars", dependencies=[needs("read")])
def bars(
    at: At, on: str, *, timeframe: int, start: str, end: str, feed: str | None = None, side: str | None = None
) -> dict[str, Any]:
    """Stored bars as columns: moments in ns UTC, prices in units of the price; at most fifty thousand."""
    history = open_history(at.settings)
    found = history.find(on, feed, side, timeframe)
    if not found:
        raise Problem(404, f"No bars of {on} in {timeframe_name(timeframe)} are stored.", "See /api/v1/series.")
    columns: dict[str, list[Any]] = {}
    for frame in history.bars(found[0].series, period_start(start), period_end(end)):
        for name in frame.columns:
            columns.setdefault(name, []).extend(frame[name].to_list())
        if len(columns["ts"]) > MOST_BARS:
            raise Problem(413, f"More than {MOST_BARS:,} bars.", "Ask for less, or for a larger timeframe.")
    return {"series": found[0].series, "columns": columns}
