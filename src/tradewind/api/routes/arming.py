"""Real trading begun: a preview, and then the account's name typed with a password given just now."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.arming import arm, preview
from tradewind.api.guards import At, needs, noted, principal_of
from tradewind.api.repeats import once
from tradewind.jobs.traders import Live

router = APIRouter(prefix="/live", tags=["live"])
Me = Annotated[Principal, Depends(principal_of)]


class Typed(BaseModel):
    """The account's name, typed by a person who has read the preview."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(max_length=40)


@router.post("/arm", status_code=201, dependencies=[needs("trade")])
async def look(wanted: Live, at: At, me: Me, request: Request) -> Response:
    """What would happen if the account were armed, and a nonce to arm it with; nothing is begun."""

    async def act() -> tuple[int, dict[str, Any]]:
        found = preview(at, wanted, me.name)
        noted(at, me, "preview live", "done", account=wanted.account, command=found.told["command"])
        return 201, {"nonce": found.nonce, "until_ns": found.until_ns, **found.told}

    return await once(at, request, me, act)


@router.post("/arm/{nonce}", status_code=202, dependencies=[needs("trade", fresh=True)])
async def begin(nonce: str, wanted: Typed, at: At, me: Me, request: Request) -> Response:
    """The account of a preview trades, in a process of its own."""

    async def act() -> tuple[int, dict[str, Any]]:
        found, process = arm(at, nonce, me.name, wanted.account)
        noted(at, me, "arm live", "done", account=found.account, command=found.told["command"])
        return 202, {"account": found.account, "process": process._asdict()}

    return await once(at, request, me, act)
