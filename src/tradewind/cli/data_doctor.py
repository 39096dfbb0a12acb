"""Verbs of the data doctor: examine, fix, waive."""

import json
import webbrowser
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from tradewind.data.doctor import Finding, Patient, Record
    from tradewind.data.series import Series

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Symbol = Annotated[str, typer.Argument(help="Instrument.")]
Code = Annotated[str, typer.Argument(help="What was found, such as wrong-clock.")]
Feed = Annotated[str | None, typer.Option(help="Which feed.")]
Bar = Annotated[str | None, typer.Option(help="Which bar size: M1, H1, ticks.")]
Side = Annotated[str | None, typer.Option(help="Which side: bid, ask or mid.")]
Start = Annotated[str | None, typer.Option("--from", help="First day or moment (UTC).")]
End = Annotated[str | None, typer.Option("--to", help="Last day or moment (UTC).")]


@app.command()
def doctor(
    what: Annotated[list[str] | None, typer.Argument(help="Files, or instruments of the history; all without.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="Instrument, where a file does not say it.")] = None,
    feed: Feed = None,
    bar: Bar = None,
    side: Side = None,
    clock: Annotated[str | None, typer.Option(help="Clock a file is said to be of.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Write a page with pictures to this file.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open that page in the browser.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Examine files or stored series: their clock, stamping, bar size, side, scale, holes, spikes, spreads.

    Exit code 1 if something is found that makes a backtest wrong and is neither fixed nor waived.
    """
    from tradewind.data.doctor import Record, examine_file, examine_series, matching, patient_of, remember
    from tradewind.data.importers.parsed import Stated
    from tradewind.markets.loading import load_profile
    from tradewind.modes import open_history

    settings = settings_of(settings_file, data)
    profile = load_profile(settings.profile)
    history = open_history(settings)
    seconds = _seconds(bar)
    drawn = picture is not None or show
    files = [Path(name) for name in what or [] if Path(name).is_file()]
    symbols = [name for name in what or [] if not Path(name).is_file()]
    records, patients = [], []
    for path in files:
        for done in examine_file(path, Stated(on, clock, side, feed, seconds or None), profile):
            records.append(Record(done.subject.series, "", "", tuple(done.findings), ()))
            patients += [patient_of(done, records[-1])] if drawn else []
    wanted: list[str | None] = [*symbols] or ([] if files else [on])
    for symbol in wanted:
        for series in matching(history, symbol, feed=feed, side=side, timeframe=seconds):
            done = examine_series(history, series, profile)
            records.append(remember(history, done, profile))
            patients += [patient_of(done, records[-1], history)] if drawn else []
    if drawn:
        _draw(picture or Path("data-doctor.html"), patients, show=show, quiet=as_json)
    _print(records, as_json=as_json)
    if any(one.open_blockers for one in records):
        raise typer.Exit(1)


def _seconds(bar: str | None) -> int | None:
    from tradewind.data.series import TICKS, seconds_of

    return None if bar is None else 0 if bar.lower() == TICKS else seconds_of(bar)


def _draw(path: Path, patients: "list[Patient]", *, show: bool, quiet: bool) -> None:
    from tradewind.data.doctor import draw_page

    path.write_text(draw_page(patients), encoding="utf-8")
    if not quiet:
        typer.echo(f"Drawn: {path}")
    if show:
        webbrowser.open(path.resolve().as_uri())


def _print(records: Iterable["Record"], *, as_json: bool) -> None:
    records = list(records)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in records], indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    from tradewind.data.doctor import words

    console = Console()
    for one in records:
        if not one.findings:
            console.print(f"{words(one.series)}: nothing found.")
            continue
        table = Table(
            "severity", "what", "when (UTC)", "count", "evidence", title=words(one.series), title_justify="left"
        )
        table.columns[3].justify = "right"
        for finding in one.findings:
            waiver = one.waiver(finding)
            severity = finding.severity if waiver is None else f"{finding.severity}, waived"
            evidence = finding.evidence if waiver is None else f"{finding.evidence} Waived: {waiver.reason}"
            table.add_row(severity, finding.code, _when(finding), f"{finding.number:,}", evidence)
        console.print(table)
        for finding in one.findings:
            if finding.command and one.waiver(finding) is None:
                typer.echo(f"  {finding.command}")
    counts = [
        sum(f.severity == kind for one in records for f in one.findings) for kind in ("blocker", "warning", "note")
    ]
    left = sum(len(one.open_blockers) for one in records)
    typer.echo(f"{len(records)} series: {counts[0]} blockers ({left} open), {counts[1]} warnings, {counts[2]} notes.")


def _plain(one: "Record") -> dict[str, Any]:
    return {
        "series": one.series._asdict(),
        "examined": one.examined,
        "findings": [
            {**finding._asdict(), "waived": waiver._asdict() if (waiver := one.waiver(finding)) else None}
            for finding in one.findings
        ],
    }


def _when(finding: "Finding") -> str:
    from tradewind.markets.clock import utc_datetime

    first, last = (f"{utc_datetime(ts):%Y-%m-%d %H:%M}" for ts in (finding.first, finding.last))
    return first if first == last else f"{first}\n{last}"


@app.command()
def fix(
    symbol: Symbol,
    code: Code,
    feed: Feed = None,
    bar: Bar = None,
    side: Side = None,
    start: Start = None,
    end: End = None,
    clock: Annotated[str | None, typer.Option(help="The clock the times really are of.")] = None,
    scale: Annotated[float | None, typer.Option(help="What prices are to be multiplied by.")] = None,
    right_side: Annotated[str | None, typer.Option("--as", help="The side the prices really are.")] = None,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Mend what was found in a stored series; what was done is kept with it."""
    from tradewind.data.doctor import Wish, apply_fix, words
    from tradewind.markets.loading import load_profile
    from tradewind.modes import open_history

    settings = settings_of(settings_file, data)
    history = open_history(settings)
    series = _one(history, symbol, (feed, bar, side))
    wish = Wish(code, _period(start, end), clock, scale, right_side)
    fixed = apply_fix(history, series, wish, load_profile(settings.profile))
    typer.echo(f"{words(fixed.series)}: {fixed.did} ({fixed.before:,} rows before, {fixed.after:,} after).")


@app.command()
def waive(
    symbol: Symbol,
    code: Code,
    reason: Annotated[str, typer.Option(help="Why it does no harm.")],
    feed: Feed = None,
    bar: Bar = None,
    side: Side = None,
    start: Start = None,
    end: End = None,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Accept what was found in a stored series, with a reason; it is still shown, and blocks nothing."""
    from tradewind.data.doctor import waive as accept
    from tradewind.data.doctor import words
    from tradewind.markets.loading import load_profile
    from tradewind.modes import open_history

    settings = settings_of(settings_file, data)
    history = open_history(settings)
    series = _one(history, symbol, (feed, bar, side))
    profile = load_profile(settings.profile)
    covered = accept(history, series, code, reason, profile=profile, period=_period(start, end))
    typer.echo(f"{words(series)}: {len(covered)} {code} waived.")


def _one(history: Any, symbol: str, asked: tuple[str | None, str | None, str | None]) -> "Series":
    """Return the one series that fits, or say which do."""
    from tradewind.data.doctor import matching, words

    feed, bar, side = asked
    found = matching(history, symbol, feed=feed, side=side, timeframe=_seconds(bar))
    if len(found) > 1:
        names = "; ".join(words(one) for one in found)
        raise TradewindError(
            f"{len(found)} series of {symbol} fit: {names}.", "Say which with --feed, --bar and --side."
        )
    return found[0]


def _period(start: str | None, end: str | None) -> tuple[int, int] | None:
    """Return the first and last instant meant; a day as an end means all of it."""
    from tradewind.requests import moment_ns

    if start is None and end is None:
        return None
    day = 86_400_000_000_000
    first = -(2**62) if start is None else moment_ns(start)
    if end is None:
        return first, 2**62
    return first, moment_ns(end) + (day - 1 if len(end) == 10 else 0)
