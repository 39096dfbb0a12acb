"""One account, turned by one thread: inputs are applied, what came of them is made durable, then requests go out.

It starts from its journal alone: the newest snapshot, the tail behind it, and for a broker's account a comparison with
the broker before anything is opened. The same steps whether it was stopped, killed or never ran.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tradewind.broker import Capabilities, Quote, Report
from tradewind.errors import TradewindError
from tradewind.kernel.records import QUOTE
from tradewind.kernel.refusals import STOPPING, WARMING_UP
from tradewind.kernel.risk_calendar import SWITCH
from tradewind.live import grafting
from tradewind.live.folder import Folder
from tradewind.live.newcomer import Newcomer
from tradewind.live.people import carry_out, given_limits
from tradewind.live.prepare import Prepared
from tradewind.liveness.calendar import LiveCalendar
from tradewind.liveness.entries import Position, position_after
from tradewind.markets.blackout import NewsEntry
from tradewind.ports import Rows
from tradewind.risk.limits import Limits
from tradewind.trading.book import Book
from tradewind.trading.events import quote_rows
from tradewind.trading.requests import Alert, Request
from tradewind.trading.trader import Trader, replayed

if TYPE_CHECKING:
    from tradewind.trading.machine import Machine

SECOND = 1_000_000_000
COMMIT_EVERY = SECOND // 10
"""Prices alone wait so long for company before they are made durable: nothing was done because of them."""
SNAPSHOT_EVERY = 20_000
"""Events between snapshots, so that a recovery is quick."""


class DurableJournal(Protocol):
    """What a desk asks of a journal."""

    def append(self, log: str, rows: Rows) -> None:
        """The rows stand at the end of the log."""

    def note(self, kind: str, document: Any) -> int:
        """The document stands behind everything so far."""

    def commit(self, epoch: int) -> int:
        """Everything so far is durable."""

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of a log from position `start` on."""

    def notes(self, kind: str | None = None, after: int = 0) -> Sequence[Any]:
        """The notes with numbers above `after`, oldest first, of one kind or of all."""

    def tail(self, after_commit: int = 0) -> Iterator[tuple[str, Any]]:
        """Everything after a commit, in order."""

    def keep_snapshot(self, payload: bytes) -> int:
        """The state after the last commit is kept."""

    def newest_snapshot(self) -> tuple[int, bytes] | None:
        """The newest state, with its commit."""


