"""A desk that trades at the simulated OANDA, in this process, on a Wednesday of its own."""

import asyncio
import contextlib
import threading
import time
from pathlib import Path

import numpy as np

from tradewind.adapters.brokers.oanda.broker import OandaBroker
from tradewind.adapters.brokers.oanda.pace import Timing
from tradewind.adapters.brokers.tokens import Token
from tradewind.live.prepare import prepare
from tradewind.live.run import trade
from tradewind.live.start import open_account
from tradewind.modes import Choice, Request
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF
from tradewind.risk.resolving import Account, load_rules
from tradewind.settings import Settings

HERE = Path(__file__).parent
WEDNESDAY = int(np.datetime64("2025-03-12T15:00", "ns").astype(int))
SHIFT = WEDNESDAY - time.time_ns()
SECOND = 1_000_000_000
OFF_HERE = (
    "level_atr_day", "spread_median_multiple", "day_types", "fills_per_5min", "fills_per_day", "trades_per_block",
    "trades_per_day", "trades_per_day_total", "duplicate_s", "consecutive_losses", "consecutive_losses_global",
    "order_median_multiple", "quote_age_s", "collar_atr", "broker_rejects", "rejects_for_kill",
)  # fmt: skip


def wall():
    """Return the time of these tests, ns UTC: it runs as ours does, from a Wednesday afternoon on."""
    return time.time_ns() + SHIFT


def limits(**changed):
    """Return the house's limits without those that need weeks of history."""
    found = load_rules("house", Account("USD", 10_000_000)).limits
    loose = {"risk_per_trade": 0.01, "open_risk": 0.06, "groups": ()}
    return with_digest(found._replace(**dict.fromkeys(OFF_HERE, OFF), **loose, **changed))


def request(folder, strategy=HERE / "turns.py", bar="S5", **changed):
    """Return what the desk trades: gold with the given strategy."""
    settings = Settings(profile="oanda", data=folder)
    return Request([Choice(strategy)], ["XAUUSD"], bar=bar, settings=settings, risk=limits(**changed))


class Running:
    """A desk in a thread of its own."""

    def __init__(self, venue, folder, **more):
        """It is open, not yet trading."""
        self.prepared = prepare(request(folder, **more))
        self.broker = OandaBroker(
            venue.account,
            Token(venue.token),
            instruments=[one.instrument for one in self.prepared.listings],
            base_url=venue.url,
            stream_url=getattr(venue, "stream_url", venue.url),
            clock=Timing(now=wall),
        )
        self.alerts, self.error, self.driver = [], None, None
        self.desk, self.journal = open_account(self.prepared, "test", "live", self.broker.capabilities)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            asyncio.run(self._trade())
        except BaseException as error:  # noqa: BLE001 - the test reads it
            self.error = error

    async def _trade(self):
        login = await self.broker.open()
        self.desk.begin(wall(), self.desk.start_document)
        self.desk.follow_calendar(wall())
        await trade(self.desk, self.broker, mode="live", offset=login.clock_offset, tell=self._tell,
                    started=self._started, wall=wall)  # fmt: skip

    def _tell(self, desk):
        self.alerts += desk.alerts
        desk.alerts.clear()

    def _started(self, driver):
        self.driver = driver

    def status(self):
        """Return the heartbeat."""
        return self.desk.folder.read_status() or {}

    def until(self, question, seconds=60.0):
        """Return the first true answer; fails where none comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.error is not None:
                raise self.error
            if answer := question():
                return answer
            time.sleep(0.02)
        raise AssertionError(f"nothing came: {self.status()}, {self.alerts[-3:]}")


@contextlib.contextmanager
def running(venue, folder, **more):
    """Yield a desk that trades; afterwards it has stopped."""
    one = Running(venue, folder, **more)
    one.thread.start()
    try:
        yield one
    finally:
        if one.driver is not None:
            one.driver.inbox.put("stop")
        one.thread.join(60)
        one.journal.close()
