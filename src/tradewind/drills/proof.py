"""What the venue's book and the trader's journal say together after a drill."""

import json
import urllib.request
from collections import Counter
from typing import Any, NamedTuple

from tradewind.adapters.journal import SqliteJournal
from tradewind.drills.stage import Stage
from tradewind.kernel.records import FILLED, PLACE
from tradewind.live.start import LAYOUTS
from tradewind.simulators.oanda.server import ACCOUNT


class Proof(NamedTuple):
    """Counts that must agree, and those that must be zero."""

    intents: int
    """Orders that were decided, by the journal."""
    orders: int
    """Orders the venue took."""
    fills: int
    doubled: int
    """Orders that were taken or executed more than once."""
    lost: int
    """Fills that are not in the journal."""
    foreign: int
    """Orders the venue took and nobody decided; those of a life that a backup does not remember are not counted."""
    naked: int
    """Open positions without a stop."""

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""
        return self.doubled + self.lost + self.foreign + self.naked == 0


def proof_of(stage: Stage) -> Proof:
    """Return what both sides say now; the trader has stopped."""
    with SqliteJournal.open(stage.account / "journal.sqlite", LAYOUTS, readonly=True) as journal:
        commands, executions = journal.read("commands"), journal.read("executions")
    decided = {int(one["order"]) for one in commands if int(one["kind"]) == PLACE}
    booked = Counter(bytes(one["execution"]).decode() for one in executions if int(one["kind"]) == FILLED)
    history = transactions(stage)
    taken = Counter(_id(one) for one in history if one["type"].endswith("_ORDER") and _id(one))
    decided_here = taken.keys() - stage.forgotten
    entries = {name: count for name, count in taken.items() if name.split("-")[-1].startswith("E")}
    fills = [one for one in history if one["type"] == "ORDER_FILL"]
    executed = Counter(one["clientOrderID"] for one in fills if one.get("clientOrderID"))
    doubled = sum(count > 1 for count in entries.values()) + sum(count > 1 for count in executed.values())
    lost = sum(not any(name.partition(".")[0] == one["id"] for name in booked) for one in fills)
    doubled += sum(count > 1 for count in booked.values())
    foreign = sum(int(name.split("-")[3]) not in decided for name in entries.keys() & decided_here)
    return Proof(len(decided), len(entries), len(fills), doubled, lost, foreign, naked(stage))


def orders_taken(stage: Stage) -> set[str]:
    """Return the ids of all orders the venue has taken."""
    return {name for one in transactions(stage) if one["type"].endswith("_ORDER") and (name := _id(one))}


def transactions(stage: Stage) -> list[dict[str, Any]]:
    """Return everything that happened at the venue."""
    last = int(ask(stage, "summary")["lastTransactionID"])
    found: list[dict[str, Any]] = []
    for first in range(1, last + 1, 1000):
        page = ask(stage, f"transactions/idrange?from={first}&to={min(first + 999, last)}")
        found += page["transactions"]
    return found


def naked(stage: Stage) -> int:
    """Return how many open positions have no stop at the venue."""
    return sum("stopLossOrder" not in one for one in ask(stage, "openTrades")["trades"])


def ask(stage: Stage, what: str) -> dict[str, Any]:
    """Return what the venue answers."""
    url = (stage.folder / "url").read_text(encoding="utf-8")
    token = (stage.folder / "token").read_text(encoding="utf-8").strip()
    request = urllib.request.Request(  # noqa: S310 - our own venue on this machine
        f"{url}/v3/accounts/{ACCOUNT}/{what}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        found: dict[str, Any] = json.load(answer)
    return found


def _id(transaction: dict[str, Any]) -> str:
    return str(transaction.get("clientExtensions", {}).get("id", ""))
