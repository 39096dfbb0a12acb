"""Paper on a live stream, and live: the network on this thread's loop, the desk in its own thread, until stopped."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal

from tradewind import money
from tradewind.broker import Broker, BrokerRefused, Capabilities, Login, Picture
from tradewind.errors import TradewindError
from tradewind.live.desk import Desk
from tradewind.live.driver import Driver
from tradewind.live.edge import Clocks, Edge, clocks, habits_of
from tradewind.live.inbox import Inbox
from tradewind.live.measuring import Measuring
from tradewind.live.network import Network
from tradewind.live.prepare import Prepared
from tradewind.liveness.skew import Reading
from tradewind.logs.log import QUIET, Log
from tradewind.ports import Rows

STOP_WITHIN = 30.0
"""Seconds a stop waits for answers that are still to come."""


async def trade(
    desk: Desk,
    broker: Broker,
    *,
    mode: str,
    offset: int,
    may_send: Callable[[], bool] = lambda: True,
    renew: Callable[[], None] = lambda: None,
    tell: Callable[[Desk], None] = lambda _desk: None,
    needs_watchdog: bool = False,
    started: Callable[[Driver], None] = lambda _driver: None,
    wall: Callable[[], int] = time.time_ns,
    log: Log = QUIET,
    measuring: Measuring | None = None,
) -> None:
    """The desk has traded at the broker until it was stopped; what ended it unforeseen is raised."""
    inbox = Inbox()

    def read() -> Reading:
        return clocks()._replace(wall=wall())

    network = Network(broker, inbox, may_send=lambda: may_send() and desk.folder.kill_level() < 4, wall=wall, read=read)
    network.log = log.bound(venue=broker.capabilities.broker)
    driver = Driver(desk, inbox, network.send, mode=mode, tell=tell, renew=renew, needs_watchdog=needs_watchdog,
                    wall=wall, edge=edge_of(desk, read), tells_bars=broker.capabilities.tells_bars)  # fmt: skip
    driver.offset = network.offset = offset
    driver.measuring = network.measuring = measuring
    if measuring is not None:
        measuring.edge, measuring.now = driver.edge, driver.now
        measuring.clock_compared()  # the login told its clock
    thread = threading.Thread(target=driver.run, name="desk", daemon=True)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, inbox.put, "stop")
    network.loop = loop
    thread.start()
    started(driver)
    try:
        await network.run(driver.stopped.is_set, reports=desk.trader is not None)
    finally:
        driver.stopped.set()
        await asyncio.to_thread(thread.join, STOP_WITHIN)
    if driver.error is not None:
        raise driver.error


def edge_of(desk: Desk, read: Clocks) -> Edge:
    """Return the guards around what the desk trades, with what is known of its feeds."""
    prepared = desk.prepared
    declared = [one.instrument for one in prepared.listings]
    habits = [habits_of(desk.folder.root, one.symbol) for one in declared[: prepared.traded]]
    return Edge(declared, prepared.traded, habits, read)


def first_balance(prepared: Prepared, login: Login, picture: Picture) -> Decimal:
    """Return the balance the account begins with here: the broker's; raise where the account is not as declared."""
    account = prepared.request.settings.account
    if login.currency != account.currency:
        raise BrokerRefused(
            f"The broker's account is in {login.currency}, the settings say {account.currency}.",
            "Set account.currency.",
        )
    if login.hedging and account.mode == "netting":
        raise BrokerRefused(
            "The broker keeps positions apart, the settings say netting.", 'Set account.mode = "hedging".'
        )
    if picture.balance == 0:  # a broker that does not tell
        return account.balance
    return money.amount(picture.balance, login.currency)


def protected(login: Login, capabilities: Capabilities) -> None:
    """An account is traded only if what is open in it can be kept behind stops."""
    if login.hedging and not capabilities.attached_stops:
        raise BrokerRefused(
            f"{capabilities.broker} attaches no stops, and the account keeps positions apart: an order of its own "
            "cannot be the stop of one of them.",
            "Trade an account that nets.",
        )


def armed(login: Login, given: str | None, stage: str) -> None:
    """A real account trades in production, and only if its own number was typed; a practice account needs nothing."""
    if login.practice:
        return
    if stage != "production":
        raise TradewindError(
            f"{login.account} is a real account, and this folder is for {stage}.",
            'If it is for real money, write stage = "production" into its tradewind.toml.',
        )
    if given != login.account:
        raise TradewindError(
            f"{login.account} is a real account: orders cost real money.",
            f"If that is what you want, type its number: --arm {login.account}",
        )


def warmed(desk: Desk, blocks: Iterable[Rows], source: str) -> int:
    """Indicators are filled, and the journal says from what; return the events it took."""
    count = desk.warm_up(iter(blocks))
    desk.core.note("warmed up", {"events": count, "source": source, "ts": time.time_ns()})
    desk.settle(desk.core.now, at_once=True)
    return count
