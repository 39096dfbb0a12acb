"""The recording replayed exactly: same events, same reports. Whatever then differs was not the market's doing.

The strategies are shown what they were shown, so they must give the commands they gave. Where they do not, the
decision is a finding (another version of the file, lost memory, a size that was cut), and the replay goes on with what
was done live. On the way it asks the assumed broker what it would have charged for the same fills and nights.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradewind.errors import BadData
from tradewind.kernel.loop import EVERYTHING
from tradewind.kernel.records import ACCEPTED, BAR, DAY, FILLED, INSTRUMENTS, PLACE, REFUSED_COMMAND
from tradewind.ports import Rows
from tradewind.runner import Runner
from tradewind.twin import counter
from tradewind.twin.played import Fill, Played
from tradewind.twin.recording import Recording
from tradewind.twin.run import Book, Line
from tradewind.twin.world import World

SAME = ("kind", "strategy", "instrument", "side", "type", "reduce_only", "price", "trigger", "stop_loss",
        "take_profit", "trail", "lifetime", "expires")  # fmt: skip
"""What must agree for a command to be the same decision; the size is compared apart."""

Moment = tuple[int, int, int, int, int]
"""kind, strategy, instrument, side and time of a command."""


@dataclass
class Audit:
    """What a replay found."""

    played: Played | None = None
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By live order: the steps the strategy would have sent, and those that were sent, where they differ."""
    silenced: set[Moment] = field(default_factory=set)
    """Decisions the strategies make and nobody made live."""
    withheld: set[Moment] = field(default_factory=set)
    """The same where live refused to send them."""
    added: dict[int, list[Rows]] = field(default_factory=lambda: defaultdict(list))
    """Commands given live that no strategy gives, by the place of the row at which they were."""
    charged: list[tuple[int, int, int]] = field(default_factory=list)
    """Of every fill: commission expected and booked, minor units, and its steps."""
    closed: int = 0
    """What all trades made that ended, whole."""
    nights: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """Financing expected, by strategy, instrument and moment."""


def moment_of(command: Any) -> Moment:
    """Return what tells a decision from others of its run."""
    kind, strategy, instrument, side, ts = (
        int(command[name]) for name in ("kind", "strategy", "instrument", "side", "ts")
    )
    return kind, strategy, instrument, side, ts


def replay(world: World, recording: Recording, span: tuple[int, int]) -> tuple[Audit, World]:
    """Return what the replay of the events at positions [first, end) found, and the world as it stands then."""
    events = recording.events[slice(*span)].copy()
    runner = world.runner(EVERYTHING)
    course = _Course(world, runner, recording.commands)
    if len(events) and int(runner.state["number"][0]) + 1 != int(events["number"][0]):
        raise BadData(
            f"The recording begins with event {int(events['number'][0])}, the state it is to begin from ends with "
            f"{int(runner.state['number'][0])}.",
            "A twin run needs the recording from the account's start on.",
        )
    for place in range(len(events)):
        course.row(events[place : place + 1])
    deals, total = course.book.finish()
    course.audit.closed = course.book.closed
    course.audit.played = Played(deals, course.line.all(), course.fills, total)
    return course.audit, World(runner.state.copy(), course.venue, world.slots, world.handler, runner.memories.tobytes())


