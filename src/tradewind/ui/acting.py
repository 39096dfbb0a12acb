"""What people may order from a page: the functions behind the API's routes, with the same words and the same limits.

Every order asks again who orders it, because a page may be hours old; what lets more happen on a live account wants
the password with it, as the API does; stopping never does. All of it stands in the audit trail.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from tradewind.adapters.entrance import users
from tradewind.api.arming import Preview, arm, preview
from tradewind.api.problems import Problem
from tradewind.errors import BadData, TradewindError
from tradewind.jobs.traders import Live, Paper
from tradewind.live.asking import asked, rearmed
from tradewind.live.folder import account_folder
from tradewind.live.launch import launch, put_aside
from tradewind.ui.live import Given
from tradewind.ui.visit import Visit
from tradewind.views.rules import wanted_limits

SHORTEST = 3


def is_live(visit: Visit) -> bool:
    """Whether money may be behind the account: anything that is not known to be paper."""
    told = account_folder(visit.data, visit.account).read_status() or {}
    return bool(told.get("mode") != "paper")


def scope_of(visit: Visit) -> str:
    """Return what it takes to act on the account."""
    return "trade" if is_live(visit) else "paper"


def rearm(visit: Visit, given: Given) -> str:
    """The account may trade again, in the name of whoever asks."""
    who, reason = _more(visit, given)
    folder = account_folder(visit.data, visit.account)
    return _done(visit, "rearm", lambda: rearmed(folder, who, reason))


def switch(visit: Visit, given: Given) -> str:
    """A strategy opens nothing any more, or again; the latter has a reason."""
    strategy = str(given.get("strategy", ""))
    if given.get("verb") == "enable":
        who, reason = _more(visit, given)
        return _asked(visit, {"verb": "enable", "strategy": strategy, "person": who, "reason": reason})
    visit.now_may(scope_of(visit))
    return _asked(visit, {"verb": "disable", "strategy": strategy})


def limits(visit: Visit, given: Given) -> str:
    """Other risk rules: tighter ones hold at once."""
    who, reason = _more(visit, given)
    folder = account_folder(visit.data, visit.account)
    loosen = given.get("loosen") == "true"
    tree = wanted_limits(visit.settings, folder, str(given.get("rules", "")), loosen=loosen)
    return _asked(visit, {"verb": "limits", "limits": tree, "person": who, "reason": reason})


def stop(visit: Visit, _given: Given) -> str:
    """The trader ends; stops stay where they are."""
    visit.now_may(scope_of(visit))
    return _asked(visit, {"verb": "stop"})


def start_paper(visit: Visit, given: Given) -> str:
    """A paper account is begun, or goes on where it stopped, in a process of its own."""
    visit.now_may("paper")
    speed = str(given.get("speed") or "60")
    told = {**_wanted(given, "paper"), "speed": speed, "fresh": given.get("fresh") == "true"}
    told |= {"source": str(given["source"])} if given.get("source") else {}
    told |= {"start": str(given["start"])} if given.get("start") else {}
    wanted = _checked(Paper, told)
    folder = account_folder(visit.data, wanted.account)
    if (folder.read_status() or {}).get("mode", "paper") != "paper":
        raise BadData(f"{wanted.account} is a live account.", "Give another name.")
    command = wanted.command(visit.settings.strategies)
    if wanted.fresh:
        put_aside(folder, visit.settings)
    launch(folder, command, visit.house.given, visit.house.now())
    visit.note("start paper", "done", account=wanted.account)
    return f"{wanted.account} begins; in a moment it stands on the Overview."


def look(visit: Visit, given: Given) -> Preview:
    """Return what arming a live account would do; nothing is begun."""
    who = visit.now_may("trade")
    told = {**_wanted(given, "live"), "watchdog": given.get("watchdog") == "true"}
    found = preview(visit.house, _checked(Live, told), who.name)
    visit.note("preview live", "done", account=found.account)
    return found


def begin(visit: Visit, given: Given, shown: Preview) -> str:
    """A live account trades: its name was typed, and the password given just now."""
    who = visit.now_may("trade")
    _fresh(visit, given)
    try:
        found, _ = arm(visit.house, shown.nonce, who.name, str(given.get("alias", "")).strip())
    except Problem as error:
        visit.note("arm live", "refused", account=shown.account, why=error.detail)
        raise
    visit.note("arm live", "done", account=found.account, command=found.told["command"])
    return f"{found.account} is armed and begins."


def _wanted(given: Given, account: str) -> dict[str, Any]:
    names = [one for one in str(given.get("strategies", "")).split(",") if one]
    told: dict[str, Any] = {"strategies": names, "on": [one for one in str(given.get("on", "")).split(",") if one]}
    told["account"] = str(given.get("account") or account)
    told["set"] = str(given.get("set", "")).replace(";", " ").split()
    return told | ({"risk": str(given["risk"])} if given.get("risk") else {})


def _checked(kind: Callable[..., Any], told: Mapping[str, Any]) -> Any:
    try:
        return kind(**told)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadData(
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", "Look at the field of that name."
        ) from None


def _more(visit: Visit, given: Given) -> tuple[str, str]:
    """Return who lets more happen and why; on a live account they gave the password with it."""
    who, reason = visit.now_may(scope_of(visit)), str(given.get("reason", "")).strip()
    if len(reason) < SHORTEST:
        raise BadData("There is no reason.", "Say why; the journal keeps it.")
    if is_live(visit):
        _fresh(visit, given)
    return who.name, reason


def _fresh(visit: Visit, given: Given) -> None:
    """The person gave their password with this very order."""
    try:
        users.enter(visit.house.entrance, visit.who.name, str(given.get("password", "")), visit.house.now())
    except users.WrongPassword:
        visit.note("password", "refused", account=visit.account)
        raise


def _asked(visit: Visit, order: Mapping[str, Any]) -> str:
    folder = account_folder(visit.data, visit.account)
    return _done(visit, str(order["verb"]), lambda: asked(folder, order))


def _done(visit: Visit, verb: str, do: Callable[[], str]) -> str:
    try:
        text = do()
    except TradewindError as error:
        visit.note(verb, "refused", account=visit.account, why=error.message[:300])
        raise
    visit.note(verb, "done", account=visit.account)
    return text
