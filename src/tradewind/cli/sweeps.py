"""Verbs of sweeps: try many variants of a strategy, list what was tried, look at what came out."""

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
    from tradewind.research.sweep import Progress as Standing
    from tradewind.research.sweeping import Sweeping

app = typer.Typer()

Page = Annotated[Path | None, typer.Option("--html", help="Write the page with maps to this file, too.")]


On = Annotated[
    list[str] | None,
    typer.Option("--on", help="Instruments, separated by commas; also ray://local, ray://auto or ray://HOST:PORT."),
]
Vary = Annotated[
    list[str] | None,
    typer.Option("--vary", help="name=LOW:HIGH:STEP, name=LOW:HIGH, name=LOW:HIGH:log or name=a,b,c; again for more."),
]
Where = Annotated[
    list[str] | None, typer.Option("--where", help='Condition between parameters, such as "fast < slow".')
]
Objective = Annotated[
    str, typer.Option(help="What to look for: sharpe_day, expectancy_r, net ...; several with commas for nsga2.")
]
WorkerCount = Annotated[
    int, typer.Option("--workers", help="Threads (processes for --plain); 0 is as many as processors.", min=0)
]
Study = Annotated[
    str | None, typer.Option(help="Database for Optuna's study: postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.")
]
From = Annotated[str | None, typer.Option("--from", help="First day or moment (New York days; UTC moments).")]


@app.command()
def sweep(
    strategy: Annotated[str | None, typer.Argument(help="Strategy file, or name of a shipped one.")] = None,
    on: On = None,
    vary: Vary = None,
    where: Where = None,
    method: Annotated[str, typer.Option(help="grid, random, lhs, tpe, cmaes or nsga2.")] = "grid",
    trials: Annotated[int | None, typer.Option(help="How many variants to try; a grid has its own number.")] = None,
    objective: Objective = "sharpe_day",
    seed: Annotated[int, typer.Option(help="Decides all chance.")] = 1,
    workers: WorkerCount = 0,
    prune: Annotated[bool, typer.Option("--prune", help="End hopeless trials early (tpe, cmaes).")] = False,
    study: Study = None,
    resume: Annotated[str | None, typer.Option("--resume", help="Go on with this sweep: an id, or latest.")] = None,
    start: From = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or moment where to stop.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="Parameter that is not varied, name=value.")] = None,
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
    plain: Annotated[bool, typer.Option("--plain", help="Run the strategy as plain Python, not compiled.")] = False,
    page: Page = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Try many variants of a strategy. Every trial is kept as it ends: stop at any time, run it again to go on."""
    from tradewind.modes import open_trials
    from tradewind.research.sweeping import open_sweeping
    from tradewind.research.tried import recorder

    words = {
        "strategy": strategy, "on": on or [], "vary": vary or [], "where": where or [], "method": method,
        "trials": trials, "objective": objective, "seed": seed, "prune": prune, "study": study, "from": start,
        "to": end, "set": sets or [], "feed": feed, "bar": bar, "plain": plain,
        "given": {
            "profile": profile, "balance": balance, "currency": currency, "risk": risk, "fraction": fraction,
            "lots": lots, "mode": mode, "cost_scale": cost_scale, "rate": rate or [],
        },
    }  # fmt: skip
    settings = settings_of(settings_file, data)
    with _progress(quiet=as_json) as (say, told):
        found = open_sweeping(words, settings, resume=resume, workers=workers)
        say(found)
        found.run(told, recorder(open_trials(settings), found.prepared, warn=_warn))
    _show(found.store, found.sweep, page=page, as_json=as_json)


def _warn(words: str) -> None:
    typer.echo(f"tradewind: warning: {words}", err=True)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Give two functions, for what runs and for how far it is; they show it where a person is watching."""
    if (write := progress_file()) is not None:
        yield (lambda _: None), (lambda standing: write(standing.done, standing.total))
        return
    if quiet or not sys.stderr.isatty():
        yield (lambda _: None), (lambda _: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.completed:,}/{task.total:,}"), BarColumn(), TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("loading the tape", total=1)

        def say(found: "Sweeping") -> None:
            console.print(f"sweep {found.sweep} with {found.words}; Ctrl-C keeps what is done", highlight=False)

        def told(progress: "Standing") -> None:
            best = "" if progress.best is None else f"; best {progress.best:.4g}"
            with_what = " ".join(f"{name}={value}" for name, value in progress.best_params.items())
            bar.update(
                task,
                total=progress.total,
                completed=progress.done,
                description=f"{progress.a_second:,.1f} a second{best} {with_what}",
            )

        yield say, told


@app.command("sweeps")
def list_sweeps(as_json: AsJson = False, data: DataFolder = None, settings_file: SettingsFile = None) -> None:
    """List sweeps, newest first, with how far they are."""
    from tradewind.research.sweeping import open_sweeps

    documents = open_sweeps(settings_of(settings_file, data)).list()
    if as_json:
        typer.echo(json.dumps(documents, indent=2))
        return
    if not documents:
        typer.echo("No sweeps yet. Make one: tradewind sweep opening_range --on XAUUSD --vary window=5,15,30")
        return
    from rich.console import Console

    from tradewind.results.printing_sweeps import sweeps_table

    Console().print(sweeps_table(documents))


@app.command("sweep-show")
def show_sweep(
    sweep: Annotated[str, typer.Argument(help="Sweep id, the beginning of one, or latest.")] = "latest",
    page: Page = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show the best trials of a sweep, how much of the best is luck, a map, and how sharp the peak is."""
    from tradewind.research.sweeping import open_sweeps

    store = open_sweeps(settings_of(settings_file, data))
    _show(store, store.find(sweep), page=page, as_json=as_json)


def _show(store: Any, sweep: str, *, page: Path | None, as_json: bool) -> None:
    """What came of the sweep is printed, and written to a page where one was asked for."""
    from tradewind.results.sweep_page import page as page_of
    from tradewind.results.sweeps import TrialLine, report

    document = store.get(sweep)
    trials = [TrialLine(one.number, one.params, one.figures) for one in store.trials(sweep)]
    told = report(document, trials)
    if page is not None:
        page.write_text(page_of(document, told), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps({"document": document, **told}, indent=2))
        return
    from rich.console import Console

    from tradewind.results.printing_sweeps import sweep_tables

    console = Console()
    for part in sweep_tables(document, told):
        console.print(part)
    if page is not None:
        console.print(f"page written to {page}")
    elif told["done"]:
        console.print(f"maps as a page: tradewind sweep-show {sweep} --html sweep.html", soft_wrap=True)
