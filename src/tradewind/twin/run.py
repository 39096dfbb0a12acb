"""One run of the chain: the feed of this stage, the same strategies, and a broker that does what it did, so far."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from tradewind.kernel.records import (
    BAR,
    COMMAND,
    DAY,
    DIVIDEND,
    EVENT,
    FILLED,
    INSTRUMENTS,
    OPERATOR,
    REFUSED_COMMAND,
)
from tradewind.ports import Rows
from tradewind.runner import Runner
from tradewind.twin import counter
from tradewind.twin.played import Deal, Decision, Fill, Played, deal_of, equity, open_deal
from tradewind.twin.world import Pages, World, joined


class Told(NamedTuple):
    """Where a run stands when its broker is asked to do something."""

    place: int
    """Of the row of the feed."""
    runner: Runner
    venue: Any


class Conduct(Protocol):
    """How the broker of a run behaves; `conduct.Assumed` is the backtest's."""

    operators: bool
    """Whether orders of a person are part of the run."""

    def prepare(self, venue: Any) -> None:
        """The venue has the settings of this conduct."""

    def send(self, told: Told, command: Rows) -> None:
        """The command is on its way to the venue, or is kept from it."""

    def change(self, told: Told, report: Rows) -> Rows | None:
        """The report as this broker gives it, or None where it gives none."""

    def before(self, told: Told) -> list[Rows]:
        """Reports that come before the row at `place`, whatever the venue says."""

    def given(self, told: Told) -> list[Rows]:
        """Commands that are given at the row at `place` besides those of the strategies."""


class Book:
    """The deals of a run, known by the order that opened them."""

    def __init__(self, runner: Runner) -> None:
        """What is open at the beginning is worth what it is worth then."""
        self._runner = runner
        self._decided: dict[int, int] = {}
        self._trades = 0
        self.deals: list[Deal] = []
        self.closed = 0
        """What the trades that ended have made, whole."""
        self._opened: dict[int, Decision] = {}
        self._before: dict[int, Deal] = {}
        self._start = equity(runner.state)
        for index in np.flatnonzero(runner.state["positions"]["quantity"][0]):
            row = runner.state["positions"][0][index]
            known = Decision(0, int(row["opened_at"]))
            self._opened[int(index)] = known
            self._before[int(index)] = open_deal(runner.state, int(index), known)

    def decided(self, command: Any) -> None:
        """The moment of the decision is known for the order and what is attached to it."""
        for name in ("order", "stop_order", "target_order"):
            self._decided[int(command[name])] = int(command["ts"])

    def apply(self, report: Rows) -> None:
        """The runner has applied the report, and what it closed or opened is in the book."""
        if report["kind"][0] != FILLED:
            self._runner.apply(report)
            return
        index = int(report["strategy"][0]) * INSTRUMENTS + int(report["instrument"][0])
        held = self._runner.state["positions"]["quantity"][0]
        before = int(held[index])
        self._runner.apply(report)
        after = int(held[index])
        if before != 0 and (after == 0 or (after > 0) != (before > 0)):
            self._close(index)
        if after != 0 and (before == 0 or (after > 0) != (before > 0)):
            order = int(report["order"][0])
            self._opened[index] = Decision(order, self._decided.get(order, int(report["occurred"][0])))

    def _close(self, index: int) -> None:
        self._runner.flush()
        trades = self._runner.journal.read("trades", self._trades)
        self._trades += len(trades)
        for trade in trades:
            self.closed += int(trade["gross"]) + int(trade["commission"]) + int(trade["financing"])
            self.deals.append(self._within(index, deal_of(trade, self._opened[index])))

    def _within(self, index: int, deal: Deal) -> Deal:
        """Return the deal without what it had made before the run began."""
        start = self._before.pop(index, None)
        if start is None:
            return deal
        return deal._replace(
            gross=deal.gross - start.gross,
            commission=deal.commission - start.commission,
            financing=deal.financing - start.financing,
        )

    def finish(self) -> tuple[list[Deal], int]:
        """Return all deals, those still open as they stand, and the change of the equity."""
        settled(self._runner)
        for index in np.flatnonzero(self._runner.state["positions"]["quantity"][0]):
            deal = open_deal(self._runner.state, int(index), self._opened[int(index)])
            self.deals.append(self._within(int(index), deal))
        return self.deals, equity(self._runner.state) - self._start


