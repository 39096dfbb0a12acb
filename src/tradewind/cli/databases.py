"""Verbs of databases: made, brought to the newest version, looked at, kept and brought back."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.options import AsJson, SettingsFile, settings_of
from tradewind.errors import BadSettings, TradewindError

if TYPE_CHECKING:
    from tradewind.databases.looking import Finding
    from tradewind.databases.places import Place

app = typer.Typer(no_args_is_help=True, help="Databases: make, migrate, check, back up, restore.")
Url = Annotated[str | None, typer.Option("--url", help="postgresql://, timescale:// or sqlite:FILE, not [ports].")]
User = Annotated[str | None, typer.Option("--user", help="Who owns the tables; default tradewind.")]
Secrets = Annotated[Path | None, typer.Option("--secrets", help="Folder of passwords, if not that of [ports].")]


def _places(settings_file: Path | None, url: str | None, user: str | None, secrets: Path | None) -> "list[Place]":
    missing = [name for name in ("alembic", "psycopg", "sqlalchemy") if find_spec(name) is None]
    if missing:
        raise TradewindError("This needs the extra `stack`: pip install tradewind[stack].")
    from tradewind.databases.places import places_of

    ports = settings_of(settings_file, None).ports
    named = {name: getattr(ports, name) for name in ("journal", "runs", "history")}
    return places_of(named, secrets or ports.secrets, url=url, user=user)


@app.command()
def init(
    url: Url = None,
    user: User = None,
    secrets: Secrets = None,
    settings_file: SettingsFile = None,
) -> None:
    """Make the databases with the newest tables, and a user for each service that has a file of its password."""
    places = _places(settings_file, url, user, secrets)
    from tradewind.databases.migrating import migrate, newest
    from tradewind.databases.opening import create_if_missing, opened
    from tradewind.databases.users import agree, make_users, secrets_of

    folder = secrets or settings_of(settings_file, None).ports.secrets
    if folder is not None:
        agree([place.where for place in places if not isinstance(place.where, Path)], folder)
    for place in places:
        if not isinstance(place.where, Path):
            create_if_missing(place.where)
        with opened(place.where) as connection:
            migrate(place.tree, connection)
            typer.echo(f"{place}: version {newest(place.tree)}.")
            if isinstance(place.where, Path):
                continue
            without = make_users(connection, {} if folder is None else secrets_of(place.where, folder))
            connection.commit()
            if without:
                typer.echo(f"  No user for {', '.join(without)}: no file {place.where.scheme}-NAME holds a password.")


@app.command()
def migrate(
    to: Annotated[
        str, typer.Option("--to", help="A version; head is the newest, base takes all tables away.")
    ] = "head",
    yes: Annotated[
        bool, typer.Option("--yes", help="Go back to an older version, and lose what that has not.")
    ] = False,
    url: Url = None,
    user: User = None,
    secrets: Secrets = None,
    settings_file: SettingsFile = None,
) -> None:
    """Bring the tables to the newest version, reference data and rights included."""
    places = _places(settings_file, url, user, secrets)
    from tradewind.databases.migrating import is_before, version_of
    from tradewind.databases.migrating import migrate as go
    from tradewind.databases.opening import opened

    for place in places:
        with opened(place.where) as connection:
            before = version_of(place.tree, connection)
            if before and not yes and is_before(place.tree, to, before):
                raise BadSettings(
                    f"{place} is of version {before}; going back to {to} takes tables away with what is in them.",
                    "Back up first (`tradewind db backup`), then add --yes.",
                )
            go(place.tree, connection, to)
            after = version_of(place.tree, connection) or "none"
            typer.echo(f"{place}: version {after}{'' if after != before else ', as before'}.")


@app.command()
def check(
    with_hash: Annotated[bool, typer.Option("--hash", help="Hash all rows: equal hashes are equal tables.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    user: User = None,
    secrets: Secrets = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say whether the databases are as they should be; exit code 1 if something has to be done."""
    places = _places(settings_file, url, user, secrets)
    from tradewind.databases.looking import Finding, look
    from tradewind.databases.opening import opened
    from tradewind.databases.state import contents_of, hash_of

    told: dict[str, list[Finding]] = {}
    for place in places:
        told[str(place)] = look(place)
        if with_hash and len(told[str(place)]) > 2:
            with opened(place.where) as connection:
                contents = contents_of(connection, place.tree)
            rows = sum(one.rows for one in contents.values())
            told[str(place)].append(Finding("hash", f"{hash_of(contents)} of {rows:,} rows"))
    if as_json:
        lines = {name: [one._asdict() for one in found] for name, found in told.items()}
        typer.echo(json.dumps(lines, indent=2))
    else:
        _show(told)
    if any(not one.good for found in told.values() for one in found):
        raise typer.Exit(1)


def _show(told: "dict[str, list[Finding]]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    for name, found in told.items():
        table = Table(title=name, title_justify="left", show_header=False)
        for one in found:
            style = "" if one.good else "red"
            table.add_row(Text(one.what), Text(f"{one.found}\n{one.todo}".strip(), style=style))
        Console().print(table)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder; one below it for each database.")],
    url: Url = None,
    user: User = None,
    secrets: Secrets = None,
    settings_file: SettingsFile = None,
) -> None:
    """Keep everything in the databases, with the hash that proves a restore; services may go on meanwhile."""
    places = _places(settings_file, url, user, secrets)
    from tradewind.databases.keeping import backup as keep
    from tradewind.databases.places import folders_of
    from tradewind.databases.state import hash_of

    for place, target in zip(places, folders_of(folder, places), strict=True):
        if isinstance(place.where, Path):
            raise BadSettings(f"{place.where} is a file.", "`tradewind backup` keeps it.")
        done = keep(place.where, place.tree, target)
        rows = sum(one.rows for one in done.contents.values())
        typer.echo(f"{place}: {rows:,} rows in {target}, hash {hash_of(done.contents)}.")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    url: Url = None,
    user: User = None,
    secrets: Secrets = None,
    settings_file: SettingsFile = None,
) -> None:
    """Bring a backup into empty databases, and prove by its hash that nothing is missing."""
    places = _places(settings_file, url, user, secrets)
    from tradewind.databases.keeping import restore as bring_back
    from tradewind.databases.opening import create_if_missing
    from tradewind.databases.places import folders_of
    from tradewind.databases.state import hash_of

    for place, source in zip(places, folders_of(folder, places), strict=True):
        if isinstance(place.where, Path):
            raise BadSettings(f"{place.where} is a file.", "`tradewind restore` brings it back.")
        create_if_missing(place.where)
        told = bring_back(place.where, source)
        typer.echo(f"{place}: as of {told.taken}, hash {hash_of(told.contents)} as before.")
    settings = settings_of(settings_file, None)
    if url is None and settings.ports.journal != "sqlite":
        from tradewind.live.restored import begin_other_lives

        for account in begin_other_lives(settings):
            typer.echo(f"{account}: its order ids will be none that were given before.")
