"""What an account is, holds, did, and why: read from what its trader leaves behind."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from tradewind.api.guards import At, needs
from tradewind.api.moments import instant
from tradewind.api.paging import Limit
from tradewind.api.problems import Problem
from tradewind.views import accounts as seen
from tradewind.views import alerts as alarms
from tradewind.views import gates, health, limits, orders
from tradewind.views.heart import folder_of
from tradewind.views.orders import About
from tradewind.views.pages import Cut, Page
from tradewind.watchdog.rearm import account_folders, standing

router = APIRouter(tags=["accounts"])
Sequence = Annotated[int | None, Query(ge=0, le=2**62)]
Who = Annotated[str | None, Query(max_length=80)]
Symbol = Annotated[str | None, Query(max_length=20)]
Moment = Annotated[str | None, Query(max_length=40)]


def _cut(limit: int, cursor: int | None, after: int | None) -> Cut:
    if cursor is not None and after is not None:
        raise Problem(422, "Give cursor or after, not both.", "cursor goes back from a row, after goes on behind one.")
    return Cut(limit, cursor, after)


def _told(page: Page) -> dict[str, Any]:
    return {"items": list(page.items), "next": page.next, "newest": page.newest}


@router.get("/accounts", dependencies=[needs("read")])
def accounts(at: At) -> dict[str, Any]:
    """Every account in a few words: mode, state, worth, and why it opens nothing."""
    return {"items": seen.accounts(at.data), "next": None}


@router.get("/accounts/{account}", dependencies=[needs("read")])
def account(account: str, at: At) -> dict[str, Any]:
    """Everything the first screen shows of an account; each fact with its age."""
    return seen.overview(at.settings, account, at.now())


@router.get("/accounts/{account}/status", dependencies=[needs("read")])
def status(account: str, at: At) -> dict[str, Any]:
    """The account's last heartbeat as its trader wrote it; amounts are minor units."""
    folder = folder_of(at.data, account)
    return (folder.read_status() or {}) | {"account": folder.name}


@router.get("/accounts/{account}/positions", dependencies=[needs("read")])
def positions(account: str, at: At) -> dict[str, Any]:
    """Open positions with their stops, and how old that knowledge is."""
    told = seen.overview(at.settings, account, at.now())
    return {"items": told["positions"], "next": None, "state": told["state"], "age_s": told["age_s"]}


@router.get("/accounts/{account}/orders", dependencies=[needs("read")])
def order_list(
    account: str, at: At, *, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50, strategy: Who = None,
    on: Symbol = None, kind: Annotated[str, Query(pattern="^(sent|refused|)$")] = "",
) -> dict[str, Any]:  # fmt: skip
    """Orders and what became of each, newest first; behind `after` oldest first."""
    return _told(orders.orders(at.settings, account, _cut(limit, cursor, after), About(strategy, on), kind=kind))


@router.get("/accounts/{account}/orders/{order}", dependencies=[needs("read")])
def order(account: str, order: Annotated[int, Path(ge=1, le=2**62)], at: At) -> dict[str, Any]:
    """One order with its fills and everything that was reported of it."""
    found = orders.journey(at.settings, account, order)
    if found is None:
        raise Problem(404, f"The account {account} has no order {order}.")
    return found


@router.get("/accounts/{account}/fills", dependencies=[needs("read")])
def fill_list(
    account: str, at: At, *, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50, strategy: Who = None,
    on: Symbol = None,
) -> dict[str, Any]:  # fmt: skip
    """Fills, newest first, each with the role its order played."""
    return _told(orders.fills(at.settings, account, _cut(limit, cursor, after), About(strategy, on)))


@router.get("/accounts/{account}/executions", dependencies=[needs("read")])
def execution_list(
    account: str, at: At, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50
) -> dict[str, Any]:
    """What the broker reported, newest first, with its own ids and words."""
    return _told(orders.executions(at.settings, account, _cut(limit, cursor, after)))


@router.get("/accounts/{account}/notes", dependencies=[needs("read")])
def note_list(
    account: str, at: At, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50
) -> dict[str, Any]:
    """The documents of the journal, newest first: starts, alerts, orders of people, changed limits."""
    return _told(orders.notes(at.settings, account, _cut(limit, cursor, after)))


