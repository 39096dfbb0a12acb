"""The command line: one function per verb. Everything heavy is imported inside the verb that needs it.

A mistake of the user's ends in one line on stderr and exit code 2, and nothing is half-written.
"""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.errors import TradewindError

if TYPE_CHECKING:
    from tradewind.data.importers import Step
    from tradewind.modes import Plan, Request
    from tradewind.settings import Settings

app = typer.Typer(
    name="tradewind",
    help="Trade index, metal and FX CFDs by session: backtest, and soon paper and live, with one strategy file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_app = typer.Typer(help="Import market data and see what is stored.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data_app, name="data")

DataFolder = Annotated[Path | None, typer.Option("--data", help="Folder of history and runs.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="Settings file (default ./tradewind.toml).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise TradewindError("Interrupted; nothing was saved.", "Run the command again to start over.")


def main() -> None:
    """Run the command line; a mistake, or Ctrl-C, is one line and exit code 2."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except TradewindError as error:
        typer.echo(f"tradewind: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        typer.echo(
            f"tradewind: {error.strerror or error}:{where}. Free the space or mend the path, then run again.", err=True
        )
        sys.exit(2)


def _settings(file: Path | None, folder: Path | None) -> "Settings":
    """Return the settings, with the data folder given on the command line if there is one."""
    from tradewind.settings import load_settings

    settings = load_settings(file)
    return settings if folder is None else settings.model_copy(update={"data": folder})


@app.command()
def backtest(
    strategies: Annotated[list[str], typer.Argument(help="Strategy files, or names of shipped ones.")],
    on: Annotated[list[str], typer.Option("--on", help="Instruments, separated by commas or given again.")],
    start: Annotated[
        str | None, typer.Option("--from", help="First day or moment (New York days; UTC moments).")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or moment where to stop.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter, name=value or strategy.name=value.")
    ] = None,
    feed: Annotated[str | None, typer.Option(help="Which feed, where several hold the instrument.")] = None,
    profile: Annotated[str | None, typer.Option(help="Broker profile: metatrader, oanda, or a TOML file.")] = None,
    balance: Annotated[str | None, typer.Option(help="Starting balance.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of the account.")] = None,
    risk: Annotated[float | None, typer.Option(help="Share of capital risked per trade, such as 0.005.")] = None,
    lots: Annotated[float | None, typer.Option(help="Trade a fixed size instead of a share of capital.")] = None,
    mode: Annotated[str | None, typer.Option(help="Order inside a bar: pessimistic, optimistic or path.")] = None,
    bar: Annotated[str, typer.Option(help="Timeframe of on_bar.")] = "M5",
    cost_scale: Annotated[float | None, typer.Option(help="Multiple of spread and slippage, for stress.")] = None,
    rate: Annotated[list[str] | None, typer.Option(help="Fixed conversion rate, such as EURUSD=1.08.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Run strategies as plain Python, not compiled.")] = False,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Keep the run.")] = True,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Backtest strategies on stored history and print the results with every cost apart."""
    from tradewind.requests import backtest_request

    given = {
        "profile": profile, "balance": balance, "currency": currency, "risk": risk, "lots": lots, "mode": mode,
        "cost_scale": cost_scale, "rate": rate or [],
    }  # fmt: skip
    request = backtest_request(
        strategies, on, (start, end), sets or [], given=given, settings=_settings(settings_file, data),
        feed=feed, bar=bar, plain=plain,
    )  # fmt: skip
    run_backtest(request, save=save, as_json=as_json)


def run_backtest(request: "Request", *, save: bool, as_json: bool) -> None:
    """The request has run, is printed, and is kept if `save`."""
    from tradewind.modes import backtest as run
    from tradewind.modes import open_history, open_runs
    from tradewind.runs import finish

    history = open_history(request.settings)
    with _progress(quiet=as_json) as advance:
        plan = run(request, history, advance)
    document, tables = finish(plan, history)
    if save:
        open_runs(request.settings).save(document, tables)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
        return
    from rich.console import Console

    from tradewind.results.printing import summary_tables

    console = Console()
    for table in summary_tables(document):
        console.print(table)
    if save:
        symbol = document["instruments"][0]
        console.print(
            f"run {document['id']}; ask it: tradewind why {document['id']} --on {symbol} --at MOMENT", soft_wrap=True
        )


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Give a function that shows how far a backtest is, where a person is watching and it takes long enough."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("backtest", total=None)

        def advance(plan: "Plan", rows: int) -> None:
            bar.update(task, advance=rows, total=max(plan.rows, 1))

        yield advance


@app.command()
def why(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or latest.")],
    at: Annotated[str, typer.Option("--at", help="Moment, such as 2026-01-15T14:35 (UTC, or with an offset).")],
    on: Annotated[str | None, typer.Option("--on", help="Instrument, if the run has several.")] = None,
    strategy: Annotated[str | None, typer.Option(help="Strategy, if the run has several.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Explain what each gate of a strategy said at a bar: why there was a trade, or why not."""
    from tradewind.modes import open_runs
    from tradewind.requests import moment_ns, only
    from tradewind.results.printing import plain, why_tables
    from tradewind.results.why import why as ask

    runs = open_runs(_settings(settings_file, data))
    found = runs.find(run)
    document = runs.get(found)
    tables = {name: runs.table(found, name) for name in ("gates", "orders", "fills")}
    chosen = only(strategy, document["strategies"], "strategy", "--strategy")
    symbol = only(on, document["instruments"], "instrument", "--on")
    answer = ask(document, tables, chosen, symbol, moment_ns(at))
    if as_json:
        typer.echo(json.dumps(plain(answer), indent=2))
        return
    from rich.console import Console

    for table in why_tables(document, answer):
        Console().print(table)
    typer.echo(answer.sentence)


@app.command("runs")
def list_runs(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List saved runs, newest first."""
    from tradewind.modes import open_runs

    documents = list(open_runs(_settings(settings_file, data)).list())
    if as_json:
        typer.echo(json.dumps(documents, indent=2))
        return
    if not documents:
        typer.echo("No runs yet. Make one: tradewind backtest opening_range --on XAUUSD")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("run", "strategies", "instruments", "from", "to")
    for one in documents:
        table.add_row(
            one["id"], ", ".join(one["strategies"]), ", ".join(one["instruments"]), one["from"][:10], one["to"][:10]
        )
    Console().print(table)


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="Folder to make, such as desk.")]) -> None:
    """Make a folder of your own: a strategy, settings and a test."""
    from tradewind.desk import make_desk

    for line in make_desk(folder):
        typer.echo(line)


@app.command()
def demo(data: DataFolder = None) -> None:
    """Backtest session strategies on gold and the Dow: real bars from $TRADEWIND_DATA, or a synthetic series."""
    from tradewind.demonstration import demonstrate

    for request, words in demonstrate(data):
        typer.echo(words)
        if request is not None:
            run_backtest(request, save=True, as_json=False)


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


@data_app.command("import")
def import_data(
    files: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    symbol: Annotated[str | None, typer.Option("--as", help="Instrument, where the file does not say it.")] = None,
    clock: Annotated[
        str | None, typer.Option(help="Clock of local times: ny+7, eet, eet-7, utc, utc+2 or a zone.")
    ] = None,
    side: Annotated[str | None, typer.Option(help="bid, ask or mid.")] = None,
    feed: Annotated[str | None, typer.Option(help="Name of the feed.")] = None,
    bar: Annotated[str | None, typer.Option(help="Bar size, where the file does not say it: M1, H1.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="File that says which column of a table is what.")] = None,
    repair: Annotated[
        list[str] | None, typer.Option(help="What to put right on the way: impossible, sort, duplicates.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Read files that are known already, too.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Read files into the history; importing twice changes nothing."""
    from tradewind.data.importers import Wishes, import_files
    from tradewind.data.importers.parsed import Stated
    from tradewind.markets.clock import utc_datetime
    from tradewind.modes import open_history
    from tradewind.strategy import timeframe_seconds

    settings = _settings(settings_file, data)
    seconds = None if bar is None else timeframe_seconds(bar)
    stated = Stated(symbol, clock, side, feed, seconds, mapping)
    names = [name.strip() for text in repair or [] for name in text.split(",")]
    wishes = Wishes(stated, names, again=again, profile=settings.profile)
    with _counting(quiet=as_json) as progress:
        summaries = import_files(files, open_history(settings), wishes, progress)
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in summaries], indent=2, default=str))
        return
    for one in summaries:
        series = one.series
        what = "nothing new" if one.nothing_new else f"{one.new:,} new, {one.changed:,} changed"
        typer.echo(
            f"{one.path.name}: {series.symbol} {series.kind} {series.feed} {series.side}, {one.rows:,} rows "
            f"{utc_datetime(one.first):%Y-%m-%d %H:%M} to {utc_datetime(one.last):%Y-%m-%d %H:%M} UTC "
            f"({one.clock}); {what}{_speed(one.rows, one.seconds)}"
        )
        for note in one.notes:
            typer.echo(f"  {note}")


@data_app.command("list")
def list_data(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List what the history holds."""
    from tradewind.markets.clock import utc_datetime
    from tradewind.modes import open_history
    from tradewind.strategy import timeframe_name

    found = open_history(_settings(settings_file, data)).series()
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
        name = "ticks" if one.kind == "ticks" else timeframe_name(one.timeframe)
        moments = [f"{utc_datetime(value):%Y-%m-%d %H:%M}" for value in (one.first, one.last)]
        table.add_row(one.symbol, name, one.feed, one.side, f"{one.rows:,}", *moments)
    Console().print(table)


if __name__ == "__main__":
    main()
