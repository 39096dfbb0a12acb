"""Everything that awaits: streams in, requests out, one task each, around one broker.

A request is given to the broker once. If its answer does not come in time it is unknown: nothing here asks again, the
desk does. Before each one the lease and the kill file are looked at, so that a process that was asleep sends nothing.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tradewind.broker import (
    Answer,
    Broker,
    BrokerRefused,
    BrokerUnreachable,
    Cancel,
    Link,
    Place,
    Quote,
    Report,
)
from tradewind.errors import TradewindError
from tradewind.live.edge import Clocks, clocks
from tradewind.live.inbox import Inbox
from tradewind.logs.log import QUIET, Level, Log
from tradewind.trading.requests import Ask, Request, Send

if TYPE_CHECKING:
    from tradewind.live.measuring import Measuring

WITHIN = 10.0
"""Seconds a broker has to answer; the trader's timing says the same."""
OFFSET_EVERY = 60.0
LOOK = 0.05
"""Seconds between two looks at whether this process leads by now."""

OUTCOMES: dict[str, tuple[str, Level]] = {
    "taken": ("order_answered", "info"),
    "refused": ("order_refused", "warning"),
    "unknown": ("order_unknown", "error"),
}
"""What the log calls an answer."""


class Network:
    """The tasks around a broker."""

    def __init__(
        self,
        broker: Broker,
        inbox: Inbox,
        *,
        may_send: Callable[[], bool],
        wall: Callable[[], int] = time.time_ns,
        read: Clocks = clocks,
    ) -> None:
        """Nothing runs before `run`."""
        self.broker, self.inbox, self.may_send, self.wall, self.read = broker, inbox, may_send, wall, read
        self.loop: asyncio.AbstractEventLoop | None = None
        self.offset = 0
        self._running: set[asyncio.Task[None]] = set()
        self.failed: BaseException | None = None
        self.log: Log = QUIET
        self.measuring: Measuring | None = None

    def send(self, request: Request) -> None:
        """The request is carried out on the loop; called from the desk's thread."""
        if self.loop is not None:
            since = 0.0 if self.measuring is None else self.measuring.turn_began
            self.loop.call_soon_threadsafe(self._begin, request, since)

    def _begin(self, request: Request, since: float) -> None:
        task = asyncio.ensure_future(self._carry_out(request, since))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def run(self, stopped: Callable[[], bool], *, reports: bool = True) -> None:
        """Streams have been read until `stopped` says so; an unforeseen error is raised."""
        self.loop = asyncio.get_running_loop()
        tasks = [asyncio.ensure_future(self._quotes()), asyncio.ensure_future(self._offsets())]
        if reports:
            tasks.append(asyncio.ensure_future(self._reports()))
        try:
            while not stopped():
                for task in tasks:
                    if task.done():
                        task.result()
                        raise TradewindError("A stream of the broker ended by itself.", "Start again.")
                await asyncio.sleep(0.05)
        finally:
            for task in [*tasks, *self._running]:
                task.cancel()
            await asyncio.gather(*tasks, *self._running, return_exceptions=True)
            await self.broker.close()

    async def _quotes(self) -> None:
        async for item in self.broker.quotes():
            if isinstance(item, Quote):
                self.inbox.price(item)
            elif isinstance(item, Link):
                self.inbox.put("link", item)

    async def _reports(self) -> None:
        async for item in self.broker.reports():
            if isinstance(item, Report):
                self.inbox.put("reports", [item])
            elif isinstance(item, Link):
                self.inbox.put("link", item)

    async def _offsets(self) -> None:
        """The clocks are compared now and every minute; a comparison is as good as its round trip was short."""
        while True:
            sent = self.read()
            try:
                offset = await asyncio.wait_for(self.broker.clock_offset(), WITHIN)
            except (BrokerUnreachable, TimeoutError):
                pass
            else:
                self.inbox.put("offset", sent, self.read(), offset)
            await asyncio.sleep(OFFSET_EVERY)

    async def _carry_out(self, request: Request, since: float) -> None:
        if isinstance(request, Send):
            await self._send(request, since)
        else:
            await self._ask(request)

    async def _send(self, request: Send, since: float) -> None:
        if request.deadline < self.wall() + self.offset:
            self._unsent(request, "too late")
            return
        if not await self._leads(request):
            self._unsent(request, "this process does not lead any more, or is killed")
            return
        began = time.monotonic()
        if self.measuring is not None:
            self.measuring.handed_over(began - since)
        try:
            answer = await asyncio.wait_for(self._place(request.what), WITHIN)
        except BrokerRefused as error:
            answer = Answer("refused", (), str(error))
        except (BrokerUnreachable, TimeoutError) as error:
            answer = Answer("unknown", (), str(error) or "no answer in time")
        self.inbox.put("answered", request, answer)
        # After the desk was told: what is written down and counted holds nothing up.
        took = time.monotonic() - began
        event, level = OUTCOMES[answer.outcome]
        self.log.note(event, answer.text, level, **_named(request), latency_ms=round(took * 1_000, 3))
        if self.measuring is not None:
            self.measuring.answered(type(request.what).__name__.lower(), answer.outcome, took)

    async def _leads(self, request: Send) -> bool:
        """Return whether the request may be sent; one that opens nothing waits for it as long as it keeps.

        Soon after a change of leaders the former one may still be at work. The kernel asks again at once for a stop
        or a close that was not sent, so that saying no to those would only make thousands of them.
        """
        opens = isinstance(request.what, Place) and not request.what.reduce_only
        while not self.may_send():
            if opens or self.wall() + self.offset > request.deadline:
                return False
            await asyncio.sleep(LOOK)
        return True

    def _unsent(self, request: Send, why: str) -> None:
        self.inbox.put("unsent", request, why)
        self.log.note("order_unsent", why, "warning", **_named(request))

    async def _place(self, what: Any) -> Answer:
        if isinstance(what, Place):
            return await self.broker.place(what)
        if isinstance(what, Cancel):
            return await self.broker.cancel(what)
        return await self.broker.replace(what)

    async def _ask(self, ask: Ask) -> None:
        answer: Any = None
        began = time.monotonic()
        try:
            if ask.what == "find":
                _, name, instrument, side = ask.about.split(" ")
                answer = await asyncio.wait_for(self.broker.find(name, int(instrument), int(side)), WITHIN)
            elif ask.what == "candles":
                wanted = (int(word) for word in ask.about.split(" "))
                answer = await asyncio.wait_for(self.broker.candles(*wanted), 3 * WITHIN)
            elif ask.what == "since":
                answer = await asyncio.wait_for(self.broker.since(ask.about), 3 * WITHIN)
            else:
                answer = await asyncio.wait_for(self.broker.picture(), 3 * WITHIN)
        except (BrokerUnreachable, BrokerRefused, TimeoutError):
            answer = None
        self.inbox.put("candles" if ask.what == "candles" else "told", ask, answer)
        if self.measuring is not None:
            self.measuring.answered(ask.what, "unknown" if answer is None else "taken", time.monotonic() - began)


def _named(request: Send) -> dict[str, Any]:
    """Return what a line says of a request: which of our orders, and what was asked for."""
    what = request.what
    return {
        "client_order_id": what.id,
        "decision_id": request.order or None,
        "seq": request.number,
        "reason_code": type(what).__name__.lower(),
    }
