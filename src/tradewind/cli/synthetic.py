"""The verb that makes up prices."""

import json
from typing import Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

app = typer.Typer()


@app.command("synth")
def synthesise(
    on: Annotated[
        list[str] | None, typer.Option("--on", help="US30, XAUUSD, EURUSD, separated by commas; all without it.")
    ] = None,
    start: Annotated[str, typer.Option("--from", help="First day or moment (New York days).")] = "2025-10-01",
    end: Annotated[str, typer.Option("--to", help="Last day, or moment where to stop.")] = "2025-12-31",
    seed: Annotated[int, typer.Option(help="The same seed gives the same prices.")] = 2025,
    ticks: Annotated[bool, typer.Option("--ticks", help="Make ticks instead of bars.")] = False,
    bar: Annotated[str, typer.Option(help="Size of the bars; only M1, others are made of it.")] = "M1",
    compare: Annotated[bool, typer.Option("--compare", help="Show its figures beside those of real data.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Make up prices shaped like real ones, from a seed, and store them under the feed "synthetic"."""
    from tradewind.data.synthetic.report import made_up, report_table
    from tradewind.modes import open_history
    from tradewind.requests import period_end, period_start

    report = made_up(
        open_history(settings_of(settings_file, data)), on or [], (period_start(start), period_end(end)), seed,
        bar="ticks" if ticks else bar, compare=compare,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    for one in report["written"]:
        typer.echo(
            f"{one['symbol']} {one['bars']} {one['feed']} {one['side']}: {one['new']:,} new, {one['changed']:,} changed"
        )
    typer.echo(f"SYNTHETIC DATA: prices were made up from seed {seed}; no result on them means anything.")
    if compare:
        from rich.console import Console

        Console().print(report_table(report))
