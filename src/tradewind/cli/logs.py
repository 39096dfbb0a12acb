"""The verb that shows what processes wrote down, and those of the audit trail."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import TradewindError, UnknownName

if TYPE_CHECKING:
    from tradewind.adapters.entrance.database import Entrance

app = typer.Typer(rich_markup_mode=None)
audit_app = typer.Typer(
    no_args_is_help=True, help="Who did what: a chain of rows that only grows.", rich_markup_mode=None
)


@app.command("logs")
def show_logs(
    name: Annotated[str | None, typer.Argument(help="Which log; left out, they are listed.")] = None,
    level: Annotated[str, typer.Option(help="At least so bad: debug, info, warning, error, critical.")] = "debug",
    words: Annotated[str, typer.Option("--with", help="Only lines with these words.")] = "",
    lines: Annotated[int, typer.Option(help="So many of the newest.", min=1)] = 200,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is written, until Ctrl-C.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show what a process wrote down, for the eye or as it stands."""
    from tradewind.logs.reading import LEVELS, chosen, in_words, lines_of

    folder = Path(settings_of(settings_file, data).data) / "logs"
    found = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if level not in LEVELS:
        raise UnknownName("level", level, LEVELS)
    if name is None:
        typer.echo("\n".join(found) if found else f"There are no logs in {folder} yet.")
        return
    if name not in found:
        raise UnknownName("log", name, found)
    filtered = level != "debug" or bool(words)
    for text in lines_of(found[name], last=None if filtered else lines, follow=follow):
        line = chosen(text, level, words)
        if line is not None:
            typer.echo(text if as_json else in_words(line))


@audit_app.command("list")
def list_deeds(
    after: Annotated[int, typer.Option(help="Rows after this number.")] = 0,
    most: Annotated[int, typer.Option(help="So many at most.", min=1)] = 10_000,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """List who did what; with --json a line each, to be kept elsewhere every day."""
    from tradewind.adapters.entrance import audit
    from tradewind.logs.log import moment

    entrance = _entrance(data, settings_file)
    for one in audit.deeds(entrance, after, most):
        if as_json:
            row = {"number": one.number, "ts": moment(one.ts_ns), "who": one.who, "what": one.action}
            typer.echo(
                json.dumps(
                    {**row, "result": one.outcome, "about": one.about, "hash": one.hash, "prev_hash": one.before}
                )
            )
        else:
            about = " ".join(f"{name}={value}" for name, value in one.about.items())
            typer.echo(
                f"{one.number:>6} {moment(one.ts_ns)[:19]} {one.who:<20} {one.action:<20} {one.outcome}  {about}"
            )


@audit_app.command("check")
def check_deeds(data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Say whether every row is as it was written."""
    from tradewind.adapters.entrance import audit

    entrance = _entrance(data, settings_file)
    broken = audit.first_break(entrance)
    if broken is not None:
        raise TradewindError(
            f"The audit trail is not as it was written from row {broken} on.",
            "Compare it with what you kept elsewhere.",
        )
    typer.echo("Every row is as it was written.")


def _entrance(data: Path | None, settings_file: Path | None) -> "Entrance":
    from tradewind.adapters.entrance.database import Entrance

    return Entrance(Path(settings_of(settings_file, data).data))
