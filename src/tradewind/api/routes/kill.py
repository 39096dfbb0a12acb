"""Stop: one step, always allowed to whoever has the scope, by the file the trader and the watchdog both obey."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.guards import At, needs, noted, principal_of
from tradewind.errors import UnknownName
from tradewind.watchdog.killfile import engage

router = APIRouter(tags=["kill"])
LEVELS = {
    1: "nothing new is opened",
    2: "and orders that wait to open something are cancelled",
    3: "and every position is closed",
    4: "and then nothing is sent any more",
}


class Kill(BaseModel):
    """How far it goes."""

    level: int = Field(default=2, ge=1, le=4)
    account: str | None = Field(default=None, max_length=40)
    """One account; left out, all of them."""


@router.post("/kill", dependencies=[needs("kill")])
def kill(wanted: Kill, at: At, me: Annotated[Principal, Depends(principal_of)]) -> dict[str, Any]:
    """The kill level is set, in one step; it stays until a person re-arms. Sent twice it does the same."""
    root = at.data / "accounts"
    names = [path.name for path in sorted(root.glob("*")) if path.is_dir()]
    if wanted.account is not None:
        if wanted.account not in names:
            raise UnknownName("account", wanted.account, names)
        names = [wanted.account]
    told = {name: engage(root / name, wanted.level) for name in names}
    trouble = {name: words for name, (level, words) in told.items() if words or level < wanted.level}
    noted(at, me, "kill", "in part" if trouble else "done", level=wanted.level, accounts=names, trouble=trouble)
    return {"level": wanted.level, "means": LEVELS[wanted.level], "accounts": names, "trouble": trouble}
