"""`tradewind twin`: why a live or paper day came out otherwise than its backtest, in money."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from tradewind.settings import Settings
    from tradewind.twin.beginning import Reference
    from tradewind.twin.recording import Account

app = typer.Typer()
TRADES = 20
"""Rows of trades in a terminal; the page has all."""


@app.command()
def twin(
    day: Annotated[str, typer.Argument(help="New York trading day, such as 2026-01-15.")],
    account: Annotated[str, typer.Option(help="Which account, as it was named when it was started.")] = "paper",
    against: Annotated[
        str, typer.Option(help="The feed as it should have been: recorded, or history (the day as stored).")
    ] = "recorded",
    out: Annotated[
        Path | None, typer.Option("--out", help="Page to write (default: reports/ in the data folder).")
    ] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Replay a recorded day through the backtest and split the difference into causes, to the cent."""
    from tradewind.reports import write_page
    from tradewind.twin.beginning import twin_of_day
    from tradewind.twin.document import document
    from tradewind.twin.page import draw_page

    settings = settings_of(settings_file, data)
    made = twin_of_day(open_account(settings, account), _day(day), settings, _reference(settings, against))
    told = document(made)
    path = out or settings.data / "reports" / f"twin-{account}-{made.day}.html"
    write_page(draw_page(told), path / f"twin-{account}-{made.day}.html" if path.is_dir() else path)
    if as_json:
        typer.echo(json.dumps(told | {"page": str(path)}, indent=2))
        return
    from rich.console import Console

    for table in tables(told):
        Console().print(table)
    for words in (*told["remarks"], f"{path} (needs no network)"):
        typer.echo(words)


def open_account(settings: "Settings", name: str) -> "Account":
    """Return the journal of an account, to be read only; a TradewindError says that there is none."""
    from tradewind.errors import UnknownName
    from tradewind.live.folder import account_folder
    from tradewind.live.start import open_journal

    accounts, embedded = settings.data / "accounts", settings.ports.journal == "sqlite"
    if not (accounts / name / ("journal.sqlite" if embedded else "")).exists():
        raise UnknownName("account", name, sorted(one.name for one in accounts.glob("*")))
    opened: Account = open_journal(settings, account_folder(settings.data, name), readonly=True)
    return opened


def _day(text: str) -> date:
    from tradewind.errors import TradewindError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TradewindError(f"{text!r} is not a day.", "Write it as 2026-01-15.") from None


def _reference(settings: "Settings", against: str) -> "Reference | None":
    from tradewind.errors import UnknownName
    from tradewind.twin.stored import stored_tape

    if against not in ("recorded", "history"):
        raise UnknownName("reference", against, ("recorded", "history"))
    return stored_tape(settings) if against == "history" else None


def tables(told: "Mapping[str, Any]") -> "list[Table]":
    """Return the causes, and the trades that differ most, as tables for a terminal."""
    from decimal import Decimal

    from rich import box
    from rich.table import Table
    from rich.text import Text

    from tradewind.results.amounts import cash_text

    def cash(amount: str) -> str:
        return cash_text(float(amount), told["digits"])

    who = f"{', '.join(told['strategies'])} on {', '.join(told['instruments'])}, {told['day']}"
    causes = Table(title=Text(f"Twin of {who}", "bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    causes.add_column("")
    causes.add_column(told["currency"], justify="right")
    causes.add_row("backtest", cash(told["backtest"]))
    for cause, amount in told["causes"].items():
        causes.add_row(cause, cash(amount), style="" if Decimal(amount) else "dim")
    causes.add_row("live", cash(told["live"]), style="bold")
    differing = [trade for trade in told["trades"] if trade["causes"]]
    differing.sort(key=lambda trade: -abs(Decimal(trade["difference"])))
    title = Text(f"{len(differing)} of {len(told['trades'])} trades differ", "bold")
    trades = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("decided, UTC", "strategy", "trade"):
        trades.add_column(name)
    for name in ("backtest", "live", "difference"):
        trades.add_column(name, justify="right")
    trades.add_column("causes")
    for trade in differing[:TRADES]:
        sides = [cash(trade[name]["net"]) if trade[name] else "-" for name in ("backtest", "live")]
        named = ", ".join(f"{cause} {cash(amount)}" for cause, amount in trade["causes"].items())
        what = f"{trade['side']} {trade['symbol']}"
        trades.add_row(trade["decided"][:19], trade["strategy"], what, *sides, cash(trade["difference"]), named)
    return [causes, trades] if differing else [causes]
