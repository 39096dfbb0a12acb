"""Verbs of brokers: which ones there are, and a look at an account that sends no order."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson
from tradewind.errors import TradewindError, UnknownName

if TYPE_CHECKING:
    from tradewind.adapters.brokers.known import Adapter
    from tradewind.adapters.brokers.oanda.broker import OandaBroker
    from tradewind.adapters.brokers.oanda.listing import Difference
    from tradewind.adapters.brokers.probe import Check
    from tradewind.broker import BrokerRefused, Login

app = typer.Typer(help="See which brokers there are and try an account.", no_args_is_help=True, rich_markup_mode=None)

SIMULATED = "simulated only"


@app.command("list")
def list_brokers(as_json: AsJson = False) -> None:
    """List the brokers we can speak to, what each can do, and where it was last tried."""
    from tradewind.adapters.brokers.known import adapters

    found = list(adapters())
    if as_json:
        rows = [
            {"name": one.name, "missing": one.missing}
            if one.capabilities is None
            else {"name": one.name, **one.capabilities._asdict(), "tried": one.capabilities.tried or SIMULATED}
            for one in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    _print(_table("Brokers", ("Broker", "Tried", "Positions", "Stop at broker", "Id refused again",
                              "Missed by", "Prices"), [_row(one) for one in found]))  # fmt: skip


def _row(adapter: "Adapter") -> tuple[str, ...]:
    able = adapter.capabilities
    if able is None:
        return (adapter.name, f"needs {adapter.missing}", *[""] * 5)
    scopes = {"forever": "always", "window": f"for {able.id_window_s:g} s", "open": "while open"}
    prices = f"{able.quotes_per_second:g} a second" if able.quotes_per_second else "every one"
    return (
        adapter.name,
        able.tried or SIMULATED,
        {"either": "both"}.get(able.position_mode, able.position_mode),
        "yes" if able.attached_stops else "no",
        scopes.get(able.id_scope, "never"),
        {"sequence": "number", "time": "time"}.get(able.catch_up, "picture"),
        prices,
    )


@app.command("probe")
def probe_broker(
    broker: Annotated[str, typer.Argument(help="oanda.")],
    account: Annotated[str, typer.Option(help="Account number, such as 101-004-1234567-001.")],
    token_file: Annotated[Path, typer.Option(help="File with the token, readable by you alone (chmod 600).")],
    live_account: Annotated[bool, typer.Option("--live-account", help="The account is a live one.")] = False,
    on: Annotated[str, typer.Option(help="Instruments, with commas between.")] = "XAUUSD,US30",
    profile: Annotated[str, typer.Option(help="Broker profile: oanda, or a TOML file.")] = "oanda",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long to listen to prices.")] = 10,
    address: Annotated[
        str | None, typer.Option(help="Another address of the service: https, or http://127.0.0.1.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try an account without sending any order: login, instruments against the profile, prices, bars, picture, log."""
    import asyncio

    from tradewind.adapters.brokers.oanda.broker import OandaBroker
    from tradewind.adapters.brokers.tokens import read_token
    from tradewind.markets.loading import load_profile

    if broker != "oanda":
        raise UnknownName("broker that can be probed", broker, ["oanda"])
    token, known = read_token(token_file), load_profile(profile)
    instruments = [known.instrument(name.strip()) for name in on.split(",") if name.strip()]
    if not instruments:
        raise TradewindError("No instrument was given.", "Name some: --on XAUUSD,US30.")
    oanda = OandaBroker(
        account, token, instruments=instruments, practice=not live_account, base_url=address, stream_url=address
    )
    symbols = tuple(one.symbol for one in instruments)
    login, refused, differences, checks = asyncio.run(_probed(oanda, symbols, seconds))
    if as_json:
        document = {
            "login": login and login._asdict(),
            "instruments": [one._asdict() for one in differences],
            "checks": [one._asdict() for one in checks],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        _show(login, differences, checks, len(instruments))
    if refused is not None:
        raise refused
    if wrong := [one for one in checks if not one.passed]:
        advice = "Set it right (NTP) before you trade." if wrong[0].what == "clock" else "Do not trade it like this."
        raise TradewindError(f"The probe did not pass: {wrong[0].what}: {wrong[0].found}.", advice)


async def _probed(
    oanda: "OandaBroker", symbols: tuple[str, ...], seconds: float
) -> "tuple[Login | None, BrokerRefused | None, list[Difference], list[Check]]":
    """Return the login or why there is none, what the profile sees differently, and what was looked at."""
    from tradewind.adapters.brokers.oanda.listing import Disagreement
    from tradewind.adapters.brokers.probe import probe

    try:
        try:
            login = await oanda.open()
        except Disagreement as refused:
            return None, refused, await oanda.differences(), []
        differences = await oanda.differences()
        return login, None, differences, await probe(oanda, login, symbols, seconds, time.time_ns())
    finally:
        await oanda.close()


def _show(login: "Login | None", differences: "list[Difference]", checks: "list[Check]", count: int) -> None:
    """Print what was found."""
    if login is not None:
        kind = "practice" if login.practice else "LIVE"
        mode = "hedging" if login.hedging else "netting"
        typer.echo(f"Account {login.account} ({kind}), {login.currency}, {mode}; no order was sent.")
    head = ("Instrument", "What", "Broker", "Profile", "")
    rows = [(one.symbol, one.what, one.broker, one.ours, "refused" if one.refused else "noted") for one in differences]
    if rows:
        _print(_table("Instruments against the profile", head, rows))
    elif login is not None:
        typer.echo(f"{count} instruments are exactly what the profile says.")
    if checks:
        shown = [(one.what, "passed" if one.passed else "FAILED", one.found) for one in checks]
        _print(_table("Looked at", ("What", "", "Found"), shown))


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for name in head:
        table.add_column(name, no_wrap=name in ("Broker", "Tried"))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _print(table: Any) -> None:
    from rich.console import Console

    Console().print(table)


@app.command("bridge")
def bridge(
    folder: Annotated[Path, typer.Argument(help="Folder to write the bridge and its secret into.")],
) -> None:
    """Write the bridge that runs beside a MetaTrader 5 terminal, as one file, with a fresh secret."""
    from tradewind.adapters.brokers.metatrader.installing import write_bridge

    script, secret = write_bridge(folder)
    typer.echo(f"{script}\n{secret} (keep it to yourself; the adapter needs the same file as token_file)")
    typer.echo("Copy both beside the terminal, then: pip install MetaTrader5 && python " + script.name)
