"""Streams: prices and transactions as lines of JSON, with a heartbeat when nothing else was said.

Prices are sampled: of each instrument the last quote, at most every `sampling_s` (OANDA: four a second); 0 sends every
one. A client that does not read is not waited for: beyond `BACKLOG` lines its stream is cut.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from tradewind.simulators.oanda.faults import Faults
from tradewind.simulators.oanda.market import Market
from tradewind.simulators.oanda.wire import SECOND, Document, written

BACKLOG = 100_000
Writer = Callable[[int], str]


class Cut(Exception):  # noqa: N818 - what happened to a stream
    """The stream ends in the middle, as a connection does that was lost."""


class Listener:
    """One open stream and what it has not been sent yet."""

    def __init__(self, hub: "Hub", kind: str, names: Iterable[str], account: str) -> None:
        self.hub = hub
        self.kind = kind
        self.names = frozenset(names)
        self.account = account
        self.dropped = hub.faults.drop_streams
        self.waiting: deque[Document] = deque()
        self.latest: dict[str, Document] = {}
        self.woken = asyncio.Event()

    def take(self) -> list[Document]:
        """Return what is to be sent now."""
        found = [*self.waiting, *self.latest.values()]
        self.waiting.clear()
        self.latest.clear()
        self.woken.clear()
        return found


class Hub:
    """Every open stream."""

    def __init__(self, faults: Faults, *, heartbeat_s: float = 5.0, sampling_s: float = 0.25) -> None:
        self.faults = faults
        self.heartbeat_s = heartbeat_s
        self.sampling_s = sampling_s
        self.closing = False
        self.listeners: list[Listener] = []

    def price(self, symbol: str, market: Market) -> None:
        """Whoever listens to the instrument will be sent its quote."""
        heard = [one for one in self.listeners if one.kind == "PRICE" and symbol in one.names]
        if not heard:
            return
        shown = market.shown(symbol)
        for one in heard:
            if self.sampling_s:
                one.latest[symbol] = shown
            else:
                one.waiting.append(shown)
            one.woken.set()

    def transaction(self, transaction: Document) -> None:
        """Whoever listens to the account will be sent the transaction."""
        for one in self.listeners:
            if one.kind == "TRANSACTION" and one.account == transaction["accountID"]:
                one.waiting.append(transaction)
                one.woken.set()

    def wake(self) -> None:
        """Every stream looks at the faults now."""
        for one in self.listeners:
            one.woken.set()

    def close(self) -> None:
        """Every stream ends."""
        self.closing = True
        self.wake()

    async def lines(
        self, listener: Listener, write: Writer, beat: Callable[[], Document], first: Iterable[Document] = ()
    ) -> AsyncIterator[bytes]:
        """Yield the lines of a stream until it ends; raise Cut where a fault cuts it. Nothing new: an empty line."""
        self.listeners.append(listener)
        try:
            for one in first:
                yield self._line(one, write)
            clock = asyncio.get_running_loop().time
            due = clock()
            while not self.closing:
                if self._is_cut(listener):
                    raise Cut
                if self.faults.silent_streams:
                    listener.take()
                    await _woken(listener, min(1.0, self.heartbeat_s))
                    yield b""
                    continue
                for one in listener.take():
                    for line in self._damaged(self._line(one, write)):
                        yield line
                if clock() >= due:
                    yield self._line(beat(), write)
                    due = clock() + self.heartbeat_s
                if listener.kind == "PRICE" and self.sampling_s:
                    await asyncio.sleep(min(self.sampling_s, self.heartbeat_s))
                await _woken(listener, max(0.0, due - clock()))
        finally:
            self.listeners.remove(listener)

    def _is_cut(self, listener: Listener) -> bool:
        faults = self.faults
        return faults.maintenance or faults.drop_streams != listener.dropped or len(listener.waiting) > BACKLOG

    def _line(self, document: Document, write: Writer) -> bytes:
        skew = round(self.faults.clock_skew_s * SECOND)
        text: Any = json.dumps(written(document, write, skew), separators=(",", ":"))
        return str(text).encode() + b"\n"

    def _damaged(self, line: bytes) -> Iterable[bytes]:
        """Yield a line as the faults will have it."""
        if self.faults.take("half_lines"):
            yield line[: len(line) // 2]
            raise Cut
        yield line
        if self.faults.take("duplicate_lines"):
            yield line


async def _woken(listener: Listener, seconds: float) -> None:
    """There is something to be sent, or the time has passed."""
    try:
        async with asyncio.timeout(seconds):
            await listener.woken.wait()
    except TimeoutError:
        return
