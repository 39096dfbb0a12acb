"""Accounts begun, stopped and changed by people: paper with the scope `paper`, live with the scope `trade`.

Every order goes the way a person's goes: through the account's inbox, and its answer is what is told. What could lose
money on a live account, more risk above all, needs a password given just now; stopping never does.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.guards import At, needs, noted, principal_of
from tradewind.api.house import House
from tradewind.api.problems import Problem
from tradewind.api.repeats import once
from tradewind.jobs.commands import Assigned, Name, Word, strategy_file
from tradewind.jobs.traders import Paper
from tradewind.live.asking import ADDED_WITHIN, ANSWER_S, Unanswered, asked, rearmed
from tradewind.live.folder import Folder, account_folder
from tradewind.live.launch import Launched, launch, launched, put_aside, trader_lives
from tradewind.views.heart import folder_of
from tradewind.views.rules import wanted_limits

Me = Annotated[Principal, Depends(principal_of)]


class Asking(NamedTuple):
    """Somebody's request that acts."""

    house: House
    who: Principal
    request: Request


def asking(at: At, me: Me, request: Request) -> Asking:
    """Return a request with who sent it."""
    return Asking(at, me, request)


By = Annotated[Asking, Depends(asking)]
LimitName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}(\.[a-z0-9 ,.-]{1,60})?$")]
LimitText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 .,:%+-]{1,40}$")]
Why = Annotated[str, Field(min_length=3, max_length=300)]


class Order(BaseModel):
    """What every order to an account is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reasoned(Order):
    """Something that lets more happen: it has a reason, which the journal keeps."""

    reason: Why


class Added(Reasoned):
    """One more strategy."""

    strategy: Name
    set: list[Assigned] = Field(default=[], max_length=100)


class NewLimits(Reasoned):
    """Other risk rules, house or the name of a firm's pack; or single limits, written as in a risk file."""

    rules: Word | None = None
    set: dict[LimitName, LimitText] = Field(default={}, max_length=60)
    loosen: bool = False
    """Whether a limit may become looser, from the next trading date on."""


class Ignored(Reasoned):
    """What is somebody else's at the broker."""

    broker: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[\x21-\x7e]+$")]


def begun(found: Launched | None) -> dict[str, Any]:
    """Return how a trader that was begun from here stands."""
    return {} if found is None else found._asdict()


def of_mode(at: House, account: str, mode: str) -> Folder:
    """Return the folder of an account of that mode; a problem 409 for one of the other."""
    folder = folder_of(at.data, account)
    told = str((folder.read_status() or {}).get("mode", mode))
    if told != mode:
        raise Problem(409, f"{account} is a {told} account.", f"Use /api/v1/{told}/{account}.")
    return folder


async def ordered(by: Asking, folder: Folder, order: Mapping[str, Any], seconds: float = ANSWER_S) -> Response:
    """Return what the account's process did of an order, once for the request's key."""
    return await done_once(by, str(order["verb"]), folder, lambda: asked(folder, order, seconds))


async def done_once(by: Asking, verb: str, folder: Folder, do: Callable[[], str]) -> Response:
    """Return the answer to something done to an account, in the audit trail whatever came of it."""

    async def act() -> tuple[int, dict[str, Any]]:
        if not trader_lives(folder):
            raise Problem(409, f"No process trades the account {folder.name}.", "Start it first.")
        try:
            text = await asyncio.to_thread(do)
        except Unanswered as error:
            noted(by.house, by.who, verb, "unanswered", account=folder.name, taken=error.taken)
            if not error.taken:
                raise
            return 202, {"account": folder.name, "done": None, "text": str(error)}
        except Exception as error:
            noted(by.house, by.who, verb, "refused", account=folder.name, why=str(error)[:300])
            raise
        noted(by.house, by.who, verb, "done", account=folder.name)
        return 200, {"account": folder.name, "done": True, "text": text}

    return await once(by.house, by.request, by.who, act)


