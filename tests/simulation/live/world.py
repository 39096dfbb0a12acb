"""A world in virtual time: one desk, one broker, a network and a disk between them, and faults by a seed.

Everything is one heap of (moment, number, what to do). The desk runs the real trader on the real kernel; what it would
commit goes to a disk that forgets what was not committed, what it would send goes over a network that delays, loses
and repeats. It can be killed before and after every single step; it is started again from its disk alone.
"""

import heapq
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
from broker import VirtualBroker, capabilities

from tradewind.broker import Answer, Link, Quote
from tradewind.compilation import handler_of
from tradewind.kernel import loop
from tradewind.kernel.step import DISABLE
from tradewind.limits_wiring import hold_limits
from tradewind.markets.loading import load_profile
from tradewind.modes import subscribe
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF
from tradewind.risk.resolving import Account, load_rules
from tradewind.runner import Runner, Slot
from tradewind.settings import Settings
from tradewind.strategy import load
from tradewind.trading.book import Book
from tradewind.trading.core import Core, Pending
from tradewind.trading.requests import Send
from tradewind.trading.trader import Trader, replayed
from tradewind.wiring import Listing, first_state, simulated_venue

HERE = Path(__file__).parent
SECOND = 1_000_000_000
START = int(np.datetime64("2025-03-12T14:00", "ns").astype(int))  # a Wednesday, New York awake
SYMBOL = "US30"
LOOSE = {
    "level_atr_day", "spread_median_multiple", "day_types", "fills_per_5min", "fills_per_day", "trades_per_block",
    "trades_per_day", "trades_per_day_total", "collar_atr", "duplicate_s", "consecutive_losses",
    "consecutive_losses_global", "order_median_multiple", "broker_rejects", "rejects_for_kill", "quote_age_s",
    "messages_per_second", "minutes_to_close",
}  # fmt: skip


class Killed(Exception):
    """The process is no more."""


class _Shared:
    """What every world of this process uses: strategies are compiled once."""

    strategy = None
    handler = None
    state = None
    venue = None

    @classmethod
    def load(cls):
        """The strategy is compiled and the first state made."""
        if cls.strategy is not None:
            return
        cls.strategy = load(HERE / "restless.py", compile_handlers=True)
        cls.handler = handler_of([cls.strategy])
        settings = Settings()
        profile = load_profile(settings.profile)
        cls.listing = Listing(profile.instrument(SYMBOL))
        limits = load_rules("house", Account("USD", 10_000_000)).limits
        limits = with_digest(limits._replace(**dict.fromkeys(LOOSE, OFF), stop_within_s=1.0, risk_per_trade=0.01,
                                             open_risk=0.06, groups=()))  # fmt: skip
        state = first_state(profile, [cls.listing], settings, 1)
        subscribe(state, [cls.strategy], 1, 60, set())
        hold_limits(state, limits, [cls.listing.instrument], 60)
        cls.state = state
        cls.venue = simulated_venue(settings)
        cls.venue["silent"] = 1


def new_core(seed):
    """Return a core before its first event."""
    _Shared.load()
    pending = Pending()
    slot = Slot(_Shared.strategy, _Shared.strategy.params()._replace(seed=seed), [0], 60)
    state, venue = _Shared.state.view("u1").copy().view(_Shared.state.dtype), _Shared.venue.copy()
    runner = Runner(state, venue, [slot], pending, _Shared.handler, loop.EVERYTHING)
    return Core(runner, pending, simulated=False)


@dataclass
class Disk:
    """What survives: commits, whole or not at all, and snapshots of the state after one of them."""

    commits: list = field(default_factory=list)
    snapshot: tuple = None
    snapshots: int = 0

    def commit(self, batch):
        """The batch is durable."""
        if batch:
            self.commits.append(batch)

    def tail(self, after):
        """Yield what was committed after the first `after` commits, in order."""
        for batch in self.commits[after:]:
            yield from batch

    def log(self, name):
        """Return everything of one log."""
        return [content for log, content in self.tail(0) if log == name]


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


CALM = Faults()
HARSH = Faults(0.15, 0.15, 0.15, 0.01, 0.3, 0.1, 0.1, 0.05, 0.2)