@router.get("/accounts/{account}/trades", dependencies=[needs("read")])
def trade_list(
    account: str, at: At, *, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50, strategy: Who = None,
    on: Symbol = None,
) -> dict[str, Any]:  # fmt: skip
    """Finished trades, newest first, with costs apart."""
    return _told(orders.trades(at.settings, account, _cut(limit, cursor, after), About(strategy, on)))


@router.get("/accounts/{account}/equity", dependencies=[needs("read")])
def equity(account: str, at: At, cursor: Sequence = None, after: Sequence = None, limit: Limit = 200) -> dict[str, Any]:
    """Balance, equity and margin every hour and at the end of every trading date, newest first."""
    return _told(orders.equity(at.settings, account, _cut(limit, cursor, after)))


@router.get("/accounts/{account}/actions", dependencies=[needs("read")])
def actions(
    account: str, at: At, *, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50, strategy: Who = None,
    on: Symbol = None,
) -> dict[str, Any]:  # fmt: skip
    """What the gate did, newest first: refusals, reductions, halts, latches."""
    return _told(orders.actions(at.settings, account, _cut(limit, cursor, after), About(strategy, on)))


@router.get("/accounts/{account}/limits", dependencies=[needs("read")])
def limit_list(account: str, at: At) -> dict[str, Any]:
    """Every limit: its value, what is used, the room that is left in money, and what happens at it."""
    return limits.limits_view(at.settings, account)


@router.get("/accounts/{account}/signals", dependencies=[needs("read")])
def signals(
    account: str, at: At, *, cursor: Sequence = None, after: Sequence = None, limit: Limit = 50, strategy: Who = None,
    on: Symbol = None,
) -> dict[str, Any]:  # fmt: skip
    """Bars at which gates were asked, newest first: which passed, and what blocked a trade."""
    return _told(gates.bars(at.settings, account, _cut(limit, cursor, after), About(strategy, on)))


@router.get("/accounts/{account}/gates", dependencies=[needs("read")])
def gate_counts(account: str, at: At, since: Moment = None) -> dict[str, Any]:
    """How often each gate was asked and how often it let nothing pass, since a moment, else today."""
    ns = None if since is None else instant(since)
    return {"items": gates.summary(at.settings, account, ns), "next": None}


@router.get("/accounts/{account}/nearest", dependencies=[needs("read")])
def nearest(
    account: str, at: At, since: Moment = None, strategy: Who = None, on: Symbol = None
) -> dict[str, Any]:  # fmt: skip
    """The bar that came nearest to a signal without being one, since a moment, else today."""
    ns = None if since is None else instant(since)
    return gates.nearest_miss(at.settings, account, ns, About(strategy, on))


@router.get("/accounts/{account}/why", dependencies=[needs("read")])
def why(
    account: str, at: At, moment: Annotated[str | None, Query(alias="at", max_length=40)] = None, strategy: Who = None,
    on: Symbol = None,
) -> dict[str, Any]:  # fmt: skip
    """What each gate said at a bar, else at the last one: why there was a trade, or why not."""
    ns = None if moment is None else instant(moment)
    return gates.why_at(at.settings, account, About(strategy, on), ns)


@router.get("/accounts/{account}/health", dependencies=[needs("read")])
def account_health(account: str, at: At) -> dict[str, Any]:
    """Every check of an account with value, age and limit; what has no fresh evidence is not in order."""
    return health.account_health(at.settings, account)


@router.get("/alerts", dependencies=[needs("read")])
def alerts(
    at: At, account: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=120, pattern=r"^[0-9A-Za-z._-]*$")] = None, limit: Limit = 50,
) -> dict[str, Any]:  # fmt: skip
    """What somebody should know, of one account or of all, newest first."""
    found = alarms.alerts(at.settings, account, limit + 1, cursor)
    more = len(found) > limit
    return {"items": found[:limit], "next": found[limit - 1]["key"] if more else None}


@router.get("/kill", dependencies=[needs("read")])
def kill_status(at: At) -> dict[str, Any]:
    """How it stands with the kill switch of every account: what is asked for, what is in force, who lives."""
    return {"items": [standing(folder) for folder in account_folders(at.data)], "next": None}


@router.get("/system", dependencies=[needs("read")])
def system(at: At) -> dict[str, Any]:
    """Every check of the machine and of every account, and where things are kept."""
    return health.system_health(at.settings)