def verbs(mode: str, scope: str) -> APIRouter:
    """Return the routes of accounts of a mode; what lets more happen needs a fresh password where money is real."""
    router = APIRouter(prefix=f"/{mode}", tags=[mode])
    more = needs(scope, fresh=mode == "live")

    @router.post("/{account}/stop", dependencies=[needs(scope)])
    async def stop(account: str, by: By) -> Response:
        """The account opens nothing any more and its process ends; stops stay at the broker."""
        return await ordered(by, of_mode(by.house, account, mode), {"verb": "stop", "person": by.who.name})

    @router.post("/{account}/halt", dependencies=[needs(scope)])
    async def halt(account: str, by: By) -> Response:
        """Kill level 1: the account opens nothing until a named person re-arms it."""
        order = {"verb": "kill", "level": 1, "person": by.who.name}
        return await ordered(by, of_mode(by.house, account, mode), order)

    @router.post("/{account}/rearm", dependencies=[more])
    async def rearm(account: str, wanted: Reasoned, by: By) -> Response:
        """The account may trade again, in the name of whoever asks."""
        folder = of_mode(by.house, account, mode)
        return await done_once(by, "rearm", folder, lambda: rearmed(folder, by.who.name, wanted.reason))

    @router.post("/{account}/strategies/{strategy}/disable", dependencies=[needs(scope)])
    async def disable(account: str, strategy: str, by: By) -> Response:
        """The strategy opens nothing; what it holds it may close."""
        order = {"verb": "disable", "strategy": strategy[:80], "person": by.who.name}
        return await ordered(by, of_mode(by.house, account, mode), order)

    @router.post("/{account}/strategies/{strategy}/enable", dependencies=[more])
    async def enable(account: str, strategy: str, wanted: Reasoned, by: By) -> Response:
        """The strategy may open again."""
        order = {"verb": "enable", "strategy": strategy[:80], "person": by.who.name, "reason": wanted.reason}
        return await ordered(by, of_mode(by.house, account, mode), order)

    @router.post("/{account}/strategies", dependencies=[more])
    async def add(account: str, wanted: Added, by: By) -> Response:
        """One more strategy trades in the account, once it has seen what there was."""
        order = {"verb": "add", "strategy": strategy_file(wanted.strategy, by.house.settings.strategies),
                 "set": wanted.set, "person": by.who.name, "reason": wanted.reason}  # fmt: skip
        return await ordered(by, of_mode(by.house, account, mode), order, ADDED_WITHIN)

    @router.post("/{account}/limits", dependencies=[more])
    async def limits(account: str, wanted: NewLimits, by: By) -> Response:
        """Other limits: tighter ones hold at once; looser ones, only if asked for, from the next trading date."""
        folder = of_mode(by.house, account, mode)
        tree = wanted_limits(by.house.settings, folder, wanted.rules, loosen=wanted.loosen, sets=wanted.set)
        order = {"verb": "limits", "limits": tree, "person": by.who.name, "reason": wanted.reason}
        return await ordered(by, folder, order)

    @router.post("/{account}/ignore", dependencies=[more])
    async def ignore(account: str, wanted: Ignored, by: By) -> Response:
        """A position or order of somebody else's at the broker is left alone from now on."""
        order = {"verb": "ignore", "broker": wanted.broker, "person": by.who.name, "reason": wanted.reason}
        return await ordered(by, of_mode(by.house, account, mode), order)

    @router.get("/{account}/process", dependencies=[needs("read")])
    def process(account: str, at: At) -> dict[str, Any]:
        """The process that was begun from here: whether it lives, and the end of what it said."""
        return {"account": account, "process": begun(launched(of_mode(at, account, mode)))}

    return router


paper = verbs("paper", "paper")
live = verbs("live", "trade")


@paper.post("", status_code=202, dependencies=[needs("paper")])
async def start_paper(wanted: Paper, at: At, me: Me, request: Request) -> Response:
    """A paper account is begun, or goes on where it stopped, in a process of its own."""

    async def act() -> tuple[int, dict[str, Any]]:
        folder = account_folder(at.data, wanted.account)
        if folder.root.is_dir():
            of_mode(at, wanted.account, "paper")
        command = wanted.command(at.settings.strategies)
        if wanted.fresh:
            put_aside(folder, at.settings)
        found = launch(folder, command, at.given, at.now())
        noted(at, me, "start paper", "done", account=wanted.account, command=found.command)
        return 202, {"account": wanted.account, "process": begun(found)}

    return await once(at, request, me, act)
