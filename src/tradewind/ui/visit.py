"""One person on one page: who they are now, what they may do, which account they look at."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from fastapi import Request

from tradewind.adapters.entrance import sessions
from tradewind.adapters.entrance.scopes import SCOPES, Principal
from tradewind.api.guards import noted
from tradewind.api.house import House, house_of
from tradewind.api.problems import Problem
from tradewind.live.folder import account_names
from tradewind.settings import Settings
from tradewind.ui.gate import WHO, cookie

ACCOUNT = "tradewind_account"


class Visit(NamedTuple):
    """What a page is built for."""

    house: House
    who: Principal
    request: Request
    account: str
    """The account that is looked at; empty where there is none."""

    @property
    def settings(self) -> Settings:
        """The settings of the server."""
        return self.house.settings

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.house.data

    @property
    def heart(self) -> Path | None:
        """The folder of the account that is looked at."""
        return self.data / "accounts" / self.account if self.account else None

    def asked(self, name: str, otherwise: str = "") -> str:
        """Return what the address of the page says."""
        return str(self.request.query_params.get(name, otherwise))[:200]

    def now_may(self, scope: str) -> Principal:
        """Return who asks, if they are still logged in and have the scope; a page may be hours old."""
        scopes = sessions.scopes_now(self.house.entrance, self.who.name, self.house.now())
        if scopes is None:
            raise Problem(401, "The session is over.", "Log in again.")
        if scope not in scopes:
            raise Problem(403, f"{self.who.name} has not the scope {scope}.", f"{scope}: {SCOPES[scope]}.")
        return self.who._replace(scopes=scopes)

    def why_not(self, scope: str) -> str:
        """Return why something cannot be done by this person, empty where it can."""
        return "" if scope in self.who.scopes else f"This needs the scope {scope}: {SCOPES[scope]}."

    def note(self, action: str, outcome: str, **about: Any) -> None:
        """It stands in the audit trail."""
        noted(self.house, self.who, action, outcome, **about)


def visit_of(request: Request) -> Visit:
    """Return who is on the page and which account they look at: named, remembered, or with the newest heartbeat."""
    house = house_of(request)
    names = account_names(house.data)
    wanted = request.query_params.get("account") or unquote(cookie(request.scope, ACCOUNT))
    chosen = wanted if wanted in names else max(names, key=lambda name: _beat(house.data, name), default="")
    return Visit(house, request.scope[WHO], request, chosen)


def _beat(data: Path, name: str) -> float:
    try:
        return (data / "accounts" / name / "status.json").stat().st_mtime
    except OSError:
        return 0.0
