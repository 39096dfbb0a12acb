"""What comes when: the session clock and the releases."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradewind.api.guards import At, needs
from tradewind.api.moments import begins, ends, instant
from tradewind.markets.loading import load_profile
from tradewind.views.calendar import AWEEK, releases
from tradewind.views.clock import clock_of

router = APIRouter(tags=["calendar"])
Moment = Annotated[str | None, Query(max_length=40)]
Symbol = Annotated[str | None, Query(max_length=20)]


@router.get("/clock", dependencies=[needs("read")])
def clock(
    at: At, on: Annotated[list[str] | None, Query(max_length=16)] = None,
    moment: Annotated[str | None, Query(alias="at", max_length=40)] = None,
) -> dict[str, Any]:  # fmt: skip
    """For each instrument: whether it trades, which sessions run, and what opens, closes or is released next."""
    symbols = on or sorted(load_profile(at.settings.profile).symbols)
    return {"items": clock_of(at.settings, symbols, at.now() if moment is None else instant(moment)), "next": None}


@router.get("/news", dependencies=[needs("read")])
def news(
    at: At, on: Symbol = None, start: Moment = None, end: Moment = None, as_of: Moment = None
) -> list[dict[str, Any]]:  # fmt: skip
    """Releases as they were known at a moment; with an instrument those that forbid to enter."""
    first = at.now() if start is None else begins(start)
    last = first + AWEEK if end is None else ends(end)
    return releases(at.settings, (first, last), at.now() if as_of is None else instant(as_of), on)
