"""Verbs of the news calendar: bring releases in, see what was known of them when, ask whether they fit the prices."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from tradewind.markets.news import Event

app = typer.Typer(
    help="Import releases and see the calendar as it was known.", no_args_is_help=True, rich_markup_mode=None
)

AWEEK = 7 * 86_400 * 1_000_000_000


def _moment(ns: int) -> str:
    from tradewind.markets.clock import utc_datetime

    return f"{utc_datetime(ns):%Y-%m-%d %H:%M}"


@app.command("import")
def import_calendar(
    file: Annotated[Path, typer.Argument(help="Calendar: .csv, .json or .ics.")],
    clock: Annotated[
        str | None, typer.Option(help="Clock of times without an offset: UTC, NY+7, EET or a zone.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where it comes from, if not the file's name.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency, where the rows have none.")] = None,
    impact: Annotated[str | None, typer.Option(help="low, medium or high, where the rows have none.")] = None,
    known_ahead: Annotated[
        float | None, typer.Option(help="Days by which releases were known before they came, for past ones.", min=0)
    ] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Read releases into the calendar; importing twice changes nothing, a moved release is a new version."""
    from tradewind.data.releases import import_news
    from tradewind.data.releases.rows import Stated
    from tradewind.modes import open_news

    store = open_news(settings_of(settings_file, data))
    stated = Stated(clock, source, currency, impact)
    done = import_news(file, store, time.time_ns(), stated=stated, known_ahead=known_ahead)
    if as_json:
        typer.echo(json.dumps(done._asdict(), indent=2, default=str))
        return
    what = "nothing new" if done.nothing_new else f"{done.new:,} new, {done.changed:,} changed"
    over = f", {done.passed_over:,} rows that are no releases" if done.passed_over else ""
    typer.echo(
        f"{done.path.name}: {done.releases:,} releases {_moment(done.first)} to {_moment(done.last)} UTC{over}; {what}"
    )
    if done.unseen:
        typer.echo(
            f"  {done.unseen:,} of them were over before they are known here, so no backtest sees them. If they were "
            "published ahead, say by how many days: --known-ahead 7, or add a column known_at."
        )


@app.command("list")
def list_calendar(
    on: Annotated[str | None, typer.Option("--on", help="Only what concerns this instrument.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day or moment; else today.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day or moment; else a week later.")] = None,
    as_of: Annotated[str | None, typer.Option(help="As it was known at this moment; else now.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """List releases as they were known at a moment; with an instrument those that forbid to enter."""
    from tradewind.modes import known_calendar
    from tradewind.requests import moment_ns, period_end, period_start

    now = time.time_ns()
    first = now if start is None else period_start(start)
    last = first + AWEEK if end is None else period_end(end)
    moment = now if as_of is None else moment_ns(as_of)
    events = [
        event for event in known_calendar(settings_of(settings_file, data), moment, on) if first <= event.ts < last
    ]
    if as_json:
        typer.echo(json.dumps([event._asdict() for event in events], indent=2))
        return
    if not events:
        typer.echo(f"No releases from {_moment(first)} to {_moment(last)} UTC.")
        return
    _print_events(events)


def _print_events(events: "list[Event]") -> None:
    """The releases stand on the screen, one a line."""
    from rich.console import Console
    from rich.table import Table

    table = Table("due (UTC)", "", "impact", "release", "known since", box=None)
    for event in events:
        table.add_row(_moment(event.ts), event.currency, event.impact, event.name, _moment(event.known_at))
    Console().print(table)


@app.command("check")
def check_calendar(
    on: Annotated[str, typer.Option("--on", help="Instrument whose prices are asked.")],
    feed: Annotated[str | None, typer.Option(help="Which feed, where several hold the instrument.")] = None,
    source: Annotated[str | None, typer.Option(help="Only releases of this source.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Ask whether prices move when the calendar says so; a calendar with a wrong clock ends with exit code 1."""
    from tradewind.modes import check_news

    found = check_news(settings_of(settings_file, data), on, feed)
    found = {name: one for name, one in found.items() if source is None or name == source}
    if not found:
        raise TradewindError(f"No calendar named {source!r} concerns {on}.", "See `tradewind news list`.")
    if as_json:
        rows: dict[str, Any] = {name: one._asdict() | {"verdict": one.verdict} for name, one in found.items()}
        typer.echo(json.dumps(rows, indent=2))
    else:
        for name, one in found.items():
            hours = abs(one.best_shift) / 3_600_000_000_000
            when = "after" if one.best_shift > 0 else "before"
            said = {
                "fits": f"prices move when it says so: {one.score:.1f} times the usual range",
                "shifted": f"prices move {hours:g} hours {when} it says so ({one.best_score:.1f} times the usual range "
                f"then, {one.score:.1f} when it says): its clock is wrong, import it with another --clock",
                "unclear": "too few releases, or prices that do not care, to say anything",
            }[one.verdict]
            typer.echo(f"{name}: {one.releases} releases in {' '.join(map(str, one.series))}; {said}")
    if any(one.verdict == "shifted" for one in found.values()):
        raise typer.Exit(1)
