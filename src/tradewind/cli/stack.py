"""Verbs of the full stack: its servers and services as plain processes of this machine."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, guarded_settings_of, settings_of
from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from tradewind.stack.places import Places
    from tradewind.stack.up import Health

app = typer.Typer(no_args_is_help=True, help="Start and stop PostgreSQL, Redis, Kafka and our services here.")
NEEDED = ("alembic", "confluent_kafka", "psycopg", "redis", "sqlalchemy")


def _places(settings_file: Path | None, data: Path | None) -> "Places":
    if any(find_spec(name) is None for name in NEEDED):
        raise TradewindError("This needs the extra `stack`: pip install tradewind[stack].")
    from tradewind.stack.places import places_of

    return places_of(settings_of(settings_file, data))


@app.command()
def up(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Start what [ports] names, bring the tables to the newest version, and show how everything is."""
    guarded_settings_of(settings_file, data)
    places = _places(settings_file, data)
    from tradewind.stack.up import up as begin

    lines = begin(places, settings_file or Path("tradewind.toml"), lambda text: typer.echo(text, err=True))
    if any(line.name == "api" for line in lines):
        _who_comes_in(places.folder.parent)
    _show(lines, as_json)


def _who_comes_in(data: Path) -> None:
    """Where nobody can log in at the web UI, how to make a user is said."""
    from tradewind.adapters.entrance import first, users
    from tradewind.adapters.entrance.database import Entrance

    if not users.users(Entrance(data)):
        typer.echo(f"Nobody can log in at the web UI yet: {first.HOW}", err=True)


@app.command()
def down(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Stop everything of the stack, services first; what it keeps stays."""
    folder = (settings_of(settings_file, data).data / "stack").resolve()
    if not folder.is_dir():
        raise TradewindError(f"There is no stack in {folder}.", "`tradewind stack up` makes one.")
    from tradewind.stack.up import down as end

    stopped = end(folder, lambda text: typer.echo(text, err=True))
    typer.echo(f"{stopped} stopped." if stopped else "Nothing ran.")


@app.command()
def status(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Show how every server and service is; exit code 1 if one is not well."""
    places = _places(settings_file, data)
    from tradewind.stack.up import status as ask

    _show(ask(places), as_json)


@app.command()
def healthy(
    name: Annotated[str, typer.Argument(help="A service: api, feed, recorder, outbox, trader, watchdog.")],
    account: Annotated[str | None, typer.Option(help="Of which account; for trader and watchdog.")] = None,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say how a service is; exit code 2 where it gives no sign of life. Container engines ask this."""
    from tradewind.stack.services import API, beat_file, livez, sign_of_life

    settings = settings_of(settings_file, data)
    sign = sign_of_life(beat_file(settings.data, name, account))
    if name == API.name:
        livez(settings.api)
    typer.echo(f"{sign.state}: {sign.why}" if sign.why else sign.state)


def _show(lines: "list[Health]", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([line._asdict() for line in lines], indent=2))
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table("name", "address", "process", "how it is")
        for line in lines:
            style = "" if line.well else "red"
            table.add_row(line.name, line.address, str(line.pid or "none"), Text(line.told, style=style))
        Console().print(table)
    if not all(line.well for line in lines):
        raise typer.Exit(1)
