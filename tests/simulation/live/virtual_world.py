"""A world in virtual time: one desk, one broker, a network and a disk between them, and faults by a seed.

Everything is one heap of (moment, number, what to do). The desk runs the real trader on the real kernel; what it would
commit goes to a disk that forgets what was not committed, what it would send goes over a network that delays, loses
and repeats. It can be killed before and after every single step; it is started again from its disk alone.
"""

import heapq
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import count
from random import Random

import numpy as np
from by_hand import meddle
from exposure import note_exposure
from promises import (
    bare_too_long,
    broken,
    never_bare_in_silence,
    note_names,
    note_told,
    taken_for_clear,
    unclear_of,
    unwritten,
    wrong_now,
)
from virtual_broker import VirtualBroker, capabilities
from virtual_desk import Disk, Parts, Workshop, plain, recovered

from tradewind.broker import Answer, Link, Quote
from tradewind.kernel.orders import CANCELLING, REPLACING, SENT, UNKNOWN
from tradewind.kernel.step import DISABLE
from tradewind.trading.requests import Send

SECOND = 1_000_000_000
START = int(np.datetime64("2025-03-12T14:00", "ns").astype(int))  # a Wednesday, New York awake
LIVELINESS = 180
"""Virtual seconds after the last fault within which everything has to be well again."""


IN_FLIGHT = {SENT, CANCELLING, REPLACING, UNKNOWN}


class Killed(Exception):  # noqa: N818 - reads as the sentence it says
    """The process is no more."""


@dataclass
class Faults:
    """How likely what goes wrong."""

    lose_request: float = 0.0
    lose_answer: float = 0.0
    late: float = 0.0
    cut: float = 0.0
    repeat: float = 0.0
    drop_report: float = 0.0
    mute: float = 0.0
    reject: float = 0.0
    part: float = 0.0
    by_hand: float = 0.0


CALM = Faults()
MILD = Faults(0.02, 0.02, 0.02, 0.002, 0.05, 0.02, 0.02, 0.01, 0.1)
HARSH = Faults(0.15, 0.15, 0.15, 0.01, 0.3, 0.1, 0.1, 0.05, 0.2)
MEDDLED = Faults(cut=0.002, drop_report=0.1, repeat=0.05, by_hand=0.1)
"""A person acts in the account at the broker's own screen."""
LEVELS = (CALM, MILD, HARSH)


def every(seed, low, high):
    """Yield the steps at which a desk is killed: each `low` to `high` after the one before."""
    chance, step = Random(seed), 0
    for _ in count():
        step += chance.randint(low, high)
        yield step


