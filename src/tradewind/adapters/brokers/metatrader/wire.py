"""The connection to the bridge: one for everything, made when it is needed, thrown away when anything is odd.

A question that fails may be asked again by who asked. A request with an effect is written once, with a moment after
which the bridge will not begin it any more; when no answer comes, nothing is known. That moment is told in the
bridge's own running clock, which a question and its answer bound from below, so no two wall clocks have to agree.
"""

import asyncio
import contextlib
import itertools
import ssl
import stat
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import compare_digest, token_hex
from typing import Any, NamedTuple

from tradewind.adapters.brokers.metatrader.bridge.frames import (
    ANSWER_LIMIT,
    HANDSHAKE_LIMIT,
    PROTOCOL,
    Seal,
    Untrusted,
    length_of,
    parsed,
    plain_frame,
    proof,
    word_of,
)
from tradewind.adapters.brokers.metatrader.reading import Json, printable
from tradewind.broker import BrokerRefused, BrokerUnreachable
from tradewind.errors import BadSettings

WAITING = 50_000
"""Messages that may wait for a reader of ours; more means it hangs."""


class Settings(NamedTuple):
    """Where the bridge is and how it is spoken to."""

    account: str
    """The number the terminal is logged in with; another one is refused."""
    secret: Path
    """The file the bridge has beside it too."""
    host: str = "127.0.0.1"
    port: int = 18812
    certificate: Path | None = None
    """The bridge's own certificate, where it speaks TLS; needed beyond this machine."""
    magic: int = 5457
    """The number that marks our orders, one for each desk on an account."""
    deviation: int = 20
    """Points a market order may slip where the broker asks (instant execution)."""
    request_s: float = 10.0
    silence_s: float = 6.0
    stuck_s: float = 15.0
    """The bridge lives but its terminal does not answer it for so long: the link counts as down."""
    pause_s: float = 1.0


def read_secret(path: Path) -> bytes:
    """Return the shared secret; BadSettings where others may read it or it is none."""
    try:
        mode, content = stat.S_IMODE(path.stat().st_mode), path.read_bytes()[:4096].strip()
    except OSError as error:
        raise BadSettings(f"The secret file {path} cannot be read: {error.strerror}.", "Check the path.") from None
    if mode & 0o077:
        raise BadSettings(f"Others can read the secret file {path} (mode {mode:04o}).", f"Run: chmod 600 {path}")
    if len(content) < 32:
        raise BadSettings(f"The secret in {path} is shorter than 32 letters.", "Write a new bridge.")
    return content


class Lost(Exception):  # noqa: N818 - reads as the sentence it prints
    """The connection broke: what was under way has no answer."""


class Connection:
    """One living connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes, wait_s: float) -> None:
        """Both sides know the secret."""
        self._reader, self._writer, self._wait_s = reader, writer, wait_s
        self._out, self._in = Seal(key, "request"), Seal(key, "answer")
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self.followers: dict[asyncio.Queue[Json | None], tuple[list[str], bool]] = {}
        self.why = ""
        self.opened: Json = {}
        self.clock = (0.0, 0.0)
        """The bridge's running clock, ms, and ours when that was heard, s."""
        self._task = asyncio.ensure_future(self._read())

    @property
    def lost(self) -> bool:
        """Whether nothing can be sent here any more."""
        return bool(self.why)

    async def ask(self, op: str, wait_s: float, **fields: Any) -> Any:
        """Return the answer; Lost or TimeoutError where none came, and then it may have had its effect."""
        if self.lost:
            raise Lost(self.why)
        number = next(self._numbers)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._writer.write(self._out.closed({"seq": number, "op": op, **fields}))
            async with asyncio.timeout(wait_s):
                await self._writer.drain()
                said = await answer
        except OSError as error:
            raise Lost(str(error)) from None
        finally:
            self._answers.pop(number, None)
        if "error" in said:
            words = printable(str(said["error"]))
            raise BrokerRefused(words) if said.get("kind") == "refused" else BrokerUnreachable(words)
        return said.get("value")

    async def _read(self) -> None:
        """Answers go to who asked, pushes to who follows, until something is odd."""
        why = "closed"
        try:
            while True:
                async with asyncio.timeout(self._wait_s):
                    head = await self._reader.readexactly(4)
                    body = await self._reader.readexactly(length_of(head, ANSWER_LIMIT))
                self._deliver(self._in.opened(body))
        except TimeoutError:
            why = f"the bridge said nothing for {self._wait_s:g} s"
        except (OSError, asyncio.IncompleteReadError, struct.error):
            why = "the connection broke"
        except Untrusted as error:
            why = str(error)
        finally:
            self.end(why)

    def _deliver(self, message: Json) -> None:
        answer = self._answers.get(message.get("re", 0))
        if answer is not None and not answer.done():
            answer.set_result(message)
        if "push" not in message:
            return
        for queue in self.followers:
            if queue.qsize() >= WAITING:
                raise Untrusted("a reader of ours hangs")
            queue.put_nowait(message)
        if message["push"] == "heartbeat":  # the bridge hears from us as often as we from it
            with contextlib.suppress(OSError):
                self._writer.write(self._out.closed({"seq": next(self._numbers), "op": "ping"}))

    def end(self, why: str) -> None:
        """Nothing comes or goes any more; who waits is told."""
        if self.lost:
            return
        self.why = why or "closed"
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Lost(self.why))
        for queue in self.followers:
            queue.put_nowait(None)
        self._writer.transport.abort()
        self._task.cancel()


