"""One FIX connection that comes back by itself: sockets, TLS and waiting around the pure session.

Bytes are written the moment they are made, or not at all: what is asked for while the line is down raises `NotSent`,
and nothing is kept to be sent later.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from tradewind.adapters.brokers.fix.numbers import FileNumbers, MemoryNumbers
from tradewind.adapters.brokers.fix.session import Deliver, Down, Effect, Send, Session, Up
from tradewind.adapters.brokers.fix.settings import Endpoint
from tradewind.adapters.brokers.fix.wire import Pair
from tradewind.broker import BrokerRefused, BrokerUnreachable
from tradewind.errors import TradewindError

CONNECT_S = 10.0
TURN_S = 0.25
"""How often time is looked at where nothing comes."""
CHUNK = 1 << 16
BACKLOG = 1 << 20
"""Unsent bytes beyond which the line counts as stuck."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0

Told = Deliver | Up | Down


class NotSent(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The line is down: not a byte of the message has left."""


class FixLink:
    """A connection and its session; `told` is called with what the counterparty says and with the line's state."""

    def __init__(
        self,
        endpoint: Endpoint,
        told: Callable[[Told], None],
        *,
        now: Callable[[], int],
        chance: Random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoint = endpoint
        self._told = told
        self._now = now
        self._chance = chance
        self._sleep = sleep
        self._numbers: FileNumbers | MemoryNumbers = MemoryNumbers()
        self._session: Session | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._closing = False
        self._was_up = False

    @property
    def up(self) -> bool:
        """Whether we are logged on."""
        return self._session is not None and self._session.state == "up"

    async def start(self) -> None:
        """We are logged on; `BrokerRefused` or `BrokerUnreachable` where the first try failed, and then it is over."""
        self._closing = False
        self._numbers = FileNumbers(self.endpoint.numbers) if self.endpoint.numbers else MemoryNumbers()
        self._first = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())
        try:
            await self._first
        except TradewindError:
            await self._task
            raise

    async def stop(self) -> None:
        """We are logged out, or were not let; the connection is closed."""
        self._closing = True
        if self._task is None:
            return
        if self._session is not None and self.up:
            self._perform(self._session.leave(self._now()))
            await asyncio.wait({self._task}, timeout=2.0)
        while not self._task.done():  # a cancel that meets a read which just ended is swallowed by wait_for
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=0.2)
        self._task = None
        if isinstance(self._numbers, FileNumbers):
            self._numbers.close()

    def send(self, kind: str, body: list[Pair]) -> int:
        """Return the number under which the message was written; `NotSent` where it was not."""
        if self._session is None or not self.up:
            raise NotSent("The FIX session is down; nothing was sent.")
        number, sending = self._session.send(kind, body, self._now())
        self._write(sending.data)
        return number

    def ping(self) -> str:
        """Return the id of a test request that was written; `NotSent` where it was not."""
        if self._session is None or not self.up:
            raise NotSent("The FIX session is down; nothing was sent.")
        name, sending = self._session.ping(self._now())
        self._write(sending.data)
        return name

    async def _run(self) -> None:
        """The line is kept until `stop`; a first try that fails ends it."""
        tries = 0
        while not self._closing:
            down = await self._once()
            logged_on = self._first is not None and self._first.done()
            if self._first is not None and not self._first.done():
                kind = BrokerRefused if down.refused else BrokerUnreachable
                where = f"{self.endpoint.host}:{self.endpoint.port}"
                self._first.set_exception(kind(f"FIX logon at {where} failed: {down.reason}."))
                return
            self._told(down)
            if self._closing:
                return
            tries = 0 if logged_on and not down.refused and self._was_up else tries + 1
            wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 10))
            await self._sleep(wait * self._chance.uniform(0.5, 1.0))

    async def _once(self) -> Down:
        """One connection, from its opening to its end; returns why it ended."""
        self._was_up = False
        try:
            context = ssl.create_default_context(cafile=self.endpoint.authorities) if self.endpoint.tls else None
            opening = asyncio.open_connection(self.endpoint.host, self.endpoint.port, ssl=context)
            reader, writer = await asyncio.wait_for(opening, CONNECT_S)
        except (OSError, TimeoutError) as error:
            return Down(f"no connection ({type(error).__name__}: {str(error)[:120]})")
        self._writer = writer
        self._session = Session(self.endpoint.identity, self.endpoint.password.reveal(), self._numbers)
        try:
            return await self._converse(reader, self._session)
        except (OSError, EOFError) as error:
            return Down(f"connection lost ({type(error).__name__})")
        except Exception as error:  # noqa: BLE001 - a fault of ours ends the session in sight, not the task in silence
            return Down(f"fault in the session ({type(error).__name__}: {str(error)[:120]})")
        finally:
            self._session.state = "down"
            self._writer = None
            writer.close()
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    async def _converse(self, reader: asyncio.StreamReader, session: Session) -> Down:
        down = self._perform(session.connect(self._now()))
        while down is None:
            try:
                data = await asyncio.wait_for(reader.read(CHUNK), TURN_S)
            except TimeoutError:
                data = None
            if data == b"":
                return Down("left" if session.state == "leaving" else "connection closed by the counterparty")
            effects = session.receive(data, self._now()) if data else []
            if session.state != "down":
                effects += session.tick(self._now())
            down = self._perform(effects)
        return down

    def _perform(self, effects: list[Effect]) -> Down | None:
        """The effects are done; returns the one that ends the connection."""
        for effect in effects:
            if isinstance(effect, Send):
                self._write(effect.data)
            elif isinstance(effect, Down):
                return effect
            else:
                if isinstance(effect, Up):
                    self._was_up = True
                    if self._first is not None and not self._first.done():
                        self._first.set_result(None)
                self._told(effect)
        return None

    def _write(self, data: bytes) -> None:
        """The bytes are with the operating system, or wait for it."""
        if self._writer is None:
            return
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > BACKLOG:
            self._writer.transport.abort()


def offset_of(sent: int, asked: int, answered: int) -> int:
    """Return the counterparty's clock minus ours, ns, from an answer stamped `sent` between two moments of ours."""
    return sent - (asked + answered) // 2