class World:
    """One run."""

    def __init__(self, seed, *, scope="open", faults=CALM, crashes=(), minutes=3, **more):
        """Nothing has happened yet. `crashes`: the steps at which the desk is killed, rising."""
        self.chance, self.faults, self.seed = Random(seed), faults, seed
        self.can = capabilities(scope, **more.pop("can", {}))
        self.workshop = Workshop.of(more.pop("strategy", "restless"))
        self.latest = more.pop("latest", 14.0)
        """The most seconds a late request is late."""
        self.most = more.pop("most", 200_000)
        """Steps after which the desk is said never to come to rest."""
        self.punctual = self.latest <= 15.0
        """Nothing takes effect later than the broker declares."""
        self.wild = more.pop("wild", 0.01)
        """How likely a price is far from the last."""
        self.pauses = more.pop("pauses", (0.1, 2, 20))
        row = self.workshop.state[0]["instruments"][0]
        self.broker = VirtualBroker(self.can, Fraction(int(row["value_numerator"]), int(row["value_denominator"])))
        self.disk, self.now, self.heap, self.count = Disk(), START, [], 0
        self.plan, self.steps, self.crashes = iter(crashes), 0, 0
        self.next_crash = next(self.plan, 0)
        self.life, self.connected, self.trace, self.wrong = 0, False, [], []
        self.seen, self.streamed, self.cursor, self.trader = {}, 0, 0, None
        self.alerts, self.bare, self.booting, self.pictures = [], {}, False, 0
        self.named, self.told, self.known = {}, {}, {}
        self.exposed, self.exposures = {}, []
        self.ends = START + minutes * 60 * SECOND
        self.healed, self.well, self.price = False, 0.0, 400_000
        self._boot_safely()
        self.at(START, self._market)

    # The heap.

    def at(self, moment, what, *arguments):
        """`what` is done at a moment."""
        self.count += 1
        heapq.heappush(self.heap, (moment, self.count, what, arguments))

    def after(self, seconds, what, *arguments):
        """`what` is done so many seconds from now."""
        self.at(self.now + int(seconds * SECOND), what, *arguments)

    def run(self):
        """The time of the run has passed, and after it everything was well again, or was not in time."""
        while self.heap:
            self.now, _, what, arguments = heapq.heappop(self.heap)
            if self.now >= self.ends and not self.healed:
                self._heal()
            try:
                what(*arguments)
            except Killed:
                self._die()
            if not self.can.attached_stops:
                note_exposure(self)
            if self.wrong or (self.healed and (self.well or self.now > self.ends + LIVELINESS * SECOND)):
                break
        return self

    def _heal(self):
        """Nothing goes wrong any more."""
        self.healed, self.faults, self.next_crash = True, CALM, 0
        self.broker.reject_next, self.broker.part_next, self.broker.mum = 0, 0, False
        self.at(self.now, self._retire)
        self.after(5, self._look)

    def _look(self):
        """If all is well the run is over, and it is known how long that took."""
        if self.trader is not None and not broken(self):
            self.well = (self.now - self.ends) / SECOND
        self.after(3, self._look)

    def promises(self):
        """Return what does not hold: what went wrong on the way, and what is not well at the end."""
        return [*self.wrong, *self.disk.wrong, *self.broker.wrong, *broken(self)]

    def digest(self):
        """Return the hash of everything that was sent, told to people, and made durable."""
        found = sha256()
        for one in (*self.trace, *self.alerts):
            found.update(repr(one).encode())
        for log, content in self.disk.tail(0):
            found.update(log.encode() + plain(content))
        return found.hexdigest()

    def close(self):
        """The runner may be used by another world."""
        if self.trader is not None:
            self.workshop.give_back(self.trader.core)
            self.trader = None

    def _retire(self):
        """The strategy gives no more orders, so that what it gave can come to an end."""
        if self.trader is None:
            self.after(1, self._retire)
            return
        self.trader.order(self.trader.core.operate(DISABLE, strategy=0))
        self.turn()

    def step(self):
        """One more step of the desk is over: here it may be killed."""
        self.steps += 1
        assert self.steps < self.most, "the desk never comes to rest"
        if self.steps == self.next_crash:
            self.next_crash = next(self.plan, 0)
            raise Killed

    def see(self, name):
        """A rare thing happened: a run in which nothing rare happens proves nothing."""
        self.seen[name] = self.seen.get(name, 0) + 1

    # The desk.

    def _boot(self):
        """A new process starts from the disk."""
        self.life += 1
        self.booting, self.pictures = True, 0
        core = self.workshop.core(self.seed)
        book = recovered(self.disk, core)
        self.trader = trader = Parts.trader.Trader(core, book, self.can)
        self.connected = False
        trader.at(self.now)
        core.note("start", {"epoch": self.life})
        trader.start(self.life)
        self.turn()
        self.at(self.now, self._connect, self.life)
        self.after(1, self._tick, self.life)

    def _die(self):
        """The process is gone; what was not on the disk is gone with it."""
        self.crashes += 1
        self.see("crash in recovery" if self.booting else "crash")
        if self.trader is not None and set(self.trader.living()["status"].tolist()) & IN_FLIGHT:
            self.see("crash with an order in flight")
        if self.trader is not None:
            self.workshop.give_back(self.trader.core)
        self.trader = None
        self.told.clear()
        self.bare.clear()
        self.known.clear()
        self.after(self.chance.choice(self.pauses), self._boot_safely)

    def _boot_safely(self):
        try:
            self._boot()
        except Killed:
            self._die()

    def turn(self):
        """What the desk has to say is committed and then sent: the only way anything leaves it."""
        trader = self.trader
        for rounds in range(1000):
            if not trader.pending_work():
                break
            assert rounds < 999, "the desk never comes to rest"
            self.step()
            self.disk.commit(trader.drain())
            self.step()
            if len(self.disk.commits) >= 25 * (self.disk.snapshots + 1):
                self.disk.snapshots += 1
                self.disk.snapshot = (len(self.disk.commits), trader.core.snapshot(trader.book.as_tree()))
                self.step()
            for request in trader.outgoing():
                if not isinstance(request, Send):
                    self._ask(request)
                    continue
                if request.deadline < self.now:
                    self.see("too late to send")
                    trader.unsent(request, "too late")
                    continue
                self.wrong += wrong_now(self, request)
                self.trace.append((self.now, request.what))
                note_names(self, request.what)
                self._send(request)
                self.step()
        self._hear(trader)

    def _hear(self, trader):
        """What people are told is kept, and a desk that is ready has recovered."""
        if trader.alerts:
            self.alerts += [(self.now, one.level, one.text) for one in trader.alerts]
            trader.alerts.clear()
        trader.fills.clear()
        if self.booting and not trader.core.held(0) & 1:
            self.booting = False
        self.wrong += wrong_now(self)

    def _tick(self, life):
        """A second has passed."""
        if life != self.life or self.trader is None:
            return
        self.trader.turn(self.now)
        self.turn()
        self.wrong += never_bare_in_silence(self)
        self.after(1, self._tick, life)

    def _into(self, life, name, *arguments):
        """Something arrives at the desk, if it still is the one it was meant for."""
        if life == self.life and self.trader is not None:
            self.trader.at(self.now)
            if name != "quotes":
                note_told(self, arguments)
            unclear = unclear_of(self, arguments) if name == "answered" else 0
            getattr(self.trader, name)(*arguments)
            self.wrong += taken_for_clear(self, unclear)
            self.turn()
            self.wrong += unwritten(self)

    # The network.

    def _send(self, request):
        """A request is on its way; whether it arrives, when, and whether its answer comes back, is chance."""
        chance, faults, life = self.chance, self.faults, self.life
        delay = chance.uniform(0.02, 0.2)
        if chance.random() < faults.late:
            delay = chance.uniform(1.0, self.latest)
            self.see("late request")
        lost = chance.random() < faults.lose_request
        if lost or delay > 10:
            self.see("lost request" if lost else "beyond the answer's time")
            self.after(10, self._into, life, "answered", request, Answer("unknown", (), "timeout"))
        if lost:
            return
        self.after(delay, self._arrive, life, request, delay)

    def _arrive(self, life, request, delay):
        """The request is at the broker."""
        chance, faults = self.chance, self.faults
        if chance.random() < faults.reject:
            self.broker.reject_next, self.broker.mum = 1, chance.random() < 0.5
            self.see("reject")
        if chance.random() < faults.part:
            self.broker.part_next = 1
            self.see("partial fill")
        self.broker.now = self.now
        answer = self.broker.carry_out(request.what)
        if delay > 10:
            return  # nobody waits for the answer any more
        if chance.random() < faults.lose_answer:
            self.see("lost answer")
            self.after(10 - delay, self._into, life, "answered", request, Answer("unknown", (), "timeout"))
        else:
            self.after(chance.uniform(0.02, 0.2), self._into, life, "answered", request, answer)

    def _ask(self, ask):
        """A question is answered, or not."""
        chance, life = self.chance, self.life
        if chance.random() < self.faults.mute:
            self.see("mute question")
            self.after(10, self._into, life, "told", ask, None)
            return
        self.after(chance.uniform(0.02, 0.2), self._answer, life, ask)

    def _answer(self, life, ask):
        self.broker.now = self.now
        if ask.what == "find":
            answer = self.broker.find(ask.about.split(" ")[1])
        elif ask.what == "since":
            answer = self.broker.since(ask.about)
        else:
            answer = self.broker.picture()
            self.pictures += 1
        self.after(self.chance.uniform(0.02, 0.2), self._into, life, "told", ask, answer)

    # The streams.

    def _connect(self, life):
        if life != self.life or self.trader is None:
            return
        self.connected, self.cursor = True, len(self.broker.record)
        self._into(life, "link", Link("reports", up=True))

    def _cut(self):
        self.see("cut stream")
        self.connected = False
        self.bare.clear()
        self._into(self.life, "link", Link("reports", up=False, reason="cut"))
        self.after(self.chance.uniform(1, 30), self._connect, self.life)

    def _deliver(self):
        """New happenings are told on the stream: late, twice, or never."""
        while self.cursor < len(self.broker.record):
            report = self.broker.record[self.cursor]
            self.cursor += 1
            if not self.connected or self.chance.random() < self.faults.drop_report:
                self.see("dropped report")
                continue
            # A stream keeps its order; only answers to requests may come before it.
            self.streamed = max(self.streamed, self.now + int(self.chance.uniform(0.01, 0.4) * SECOND))
            self.at(self.streamed, self._into, self.life, "reports", [report])
            if self.chance.random() < self.faults.repeat:
                self.see("repeated report")
                self.after(self.chance.uniform(0.01, 3), self._into, self.life, "reports", [report])

    def _market(self):
        """Some twelve prices a minute, some of them far from the last."""
        if self.now > self.ends + 120 * SECOND:
            return  # the last orders come to an end undisturbed
        self.after(self.chance.uniform(4, 6), self._market)  # whatever becomes of the desk meanwhile
        far = self.chance.random() < self.wild
        self.price += round(self.chance.gauss(0, 25)) + far * self.chance.choice((-400, 400))
        self.broker.price(0, self.price, self.price + 10, self.now)
        if self.chance.random() < self.faults.by_hand:
            self.see(meddle(self.broker, self.chance))
        self._deliver()
        self._into(self.life, "quotes", [Quote(0, self.now, self.price, self.price + 10)])
        if self.connected and self.chance.random() < self.faults.cut:
            self._cut()
        self.wrong += bare_too_long(self)
