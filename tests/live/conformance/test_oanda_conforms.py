"""The OANDA adapter conforms, with our OANDA simulator as the broker behind it."""

import asyncio
from typing import ClassVar

import pytest
from broker_conformance import conformance
from broker_world import (
    ASK,
    BID,
    CUT,
    FAIL_QUERIES,
    FILL_A_PART,
    LOSE_ANSWER,
    LOSE_REQUEST,
    PART_OF_PICTURE,
    REJECT,
    TELL_TWICE,
)

from tradewind.adapters.brokers.oanda import wire
from tradewind.adapters.brokers.oanda.broker import OandaBroker
from tradewind.adapters.brokers.tokens import Token
from tradewind.markets.loading import load_profile

simulated = pytest.importorskip("simulated_oanda", reason="the OANDA simulator is not here")

FAULTS = {
    LOSE_REQUEST: {"lost": 1},
    LOSE_ANSWER: {"unanswered": 2},  # a close is two requests: the mark and the close
    FAIL_QUERIES: {"maintenance": True},
    FILL_A_PART: {"partial_fills": 0.5},
    REJECT: {"reject_orders": "INSUFFICIENT_MARGIN"},
    TELL_TWICE: {"duplicate_lines": 1000},
}
MENDED = {"lost": 0, "unanswered": 0, "maintenance": False, "partial_fills": 0.0, "reject_orders": "",
          "duplicate_lines": 0}  # fmt: skip


class OandaWorld:
    """The simulator in a thread, with its faults as the world's."""

    cannot = frozenset({PART_OF_PICTURE})
    more: ClassVar = {}
    """Faults that hold in every scenario."""

    async def __aenter__(self):
        self._patience, wire.PATIENCE_S = wire.PATIENCE_S, 1.0
        self._running = simulated.simulated_oanda(prices={})
        self._venue = await asyncio.to_thread(self._running.__enter__)
        self._connected = []
        profile = load_profile("oanda")
        self._instruments = [profile.instrument(name) for name in ("XAUUSD", "US30")]
        await self.price(BID, ASK)
        self._venue.faults(**self.more)
        return self

    async def __aexit__(self, *how):
        for one in self._connected:
            await one.close()
        await asyncio.to_thread(self._running.__exit__, *how)
        wire.PATIENCE_S = self._patience

    async def connect(self):
        broker = OandaBroker(
            self._venue.account, Token(self._venue.token), instruments=self._instruments, base_url=self._venue.url
        )
        await broker.open()
        self._connected.append(broker)
        return broker

    async def price(self, bid, ask):
        await asyncio.to_thread(self._venue.price, "XAU_USD", f"{bid / 1000:.3f}", f"{ask / 1000:.3f}")

    async def fault(self, name):
        if name == CUT:
            await asyncio.to_thread(self._venue.cut_streams)
        else:
            self._venue.faults(**FAULTS[name])

    async def mend(self):
        self._venue.faults(**MENDED)


class LaggingWorld(OandaWorld):
    """The same, where what was just made is denied for a moment, as OANDA does."""

    more: ClassVar = {"read_lag_s": 0.3}


test_oanda_conforms = conformance(OandaWorld)
test_oanda_conforms_where_it_denies_for_a_moment_what_it_made = conformance(LaggingWorld)
