"""The verb that says whether everything is fit, and what to do where it is not."""

import json
from typing import TYPE_CHECKING

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from tradewind.doctor.finding import Finding

app = typer.Typer()


@app.command("doctor")
def doctor(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """Look at everything and change nothing: what is known, and what to do; exit code 1 where something is bad."""
    from tradewind.doctor.examination import examine
    from tradewind.doctor.finding import BAD, WARNING, Finding, fit
    from tradewind.errors import BadSettings

    try:
        found = list(examine(settings_of(settings_file, data)))
    except BadSettings as error:
        found = [Finding("settings", "file", BAD, error.message, error.hint or "Correct the line named.")]
    if as_json:
        typer.echo(json.dumps({"fit": fit(found), "findings": [one._asdict() for one in found]}, indent=2))
    else:
        _show(found)
        bad, soon = (sum(one.state == state for one in found) for state in (BAD, WARNING))
        typer.echo(f"{len(found)} lines: {bad} bad, {soon} to look at." if bad or soon else f"{len(found)} lines: fit.")
    if not fit(found):
        raise typer.Exit(1)


def _show(found: "list[Finding]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"good": "green", "warning": "yellow", "bad": "red", "not used": "dim"}
    table = Table("area", "what", "state", "known, and what to do")
    for one in found:
        age = f" ({one.age_s:,.0f} s ago)" if one.age_s and one.age_s >= 1 else ""
        text = Text(f"{one.says}{age}")
        if one.cure:
            text.append(f"\n{one.cure}", style="bold")
        table.add_row(one.area, Text(one.name), Text(one.state, style=styles[one.state]), text)
    Console().print(table)
