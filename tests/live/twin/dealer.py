"""A paper session whose broker deals otherwise than it quotes: every report passes through a function of the test.

The kernel's own loop hears its venue directly; here a second venue is asked, as `tradewind.twin.counter` allows, and
what it says is changed on the way.
"""

import numpy as np
from paper_day import Session

from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel.loop import EVERYTHING
from tradewind.kernel.records import BAR, DAY, EVENT, REFUSED_COMMAND, VENUE
from tradewind.runner import Runner
from tradewind.twin import counter
from tradewind.twin.played import equity
from tradewind.twin.recording import Recording, Start, StartedStrategy, checked


class Dealt(Session):
    """A session that has run; `deal(report)` gives the reports that come instead."""

    def __init__(self, market, deal, send=None, slots=None):
        world = market.world
        self.journal, self.deal, self.send = MemoryJournal(), deal, send
        state, self.venue = world.state.copy(), world.venue.copy()
        silent = np.zeros(1, VENUE)
        silent["silent"] = 1
        self.runner = Runner(state, silent, slots or world.slots, self.journal, world.handler, EVERYTHING)
        self._seen = 0
        for place in range(len(market.tape)):
            self._row(market.tape[place : place + 1])
        self.runner.flush()
        counter.value(state.ctypes.data)
        self.total = equity(state) - equity(world.state)
        logs = (self.journal.read(name) for name in ("events", "commands", "trades"))
        self.recording = checked(Recording(*logs, Start([StartedStrategy("eager.py")], ["XAUUSD"])))

    def _row(self, event):
        state, venue = self.runner.state, self.venue.ctypes.data
        if event["kind"][0] == DAY:
            self.venue["cursor"] = 0
            self._hear(event)
        quoted = int(state["instruments"]["quoted_at"][0][event["instrument"][0]])
        self.runner.apply(event)
        self._take()
        if event["kind"][0] <= BAR:
            counter.look(venue, state.ctypes.data, event.ctypes.data, quoted)
            self._hear(event)

    def _hear(self, event):
        while counter.answer(self.venue.ctypes.data, self.runner.state.ctypes.data, event.ctypes.data):
            report = np.zeros(1, EVENT)
            report.view("u1")[:] = np.ascontiguousarray(self.venue["report"]).view("u1")
            for one in self.deal(report):
                self.runner.apply(one)
            self._take()

    def _take(self):
        self.runner.flush()
        commands = self.journal.read("commands", self._seen)
        self._seen += len(commands)
        for place in range(len(commands)):
            command = commands[place : place + 1].copy()
            if command["kind"][0] != REFUSED_COMMAND and (self.send is None or self.send(command)):
                counter.take(self.venue.ctypes.data, command.ctypes.data)
