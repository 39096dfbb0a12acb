"""Which strategies an account trades: those its journal names, in that order, and behind them those asked for anew.

Who names fewer at a start than the journal does gets the others too, if they were added while it ran: a keeper that
starts a trader again knows nothing of those. What was named before and is not any more has to be disabled and flat;
its place stays its own, because order ids, positions and the journal's rows carry it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.adapters.journal import ChainedJournal
from tradewind.errors import TradewindError
from tradewind.kernel.records import INSTRUMENTS
from tradewind.live.grafting import GRAFT, first
from tradewind.live.nursery import joined
from tradewind.live.prepare import Prepared
from tradewind.modes import Choice
from tradewind.results.facts import numbered

if TYPE_CHECKING:
    from tradewind.live.desk import Desk

Document = Mapping[str, Any]


def standing(journal: ChainedJournal) -> Document | None:
    """Return the newest document that says what is traded: of a start or of a strategy added since; None at first."""
    notes = [note for note in journal.notes() if note.kind in ("start", GRAFT)]
    if not notes:
        return None
    found: Document = notes[-1].document
    if notes[-1].kind == GRAFT:
        found = found["start"]
    return found


def with_those_added(prepared: Prepared, before: Document) -> Prepared:
    """Return the request with every strategy the journal has; raise TradewindError where a file is not what it was."""
    told, own = before["strategies"], prepared.start_document()["strategies"]
    missing = told[len(own) :]
    if not missing or own != told[: len(own)]:
        return prepared
    for one in missing:
        if not Path(one["file"]).is_file():
            raise TradewindError(
                f"{one['file']} was added to the account while it ran, and is not there any more.",
                "Put it back: without it the journal cannot be replayed.",
            )
    whole = joined(prepared, [Choice(Path(one["file"]), dict(one["parameters"])) for one in missing])
    for one, strategy in zip(missing, whole.strategies[len(own) :], strict=True):
        if one["digest"] != strategy.digest:
            raise TradewindError(
                f"{one['file']} was added to the account while it ran, and its text is another now.",
                "Put the former text back; add the new one as a strategy of its own.",
            )
    return whole


def as_before(prepared: Prepared, before: Document) -> Prepared:
    """Return the beginning of the request that the journal has already; those behind are new to the account."""
    own = prepared.start_document()["strategies"]
    count = len(before["strategies"])
    return first(prepared, count) if len(own) > count and own[:count] == before["strategies"] else prepared


def look_at_those_left_out(desk: "Desk", before: Document, asked: int) -> None:
    """Raise TradewindError where a strategy that was named at the last start is not now, and still may trade."""
    named = int(before.get("asked", len(before["strategies"])))
    names: Sequence[str] = numbered([one.name for one in desk.prepared.strategies])
    state = desk.core.runner.state
    orders = state["orders"][0, : int(state["order_count"][0])]
    for number in range(asked, named):
        places = slice(number * INSTRUMENTS, (number + 1) * INSTRUMENTS)
        idle = not state["positions"]["quantity"][0, places].any() and not (orders["strategy"] == number).any()
        if state["strategies"]["enabled"][0, number] or not idle:
            raise TradewindError(
                f"The account {desk.folder.name} was started with {names[number]}, which "
                + ("is enabled." if idle else "holds a position or an order."),
                f"Name it again; to leave it out, disable it and wait until it is flat: "
                f"tradewind order-desk disable --account {desk.folder.name} --strategy {names[number]}",
            )
