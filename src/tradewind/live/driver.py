"""The thread of a desk: it takes what waits, applies it, makes it durable, hands out what may be sent, and beats.

Whatever goes wrong in it that was not foreseen ends the process: to stop and start from the journal is safe, to go on
with half a thought is not.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tradewind.adapters.lease import Heart
from tradewind.kernel.refusals import (
    CLOCK_SUSPECT,
    FEED_SILENT,
    NO_WATCHDOG,
    PRICE_SUSPECT,
    STARTING,
    STOPPING,
)
from tradewind.kernel.risk_calendar import SKEW
from tradewind.live.bars import Bars
from tradewind.live.desk import Desk
from tradewind.live.edge import Edge
from tradewind.live.inbox import Inbox
from tradewind.live.status import status_of
from tradewind.liveness.skew import Reading, Verdict
from tradewind.trading.requests import Ask, Request
from tradewind.watchdog.beats import Beat, read_beat, write_beat

if TYPE_CHECKING:
    from tradewind.live.measuring import Measuring

SECOND = 1_000_000_000
PAUSE_S = 5.0
"""A turn that took longer was no turn but a sleep."""
WATCHDOG_AGE = 5 * SECOND
HOLDS = {"silent": FEED_SILENT, "doubtful": PRICE_SUSPECT}
TURN = 0.05
"""Seconds without an input after which the clock is looked at."""
BEAT = SECOND
SOON = SECOND // 20
"""So long after a beat at least another one follows because of what happened, however much happens."""
SKEW_HELD = SECOND
"""A clock that differs by more from the broker's is not to be traded by."""


