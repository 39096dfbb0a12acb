"""`tradewind paper` on a tape: which prices, from where, and the run itself."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tradewind.adapters.address import read_server
from tradewind.adapters.extras import module_of
from tradewind.data.series import SYNTHETIC
from tradewind.data.synthetic import write_synthetic
from tradewind.errors import Interrupted, TradewindError
from tradewind.live.desk import Desk
from tradewind.live.folder import account_folder
from tradewind.live.launch import put_aside
from tradewind.live.measuring import Measuring, told_at_a_door
from tradewind.live.paper import run_tape
from tradewind.live.prepare import prepare
from tradewind.live.start import now_ns, open_account
from tradewind.live.status import status_of
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import EVER, Request, open_history, plan_backtest
from tradewind.ports import Rows
from tradewind.watchdog.beats import write_beat

MADE_UP = ("US30", "XAUUSD", "EURUSD")
"""What prices can be made up for."""
MADE_UP_DAYS = 60
SHOWN_DAYS = 5
"""So much of a made-up tape is traded at the speed asked for; what lies before passes at once, for indicators and for
limits that have to know how the market usually moves."""


def with_prices(request: Request, source: str | None, seed: int) -> tuple[Request, str]:
    """Return the request with a feed to take prices from, made up where none is stored, and a sentence about it."""
    if source not in (None, "tape", "synthetic", "broker"):
        raise TradewindError(f"There is no source {source!r}.", "Choose tape, synthetic or broker.")
    if source == "broker":
        return request, "Prices: the broker's stream."
    history = open_history(request.settings)
    held = {info.symbol for info in history.series() if info.feed != SYNTHETIC}
    if source == "tape" or (source is None and request.feed is not None):
        return request, "Prices: the stored tape."
    if source is None and held.issuperset(request.symbols):
        return request, "Prices: the stored tape."
    missing = [one for one in request.symbols if one not in MADE_UP]
    if missing:
        raise TradewindError(
            f"Prices of {', '.join(missing)} are neither stored nor can they be made up.",
            f"Import some, or choose from {', '.join(MADE_UP)}.",
        )
    first, last = _made_up_span(request)
    write_synthetic(history, request.symbols, seed, (first, last))
    return (
        replace(request, feed=SYNTHETIC),
        f"SYNTHETIC PRICES from seed {seed}: no result on them means anything.",
    )


def _made_up_span(request: Request) -> tuple[int, int]:
    """Return the period to make prices up for: what was asked for, or the last weeks."""
    if request.start != EVER[0] and request.end != EVER[1]:
        return request.start, request.end
    today = datetime.now(UTC).date()
    return day_open(today - timedelta(days=MADE_UP_DAYS)), day_close(today - timedelta(days=1))


def on_a_tape(
    request: Request,
    account: str,
    speed: float,
    *,
    fresh: bool,
    on_turn: Callable[[Desk], None],
    say: Callable[[str], Any],
) -> None:
    """The tape has been traded from where the account stands."""
    if fresh:
        put_aside(account_folder(Path(request.settings.data), account), request.settings)
    prepared = prepare(request)
    desk, journal = open_account(prepared, account, "paper", beats=False)
    with journal:
        plan = plan_backtest(desk.prepared.request, open_history(request.settings))
        before = desk.tape_rows
        desk.begin(now_ns(), desk.start_document)
        if before:
            say(f"The account {account} goes on after {before:,} events of the tape.")
        measuring, tape = Measuring(desk, "simulated"), travelled(request, account, plan.feed())
        try:
            with told_at_a_door(measuring, request.settings, say):
                run_tape(
                    desk, tape, speed=speed, on_turn=on_turn, synthetic=plan.synthetic,
                    at_once_until=_at_once_until(request), shown=measuring.shown_on_a_tape,
                )  # fmt: skip
        except Interrupted:
            write_beat(desk.folder.status, desk.turns + 1, status_of(desk, "paper", leader=True, ended=True))
            told = f"Stopped after {desk.core.events:,} events; all of them are in {journal.name}."
            raise Interrupted(told, "Run the command again, and it goes on from there.") from None
        say(summary(desk, journal.name))


def _at_once_until(request: Request) -> int:
    """Return before which moment prices pass at once: where they are made up and nobody named a day, ns UTC, else 0."""
    if request.feed != SYNTHETIC or request.start != EVER[0]:
        return 0
    return day_open(datetime.now(UTC).date() - timedelta(days=SHOWN_DAYS))


def travelled(request: Request, account: str, blocks: Iterable[Rows]) -> Iterable[Rows]:
    """Return the blocks of a tape as they arrive: through Kafka, where the settings say that prices travel there."""
    if request.settings.ports.feed == "direct":
        return blocks
    address = read_server(request.settings.ports.feed, "kafka")
    servers, tape = f"{address.host}:{address.port}", f"tape-{account}-{time.time_ns()}"
    producing, feeds = (module_of("stack", f"tradewind.adapters.kafka.{name}") for name in ("producing", "feed"))
    told: Iterable[Rows] = feeds.travelling(producing.Publisher(servers), servers, tape, blocks)
    return told


def summary(desk: Desk, journal: str) -> str:
    """Return what a run came to, as one line."""
    account = desk.core.state["account"]
    trades = sum(int(one["trades"]) for one in desk.core.state["strategies"])
    equity = (int(account["balance"]) + int(account["unrealised"])) / 100
    return f"\n{desk.core.events:,} events, {trades} trades, equity {equity:,.2f}. Journal: {journal}"
