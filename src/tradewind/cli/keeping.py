"""Verbs that keep everything, and bring it back."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

app = typer.Typer(rich_markup_mode=None)


@app.command("backup")
def backup(
    to: Annotated[Path, typer.Option("--to", help="Where each backup has a folder of its own.")] = Path("backups"),
    keep: Annotated[
        str | None, typer.Option(help="Delete older ones but, for instance, 7d,4w,12m: of each day, week, month one.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Stored prices too; they can be imported again.")] = False,
    secrets: Annotated[bool, typer.Option("--secrets", help="Secrets too: then guard the backup like them.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Keep accounts, journals, runs, users, settings and strategies, and the databases of [ports]; services may run."""
    from tradewind.backups.contents import read
    from tradewind.backups.keeping import prune, rules_of
    from tradewind.backups.taking import take

    rules = rules_of(keep) if keep is not None else ()
    settings = settings_of(settings_file, data)
    made = take(
        settings, to, history=history, secrets=secrets, settings_file=settings_file,
        say=lambda text: typer.echo(text, err=True),
    )  # fmt: skip
    gone = prune(to, rules) if rules else []
    contents = read(made)
    if as_json:
        journals = {name: one._asdict() for name, one in contents.journals.items()}
        told = {"folder": str(made), "files": len(contents.files), "journals": journals}
        typer.echo(json.dumps({**told, "deleted": [str(path) for path in gone]}, indent=2))
        return
    accounts = ", ".join(f"{name} to commit {one.commit:,}" for name, one in contents.journals.items()) or "no journals"
    typer.echo(f"{made}: {len(contents.files)} files, {accounts}; read again, all as written.")
    if gone:
        typer.echo(f"Deleted {len(gone)} older backups.")


@app.command("restore")
def restore(
    kept: Annotated[Path, typer.Argument(help="The backup's folder.")],
    into: Annotated[Path, typer.Option("--into", help="A new folder.")],
) -> None:
    """Bring a backup back into a new folder, after every file of it was checked."""
    from tradewind.backups.restoring import restore as bring_back

    contents = bring_back(kept, into)
    typer.echo(f"{into}: {len(contents.files)} files of {contents.made}, all as written.")
    for name in contents.databases:
        typer.echo(f"The {Path(name).name} tables are not on their server yet: tradewind db restore {into / name}")
    typer.echo(f"Look at it: tradewind doctor --data {into / 'tradewind-data'}")
