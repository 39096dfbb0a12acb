"""Verbs of research: backtest, ask why, list runs, begin a desk of one's own, see the demo."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.cli.progress import progress_file

if TYPE_CHECKING:
    from tradewind.modes import Plan, Request

app = typer.Typer()


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
    risk: Annotated[str | None, typer.Option(help="Risk rules: none, house, a firm's pack, or a risk file.")] = None,
    fraction: Annotated[float | None, typer.Option(help="Share of capital risked per trade, such as 0.005.")] = None,
    lots: Annotated[float | None, typer.Option(help="Trade a fixed size instead of a share of capital.")] = None,
    mode: Annotated[str | None, typer.Option(help="Order inside a bar: pessimistic, optimistic or path.")] = None,
    bar: Annotated[str, typer.Option(help="Timeframe of on_bar.")] = "M5",
    cost_scale: Annotated[float | None, typer.Option(help="Multiple of spread and slippage, for stress.")] = None,
    rate: Annotated[list[str] | None, typer.Option(help="Fixed conversion rate, such as EURUSD=1.08.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Run strategies as plain Python, not compiled.")] = False,
    bands: Annotated[
        bool, typer.Option("--bands", help="Also run the pessimistic, neutral and optimistic books.")
    ] = False,
    stress: Annotated[
        bool, typer.Option("--stress", help="Also run spread and slippage x0, x1, x2 and break-even.")
    ] = False,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Keep the run.")] = True,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Backtest strategies on stored history and print the results with every cost apart."""
    from tradewind.requests import backtest_request

    given = {
        "profile": profile, "balance": balance, "currency": currency, "risk": risk, "fraction": fraction, "lots": lots,
        "mode": mode, "cost_scale": cost_scale, "rate": rate or [],
    }  # fmt: skip
    request = backtest_request(
        strategies, on, (start, end), sets or [], given=given, settings=settings_of(settings_file, data),
        feed=feed, bar=bar, plain=plain,
    )  # fmt: skip
    run_backtest(request, save=save, as_json=as_json, bands=bands, stress=stress)


def run_backtest(
    request: "Request",
    *,
    save: bool,
    as_json: bool,
    source: str = "backtest",
    bands: bool = False,
    stress: bool = False,
) -> None:
    """The request has run, is counted in the ledger of trials, is printed, and is kept if `save`."""
    from tradewind.modes import backtest as run
    from tradewind.modes import open_history, open_runs, open_trials
    from tradewind.research.counting import honesty_beside
    from tradewind.runs import finish

    history = open_history(request.settings)
    with _progress(quiet=as_json) as advance:
        plan = run(request, history, advance)
    document, tables = finish(plan, history)
    runs, trials = open_runs(request.settings), open_trials(request.settings)
    document["honesty"] = honesty_beside(runs, trials, plan, document, tables, source=source)
    if bands:
        from tradewind.research.bands import run_bands

        document["bands"], curves = run_bands(request, history, plan)
        tables = {**tables, **curves}
    if stress:
        from tradewind.research.stress import run_stress

        document["stress"] = run_stress(request, history)
    if save:
        runs.save(document, tables)
    for trouble in ("warning", "error"):
        if trouble in document["honesty"]:
            typer.echo(f"tradewind: {trouble}: {document['honesty'][trouble]}", err=True)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
        return
    from rich.console import Console

    from tradewind.results.printing import summary_tables
    from tradewind.results.printing_bands import bands_table, stress_table

    console = Console()
    for table in summary_tables(document):
        console.print(table)
    for name, draw in (("bands", bands_table), ("stress", stress_table)):
        if name in document:
            console.print(draw(document))
    if "sentence" in document["honesty"]:
        console.print(document["honesty"]["sentence"], soft_wrap=True)
    if save:
        symbol = document["instruments"][0]
        console.print(
            f"run {document['id']}; ask it: tradewind why {document['id']} --on {symbol} --at MOMENT", soft_wrap=True
        )


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Give a function that shows how far a backtest is, where a person is watching and it takes long enough."""
    if (write := progress_file()) is not None:
        done = [0]

        def note(plan: "Plan", rows: int) -> None:
            done[0] += rows
            write(done[0], max(plan.rows, 1))

        yield note
        return
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

    runs = open_runs(settings_of(settings_file, data))
    found = runs.find(run)
    document = runs.get(found)
    tables = {name: runs.table(found, name) for name in ("gates", "orders", "fills")}
    chosen = only(strategy, document["strategies"], "strategy", "--strategy")
    symbol = only(on, document["instruments"], "instrument", "--on")
    answer = ask(document, tables, chosen, symbol, moment_ns(at))
    if as_json:
        typer.echo(json.dumps({"synthetic": document["synthetic"]} | plain(answer), indent=2))
        return
    from rich.console import Console

    for table in why_tables(document, answer):
        Console().print(table)
    typer.echo(answer.sentence)


@app.command("runs")
def list_runs(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List saved runs, newest first."""
    from tradewind.modes import open_runs

    documents = list(open_runs(settings_of(settings_file, data)).list())
    if as_json:
        typer.echo(json.dumps(documents, indent=2))
        return
    if not documents:
        typer.echo("No runs yet. Make one: tradewind backtest opening_range --on XAUUSD")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("run", "strategies", "instruments", "from", "to", "")
    for one in documents:
        table.add_row(
            one["id"], ", ".join(one["strategies"]), ", ".join(one["instruments"]), one["from"][:10], one["to"][:10],
            "SYNTHETIC" if one["synthetic"] else "",
        )  # fmt: skip
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
            run_backtest(request, save=True, as_json=False, source="demo")
