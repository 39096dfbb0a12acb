"""The live trader: commands of the kernel become requests, what the broker says becomes events, and nothing is guessed.

It does nothing itself. A driver calls an input, makes `drain` durable, and only then carries out `outgoing`. Everything
it must remember is in the kernel's state and in the book, and both follow from the journal.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tradewind.broker import Answer, Capabilities, CatchUp, Found, Link, Picture, Place, Quote, Report
from tradewind.kernel import refusals
from tradewind.kernel.orders import SENT, UNKNOWN
from tradewind.kernel.records import CANCELLED, REFUSED_COMMAND, UNKNOWN_OUTCOME
from tradewind.ports import Rows
from tradewind.trading.book import Book, role_of
from tradewind.trading.events import event, quote_rows
from tradewind.trading.executions import text_of
from tradewind.trading.machine import Batch, Machine
from tradewind.trading.protecting import Protecting
from tradewind.trading.reconciling import Difference
from tradewind.trading.repeating import Repeating
from tradewind.trading.reporting import Reporting
from tradewind.trading.requests import Alert, Ask, Request, Send
from tradewind.trading.resolving import Resolving
from tradewind.trading.sending import request_of
from tradewind.trading.settling import Settling
from tradewind.trading.timing import Timing


class Trader:
    """One account at one broker."""

    def __init__(self, core: Machine, book: Book, capabilities: Capabilities, timing: Timing | None = None) -> None:
        """The core is as recovered; nothing is opened before broker and book agree."""
        self.core, self.book, self.capabilities = core, book, capabilities
        self.timing = Timing() if timing is None else timing
        self.wall = 0
        self.requests: list[Request] = []
        self.alerts: list[Alert] = []
        self.fills: list[tuple[Report, int]] = []
        """Fills and whose they were, for whoever tells people."""
        self.activity = 0
        """Counts requests and reports: a picture taken before the latest of them proves nothing."""
        self.numbers = 0
        self.duplicates = 0
        self.reporting = Reporting(self)
        self.resolving = Resolving(self)
        self.settling = Settling(self)
        self.repeating = Repeating(self)
        self.protecting = Protecting(self)
        self.linked = False
        book.keep_only(set(core.living()["id"].tolist()))  # a replay tells of orders, not of their ends

    # What comes in.

    def at(self, wall: int) -> None:
        """It is `wall` ns UTC by the broker's clock; it never goes back."""
        self.wall = max(self.wall, wall)

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Prices came, in order of time."""
        if quotes:
            self.order(self.core.apply(quote_rows(quotes, beat=True)))

    def rows(self, rows: Rows) -> None:
        """The calendar, a timer or a person says something: rows of EVENT."""
        self.order(self.core.apply(rows))

    def reports(self, reports: Iterable[Report], *, in_order: bool = False) -> None:
        """The broker said these things happened; strategies see them at once. `in_order`: and nothing before them."""
        told = [self.reporting.take(one, in_order=in_order) for one in reports]
        if any(told):
            self.reporting.again()
            self.order(self.core.beat())

    def answered(self, request: Send, answer: Answer) -> None:
        """What the broker said to a request."""
        self.activity += 1
        self.reports(answer.reports)
        if answer.outcome == "unknown":
            self.resolving.lose(request.order, answer.text)
        elif answer.outcome == "refused" and self._first_may_live(request):
            self.resolving.lose(request.order, "sent twice, and one of both refused")
        elif answer.outcome == "refused":
            self.reporting.refused(request, answer.text)
        elif isinstance(request.what, Place):
            self.reporting.taken(request.order)
        self.order(self.core.beat())

    def _first_may_live(self, request: Send) -> bool:
        """Whether an order was sent twice, and one of both may still be taken, or has been."""
        ticket = self.book.tickets.get(request.order)
        return isinstance(request.what, Place) and ticket is not None and self.resolving.first_may_live(ticket)

    def unsent(self, request: Send, why: str) -> None:
        """The request certainly never left: too late, or no connection."""
        self.activity += 1
        self.alert("refusals", f"Not sent: {type(request.what).__name__.lower()} of order {request.order}, {why}.")
        self.reporting.unsent(request)
        self.order(self.core.beat())

    def told(self, ask: Ask, answer: Found | CatchUp | Picture | None) -> None:
        """What the broker said to a question; None: it could not be asked."""
        if isinstance(answer, Found):
            self.resolving.found(ask.about, answer)
        elif isinstance(answer, CatchUp):
            self.settling.caught_up(ask, answer)
        elif isinstance(answer, Picture):
            self.settling.pictured(ask, answer)
        else:
            self.settling.unheard(ask)
            self.resolving.unheard(ask)

    def link(self, link: Link) -> None:
        """The stream of reports came or went; while it is gone nothing is opened, and afterwards all is compared."""
        if link.stream != "reports" or link.up == self.linked:
            return
        self.linked = link.up
        if link.up:
            self.settling.begin()
            return
        self.settling.forget()
        self.alert("disconnects", f"The broker's reports are not connected: {link.reason or 'no reason given'}.")
        self.order(self.core.hold(refusals.BROKER_UNREACHABLE, on=True))
        self.order(self.core.hold(refusals.STARTING, on=True))

    def turn(self, wall: int) -> None:
        """Time has passed: what is due is asked."""
        self.at(wall)
        self.repeating.turn()
        self.protecting.turn()
        self.resolving.turn()
        self.settling.turn()

    def start(self, epoch: int) -> None:
        """A new life begins: what had been sent without an answer is unknown, and all is compared before anything."""
        self.book.epoch = epoch
        rows = self.living()
        sent = rows["id"][rows["status"] == SENT].tolist()
        self.order(self.core.hold(refusals.STARTING, on=True))
        self._withhold("decided before broker and book were compared")
        self.protecting.begin()
        for ticket in self.book.tickets.values():
            ticket.sent = self.time  # when it really was is not in the journal; certainly not later
        for order in sent:
            self.resolving.lose(order, "restarted before an answer came")
        self.settling.begin()

    def _withhold(self, why: str, instrument: int = -1) -> None:
        """What strategies decided on before a hold, and what has not been sent, is not opened.

        Before a hold is applied they are shown what came before it: at a start what a former life did not show them.
        """
        for request in [one for one in self.requests if isinstance(one, Send) and isinstance(one.what, Place)]:
            what = request.what
            if isinstance(what, Place) and not what.reduce_only and instrument in (-1, what.instrument):
                self.requests.remove(request)
                self.unsent(request, why)

    # What goes out.

    def drain(self) -> Batch:
        """Return what must be durable before `outgoing` is carried out."""
        return self.core.drain()

    def outgoing(self) -> list[Request]:
        """Return the requests that may be carried out now that everything before them is durable, and forget them."""
        found, self.requests = self.requests, []
        return found

    def pending_work(self) -> bool:
        """Return whether something waits to be made durable or to be sent."""
        return bool(self.requests or self.core.pending.batch)

    def order(self, commands: Rows) -> None:
        """The commands have tickets and are waiting to be sent."""
        if not len(commands) and len(self.book.tickets) == int(self.core.state["order_count"]):
            return  # the ordinary price: nothing was wanted, and no order has ended
        for command in commands:
            if int(command["kind"]) == REFUSED_COMMAND:
                continue
            self.book.note_command(command, role_of(command))
            ticket = self.book.tickets.get(int(command["order"]))
            if ticket is not None:
                ticket.sent = self.time
            request = request_of(self, command)
            if request is not None and not self.repeating.waits(request, int(command["order"])):
                self.send(request, int(command["order"]), exits=bool(int(command["reduce_only"])))
        self.book.keep_only(set(self.living()["id"].tolist()))

    def send(self, what: Any, order: int, *, exits: bool = True) -> None:
        """The request waits for what led to it to be durable."""
        self.numbers += 1
        self.activity += 1
        keeps = self.timing.exit_keeps if exits or not isinstance(what, Place) else self.timing.entry_keeps
        self.requests.append(Send(self.numbers, what, order, max(self.wall, self.core.now) + keeps))

    def ask(self, what: str, about: str = "") -> int:
        """The question waits to be asked; return its number."""
        self.numbers += 1
        self.requests.append(Ask(self.numbers, what, about))
        return self.numbers

    def alert(self, kind: str, text: str, level: str = "warning") -> None:
        """A person will be told, and the journal has it."""
        self.alerts.append(Alert(kind, text, level))
        self.core.note("alert", {"about": kind, "level": level, "text": text, "ts": max(self.wall, self.core.now)})

    # What is known.

    @property
    def time(self) -> int:
        """When something becomes known: now, and never before the latest event."""
        return max(self.wall, self.core.now)

    def living(self) -> Any:
        """Return the rows of the kernel's order table in use."""
        return self.core.living()

    def row(self, order: int) -> Any:
        """Return the kernel's row of a living order, or None."""
        found = np.flatnonzero(self.living()["id"] == order)
        return self.living()[found[0]] if len(found) else None

    def unknown(self) -> list[int]:
        """Return the orders whose outcome is not known."""
        living = self.living()
        return [int(one) for one in living["id"][living["status"] == UNKNOWN]]

    def lose(self, order: int) -> None:
        """The outcome of the order is unknown: an event says so, and nothing is opened in its instrument."""
        row = self.row(order)
        if row is None:
            return
        instrument, strategy = int(row["instrument"]), int(row["strategy"])
        # The hold comes first: with the event time goes on, and a bar may close on which something is decided.
        self.order(self.core.hold(refusals.OUTCOME_UNKNOWN, on=True, instrument=instrument))
        self._withhold("decided before the outcome of another order was lost", instrument)
        lost = event(UNKNOWN_OUTCOME, self.time, order=order, instrument=instrument, strategy=strategy)
        self.order(self.core.apply(lost))

    def end(self, order: int, reason: int) -> None:
        """The order is over without a report of the broker's own, because the evidence leaves nothing else."""
        row = self.row(order)
        if row is None:
            return
        fields = {name: int(row[name]) for name in ("instrument", "strategy", "side")}
        ended = event(CANCELLED, self.time, order=order, reason=reason, occurred=self.time,
                      quantity=int(row["quantity"] - row["filled"]), **fields)  # fmt: skip
        self.order(self.core.apply(ended))

    def differences(self) -> Sequence[Difference]:
        """Return what the latest comparison found."""
        return self.settling.found

    def ready(self) -> dict[str, str]:
        """Return why nothing may be opened, by what; empty: ready."""
        reasons: dict[str, str] = {}
        for number in range(int(self.core.state["instrument_count"])):
            bits = self.core.held(number)
            for place in range(refusals.LAST_HOLD - refusals.STARTING + 1):
                if bits >> place & 1:
                    name, sentence = refusals.REASONS[refusals.STARTING + place]
                    reasons[name] = sentence
        if int(self.core.state["risk"]["kill"]):
            reasons["kill switch"] = f"Level {int(self.core.state['risk']['kill'])}."
        return reasons


def replayed(book: Book, told: Batch) -> None:
    """The book includes commands, executions and notes of the journal's tail, in order."""
    for log, content in told:
        if log == "commands":
            for command in content:
                if int(command["kind"]) != REFUSED_COMMAND:
                    book.note_command(command, role_of(command))
        elif log == "executions":
            for row in content:
                book.note_execution(row)
        elif content["kind"] == "start":
            book.epoch = int(content["epoch"])
        elif content["kind"] == "read up to":
            book.sequence = str(content["sequence"])
        elif content["kind"] == "lives as":
            book.rename(int(content["order"]), str(content["id"]))
        elif content["kind"] == "sent again":
            book.sent_again(int(content["order"]))
        elif content["kind"] == "ignored":
            book.ignored.append(text_of(content["broker"].encode()))
