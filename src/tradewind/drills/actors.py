"""The two processes of a drill: `python -m tradewind.drills.actors venue|trader FOLDER SHIFT`.

SHIFT is what is added to the machine's clock, ns. The venue writes its address to FOLDER/url and keeps its account in
FOLDER/venue.jsonl; both may be killed at any moment.
"""

import asyncio
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tradewind.adapters.brokers.oanda.broker import OandaBroker
from tradewind.adapters.brokers.oanda.pace import Timing
from tradewind.adapters.brokers.tokens import read_token
from tradewind.kernel.refusals import STARTING
from tradewind.live.folder import account_folder
from tradewind.live.keeper import keep
from tradewind.live.prepare import Prepared, prepare
from tradewind.live.run import trade
from tradewind.live.start import TRADED_ALONE_WITHIN, open_leading
from tradewind.modes import Choice, Request
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF, Limits
from tradewind.risk.resolving import Account, load_rules
from tradewind.settings import Settings
from tradewind.simulators.oanda.server import ACCOUNT, Simulator
from tradewind.simulators.oanda.server import Settings as VenueSettings
from tradewind.simulators.oanda.tokens import kept_token

NAME = "drill"
SYMBOL, AT_THE_BROKER = "XAUUSD", "XAU_USD"
LEARNED = (
    "level_atr_day", "spread_median_multiple", "day_types", "fills_per_5min", "fills_per_day", "trades_per_block",
    "trades_per_day", "trades_per_day_total", "duplicate_s", "consecutive_losses", "consecutive_losses_global",
    "order_median_multiple", "quote_age_s", "collar_atr", "broker_rejects", "rejects_for_kill",
)  # fmt: skip
"""Limits that need weeks of history, or would end a drill that does nothing but trade."""


def limits() -> Limits:
    """Return the house's limits without those."""
    found = load_rules("house", Account("USD", 10_000_000))
    assert found is not None  # noqa: S101 - the house has rules
    off: dict[str, Any] = dict.fromkeys(LEARNED, OFF)
    return with_digest(found.limits._replace(**off, risk_per_trade=0.01, open_risk=0.06, groups=()))


def run_venue(folder: Path, shift: int) -> None:
    """The simulated OANDA serves, and gold walks ten times a second, until the process ends."""
    settings = VenueSettings(
        port=_port(folder / "url"), state=folder / "venue.jsonl", token=kept_token(folder / "token"), admin=True,
        heartbeat_s=0.5, sampling_s=0.0, now=lambda: time.time_ns() + shift,
    )  # fmt: skip
    with Simulator(settings) as simulator:
        (folder / "url").write_text(simulator.url, encoding="utf-8")
        chance, price = random.Random(1), 2400.0  # noqa: S311 - a walk for a drill
        while True:
            price += chance.gauss(0, 0.05)
            simulator.price(AT_THE_BROKER, f"{price:.3f}", f"{price + 0.4:.3f}")
            time.sleep(0.1)


def _port(file: Path) -> int:
    """Return the port the venue had before, so that it is found again; 0 for a new one."""
    return int(file.read_text(encoding="utf-8").rpartition(":")[2]) if file.is_file() else 0


def run_trader(folder: Path, shift: int) -> int:
    """The trader trades under its keeper until it is stopped; return its exit code."""
    settings = Settings(profile="oanda", data=folder)
    strategy = Path(__file__).with_name("busy.py")
    prepared = prepare(Request([Choice(strategy)], [SYMBOL], bar="S5", settings=settings, risk=limits()))
    prepared.core(simulated=False).hold(STARTING, on=True)
    place = account_folder(folder, NAME)
    place.make()
    return keep(lambda: asyncio.run(_trade(prepared, folder, shift)) or 0, place, print, most=10**9)


async def _trade(prepared: Prepared, folder: Path, shift: int) -> None:
    def wall() -> int:
        return time.time_ns() + shift

    url = (folder / "url").read_text(encoding="utf-8")
    broker = OandaBroker(
        ACCOUNT,
        read_token(folder / "token"),
        instruments=[one.instrument for one in prepared.listings],
        base_url=url,
        stream_url=url,
        clock=Timing(now=wall),
    )
    login = await broker.open()
    desk, journal, lease = open_leading(prepared, NAME, "live", broker.capabilities)
    with journal:
        desk.begin(wall(), desk.start_document)
        desk.follow_calendar(wall())
        try:
            await trade(
                desk, broker, mode="live", offset=login.clock_offset, wall=wall, renew=lease.renew,
                may_send=lambda: lease.may_write(TRADED_ALONE_WITHIN),
            )  # fmt: skip
        finally:
            lease.release()


def main() -> None:
    """One of the two processes runs."""
    role, folder, shift = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if role == "venue":
        threading.current_thread().name = "venue"
        run_venue(folder, shift)
    sys.exit(run_trader(folder, shift))


if __name__ == "__main__":
    main()