class _Course:
    """A replay on its way."""

    def __init__(self, world: World, runner: Runner, commands: Rows) -> None:
        self.runner, self.venue = runner, world.venue.copy()
        self.book, self.line, self.audit = Book(runner), Line(runner), Audit()
        self.fills: list[Fill] = []
        self._state, self._venue = runner.state.ctypes.data, self.venue.ctypes.data
        self._quoted = runner.state["instruments"]["quoted_at"][0]
        self._place = 0
        self._ours = {int(order) for name in ("order", "stop_order", "target_order") for order in commands[name]}
        self._given: dict[int, list[Rows]] = defaultdict(list)
        for row in range(len(commands)):
            self._given[int(commands["number"][row])].append(commands[row : row + 1].copy())

    def row(self, event: Rows) -> None:
        """The event is applied and what the strategies made of it is compared."""
        number = int(self.runner.state["number"][0])
        kind = int(event["kind"][0])
        if kind == DAY:
            self._nights(int(event["ts"][0]))
        if kind == FILLED:
            self._charge(event[0])
            self.fills.append(Fill(int(event["order"][0]), self._place - 1, event[0]))
        quoted = int(self._quoted[event["instrument"][0]]) if kind <= BAR else 0
        self.book.apply(event)
        mine = self.line.new()
        live = self._given.pop(number, [])
        if mine or live:
            self._compare(mine, live)
        if kind <= BAR:
            counter.look(self._venue, self._state, event.ctypes.data, quoted)
        if kind < ACCEPTED:
            self._place += 1

    def _compare(self, mine: Sequence[Rows], live: Sequence[Rows]) -> None:
        """Every command has its twin, or is a finding; the state has what was done live."""
        refused = [one for one in live if one["kind"][0] == REFUSED_COMMAND]
        sent = [one for one in live if one["kind"][0] != REFUSED_COMMAND]
        alone = []
        for command in mine:
            if command["kind"][0] == REFUSED_COMMAND:
                continue
            twin = next((one for one in sent if same_decision(command[0], one[0])), None)
            if twin is None:
                alone.append(command)
            else:
                sent = [one for one in sent if one is not twin]
                self._size(command, twin)
        for command in reversed(alone):
            self.runner.state["next_order"] = min(int(self.runner.state["next_order"][0]), int(command["order"][0]))
            counter.undo(self._state, command.ctypes.data)
            held = any(moment_of(one[0])[1:] == moment_of(command[0])[1:] for one in refused)
            (self.audit.withheld if held else self.audit.silenced).add(moment_of(command[0]))
        for command in sent:
            counter.enact(self._state, command.ctypes.data)
            self.audit.added[self._place].append(command)
        for command in live:
            if command["kind"][0] != REFUSED_COMMAND:
                self.book.decided(command[0])

    def _size(self, command: Rows, twin: Rows) -> None:
        """The order has the size that was sent, and if that is another one it is a finding."""
        wanted, had = int(command["quantity"][0]), int(twin["quantity"][0])
        if command["kind"][0] == PLACE and wanted != had:
            self.audit.sizes[int(twin["order"][0])] = (wanted, had)
            counter.resize(self._venue, self._state, int(command["order"][0]), had)

    def _charge(self, report: Any) -> None:
        """What the assumed broker would take for the fill is beside what was taken, for orders of our own."""
        if int(report["order"]) not in self._ours:
            return
        expected = counter.commission(
            self._venue, self._state, int(report["instrument"]), int(report["quantity"]), int(report["price"])
        )
        self.audit.charged.append((int(expected), int(report["amount"]), int(report["quantity"])))

    def _nights(self, ts: int) -> None:
        """What the assumed broker would book now is known, once for every position."""
        for index in np.flatnonzero(self.runner.state["positions"]["quantity"][0]).tolist():
            key = (index // INSTRUMENTS, index % INSTRUMENTS, ts)
            if key not in self.audit.nights:
                self.audit.nights[key] = int(counter.night(self._venue, self._state, index))


def same_decision(mine: Any, live: Any) -> bool:
    """Return whether two commands ask for the same, whatever their size."""
    if mine["kind"] != PLACE:
        return bool(mine["kind"] == live["kind"] and mine["order"] == live["order"])
    return all(mine[name] == live[name] for name in SAME)


def unexplained(audit: Audit, trades: Rows, span: tuple[int, int]) -> int:
    """Return what the recorded trades of the event numbers [first, last] made beyond the replay's: 0, or a finding."""
    first, last = span
    kept = trades[(trades["number"] >= first) & (trades["number"] <= last)] if len(trades) else trades
    live = sum(int(kept[name].sum()) for name in ("gross", "commission", "financing")) if len(kept) else 0
    return live - audit.closed
