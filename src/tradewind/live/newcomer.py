"""A strategy on its way into an account: asked for by a person while it runs, or named at a start."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.adapters.journal import ChainedJournal
from tradewind.errors import BadData, TradewindError
from tradewind.kernel.records import BAR, DAY
from tradewind.live.grafting import graft, wants_edges
from tradewind.live.nursery import Nursery, events_since, joined
from tradewind.live.people import named
from tradewind.live.prepare import Prepared
from tradewind.modes import Choice
from tradewind.ports import Rows

if TYPE_CHECKING:
    from tradewind.live.desk import Desk

DAYS = 30
"""So far back a newcomer looks, if nobody says otherwise."""
DAY_NS = 86_400 * 1_000_000_000


class Newcomer:
    """A strategy that grows up beside a running account, in a thread of its own."""

    def __init__(self, desk: "Desk", name: str, order: Mapping[str, Any], *, days: int = DAYS) -> None:
        """It begins to grow; `name` is that of the order it came with."""
        self.name, self.order, self.days = name, order, days
        named(order)
        self.choice = Choice(*_wanted(order))
        self.error: BaseException | None = None
        self.nursery: Nursery | None = None
        self.source = ""
        self._tape_without_edges = desk.calendar is None and not wants_edges(desk.prepared)
        self._desk_prepared, self._now = desk.prepared, desk.core.now
        self._folder = desk.folder
        self._thread = threading.Thread(target=self._grow, name="newcomer", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """It has grown up, or failed."""
        self._thread.join()

    def ready(self, desk: "Desk") -> bool:
        """Return whether it can be taken in now: grown up, and the calendar stands between two moments."""
        return not self._thread.is_alive() and (desk.calendar is None or desk.calendar.position.told == 0)

    def _grow(self) -> None:
        try:
            whole = joined(self._desk_prepared, [self.choice])
            if self._tape_without_edges and wants_edges(whole):
                raise TradewindError(  # noqa: TRY301 - the thread's errors all go one way
                    "This tape does not tell when sessions open and close, and on_session wants to hear of it.",
                    "Stop the account and start it with both strategies.",
                )
            from tradewind.live.start import open_journal  # noqa: PLC0415 - a start takes newcomers in, too

            with open_journal(self._desk_prepared.request.settings, self._folder, readonly=True) as journal:
                events = journal.position.rows.get("events", 0)
                nursery = Nursery(whole, len(self._desk_prepared.strategies))
                self.source = grow_up(nursery, lambda start: journal.read("events", start), events,
                                      self._now - self.days * DAY_NS)  # fmt: skip
            self.nursery = nursery
        except BaseException as error:  # noqa: BLE001 - the account trades on whatever became of a newcomer
            self.error = error

    def take_in(self, desk: "Desk") -> str:
        """It trades from here on; return a sentence. Raises TradewindError where it cannot: nothing has changed."""
        if isinstance(self.error, TradewindError):
            raise self.error
        nursery = self.nursery
        if self.error is not None or nursery is None:
            raise TradewindError(f"{self.choice.path} could not be prepared: {self.error!r}.")
        nursery.feed(desk.journal.read("events", nursery.fed))
        for log, rows in desk.core.pending.batch:
            if log == "events":
                nursery.feed(rows)
        why = {"order": self.name, "person": self.order["person"], "reason": self.order["reason"]}
        told = graft(desk, nursery.core, nursery.prepared, {**why, "seen": nursery.seen, "source": self.source})
        return f"{told} It has seen {nursery.seen:,} events: {self.source}."


def _wanted(order: Mapping[str, Any]) -> tuple[Path, dict[str, str]]:
    """Return file and parameters of an order to add a strategy."""
    path = Path(str(order.get("strategy", "")))
    if not path.is_file():
        raise BadData(f"There is no strategy file {path}.", "Give --strategy with a path or the name of a shipped one.")
    changes: dict[str, str] = {}
    given = order.get("set", [])
    for text in given if isinstance(given, list) else [given]:
        name, equals, value = str(text).partition("=")
        owner, dot, parameter = name.strip().rpartition(".")
        if not equals or not parameter or (dot and owner != path.stem):
            raise BadData(f"--set {text!r} is not name=value.", "Write it as --set fast=10.")
        changes[parameter] = value.strip()
    return path.resolve(), changes


def grow_up(nursery: Nursery, read: Callable[[int], Rows], events: int, since: int) -> str:
    """The nursery has seen everything from the moment `since` to the account's latest event; return from where."""
    rows = events_since(read, events, since)
    begins = _begins(rows)
    source = "the account's own journal"
    if begins > max(since, 0):
        stored = _history(nursery, since, begins)
        source = f"{stored}, then {source}" if stored else source
    nursery.feed(rows)
    return source


def _begins(rows: Rows) -> int:
    """Return where the account's calendar begins, or its prices where it has none, ns UTC."""
    found = rows["ts"][(rows["kind"] == DAY) | (rows["kind"] <= BAR)]
    return int(found.min()) if len(found) else 0


def _history(nursery: Nursery, since: int, until: int) -> str:
    """Stored prices between two moments have been seen; return where they come from, nothing where there are none."""
    from tradewind.live.trading import history_blocks  # noqa: PLC0415 - what trades at a broker takes newcomers in, too

    try:
        blocks, source = history_blocks(nursery.prepared, since, until)
    except TradewindError:
        return ""
    nursery.history(blocks, until)
    return f"stored history ({source})" if nursery.seen else ""


def taken_in(desk: "Desk", whole: Prepared, journal: ChainedJournal) -> str:
    """Strategies named at a start that the account did not have have grown up and trade; return a sentence."""
    nursery = Nursery(whole, len(desk.prepared.strategies))
    source = grow_up(
        nursery, lambda start: journal.read("events", start), desk.core.events, desk.core.now - DAYS * DAY_NS
    )
    why = {"order": "", "person": "", "reason": "named at a start", "seen": nursery.seen, "source": source}
    return graft(desk, nursery.core, whole, why)
