"""A MetaTrader world for tests: a terminal in a file, the real bridge as a process, and a wire that can be broken.

The bridge is the very script a user copies, run with the stand-in for the vendor's package. Between it and the adapter
stands a relay that reads the frames (they are signed, not secret) and can lose one at any byte.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "stand_in"))

from trade_server import Server, wait_until

from tradewind.adapters.brokers.metatrader.broker import MetaTraderBroker
from tradewind.adapters.brokers.metatrader.installing import write_bridge
from tradewind.adapters.brokers.metatrader.wire import Settings
from tradewind.broker import Place
from tradewind.kernel.orders import MARKET
from tradewind.markets.loading import load_profile

ACCOUNT = "12345678"
BID, ASK, SIZE = 2_000_000, 2_000_300, 10
EFFECTS = {"place", "protect", "change", "remove"}
FINE = {"digits": 3, "point": Decimal("0.001"), "tick_size": Decimal("0.001")}
GOLD = load_profile("metatrader").instrument("XAUUSD").model_copy(update=FINE)
DOW = load_profile("metatrader").instrument("US30").model_copy(update={"broker_symbol": "US30.cash"})


def entry(name, **more):
    """Return a market order to buy, with a stop and a target unless told otherwise."""
    usual = {"stop_loss": BID - 5_000, "take_profit": BID + 10_000, "stop_id": f"{name}-S", "target_id": f"{name}-T"}
    return Place(name, 0, 0, 1, SIZE, MARKET)._replace(**(usual | more))


class Process:
    """The bridge, running."""

    def __init__(self, folder, state, *, arguments=(), environment=None):
        self.folder = folder
        script, self.secret = write_bridge(folder)
        stand_in = str(Path(__file__).parent / "stand_in")
        variables = {**os.environ, "PYTHONPATH": stand_in, "STAND_IN": str(state), **(environment or {})}
        command = (sys.executable, "-P", script, "--port", "0", "--poll-ms", "10", *arguments)
        self.errors = (folder / "errors.txt").open("ab")
        self.process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        self.port = json.loads(line)["listening"][1] if line else 0

    def kill(self):
        """The bridge is gone as by a power cut."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class Relay:
    """What stands between adapter and bridge."""

    def __init__(self, port):
        self.target = port
        self.lose, self.cut_at, self.seen = "", None, 0
        self.sent = lambda: 0
        self.pairs = []
        self.server = None

    async def start(self):
        """Listen; return the port."""
        self.server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def _joined(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self.pairs.append(pair)
        tasks = [asyncio.create_task(self._requests(reader, far_writer, pair))]
        tasks.append(asyncio.create_task(self._answers(far_reader, writer, pair)))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.drop(pair)

    async def _requests(self, reader, writer, pair):
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(head, "big"))
                message = json.loads(body[32:]) if body[32:33] == b"{" else {}
                if message.get("op") in EFFECTS and self.lose:
                    lose, self.lose = self.lose, ""
                    if lose == "answer":
                        pair[0].silent = True
                        before = self.sent()
                        writer.write(head + body)
                        await asyncio.to_thread(wait_until, lambda before=before: self.sent() > before)
                    elif self.cut_at is not None:
                        writer.write((head + body)[: self.cut_at])
                        self.seen = len(body) + 4
                        writer.close()  # what was written arrives; an abort could take it back
                        with contextlib.suppress(OSError):
                            await writer.wait_closed()
                    return
                writer.write(head + body)
                await writer.drain()

    async def _answers(self, reader, writer, pair):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not getattr(pair[0], "silent", False):
                    writer.write(data)
                    await writer.drain()

    def drop(self, pair):
        """A connection is cut."""
        for writer in pair:
            writer.transport.abort()
        if pair in self.pairs:
            self.pairs.remove(pair)

    def cut(self):
        """Every connection is cut."""
        for pair in list(self.pairs):
            self.drop(pair)

    async def stop(self):
        """Nothing is relayed any more."""
        self.server.close()
        self.cut()


class MetaTraderWorld:
    """A broker to be tried, anew for each scenario."""

    cannot = frozenset({"tell twice"})
    """Frames are numbered and signed: one told twice ends the connection."""

    def __init__(self, *, hedging=True, instruments=(GOLD,), folder=None):
        self.temporary = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = Path(self.temporary.name if folder is None else folder)
        self.server = Server(self.folder / "state").create(hedging=hedging)
        with self.server.open() as state:
            state["symbols"]["XAUUSD"].update(digits=3, point=0.001, trade_tick_size=0.001)
        self.server.price("XAUUSD", BID / 1000, ASK / 1000)
        self.instruments = instruments
        self.brokers, self.sockets = [], []

    async def __aenter__(self):
        self.bridge = Process(self.folder / "bridge", self.folder / "state")
        self.relay = Relay(self.bridge.port)
        self.relay.sent = lambda: len(self.server.get("sent"))
        self.port = await self.relay.start()
        return self

    async def __aexit__(self, *how):
        for broker in self.brokers:
            await broker.close()
        for each in self.sockets:
            each.close()
        await self.relay.stop()
        self.bridge.kill()
        if self.temporary is not None:
            self.temporary.cleanup()

    async def restart(self):
        """The bridge is killed, wherever it is, and started again; the adapters have noticed."""
        self.bridge.kill()
        await self._noticed()
        self.bridge = Process(self.folder / "bridge", self.folder / "state")
        self.relay.target = self.bridge.port

    def _living(self):
        return [broker._wire._living for broker in self.brokers if broker._wire._living is not None]

    async def _noticed(self, connections=None):
        """The adapters know that their connections are lost."""
        wanted = connections or self._living()
        await asyncio.to_thread(wait_until, lambda: all(each.lost for each in wanted))

    def settings(self, **more):
        """Return how the bridge is reached."""
        usual = {"port": self.port, "request_s": 5.0, "pause_s": 0.05}
        return Settings(ACCOUNT, self.bridge.secret)._replace(**(usual | more))

    async def connect(self, **more):
        """Return a new, opened adapter that remembers nothing."""
        broker = MetaTraderBroker(self.settings(**more), self.instruments)
        self.brokers.append(broker)
        await broker.open()
        return broker

    async def price(self, bid, ask):
        """The price of gold is this, ticks."""
        self.server.price("XAUUSD", bid / 1000, ask / 1000)

    async def fault(self, name):
        """The fault of the conformance suite holds."""
        if name in ("lose request", "lose answer"):
            self.relay.lose = name.split()[1]
        elif name == "fail queries":
            self.server.set(connected=False)
        elif name == "part of picture":
            self.server.set(margin=100.0, hidden=("positions_get",))
        elif name == "fill a part":
            self.server.fault("half", on="fill")
        elif name == "reject":
            self.server.fault("10006")
        elif name == "cut":
            living = self._living()
            self.relay.cut()
            await self._noticed(living)
        else:
            raise AssertionError(name)

    async def mend(self):
        """No fault holds."""
        self.relay.lose = ""
        self.server.set(connected=True, margin=0.0, hidden=(), faults=[])
