"""Verbs that show what runs, and what it said."""

import json
from typing import Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

app = typer.Typer(no_args_is_help=True, help="See what runs, and what it said.")


@app.command("list")
def list_services(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Show every trader, watchdog, service and server with its last sign of life."""
    from tradewind.views.services import services

    found = services(settings_of(settings_file, data))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for one in found:
        heard = "" if one["age_s"] is None else f"{one['age_s']:.0f} s ago"
        typer.echo(f"{one['name']:12}  {one['account'] or '':14}  {one['state']:9}  {heard:12}  {one['why']}".rstrip())
    if not found:
        typer.echo("Nothing has run yet. Begin: tradewind up")


@app.command("log")
def show_log(
    name: Annotated[str | None, typer.Argument(help="Which; left out, their names.")] = None,
    lines: Annotated[int, typer.Option(help="How many of its last lines.", min=1, max=1000)] = 50,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show the end of a log; keys, tokens and passwords in it are covered."""
    from tradewind.views.logs import logs, read_log

    settings = settings_of(settings_file, data)
    told = logs(settings) if name is None else read_log(settings, name, lines)
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    elif isinstance(told, dict):
        typer.echo("\n".join(one["text"] for one in told["lines"]))
    else:
        typer.echo("\n".join(f"{one['name']:30}  {one['bytes']:>12,} bytes" for one in told) or "There is no log yet.")