class World:
    """One run."""

    def __init__(self, seed, *, scope="open", faults=CALM, crash_at=(), minutes=15, trader=Trader):
        """Nothing has happened yet."""
        self.chance, self.faults, self.seed = Random(seed), faults, seed
        self.can = capabilities(scope)
        _Shared.load()
        row = _Shared.state[0]["instruments"][0]
        self.broker = VirtualBroker(self.can, Fraction(int(row["value_numerator"]), int(row["value_denominator"])))
        self.disk, self.now, self.heap, self.count = Disk(), START, [], 0
        self.crash_at, self.steps, self.crashes = set(crash_at), 0, 0
        self.life, self.connected, self.trace, self.trader_class = 0, False, [], trader
        self.seen, self.streamed = {}, 0
        self.cursor = 0
        self.trader = None
        self.ends = START + minutes * 60 * SECOND
        self.healed = False
        self.price = 400_000
        self._boot()
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
        """The time of the run and a calm time after it have passed."""
        while self.heap and self.now < self.ends + 240 * SECOND:
            self.now, _, what, arguments = heapq.heappop(self.heap)
            if self.now >= self.ends and not self.healed:
                self.healed, self.faults, self.crash_at = True, CALM, set()
                self.broker.reject_next = self.broker.part_next = 0
                self.at(self.now, self._retire)
            try:
                what(*arguments)
            except Killed:
                self._die()
        return self

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
        if self.steps in self.crash_at:
            raise Killed

    def see(self, name):
        """A rare thing happened: a run in which nothing rare happens proves nothing."""
        self.seen[name] = self.seen.get(name, 0) + 1

    # The desk.

    def _boot(self):
        """A new process starts from the disk."""
        self.life += 1
        core = new_core(self.seed)
        book, done = Book("SIMU"), 0
        if self.disk.snapshot is not None:
            done, payload = self.disk.snapshot
            book = Book.from_tree(core.restore(payload))
        tail = list(self.disk.tail(done))
        core.replay(tail)
        replayed(book, [one for one in tail if one[0] in ("commands", "executions", "notes")])
        self.trader = trader = self.trader_class(core, book, self.can)
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
        self.see("crash")
        self.trader = None
        self.life += 0
        self.after(self.chance.choice((0.1, 2, 20)), self._boot_safely)

    def _boot_safely(self):
        try:
            self._boot()
        except Killed:
            self._die()

    def turn(self):
        """What the desk has to say is committed and then sent: the only way anything leaves it."""
        trader = self.trader
        self.step()
        self.disk.commit(trader.drain())
        self.step()
        if len(self.disk.commits) >= 40 * (self.disk.snapshots + 1):
            self.disk.snapshots += 1
            self.disk.snapshot = (len(self.disk.commits), trader.core.snapshot(trader.book.as_tree()))
        for request in trader.outgoing():
            if isinstance(request, Send):
                if request.deadline < self.now:
                    trader.unsent(request, "too late")
                    continue
                self.trace.append((self.now, request.what))
                self._send(request)
                self.step()
            else:
                self._ask(request)
        trader.alerts.clear()
        if trader.pending_work():
            self.turn()

    def _tick(self, life):
        """A second has passed."""
        if life != self.life or self.trader is None:
            return
        self.trader.turn(self.now)
        self.turn()
        self.after(1, self._tick, life)

    def _into(self, life, name, *arguments):
        """Something arrives at the desk, if it still is the one it was meant for."""
        if life == self.life and self.trader is not None:
            self.trader.at(self.now)
            getattr(self.trader, name)(*arguments)
            self.turn()

    # The network.

    def _send(self, request):
        """A request is on its way; whether it arrives, when, and whether its answer comes back, is chance."""
        chance, faults, life = self.chance, self.faults, self.life
        delay = chance.uniform(0.02, 0.2)
        if chance.random() < faults.late:
            delay = chance.uniform(1.0, 14.0)
            self.see("late request")
        if chance.random() < faults.lose_request:
            self.see("lost request")
            self.after(10, self._into, life, "answered", request, Answer("unknown", (), "timeout"))
            return
        self.after(delay, self._arrive, life, request, delay)

    def _arrive(self, life, request, delay):
        """The request is at the broker."""
        chance, faults = self.chance, self.faults
        if chance.random() < faults.reject:
            self.broker.reject_next = 1
            self.see("reject")
        if chance.random() < faults.part:
            self.broker.part_next = 1
            self.see("partial fill")
        self.broker.now = self.now
        answer = self.broker.carry_out(request.what)
        lost = chance.random() < faults.lose_answer
        if lost:
            self.see("lost answer")
        if lost or delay > 10:
            answer = Answer("unknown", (), "timeout")
            self.after(max(0.0, 10 - delay), self._into, life, "answered", request, answer)
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
        """Four prices a minute, some of them far from the last."""
        if self.now > self.ends + 120 * SECOND:
            return  # the last orders come to an end undisturbed
        self.price += round(self.chance.gauss(0, 25)) + (self.chance.random() < 0.01) * self.chance.choice((-400, 400))
        self.broker.price(0, self.price, self.price + 10, self.now)
        self._deliver()
        self._into(self.life, "quotes", [Quote(0, self.now, self.price, self.price + 10)])
        if self.connected and self.chance.random() < self.faults.cut:
            self._cut()
        self.after(15, self._market)
