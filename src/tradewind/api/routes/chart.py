"""What a chart shows: candles of any timeframe, sessions and levels, and what a run or an account did in them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradewind.api.guards import At, needs
from tradewind.api.problems import Problem
from tradewind.markets.loading import load_profile
from tradewind.modes import open_history, open_runs
from tradewind.views.candles import (
    EVER,
    MOST,
    Wish,
    candles,
    last_price,
    levels,
    marks_of_account,
    marks_of_run,
    sessions,
)
from tradewind.views.heart import folder_of, heart_of

router = APIRouter(tags=["chart"])
Moment = Annotated[int, Query(ge=-(2**33), le=2**33)]
"""Seconds since 1970 UTC."""
Symbol = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9._#-]+$")]
Feed = Annotated[str | None, Query(max_length=40)]
Account = Annotated[str | None, Query(max_length=40, pattern=r"^[a-z0-9_-]+$")]
SECOND = 1_000_000_000


@router.get("/candles", dependencies=[needs("read")])
def chart_candles(
    at: At, on: Symbol, *, timeframe: int = 300, before: Moment | None = None,
    most: Annotated[int, Query(ge=1, le=MOST)] = 3000, feed: Feed = None, account: Account = None,
) -> dict[str, Any]:  # fmt: skip
    """The last candles that open before a moment, as columns; `older` says whether there are more.

    With an account: up to what time it is for it, and the latest price it knows.
    """
    end, price = _end(before), None
    if account is not None:
        heart = heart_of(folder_of(at.data, account))
        end = min(end, heart.now(EVER[1])) if heart.fresh else end
        price = last_price(heart, on)
    return {**candles(open_history(at.settings), Wish(on, timeframe, end, most, feed)), "price": price}


@router.get("/candles/scenery", dependencies=[needs("read")])
def chart_scenery(at: At, on: Symbol, start: Moment, end: Moment, feed: Feed = None) -> dict[str, Any]:
    """Sessions, opening ranges and the levels of the day before, between two moments."""
    instrument = load_profile(at.settings.profile).instrument(on)
    start = max(start, end - 400 * 86_400)
    wish = Wish(on, 300, end * SECOND, feed=feed)
    return {
        "sessions": sessions(instrument, start * SECOND, end * SECOND),
        "levels": levels(open_history(at.settings), instrument, wish, start * SECOND),
    }


@router.get("/candles/marks", dependencies=[needs("read")])
def chart_marks(
    at: At, on: Symbol, start: Moment, end: Moment, *,
    run: Annotated[str | None, Query(max_length=80, pattern=r"^[A-Za-z0-9-]+$")] = None,
    account: Account = None,
) -> dict[str, Any]:  # fmt: skip
    """Trades, orders and gates of a run, or of an account, between two moments."""
    if account is not None:
        return marks_of_account(at.settings, account, on, (start * SECOND, end * SECOND))
    if run is None:
        raise Problem(422, "Neither a run nor an account is named.", "Give run or account.")
    store = open_runs(at.settings)
    return marks_of_run(store, store.find(run), on, (start * SECOND, end * SECOND))


def _end(before: int | None) -> int:
    return EVER[1] if before is None else before * SECOND
