"""Verbs of looking at finished runs: the report of one, several side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from tradewind.settings import Settings

app = typer.Typer()

Out = Annotated[Path | None, typer.Option("--out", help="File to write (default: reports/ in the data folder).")]
Open = Annotated[bool, typer.Option("--open", help="Show it in the browser.")]


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or latest.")],
    out: Out = None,
    show: Open = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Write the report of a run: one HTML file with costs, curve, candles, trades, breakdowns and doubts."""
    from tradewind.modes import open_history, open_runs
    from tradewind.reports import report_of, write_page

    settings = settings_of(settings_file, data)
    runs = open_runs(settings)
    found = runs.find(run)
    path = write_page(report_of(runs, found, open_history(settings)), _place(settings, out, f"{found}.html"))
    if as_json:
        typer.echo(json.dumps({"run": found, "report": str(path), "bytes": path.stat().st_size}, indent=2))
    else:
        typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB, needs no network)")
    _open(path, show=show)


def _place(settings: "Settings", out: Path | None, name: str) -> Path:
    """Return where to write; a folder gets the file under its usual name."""
    if out is None:
        return settings.data / "reports" / name
    return out / name if out.is_dir() else out


def _open(path: Path, *, show: bool) -> None:
    """The browser shows the page, or the user is told to open it."""
    import webbrowser

    if show and not webbrowser.open(path.resolve().as_uri()):
        typer.echo("No browser answered: open the file yourself.", err=True)
