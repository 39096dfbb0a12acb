"""`tradewind live`, and paper on a broker's stream: connect, compare, warm up, trade until stopped."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tradewind.adapters.address import Unreachable
from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import ChainedJournal, JournalFailed
from tradewind.adapters.lease import Lease
from tradewind.broker import Broker, BrokerUnreachable, Capabilities, Login
from tradewind.errors import TradewindError
from tradewind.live.brokers import open_prices
from tradewind.live.desk import Desk
from tradewind.live.folder import account_folder
from tradewind.live.keeper import BROKEN, keep
from tradewind.live.launch import put_aside
from tradewind.live.measuring import Measuring, told_at_a_door
from tradewind.live.prepare import Prepared, prepare
from tradewind.live.run import armed, first_balance, protected, trade, warmed
from tradewind.live.showing import Showing, board_of
from tradewind.live.start import TRADED_ALONE_WITHIN, first_start, lock_leader, now_ns, open_leading
from tradewind.live.telling import Telling, notifier_of
from tradewind.logs.log import Log, open_log
from tradewind.modes import Request, open_history, plan_backtest
from tradewind.ports import Rows
from tradewind.requests import risk_rules
from tradewind.trading.events import time_row

DAY = 86_400 * 1_000_000_000
WARM_UP_DAYS = 30
STANDBY_S = 0.5
Say = Callable[[str], Any]
T = TypeVar("T")


def live_at_broker(
    request: Request, account: str, *, arm: str | None, warm_up_days: int, watchdog: bool, say: Say,
    standby: bool = False,
) -> int:  # fmt: skip
    """Return the exit code of a trader that has traded at its broker until it was stopped; killed, it goes on.

    On `standby` it waits, all in memory, for whoever leads the account to end, or to be dead for as long as the lease
    runs. Until then it does not reach for the broker: some let an account be used by one session only.
    """
    prepared = prepare(request)
    folder = account_folder(Path(request.settings.data), account)
    folder.begins()
    prepared.core(simulated=False).apply(time_row(0))  # what takes long at a start is in memory
    return keep(
        lambda: _ended(
            once_free(
                prepared,
                account,
                lambda: _live(prepared, account, say, arm=arm, warm_up_days=warm_up_days, watchdog=watchdog),
                say if standby else None,
            )
        ),
        folder,
        say,
    )


def _ended(run: Coroutine[Any, Any, None]) -> int:
    """Return 0 after a run that was stopped, 2 after a mistake a person can mend, which is said."""
    try:
        asyncio.run(run)
    except JournalFailed as error:
        sys.stderr.write(f"tradewind: {error}\n")
        return BROKEN
    except TradewindError as error:
        sys.stderr.write(f"tradewind: {error}\n")
        return 2
    return 0


async def once_free(
    prepared: Prepared, account: str, run: Callable[[], Coroutine[Any, Any, None]], say: Say | None
) -> None:
    """It has run; with `say` it waited before for the account to be led by nobody."""
    folder = account_folder(Path(prepared.request.settings.data), account)
    told = False
    while True:
        try:
            if say is not None:
                (await _answered(lambda: lock_leader(prepared.request.settings, folder), say)).release()
            await run()
        except LockHeld as error:
            if say is None:
                raise
            if not told:
                say(f"Standing by. {error}")
            told = True
            await asyncio.sleep(STANDBY_S)
        else:
            return


async def _live(
    prepared: Prepared, account: str, say: Say, *, arm: str | None, warm_up_days: int, watchdog: bool
) -> None:
    with open_log(prepared.request.settings, "trader", say, account=account, mode="live") as log:
        await _live_logged(prepared, account, log, arm=arm, warm_up_days=warm_up_days, watchdog=watchdog)


async def _live_logged(
    prepared: Prepared, account: str, log: Log, *, arm: str | None, warm_up_days: int, watchdog: bool
) -> None:
    say = log.said
    broker = open_prices(
        prepared.request.settings, [one.instrument for one in prepared.listings], trades=True, group=account
    )
    login = await _reached(broker, say)
    try:
        armed(login, arm, prepared.request.settings.stage)
        protected(login, broker.capabilities)
        say(f"{_kind(login)} account {login.account} at {broker.capabilities.broker}, in {login.currency}.")
        prepared = await _as_the_broker_has_it(prepared, broker, login, account, say)
        kept = broker.capabilities._replace(position_mode="hedging" if login.hedging else "netting")
        desk, journal, lease = await _led(prepared, account, "live", kept, say)
    except BaseException:
        await broker.close()
        raise
    with journal:
        await _warmed_and_traded(
            desk, journal, lease, broker, login, mode="live", say=say, warm_up_days=warm_up_days, watchdog=watchdog,
            log=log,
        )  # fmt: skip
    say("Stopped.")


async def _reached(broker: Broker, say: Say) -> Login:
    """Return the login; a broker that cannot be reached is tried until it can, one that refuses is believed."""
    pause = 1.0
    while True:
        try:
            return await broker.open()
        except BrokerUnreachable as error:
            say(f"{error} Trying again in {pause:.0f} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, 60.0)


async def _warmed_and_traded(
    desk: Desk, journal: ChainedJournal, lease: Lease, broker: Broker, login: Login,
    *, mode: str, say: Say, warm_up_days: int, watchdog: bool, log: Log,
) -> None:  # fmt: skip
    """The desk has begun, filled its indicators and traded until it was stopped; the lease is free again."""
    prepared, notifier, board = desk.prepared, None, None
    try:
        board = board_of(prepared.request.settings)
        desk.begin(now_ns() + login.clock_offset, desk.start_document)
        if journal.cut is not None:
            desk.alert("reconciliation", f"The end of the journal was damaged and cut: {journal.cut}.", "critical")
        await asyncio.to_thread(_warm_up, desk, prepared, warm_up_days, login.clock_offset, say)
        desk.follow_calendar(now_ns() + login.clock_offset)
        notifier = notifier_of(prepared.request.settings.notify, f"Tradewind {desk.folder.name}")
        measuring = Measuring(desk, broker.capabilities.broker, lease=lease, watched=watchdog)
        measuring.log, measuring.notifier = log, notifier
        telling = Telling(desk, notifier.tell if notifier else lambda _notice: None, log.aloud, log)
        showing = None if board is None else Showing(desk, board)

        def tell(_desk: Desk) -> None:
            telling.turn()
            if showing is not None:
                showing.turn()

        say("Trading. Ctrl-C stops it softly; stops stay at the broker.")
        with told_at_a_door(measuring, prepared.request.settings, say):
            await trade(
                desk,
                broker,
                mode=mode,
                offset=login.clock_offset,
                may_send=partial(lease.may_write, TRADED_ALONE_WITHIN),
                renew=lease.renew,
                tell=tell,
                needs_watchdog=watchdog,
                log=log,
                measuring=measuring,
            )
    finally:
        lease.release()
        if notifier:
            notifier.close()
        if board is not None:
            board.close()


def _kind(login: Login) -> str:
    return "Practice" if login.practice else "REAL"


async def _led(
    prepared: Prepared, account: str, mode: str, capabilities: Capabilities | None, say: Say
) -> tuple[Desk, ChainedJournal, Lease]:
    """Return the desk of an account that this process alone leads, once the server with its journal answers."""
    return await _answered(lambda: open_leading(prepared, account, mode, capabilities), say)


async def _answered(what: Callable[[], T], say: Say) -> T:
    """Return what a server is asked for; one that cannot be reached is asked until it can, a refusal is believed."""
    pause = 1.0
    while True:
        try:
            return what()
        except Unreachable as error:
            say(f"{error} Trying again in {pause:.0f} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, 15.0)


async def _as_the_broker_has_it(prepared: Prepared, broker: Broker, login: Login, account: str, say: Say) -> Prepared:
    """Return the same with the balance the account began with here: the broker's at the first start."""
    picture = await broker.picture()
    balance = first_balance(prepared, login, picture)
    request = prepared.request
    folder = account_folder(Path(request.settings.data), account)
    first = await _answered(lambda: first_start(request.settings, folder), say)
    if first is not None:
        balance = type(balance)(first["settings"]["account"]["balance"])
    settings = request.settings.model_copy(
        update={"account": request.settings.account.model_copy(update={"balance": balance})}
    )
    rules = risk_rules(settings)
    changed = replace(request, settings=settings, risk=None if rules is None else rules.limits)
    return replace(prepared, request=changed)


