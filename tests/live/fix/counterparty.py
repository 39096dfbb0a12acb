"""The other side in tests: a real QuickFIX acceptor in C++, built once, and a line that can be cut."""

import asyncio
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tradewind.adapters.brokers.fix.broker import FixBroker
from tradewind.adapters.brokers.fix.dialects import STANDARD
from tradewind.adapters.brokers.fix.session import Identity
from tradewind.adapters.brokers.fix.settings import Account, Endpoint, Listed, Secret

SOURCE = Path(__file__).parent / "acceptor.cpp"
DICTIONARY = SOURCE.with_name("dictionary.xml")
"""Our messages are held against it by the engine: unknown, missing, empty, repeated or ill-typed fields are refused."""
PASSWORD = "correct horse"  # noqa: S105  a test's own
PATIENCE_S = 15
"""How long a condition may take on a busy machine before it counts as never."""

US30 = Listed("US30", "US30", Decimal("0.1"), Decimal(1))
GOLD = Listed("XAUUSD", "XAUUSD", Decimal("0.01"), Decimal("0.5"))


def build(folder):
    """Return the acceptor's program, compiled where its source is new; skip where it cannot be."""
    program = folder / f"acceptor-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}"
    if program.exists():
        return program
    if shutil.which("g++") is None or not Path("/usr/include/quickfix/Session.h").exists():
        pytest.skip("g++ and libquickfix-dev are not installed")
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{program.name}.{os.getpid()}"
    command = ("g++", "-std=c++14", "-O0", "-w", SOURCE, "-o", draft, "-lquickfix", "-pthread")
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    draft.replace(program)
    return program


def free_port():
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Acceptor:
    """A running acceptor; it can be stopped, killed and started again on the same files."""

    def __init__(self, program, folder, *, reset):
        self.port = free_port()
        self._arguments = (program, str(self.port), str(folder), PASSWORD, "Y" if reset else "N", DICTIONARY)
        self.lines = []
        self._news = threading.Condition()
        self.start()

    def start(self):
        """It listens."""
        before = self.lines.count("ready")
        self.process = subprocess.Popen(self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()
        self.wait(lambda: self.lines.count("ready") > before)

    def _read(self, stream):
        for line in stream:
            with self._news:
                self.lines.append(line.strip())
                self._news.notify_all()
        stream.close()

    def wait(self, condition):
        """The condition is met, or the test fails."""
        with self._news:
            assert self._news.wait_for(condition, PATIENCE_S), self.lines[-20:]

    def order(self, line):
        """The command was carried out."""
        before = self.lines.count(f"done {line}")
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.wait(lambda: self.lines.count(f"done {line}") > before)

    def got(self, kind):
        """Return the ids of the messages of a kind that it got, in order."""
        return [line.split(" ")[2] for line in self.lines if line.startswith(f"got {kind} ")]

    def pause(self):
        """It stands still."""
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # all of its threads stand

    def kill(self):
        """It is gone without a word."""
        self.process.kill()
        self.process.wait()
        with suppress(OSError):
            self.process.stdin.close()


class Cable:
    """A line between two sides that can be cut and joined again."""

    def __init__(self, port):
        self._target = port
        self._lines = []
        self._whole = True

    async def open(self):
        """It can be connected to; returns its own port."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def _join(self, reader, writer):
        if not self._whole:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._lines += [writer, far_writer]
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self):
        """Everything that goes through it ends, and nothing new comes through."""
        self._whole = False
        for writer in self._lines:
            writer.transport.abort()
        self._lines.clear()

    def mend(self):
        """It carries again."""
        self._whole = True

    async def close(self):
        """It is gone."""
        self.cut()
        self._server.close()
        await self._server.wait_closed()


def desk(port, *, reset=True, numbers=None, password=PASSWORD, **more):
    """Return a broker over FIX that is not open yet, with gold and the Dow."""
    identity = Identity("DESK", "BROKER", heartbeat_s=more.pop("heartbeat_s", 30), reset=reset)
    identity = identity._replace(username="desk")
    endpoint = Endpoint("127.0.0.1", port, identity, Secret(password), tls=False, numbers=numbers)
    more = {"listed": (US30, GOLD), "dialect": STANDARD, "answer_s": 20.0} | more
    return FixBroker(
        Account("A1", "USD", practice=True),
        more.pop("listed"),
        more.pop("dialect"),
        endpoint,
        now=time.time_ns,
        chance=Random(7),
        **more,
    )


async def until(stream, wanted):
    """Return the first item of a stream that is wanted; what comes before it is passed over."""

    async def look():
        async for item in stream:
            if wanted(item):
                return item
        raise AssertionError("the stream ended")

    return await asyncio.wait_for(look(), PATIENCE_S)