class Wire:
    """The bridge, connected when it is needed."""

    def __init__(self, settings: Settings, symbols: list[str]) -> None:
        """Nothing is sent until somebody asks."""
        local = settings.host in ("127.0.0.1", "::1", "localhost")
        if not local and settings.certificate is None:
            raise BadSettings(f"The bridge at {settings.host} can only be reached by TLS.", "Give its certificate.")
        self.settings, self._symbols = settings, symbols
        self._secret = read_secret(settings.secret)
        self._lock = asyncio.Lock()
        self._living: Connection | None = None

    async def connected(self) -> Connection:
        """Return the living connection, made now if need be, to the right account; nothing was asked before."""
        async with self._lock:
            if self._living is None or self._living.lost:
                self._living = await self._connect()
            return self._living

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self.settings.request_s):
                connection = await self._shake_hands()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, struct.error) as error:
            said = type(error).__name__ if not str(error) else str(error)
            raise BrokerUnreachable(f"The bridge does not answer: {printable(said)}.") from None
        except Untrusted as error:
            raise BrokerRefused(f"What answers there is not our bridge: {error}.", "Check the port.") from None
        try:
            wait_s = self.settings.request_s
            told = await connection.ask("ping", wait_s)
            connection.clock = (float(told["monotonic_ms"]), asyncio.get_running_loop().time())
            opened = await connection.ask("open", wait_s, account=self.settings.account, symbols=self._symbols)
        except (Lost, TimeoutError, KeyError, TypeError, ValueError) as error:
            connection.end("not opened")
            raise BrokerUnreachable(f"The bridge did not open the account: {error}.") from None
        except (BrokerUnreachable, BrokerRefused):
            connection.end("not opened")
            raise
        connection.opened = opened if isinstance(opened, dict) else {}
        return connection

    async def _shake_hands(self) -> Connection:
        """Return a connection on which both sides showed that they know the secret."""
        settings = self.settings
        context = None
        if settings.certificate is not None:
            context = ssl.create_default_context(cafile=str(settings.certificate))
        reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=context)
        try:
            key = await self._key(reader, writer)
        except BaseException:
            writer.transport.abort()
            raise
        return Connection(reader, writer, key, settings.silence_s)

    async def _key(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Return the key of this connection; Untrusted where the other side does not know the secret."""
        hello = parsed(await reader.readexactly(length_of(await reader.readexactly(4), HANDSHAKE_LIMIT)))
        if hello.get("bridge") != PROTOCOL:
            raise Untrusted(f"it does not speak version {PROTOCOL}")
        theirs, nonce = word_of(hello, "nonce"), token_hex(16)
        writer.write(plain_frame({"nonce": nonce, "proof": proof(self._secret, "client", theirs, nonce).hex()}))
        answer = parsed(await reader.readexactly(length_of(await reader.readexactly(4), HANDSHAKE_LIMIT)))
        if answer.get("refused") is True:
            raise Untrusted("it does not take our secret")
        if not compare_digest(
            word_of(answer, "proof").encode(), proof(self._secret, "server", theirs, nonce).hex().encode()
        ):
            raise Untrusted("it does not know our secret")
        return proof(self._secret, "session", theirs, nonce)

    async def ask(self, op: str, **fields: Any) -> Any:
        """Return the answer to a question; BrokerUnreachable where there is none."""
        connection = await self.connected()
        try:
            return await connection.ask(op, self.settings.request_s, **fields)
        except Lost as error:
            raise BrokerUnreachable(f"The bridge was lost: {error}.") from None
        except TimeoutError:
            raise BrokerUnreachable(f"The terminal did not answer in {self.settings.request_s:g} s.") from None

    async def tell(self, connection: Connection, **request: Any) -> Json | str:
        """The request was written once; return what the bridge says of it, or in words why nothing is known."""
        wait_s = self.settings.request_s
        heard_ms, heard_at = connection.clock
        not_after = int(heard_ms + (asyncio.get_running_loop().time() - heard_at + wait_s) * 1000)
        try:
            op = str(request.pop("op"))
            said = await connection.ask(op, wait_s, not_after=not_after, magic=self.settings.magic, **request)
        except (Lost, TimeoutError, BrokerUnreachable, BrokerRefused) as error:
            return f"no answer: {error}"
        return said if isinstance(said, dict) else "no answer that is understood"

    @asynccontextmanager
    async def following(self, symbols: list[str], *, happenings: bool) -> AsyncIterator[asyncio.Queue[Json | None]]:
        """Give a queue of what the bridge tells by itself; None in it means that the connection is lost."""
        connection = await self.connected()
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        connection.followers[queue] = (symbols, happenings)
        try:
            wanted = connection.followers.values()
            every = sorted({name for names, _ in wanted for name in names})
            await connection.ask(
                "follow", self.settings.request_s, symbols=every, happenings=any(flag for _, flag in wanted)
            )
            yield queue
        except (Lost, TimeoutError) as error:
            raise BrokerUnreachable(f"The bridge was lost: {error}.") from None
        finally:
            connection.followers.pop(queue, None)

    async def close(self) -> None:
        """The connection is closed."""
        if self._living is not None:
            self._living.end("closed")
