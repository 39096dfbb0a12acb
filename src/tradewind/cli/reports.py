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


@app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(help="Two runs or more: ids, beginnings of ids, or latest.")],
    out: Out = None,
    show: Open = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Set runs side by side: figures, what differs, and a page with their equity over each other."""
    from tradewind.errors import TradewindError
    from tradewind.modes import open_runs
    from tradewind.reports import write_page
    from tradewind.results.report.comparison import differences, draw_comparison, figures_of, warnings

    settings = settings_of(settings_file, data)
    store = open_runs(settings)
    found = list(dict.fromkeys(store.find(each) for each in runs))
    if len(found) < 2:
        raise TradewindError(f"Only one run was named: {found[0]}.", "Name two or more; see `tradewind runs`.")
    documents = [store.get(each) for each in found]
    text = draw_comparison([(each, {"equity": store.table(each["id"], "equity")}) for each in documents])
    name = "-".join(each.rpartition("-")[2][:6] for each in found)
    path = write_page(text, _place(settings, out, f"compare-{name}.html"))
    if as_json:
        told = {
            "runs": found,
            "figures": {each["id"]: each["summary"]["total"] | each["summary"]["account"] for each in documents},
            "differences": {name: dict(zip(found, values, strict=True)) for name, values in differences(documents)},
            "page": str(path),
        }
        typer.echo(json.dumps(told, indent=2))
    else:
        from rich.console import Console

        from tradewind.results.printing_comparison import comparison_tables

        for table in comparison_tables(documents, [figures_of(each) for each in documents], differences(documents)):
            Console().print(table)
        for words in (*warnings(documents), f"{path} (needs no network)"):
            typer.echo(words)
    _open(path, show=show)