class Desk:
    """A live or paper account."""

    def __init__(
        self,
        prepared: Prepared,
        folder: Folder,
        journal: DurableJournal,
        *,
        tag: str,
        epoch: int,
        capabilities: Capabilities | None = None,
        currency: str = "USD",
        beats: bool = True,
    ) -> None:
        """The desk is as its journal says. Without `capabilities` the kernel's own venue fills the orders."""
        self.prepared, self.folder, self.journal, self.epoch = prepared, folder, journal, epoch
        self.beats = beats
        self.alerts: list[Alert] = []
        self.fills: list[tuple[Report, int]] = []
        """Fills at the broker and whose they were, for people."""
        self.finished: list[Any] = []
        """Trades that ended, for people."""
        self.turns = 0
        self.happened = 0
        """How often something other than prices was made durable: whoever shows the desk looks again."""
        self.committed_at = 0
        self.snapshot_at = 0
        self.stopping = False
        self.start_document: dict[str, Any] = {}
        self.killed = 0
        self.known_limits: list[Limits] = [] if prepared.request.risk is None else [prepared.request.risk]
        self.known_limits += given_limits(journal.notes())
        self.core: Machine = prepared.core(simulated=capabilities is None)
        self.tape_rows = 0
        """Events applied that came from a tape."""
        self.edgeless = 0
        """So many of them are from a tape that did not tell when sessions open and close."""
        self.newcomer: Newcomer | None = None
        self.position: Position | None = None
        self.calendar: LiveCalendar | None = None
        self.trader: Trader | None = None
        book = self._recover(Book(tag))
        if capabilities is not None:
            self.trader = Trader(self.core, book, capabilities)
            self.trader.settling.currency = currency
        self.book = book

    def _recover(self, book: Book) -> Book:
        """State, book and calendar are those of the journal's end."""
        found = self.journal.newest_snapshot()
        if found is not None and not self.core.fits(found[1]):
            found = None
        after, whole = 0, self.prepared
        grafting.stand_back(self, found)
        if found is not None:
            after, payload = found
            tree = self.core.restore(payload)
            self.edgeless = int(tree.get("edgeless", 0))
            book = Book.from_tree(tree["book"])
            self.position, self.tape_rows = _position(tree["position"]), int(tree["tape_rows"])
        tail: list[tuple[str, Any]] = []
        for log, content in self.journal.tail(after):
            tail.append((log, _document(content)) if log == "notes" else (log, content))
        grafting.replay(self, whole, tail)
        replayed(book, _ordered(tail))
        living = self.core.state["orders"][: int(self.core.state["order_count"])]["id"]
        book.keep_only(set() if self.core.simulated else {int(one) for one in living})
        for log, content in tail:
            if log == "events":
                self._follow(content)
            elif log == "notes" and content["kind"] == "start" and self.position is None and self.beats:
                self.position = Position(int(content["ts"]))
        self.snapshot_at = self.core.events
        return book

    def _follow(self, rows: Rows) -> None:
        """The calendar's position is behind these rows."""
        if self.position is not None:
            self.position = position_after(self.position, rows)
        self.tape_rows += int((rows["kind"] < 16).sum() - (rows["kind"] == 9).sum())

    def begin(self, wall: int, document: dict[str, Any]) -> None:
        """A new life begins at `wall` ns: the journal says of what, and the calendar goes on where it stopped."""
        self.journal.note("start", {"epoch": self.epoch, "ts": wall, **document})
        self.book.epoch = self.epoch
        if self.position is None and self.beats:
            self.position = Position(wall)
        if self.trader is not None:
            self.trader.at(wall)
            self.trader.start(self.epoch)
        self.hold(STOPPING, on=False)  # that was the life before
        self.settle(wall, at_once=True)

    def follow_calendar(self, start: int) -> None:
        """Sessions and news are told by the clock from here on, as a tape would tell them."""
        position = self.position if self.position is not None else Position(start)
        self.calendar = LiveCalendar(self.prepared.calendar(), position, self.prepared.timeframes())

    # Inputs.

    def block(self, rows: Rows) -> None:
        """Rows of a tape are applied as they are."""
        self._apply(rows)
        self.tape_rows += len(rows)

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Prices of a stream, with what the calendar has to say before them."""
        good: list[Quote] = []
        for quote in quotes:
            if self.calendar is not None:
                if not self.calendar.admits(quote.ts):
                    continue
                before = self.calendar.before_quote(quote.ts)
                if len(before):
                    self._quotes(good)
                    good = []
                    self._apply(before)
            good.append(quote)
        self._quotes(good)

    def missed(self, rows: Rows) -> None:
        """Bars of a stretch in which no prices came, oldest first, with what the calendar has to say before them."""
        for place in range(len(rows)):
            row = rows[place : place + 1]
            if self.calendar is not None:
                before = self.calendar.before_bar(int(row["ts"][0]), int(row["span"][0]))
                if len(before):
                    self._apply(before)
            self._apply(row)

    def _quotes(self, quotes: Sequence[Quote]) -> None:
        if not quotes:
            return
        if self.trader is not None:
            self.trader.quotes(quotes)
        else:
            self.core.apply(quote_rows(quotes, beat=self.beats))

    def _apply(self, rows: Rows) -> None:
        if self.trader is not None:
            self.trader.rows(rows)
        else:
            self.core.apply(rows)

    def clock(self, wall: int) -> None:
        """It is `wall` ns UTC by the broker's clock: what is due without a price is told, what is due is asked."""
        self.turns += 1
        if self.calendar is not None:
            rows = self.calendar.due(wall)
            if len(rows):
                self._apply(rows)
        if self.trader is not None:
            self.trader.turn(wall)
        self.look_at_kill()

    def look_at_kill(self) -> None:
        """The kill file is obeyed: entries stop, entries are cancelled, all is closed, or nothing is sent any more."""
        level = self.folder.kill_level()
        if level > self.killed:
            self.alert("kill", f"Kill level {level} by file.", "critical")
            self.operate(SWITCH, level=min(level, 3))
        self.killed = level

    def operate(self, verb: int, **fields: Any) -> None:
        """An operator's verb holds."""
        commands = self.core.operate(verb, **fields)
        if self.trader is not None:
            self.trader.order(commands)

    def hold(self, reason: int, *, on: bool, instrument: int = -1) -> None:
        """Nothing is opened for `reason`, or no more for it."""
        commands = self.core.hold(reason, on=on, instrument=instrument)
        if self.trader is not None:
            self.trader.order(commands)

    def people(self) -> None:
        """What people ordered in the folder is done and answered."""
        if self.newcomer is not None and self.newcomer.ready(self):
            newcomer, self.newcomer = self.newcomer, None
            self._answer(newcomer.name, newcomer.order, partial(newcomer.take_in, self))
        for name, order in self.folder.orders():
            adds = order["verb"] == "add"
            self._answer(name, order, partial(self._add, name, order) if adds else partial(carry_out, self, order))

    def _add(self, name: str, order: Mapping[str, Any]) -> None:
        """A strategy grows up; it is answered for when it has."""
        if self.newcomer is not None:
            raise TradewindError("Another strategy is on its way into the account.", "Wait until it trades.")
        self.newcomer = Newcomer(self, name, order)

    def _answer(self, name: str, order: Mapping[str, Any], do: Callable[[], str | None]) -> None:
        """What a person ordered is done and answered; what takes longer is answered later."""
        try:
            text = do()
            answer = {"done": True, "text": text}
        except TradewindError as error:
            text, answer = "", {"done": False, "text": str(error)}
        if text is None:
            return
        self.core.note("order of a person", {"order": dict(order), **answer})
        self.settle(self.core.now, at_once=True)
        self.folder.answer(name, answer)

    def warm_up(self, blocks: Iterator[Rows]) -> int:
        """Indicators are filled from history, with nothing opened meanwhile; return how many events it took."""
        before = self.core.events
        self.hold(WARMING_UP, on=True)
        for rows in blocks:
            self._apply(rows)
            if self.position is not None:
                self.position = position_after(self.position, rows)
            self.settle(self.core.now, at_once=True)
        self.hold(WARMING_UP, on=False)
        self.settle(self.core.now, at_once=True)
        return self.core.events - before

    def alert(self, kind: str, text: str, level: str = "warning") -> None:
        """A person will be told."""
        self.alerts.append(Alert(kind, text, level))
        self.core.note("alert", {"about": kind, "level": level, "text": text, "ts": self.core.now})

    def limits(self) -> Limits:
        """Return the limits in force."""
        digest = int(self.core.state["limits"]["digest"])
        return next(one for one in self.known_limits if one.digest == digest)

    # Outputs.

    def settle(self, wall: int, *, at_once: bool = False) -> list[Request]:
        """What came of the inputs is durable; return what may be sent now."""
        batch = self.core.drain()
        wanted = at_once
        for log, content in batch:
            if log == "notes":
                kind = content["kind"]
                self.journal.note(kind, {name: value for name, value in content.items() if name != "kind"})
                wanted = True
            else:
                self.journal.append(log, content)
                wanted = wanted or (log != "events") or not bool((content["kind"] <= QUOTE + 5).all())
                if log == "trades":
                    self.finished += list(content)
        self.happened += wanted
        outgoing = [] if self.trader is None else self.trader.outgoing()
        if wanted or outgoing or wall - self.committed_at >= COMMIT_EVERY:
            self.journal.commit(self.epoch)
            self.committed_at = wall
        if self.trader is not None:
            self.alerts += self.trader.alerts
            self.trader.alerts.clear()
            self.fills += self.trader.fills
            self.trader.fills.clear()
        if self.core.events - self.snapshot_at >= SNAPSHOT_EVERY and not outgoing:
            self.snapshot()
        return outgoing

    def snapshot(self) -> None:
        """A recovery begins from here."""
        self.settle_quietly()
        place = self.position if self.calendar is None else self.calendar.position
        position = None if place is None else _tree(place)
        tree = {"book": self.book.as_tree(), "position": position, "tape_rows": self.tape_rows}
        self.journal.keep_snapshot(self.core.snapshot(tree | grafting.in_a_snapshot(self)))
        self.snapshot_at = self.core.events

    def settle_quietly(self) -> None:
        """Everything so far is durable."""
        self.snapshot_at = self.core.events  # no snapshot within the snapshot
        self.settle(self.core.now, at_once=True)


def _document(note: Any) -> dict[str, Any]:
    """Return a note of the journal as a document with its kind."""
    return {**note.document, "kind": note.kind}


def _ordered(tail: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return what the book follows, in the order of the journal."""
    return [one for one in tail if one[0] in ("commands", "executions", "notes")]


def _tree(position: Position) -> dict[str, Any]:
    return {**position._asdict(), "news": [list(one) for one in position.news]}


def _position(tree: dict[str, Any] | None) -> Position | None:
    if tree is None:
        return None
    return Position(**{**tree, "news": tuple(NewsEntry(*one) for one in tree["news"])})
