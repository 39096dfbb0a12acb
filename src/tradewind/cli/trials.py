"""Verbs of honesty: what was tried."""

import json
from typing import Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

app = typer.Typer()


@app.command()
def ledger(
    family: Annotated[str | None, typer.Argument(help="Strategy family; left out, all are listed.")] = None,
    newest: Annotated[int, typer.Option(help="How many of the newest trials to show; 0 shows all.")] = 20,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """List what was tried: every run of a strategy family counts, kept or not, and luck is judged by their number."""
    from tradewind.modes import open_trials
    from tradewind.research.listing import families_listed, family_listed, listing_table

    store = open_trials(settings_of(settings_file, data))
    store.verify()
    rows = families_listed(store) if family is None else family_listed(store, family, newest)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo("Nothing was tried yet. Begin: tradewind backtest opening_range --on XAUUSD")
        return
    from rich.console import Console

    Console().print(listing_table(rows))
    typer.echo(f"{store.path}: complete, nothing was changed or taken out.")
