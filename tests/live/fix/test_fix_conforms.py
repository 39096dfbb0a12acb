"""The FIX adapter conforms, with the QuickFIX acceptor as the broker behind it."""

import asyncio
import sys
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from counterparty import Acceptor, desk

from tradewind.adapters.brokers.fix.dialects import STANDARD
from tradewind.adapters.brokers.fix.settings import Listed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "conformance"))
world = pytest.importorskip("broker_world", reason="the conformance suite is not here")
from broker_conformance import conformance  # noqa: E402  found beside the world

GOLD = Listed("XAUUSD", "XAUUSD", Decimal("0.001"), Decimal(1))
MODES = {
    world.LOSE_REQUEST: "lose",
    world.LOSE_ANSWER: "mute",
    world.FAIL_QUERIES: "deny",
    world.PART_OF_PICTURE: "partial",
    world.FILL_A_PART: "half",
    world.REJECT: "reject",
}
DIALECT = STANDARD._replace(id_scope="forever")
"""The acceptor forgets no order, and refuses an id it has seen."""
PROGRAM = []


class FixWorld:
    """An acceptor with its modes as the world's faults."""

    cannot = frozenset({world.TELL_TWICE, world.CUT})  # a session drops what is told twice; cuts: test_fix_line

    async def __aenter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._acceptor = Acceptor(PROGRAM[0], self._folder.name, reset=True)
        self._connected = []
        await self.price(world.BID, world.ASK)
        return self

    async def __aexit__(self, *how):
        for one in self._connected:
            await one.close()
        self._acceptor.kill()
        self._folder.cleanup()

    async def connect(self):
        for one in self._connected:  # a second login would be refused while the first lasts
            await one.close()
        broker = desk(self._acceptor.port, listed=(GOLD,), dialect=DIALECT, answer_s=1.0)
        await broker.open()
        self._connected = [broker]
        # What the trader adds from its journal, and what it leaves out where stops cannot be attached.
        broker.find = partial(broker.find, instrument=0, side=1)
        plain = broker.place
        broker.place = lambda order: plain(order._replace(stop_loss=0, take_profit=0))
        return broker

    async def price(self, bid, ask):
        await asyncio.to_thread(self._acceptor.order, f"price XAUUSD {bid / 1000:.3f} {ask / 1000:.3f}")

    async def fault(self, name):
        await asyncio.to_thread(self._acceptor.order, f"mode {MODES[name]} margin")

    async def mend(self):
        await asyncio.to_thread(self._acceptor.order, "mode normal x")


@pytest.fixture(autouse=True)
def _built(program):
    PROGRAM[:] = [program]


test_fix_conforms = conformance(FixWorld)