def settled(runner: Runner) -> None:
    """The latest prices are in the value of what is open."""
    counter.value(runner.state.ctypes.data)


class Line:
    """New commands of a runner, one after another."""

    def __init__(self, runner: Runner) -> None:
        """None was given so far."""
        self._runner = runner
        self._seen = 0
        self._pages: Pages = runner.journal  # type: ignore[assignment]  # World gives its runners Pages

    def new(self) -> list[Rows]:
        """Return the commands given since it was last asked, refused ones too, each an array of one row."""
        if int(self._runner.engine["command_count"][0]) == 0 and self._seen == self._pages.counts.get("commands", 0):
            return []
        self._runner.flush()
        rows = self._pages.read("commands", self._seen)
        self._seen += len(rows)
        return [rows[place : place + 1].copy() for place in range(len(rows))]

    def all(self) -> Rows:
        """Return every command."""
        self._runner.flush()
        parts = self._pages.parts.get("commands", [])
        return joined(parts) if parts else np.zeros(0, COMMAND)


def play(world: World, rows: Rows, conduct: Conduct) -> Played:
    """Return what the strategies of the world make of the feed `rows` at a broker of that conduct."""
    runner = world.runner()
    venue = world.venue.copy()
    counter.adopt(venue.ctypes.data, runner.state.ctypes.data)
    conduct.prepare(venue)
    course = _Course(runner, venue, conduct)
    for place in range(len(rows)):
        course.row(place, rows[place : place + 1])
    deals, total = course.book.finish()
    return Played(deals, course.line.all(), course.fills, total)


class _Course:
    """A run on its way."""

    def __init__(self, runner: Runner, venue: Any, conduct: Conduct) -> None:
        self.runner, self.venue, self.conduct = runner, venue, conduct
        self.book, self.line = Book(runner), Line(runner)
        self.fills: list[Fill] = []
        self._state, self._venue = runner.state.ctypes.data, venue.ctypes.data
        self._report = venue["report"]
        self._quoted = runner.state["instruments"]["quoted_at"][0]

    def row(self, place: int, event: Rows) -> None:
        """The event is applied, with all that the broker has to say to it."""
        told = Told(place, self.runner, self.venue)
        kind = int(event["kind"][0])
        for report in self.conduct.before(told):
            self._hear(place, report)
        if kind == OPERATOR and not self.conduct.operators:
            return
        address = event.ctypes.data
        if kind in (DAY, DIVIDEND):
            self.venue["cursor"] = 0
            self._ask(told, counter.answer, address)
        quoted = int(self._quoted[event["instrument"][0]]) if kind <= BAR else 0
        self.runner.apply(event)
        self._forward(told)
        self._give(told)
        if kind <= BAR:
            counter.look(self._venue, self._state, address, quoted)
            self._ask(told, counter.answer, address)
            self._ask(told, counter.stop_out, address)

    def _forward(self, told: Told) -> None:
        for command in self.line.new():
            if command["kind"][0] == REFUSED_COMMAND:
                continue
            self.book.decided(command[0])
            self.conduct.send(told, command)

    def _give(self, told: Told) -> None:
        for command in self.conduct.given(told):
            self.book.decided(command[0])
            counter.enact(self._state, command.ctypes.data)
            self.conduct.send(told, command)

    def _ask(self, told: Told, question: Callable[[int, int, int], bool], address: int) -> None:
        while question(self._venue, self._state, address):
            report = np.zeros(1, EVENT)
            report.view("u1")[:] = np.ascontiguousarray(self._report).view("u1")
            changed = self.conduct.change(told, report)
            if changed is not None:
                self._hear(told.place, changed)
                self._forward(told)

    def _hear(self, place: int, report: Rows) -> None:
        self.book.apply(report)
        if report["kind"][0] == FILLED:
            self.fills.append(Fill(int(report["order"][0]), place, report[0]))
