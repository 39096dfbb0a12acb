"""What people may order from a page: the same as from the command line, through the account's inbox, with the same words.

Every order asks again who orders it, because a page may be hours old, and stands in the audit trail.
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from tradewind.adapters.entrance import users
from tradewind.errors import BadData, TradewindError
from tradewind.live.folder import account_folder
from tradewind.ui.live import Given
from tradewind.ui.visit import Visit

PATIENCE_S = 8.0


def scope_of(visit: Visit) -> str:
    """Return what it takes to act on the account: paper, or trade where money is behind it or it is not known."""
    told = account_folder(visit.data, visit.account).read_status() or {}
    return "paper" if told.get("mode") == "paper" else "trade"


def order(visit: Visit, wanted: Mapping[str, Any], scope: str = "") -> str:
    """Return what the running trader answered to an order."""
    who = visit.now_may(scope or scope_of(visit))
    folder = account_folder(visit.data, visit.account)
    name = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
    folder.ask(name, {"person": who.name, **wanted})
    answer = folder.answered(name, PATIENCE_S)
    if answer is None:
        visit.note(str(wanted["verb"]), "unanswered", account=visit.account)
        (folder.inbox / f"{name}.json").unlink(missing_ok=True)
        raise TradewindError("The trader did not answer; the order was taken back.", "Is it running? See System.")
    done = answer.get("done") is True
    visit.note(str(wanted["verb"]), "done" if done else "refused", account=visit.account, text=str(answer.get("text", "")))
    if not done:
        raise TradewindError(str(answer.get("text", "It was refused.")), "")
    return str(answer.get("text", "Done."))


def rearm(visit: Visit, given: Given) -> str:
    """The kill level is lowered; a running trader does it itself, a stopped one finds the file gone."""
    reason = str(given.get("reason", "")).strip()
    if len(reason) < 3:
        raise BadData("There is no reason.", "Say why it is safe again.")
    return order(visit, {"verb": "rearm", "level": 0, "reason": reason})


def switch(visit: Visit, given: Given) -> str:
    """A strategy opens nothing any more, or again."""
    verb = "enable" if given.get("verb") == "enable" else "disable"
    wanted = {"verb": verb, "strategy": str(given.get("strategy", "")), "reason": str(given.get("reason", "")) or "from the page"}
    return order(visit, wanted)


def stop(visit: Visit, _given: Given) -> str:
    """The trader ends; stops stay where they are."""
    return order(visit, {"verb": "stop"})


def halt(visit: Visit, _given: Given) -> str:
    """Nothing new is opened."""
    return order(visit, {"verb": "kill", "level": 1}, "kill")


def confirmed(visit: Visit, given: Given, alias: str) -> str:
    """Return the person who typed the account's alias and their password just now; both are needed for live."""
    who = visit.now_may("trade")
    if str(given.get("alias", "")).strip() != alias:
        visit.note("arm", "refused", account=alias, why="alias")
        raise BadData("The alias is not that of the account.", f"Type {alias}, letter by letter.")
    try:
        users.enter(visit.house.entrance, who.name, str(given.get("password", "")), visit.house.now())
    except users.WrongPassword:
        visit.note("arm", "refused", account=alias, why="password")
        raise
    return who.name
