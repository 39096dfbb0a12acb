"""The verbs that play a broker: a simulated venue that listens on this machine until Ctrl-C."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from tradewind.markets.instruments import Instrument
    from tradewind.settings import Settings
    from tradewind.simulators.oanda.server import Fed, Simulator

app = typer.Typer(no_args_is_help=True, help="Play a broker on this machine, for tests and for other tools.")


@app.callback()
def simulate() -> None:
    """Play a broker on this machine, for tests and for other tools."""


@app.command("oanda")
def oanda(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8020,
    tape: Annotated[
        list[str] | None, typer.Option("--tape", help="Show stored prices of these symbols, separated by commas.")
    ] = None,
    synthetic: Annotated[
        list[str] | None, typer.Option("--synthetic", help="Show made-up prices of these symbols instead.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of made-up prices: the same seed gives the same.")] = 2025,
    speed: Annotated[float, typer.Option(help="How many times as fast as recorded; 0: as fast as it goes.")] = 1.0,
    start: Annotated[str | None, typer.Option("--from", help="First day or moment (New York days).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or moment where to stop.")] = None,
    recorded: Annotated[
        bool, typer.Option("--recorded-time", help="The venue's clock is that of the prices, not this machine's.")
    ] = False,
    balance: Annotated[str, typer.Option(help="Cash of the account at first.")] = "100000",
    currency: Annotated[str, typer.Option(help="Currency of the account.")] = "USD",
    instruments: Annotated[
        Path | None, typer.Option(help="Instrument list of your own account, as OANDA answers it (JSON).")
    ] = None,
    state: Annotated[Path | None, typer.Option(help="File the account is kept in over restarts.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File of the token; made if it is not there.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Offer /simulator: prices and faults from outside.")] = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Speak OANDA v20 (REST and both streams) on this machine; prices from a tape, made up, or pushed."""
    from tradewind.money import decimal
    from tradewind.simulators.oanda.instruments import from_file, from_profile
    from tradewind.simulators.oanda.server import Settings as Setup
    from tradewind.simulators.oanda.server import Simulator
    from tradewind.simulators.oanda.tokens import kept_token

    settings = settings_of(settings_file, data)
    quotes = _quotes(settings, tape or [], synthetic or [], (start, end), seed)
    setup = Setup(
        port=port,
        balance=decimal(balance, "balance"),
        currency=currency,
        instruments=from_profile() if instruments is None else from_file(instruments),
        state=state,
        token="" if token_file is None else kept_token(token_file),
        admin=admin,
    )
    simulator = Simulator(setup._replace(now=None) if recorded else setup)
    typer.echo(f"{simulator.url}  OANDA v20, simulated; account {setup.accounts[0]}; Ctrl-C ends it.")
    shown = f"is in {token_file}" if token_file else simulator.token
    typer.echo(f"token {shown}")
    _serve(simulator, quotes, speed, recorded=recorded)
    typer.echo("The simulated venue has closed.")


def _serve(simulator: "Simulator", quotes: "Iterator[Fed] | None", speed: float, *, recorded: bool) -> None:
    """The simulator has served until Ctrl-C or SIGTERM."""
    import asyncio
    import signal

    async def run() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, simulator.stop)
        await simulator.serve(quotes, speed=speed, recorded=recorded)

    asyncio.run(run())


def _quotes(
    settings: "Settings", tape: list[str], synthetic: list[str], period: tuple[str | None, str | None], seed: int
) -> "Iterator[Fed] | None":
    """Return where prices come from, or None where they are pushed."""
    from tradewind.errors import TradewindError

    if tape and synthetic:
        raise TradewindError("Prices cannot be both recorded and made up.", "Give --tape or --synthetic.")
    if tape:
        return _recorded(settings, tape, period)
    return _made_up(synthetic, period, seed) if synthetic else None


def _recorded(settings: "Settings", symbols: list[str], period: tuple[str | None, str | None]) -> "Iterator[Fed]":
    """Return stored prices as quotes; a bar is its four corners."""
    from tradewind.modes import open_history, plan_backtest
    from tradewind.requests import backtest_request
    from tradewind.simulators.oanda.tape import quotes_of

    settings = settings.model_copy(update={"profile": "oanda"})  # prices in its ticks, under its names
    request = backtest_request(["always_flat"], symbols, period, [], given={}, settings=settings, plain=True)
    plan = plan_backtest(request, open_history(settings))
    named = {number: one.instrument for number, one in enumerate(plan.listings)}
    told = {number: (one.broker_symbol, one.tick_size) for number, one in named.items() if "_" in one.broker_symbol}
    return quotes_of(plan.feed(), told)


def _made_up(symbols: list[str], period: tuple[str | None, str | None], seed: int) -> "Iterator[Fed]":
    """Return made-up ticks, day after day, without an end where none is given."""
    from heapq import merge

    from tradewind.markets.clock import trading_date
    from tradewind.markets.loading import load_profile
    from tradewind.requests import period_end, period_start

    profile = load_profile("oanda")
    named = [profile.instrument(one.strip()) for text in symbols for one in text.split(",") if one.strip()]
    first = trading_date(period_start(period[0] or "2025-10-01"))
    last = None if period[1] is None else trading_date(period_end(period[1]) - 1)
    return merge(*(_days(one, first, last, seed) for one in named), key=lambda quote: quote.ts)


def _days(instrument: "Instrument", first: "date", last: "date | None", seed: int) -> "Iterator[Fed]":
    from tradewind.data.synthetic.ticks import ticks_of
    from tradewind.markets.clock import day_number
    from tradewind.simulators.oanda.server import Fed

    tick: Decimal = instrument.tick_size
    day = day_number(first)
    while last is None or day <= day_number(last):
        for made in ticks_of(instrument, [day], seed):
            columns: Any = zip(made.ts.tolist(), made.bid.tolist(), made.ask.tolist(), strict=True)
            for ts, bid, ask in columns:
                yield Fed(instrument.broker_symbol, ts, bid * tick, ask * tick)
        day += 1
