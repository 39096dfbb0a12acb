"""Verbs of market data: bring it in, see what there is."""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli import spreads
from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from types import FrameType

    from tradewind.data.doctor import Record
    from tradewind.data.downloads import Fetched
    from tradewind.data.downloads.window import Vendor
    from tradewind.data.importers import Step
    from tradewind.data.intake import Taken

app = typer.Typer(help="Import market data and see what is stored.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(spreads.app, name="spreads")


@contextlib.contextmanager
def _counting(*, quiet: bool) -> Iterator[Any]:
    """Give a function that shows which file is being read and how fast, where a person is watching."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        started = time.perf_counter()
        told: dict[Path, int] = {}

        def advance(step: "Step") -> None:
            told[step.path] = step.rows
            total = sum(told.values())
            speed = total / max(time.perf_counter() - started, 1e-9)
            words = f"{step.path.name}: {step.rows:,} rows ({speed:,.0f} rows/s)"
            bar.update(task, completed=step.number - 1, total=step.files, description=words)

        yield advance


def _speed(rows: int, seconds: float) -> str:
    """Return how fast rows came in, where there were enough to tell."""
    return f" ({rows / seconds:,.0f} rows/s)" if seconds > 0.5 else ""


@app.command("import")
def import_data(
    files: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    symbol: Annotated[str | None, typer.Option("--as", help="Instrument, where the file does not say it.")] = None,
    clock: Annotated[
        str | None, typer.Option(help="Clock of local times: ny+7, eet, eet-7, utc, utc+2, a zone, or auto.")
    ] = None,
    side: Annotated[str | None, typer.Option(help="bid, ask or mid.")] = None,
    feed: Annotated[str | None, typer.Option(help="Name of the feed.")] = None,
    bar: Annotated[str | None, typer.Option(help="Bar size, where the file does not say it: M1, H1.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="File that says which column of a table is what.")] = None,
    scale: Annotated[str | None, typer.Option(help="Factor on all prices, such as 100 for silver in dollars.")] = None,
    stamp: Annotated[str | None, typer.Option(help="What bars are stamped at: open (as usual) or close.")] = None,
    repair: Annotated[
        list[str] | None, typer.Option(help="What to put right on the way: impossible, sort, duplicates.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Read files that are known already, too.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Read files into the history; importing twice changes nothing."""
    from tradewind.data.importers import Wishes
    from tradewind.data.importers.adjusted import factor
    from tradewind.data.importers.parsed import Stated
    from tradewind.data.intake import take_in
    from tradewind.data.series import seconds_of
    from tradewind.markets.clock import utc_datetime
    from tradewind.modes import open_history

    settings = settings_of(settings_file, data)
    seconds = None if bar is None else seconds_of(bar)
    times = None if scale is None else factor(scale)
    stated = Stated(symbol, clock, side, feed, seconds, mapping, times, stamp)
    names = [name.strip() for text in repair or [] for name in text.split(",")]
    wishes = Wishes(stated, names, again=again, profile=settings.profile)
    with _counting(quiet=as_json) as progress:
        taken = take_in(files, open_history(settings), wishes, progress)
    if as_json:
        typer.echo(json.dumps(_told(taken), indent=2, default=str))
        return
    for one in taken.summaries:
        series = one.series
        if not one.rows:
            typer.echo(f"{one.path.name}: {series.symbol} {series.kind} {series.feed} {series.side}, no prices then")
            continue
        what = "nothing new" if one.nothing_new else f"{one.new:,} new, {one.changed:,} changed"
        typer.echo(
            f"{one.path.name}: {series.symbol} {series.kind} {series.feed} {series.side}, {one.rows:,} rows "
            f"{utc_datetime(one.first):%Y-%m-%d %H:%M} to {utc_datetime(one.last):%Y-%m-%d %H:%M} UTC "
            f"({one.clock}); {what}{_speed(one.rows, one.seconds)}"
        )
        for note in one.notes:
            typer.echo(f"  {note}")
    for found in taken.records:
        typer.echo(_verdict(found))


def _told(taken: "Taken") -> list[dict[str, Any]]:
    """Return what became of files, each with what the doctor found in its series."""
    findings = {one.series: [finding._asdict() for finding in one.findings] for one in taken.records}
    return [one._asdict() | {"findings": findings.get(one.series, [])} for one in taken.summaries]


def _verdict(found: "Record") -> str:
    """Return what the doctor found in a series, in one line, and the worst of it."""
    from tradewind.data.doctor import words

    counts = {kind: sum(one.severity == kind for one in found.findings) for kind in ("blocker", "warning", "note")}
    told = ", ".join(f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items() if count)
    lines = [f"Doctor on {words(found.series)}: {told or 'nothing found'}."]
    for one in found.open_blockers:
        lines.append(f"  {one.code}: {one.evidence}")
        lines += [f"    {one.command}"] if one.command else []
    if found.open_blockers:
        lines.append("  No backtest uses it until that is mended or waived.")
    return "\n".join(lines)


@app.command("mapping")
def propose_mapping(file: Annotated[Path, typer.Argument(help="A table of an unknown kind.")]) -> None:
    """Propose a mapping for a table, to be read, corrected, and given to import with --mapping."""
    from tradewind.data.importers.guessing import proposed

    typer.echo(proposed(file), nl=False)


def _vendor(name: str, address: str | None, token_file: Path | None, *, live: bool) -> "Vendor":
    """Return the vendor of that name as it is to be asked."""
    from tradewind.data.downloads import datafeed, dukascopy, oanda
    from tradewind.errors import UnknownName

    if name == "oanda":
        return oanda.vendor(oanda.token(token_file), address or (oanda.LIVE if live else oanda.PRACTICE))
    known = {"dukascopy": dukascopy.vendor, "dukascopy-bi5": datafeed.vendor}
    if name not in known:
        raise UnknownName("vendor", name, ["oanda", *known])
    return known[name](address) if address else known[name]()


@contextlib.contextmanager
def _fetching(*, quiet: bool) -> Iterator[Any]:
    """Give a function that shows which window was fetched, where a person is watching; Ctrl-C keeps what came."""
    from tradewind.errors import Interrupted

    def stop(_number: int, _frame: "FrameType | None") -> None:
        raise Interrupted("Interrupted.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        if quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)

            def advance(fetched: "Fetched") -> None:
                words = f"{fetched.window.path}: {fetched.rows:,} rows"
                bar.update(task, completed=fetched.number, total=fetched.windows, description=words)

            yield advance
    finally:
        signal.signal(signal.SIGINT, before)


@app.command("download")
def download_data(
    symbol: Annotated[str, typer.Argument(help="Instrument, such as XAUUSD.")],
    source: Annotated[str, typer.Option("--from", help="oanda, dukascopy or dukascopy-bi5.")],
    bar: Annotated[str, typer.Option(help="ticks or a bar size: M1, H1.")] = "M1",
    since: Annotated[
        str | None, typer.Option(help="First day or moment; without it, from what is stored, or a year back.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last day, or moment where to stop.")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the OANDA token (or set TRADEWIND_OANDA_TOKEN).")
    ] = None,
    live: Annotated[bool, typer.Option("--live/--practice", help="Which service of OANDA the token is of.")] = False,
    address: Annotated[str | None, typer.Option(help="Another address of the service: a mirror or a proxy.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask also for what was downloaded before.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Download prices into the history; what was downloaded before is not asked for again."""
    from tradewind.data.downloads import download
    from tradewind.data.downloads.line import Line
    from tradewind.data.downloads.window import Order
    from tradewind.data.intake import examined
    from tradewind.data.series import TICKS, seconds_of
    from tradewind.markets.clock import utc_datetime
    from tradewind.markets.loading import load_profile
    from tradewind.modes import open_history
    from tradewind.requests import period_end, period_start

    start, end = since and period_start(since), until and period_end(until)
    order = Order(symbol, 0 if bar.lower() == TICKS else seconds_of(bar), start or None, end or None, again)
    vendor = _vendor(source.lower(), address, token_file, live=live)
    settings = settings_of(settings_file, data)
    history = open_history(settings)
    with Line(vendor) as line, _fetching(quiet=as_json) as told:
        done = download(order, vendor, history, line, told)
    records = examined(history, done.series, load_profile(settings.profile)) if done.rows else []
    if as_json:
        findings = [finding._asdict() for one in records for finding in one.findings]
        typer.echo(json.dumps(done._asdict() | {"findings": findings}, indent=2))
        return
    names = ", ".join(f"{one.symbol} {one.kind} {one.feed} {one.side}" for one in done.series)
    typer.echo(
        f"{names}: {done.rows:,} rows, {done.new:,} new, {done.changed:,} changed, "
        f"{utc_datetime(done.since):%Y-%m-%d %H:%M} to {utc_datetime(done.until):%Y-%m-%d %H:%M} UTC; "
        f"{done.requests} requests, {done.known} windows known already, {done.empty} without a price"
    )
    for note in (*done.notes, *([f"{done.left_out} rows that cannot be left out"] if done.left_out else [])):
        typer.echo(f"  {note}")
    for found in records:
        typer.echo(_verdict(found))


@app.command("list")
def list_data(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List what the history holds."""
    from tradewind.data.series import timeframe_name
    from tradewind.markets.clock import utc_datetime
    from tradewind.modes import open_history

    history = open_history(settings_of(settings_file, data))
    found = history.series()
    if as_json:
        rows = [{"symbol": one.symbol, "kind": one.kind, "timeframe": one.timeframe, "feed": one.feed, "side": one.side,
                 "rows": one.rows, "first": one.first, "last": one.last} for one in found]  # fmt: skip
        typer.echo(json.dumps(rows, indent=2))
        return
    if not found:
        typer.echo("The history is empty. Import something: tradewind data import FILE --as XAUUSD")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("instrument", "bars", "feed", "side", "rows", "first (UTC)", "last (UTC)")
    table.columns[4].justify = "right"
    for one in found:
        name = timeframe_name(one.timeframe)
        moments = [f"{utc_datetime(value):%Y-%m-%d %H:%M}" for value in (one.first, one.last)]
        table.add_row(one.symbol, name, one.feed, one.side, f"{one.rows:,}", *moments)
    Console().print(table)
    typer.echo(history.place)