def _warm_up(desk: Desk, prepared: Prepared, days: int, offset: int, say: Say) -> None:
    """At the first start indicators are filled from stored history, as far as there is any."""
    if desk.core.events > 3 or days <= 0:
        return
    now = now_ns() + offset
    try:
        blocks, source = history_blocks(prepared, now - days * DAY, now)
    except TradewindError as error:
        say(f"Indicators begin empty: {error}")
        return
    say(f"Warmed up with {warmed(desk, blocks, source):,} events of stored history.")


def history_blocks(prepared: Prepared, start: int, end: int) -> tuple[Iterator[Rows], str]:
    """Return stored prices of the period as rows, with the calendar, and where they come from."""
    request = replace(prepared.request, start=start, end=end)
    plan = plan_backtest(request, open_history(request.settings))
    return plan.feed(), ", ".join(sorted({info.feed for infos in plan.series for info in infos}))


def paper_at_broker(request: Request, account: str, *, fresh: bool, say: Say) -> None:
    """The account has been traded without money on the broker's prices until it was stopped."""
    asyncio.run(_paper(request, account, fresh, say))


async def _paper(request: Request, account: str, fresh: bool, say: Say) -> None:
    with open_log(request.settings, "trader", say, account=account, mode="paper") as log:
        await _paper_logged(request, account, fresh, log)


async def _paper_logged(request: Request, account: str, fresh: bool, log: Log) -> None:
    say = log.said
    if fresh:
        put_aside(account_folder(Path(request.settings.data), account), request.settings)
    prepared = prepare(request)
    broker = open_prices(request.settings, [one.instrument for one in prepared.listings], trades=False, group=account)
    login = await _reached(broker, say)
    try:
        desk, journal, lease = await _led(prepared, account, "paper", None, say)
    except BaseException:
        await broker.close()
        raise
    with journal:
        await _warmed_and_traded(
            desk, journal, lease, broker, login, mode="paper", say=say, warm_up_days=WARM_UP_DAYS, watchdog=False,
            log=log,
        )  # fmt: skip