class Driver:
    """What turns a desk."""

    def __init__(
        self,
        desk: Desk,
        inbox: Inbox,
        send: Callable[[Request], None],
        *,
        mode: str,
        renew: Callable[[], None] = lambda: None,
        tell: Callable[[Desk], None] = lambda _desk: None,
        wall: Callable[[], int] = time.time_ns,
        needs_watchdog: bool = False,
        edge: Edge | None = None,
        tells_bars: bool = True,
    ) -> None:
        """`send` hands a request to the network; `renew` keeps the lease, or raises because it is lost."""
        self.desk, self.inbox, self.send, self.mode = desk, inbox, send, mode
        self.renew, self.tell, self.wall = renew, tell, wall
        self.needs_watchdog, self.edge = needs_watchdog, edge
        self.heart = Heart(PAUSE_S)
        self.bars, self.tells_bars = Bars(desk), tells_bars
        self.offset = 0
        """The broker's clock minus ours, ns."""
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        self.beaten = self.date = 0
        self.held: tuple[int, ...] = ()
        self.happened = self.shown = 0
        self.facts: dict[str, Any] = {}
        self.measuring: Measuring | None = None

    def now(self) -> int:
        """Return the time by the broker's clock, ns UTC."""
        return self.wall() + self.offset

    def run(self) -> None:
        """The desk has been turned until it was to stop, or until something went wrong, which is in `error`."""
        try:
            while not self.desk.stopping or self._busy():
                self.turn(TURN)
                if self.desk.killed == 4 or self.stopped.is_set():
                    break
            self.desk.snapshot()
        except BaseException as error:  # noqa: BLE001 - the network has to hear of whatever ended the thread
            self.error = error
        finally:
            self.stopped.set()
            self._beat(ended=True)

    def _busy(self) -> bool:
        """Return whether something sent still waits for its answer; a stop waits for it a while."""
        return self.desk.trader is not None and bool(self.desk.trader.unknown()) and not self.stopped.is_set()

    def turn(self, seconds: float) -> None:
        """What waits has been applied and is durable, and what may be sent is on its way."""
        began = time.monotonic()
        others, quotes = self.inbox.take(seconds)
        now = self.now()
        if self.measuring is not None:
            self.measuring.turned(time.monotonic() - began, seconds)
            if quotes:
                self.measuring.prices(now - quotes[-1].ts)
        if self.desk.trader is not None:
            self.desk.trader.at(now)
        for name, arguments in others:
            getattr(self, f"on_{name}")(*arguments)
        self._look_at_the_pause()
        stepped = time.perf_counter()
        if self.edge is None:
            self.desk.quotes(self.bars.prices(quotes, now))
        else:
            self.desk.quotes(self.bars.prices(self.edge.take(quotes, now), now))
            for name, instrument, is_so in self.edge.changes(now):
                self.desk.hold(HOLDS[name], on=is_so, instrument=instrument)
        if quotes and self.measuring is not None:
            self.measuring.stepped(time.perf_counter() - stepped, len(quotes))
        if self.bars.gave_up:
            self.bars.gave_up = False
            self.desk.alert("disconnects", "The broker did not tell the minutes that were missed; bars have a hole.")
            self.desk.hold(FEED_SILENT, on=False)
        self.desk.clock(now)
        self.carry_out(now)
        held, wall = self._held(), self.wall()
        if held != self.held or (self.desk.happened != self.happened and wall - self.shown >= SOON):
            self.held, self.happened, self.shown = held, self.desk.happened, wall
            self._beat()  # who waits for readiness, or for its loss, hears of it at once; of orders and fills soon
        if self.edge is not None and (date := int(self.desk.core.state["date"])) != self.date:
            self.date = date
            self.edge.learn(self.desk.folder.root, now)
        if self.wall() - self.beaten >= BEAT:
            self.beaten = self.wall()
            self.desk.people()
            if self.tells_bars:
                for ask in self.bars.due(now):
                    self.send(ask)
            self._watch_the_watchdog()
            self.carry_out(now)
            self._beat()

    def carry_out(self, now: int) -> None:
        """Everything is durable, and then what it asks for is handed to the network."""
        self.renew()
        if self.measuring is not None:
            self.measuring.renewed()
        for request in self.desk.settle(now):
            self.send(request)
        self.tell(self.desk)

    def _held(self) -> tuple[int, ...]:
        """Return what decides over readiness: the holds of every instrument and the kill level."""
        state = self.desk.core.state
        count = int(state["instrument_count"])
        return (*(int(one) for one in state["instruments"]["holds"][:count]), int(state["risk"]["kill"]))

    def _beat(self, **more: Any) -> None:
        if self.edge is not None:
            self._judge(self.edge.look())
            self.facts["quotes_refused"] = sum(self.edge.guard.counts.values())
        status = status_of(self.desk, self.mode, clock_offset=self.offset, leader=True, **self.facts, **more)
        write_beat(self.desk.folder.status, self.desk.turns, status)
        if self.measuring is not None:
            self.measuring.beaten(status)
            self.measuring.conflated(self.inbox.conflated)

    def _look_at_the_pause(self) -> None:
        """A process that stood still compares everything before it goes on."""
        pause = self.heart.beat()
        if pause is None:
            return
        self.desk.alert("disconnects", f"The trader stood still: {pause}.", "critical")
        if self.desk.trader is not None:
            self.desk.hold(STARTING, on=True)
            self.desk.trader.settling.agreed = 0
            self.desk.trader.settling.begin()

    def _judge(self, verdict: Verdict) -> None:
        """A clock that is surely wrong is not traded by; the kernel's own limit hears of the measured skew."""
        self.desk.hold(CLOCK_SUSPECT, on=verdict.state == "suspect")
        if verdict.skew is None:
            return
        self.facts["clock_skew"] = verdict.skew
        certain = max(0, abs(verdict.skew) - verdict.unsure)
        if certain > SKEW_HELD and verdict.state == "suspect":
            self.desk.operate(SKEW, skew=verdict.skew)

    def _watch_the_watchdog(self) -> None:
        """A desk that needs a watchdog opens nothing without a sign of life from it, and that it has its key."""
        if not self.needs_watchdog:
            return
        beat = read_beat(self.desk.folder.watchdog)
        alive = isinstance(beat, Beat) and time.monotonic_ns() - beat.monotonic_ns < WATCHDOG_AGE
        self.desk.hold(NO_WATCHDOG, on=not (alive and isinstance(beat, Beat) and beat.rest.get("ready") is True))

    def _proved(self) -> None:
        """The broker gave positive evidence of itself."""
        if self.measuring is not None:
            self.measuring.proved()

    # Inputs that are not prices.

    def on_reports(self, *arguments: Any) -> None:
        """The broker reported."""
        self._proved()
        if self.desk.trader is not None:
            self.desk.trader.reports(*arguments)

    def on_answered(self, *arguments: Any) -> None:
        """The broker answered a request."""
        if arguments[1].outcome != "unknown":
            self._proved()
        if self.desk.trader is not None:
            self.desk.trader.answered(*arguments)

    def on_unsent(self, *arguments: Any) -> None:
        """A request was not sent."""
        if self.desk.trader is not None:
            self.desk.trader.unsent(*arguments)

    def on_told(self, *arguments: Any) -> None:
        """The broker answered a question, or could not be asked."""
        if self.desk.trader is None:
            return
        settling = self.desk.trader.settling
        before = settling.last_success
        self.desk.trader.told(*arguments)
        if self.measuring is None:
            return
        if settling.last_success != before:
            self.measuring.compared(agree=not settling.before)
        elif arguments[1] is not None:
            self.measuring.proved()

    def on_link(self, link: Any) -> None:
        """A stream came or went."""
        if self.measuring is not None:
            self.measuring.link(link.stream, up=link.up)
        self.facts[f"{link.stream}_up"] = link.up
        if link.stream == "quotes":
            self._quotes_link(link.up)
        if self.desk.trader is not None:
            self.desk.trader.link(link)

    def _quotes_link(self, up: bool) -> None:
        """Without prices nothing is opened; when they are back, what was missed comes first."""
        if not up:
            self.desk.hold(FEED_SILENT, on=True)
            return
        asks = self.bars.begin(self.now())
        if asks and self.tells_bars:
            for ask in asks:
                self.send(ask)
        else:
            self.bars.open.clear()
            self.desk.hold(FEED_SILENT, on=False)

    def on_candles(self, ask: Ask, candles: Any) -> None:
        """Candles came, or could not be had."""
        if self.bars.answered(ask, candles, self.now()):
            self.desk.hold(FEED_SILENT, on=False)

    def on_offset(self, sent: Reading, received: Reading, offset: int) -> None:
        """Our clock was compared with the broker's."""
        if self.measuring is not None:
            self.measuring.clock_compared()
        if self.edge is None:
            self.offset = offset
            return
        self._judge(self.edge.compared(sent, received, offset))
        now = self.edge.read()
        self.offset = self.edge.clock.broker_now(now) - now.wall

    def on_stop(self) -> None:
        """A person at the keyboard wants it to stop."""
        self.desk.hold(STOPPING, on=True)
        self.desk.stopping = True
