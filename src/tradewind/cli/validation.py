"""Verbs of validation: what would have come of choosing as one went along."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from tradewind.modes import Request
    from tradewind.research.study import Course

app = typer.Typer()


@app.command()
def walkforward(
    strategy: Annotated[str, typer.Argument(help="Strategy file, or name of a shipped one.")],
    on: Annotated[list[str], typer.Option("--on", help="Instruments, separated by commas or given again.")],
    vary: Annotated[
        list[str] | None, typer.Option("--vary", help="name=low:high:step, name=a,b,c, or a name the file declares.")
    ] = None,
    where: Annotated[list[str] | None, typer.Option("--where", help='Condition, such as "fast < slow".')] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="Parameter that is not varied, name=value.")] = None,
    train: Annotated[str, typer.Option(help="Length learnt from: 12m, 26w, 1y, or 250d for trading dates.")] = "12m",
    test: Annotated[str, typer.Option(help="Length tested on, after each.")] = "3m",
    anchored: Annotated[
        bool, typer.Option("--anchored/--rolling", help="Learn from all there is so far, or from --train of it.")
    ] = False,
    purge: Annotated[
        str, typer.Option(help="Gap before a test: auto (the longest trade), or trading dates such as 3d.")
    ] = "auto",
    embargo: Annotated[str, typer.Option(help="What is left out besides, in trading dates.")] = "1d",
    objective: Annotated[str, typer.Option(help="By which the best is chosen: sharpe, return or calmar.")] = "sharpe",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run every window by itself instead of cutting one run by dates; slower.")
    ] = False,
    warm_up: Annotated[str, typer.Option(help="Trading dates before a fresh window, for indicators.")] = "60d",
    method: Annotated[str, typer.Option(help="Which variants: grid, random or lhs.")] = "grid",
    trials: Annotated[int | None, typer.Option(help="How many variants, for random and lhs.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the variants of random and lhs.")] = 1,
    start: Annotated[str | None, typer.Option("--from", help="First day (New York).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    feed: Annotated[str | None, typer.Option(help="Which feed, where several hold the instrument.")] = None,
    profile: Annotated[str | None, typer.Option(help="Broker profile.")] = None,
    bar: Annotated[str, typer.Option(help="Timeframe of on_bar.")] = "M5",
    cost_scale: Annotated[float | None, typer.Option(help="Multiple of spread and slippage, for stress.")] = None,
    threads: Annotated[int, typer.Option(help="Threads; 0 uses every processor.")] = 0,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Keep the run.")] = True,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Choose the best variant again and again on the past, trade it on what came next, and join what came of it."""
    from tradewind.requests import backtest_request
    from tradewind.research.study import course_of
    from tradewind.research.varied import variants_of

    course = course_of((train, test), purge, embargo, warm_up, by=objective, anchored=anchored, fresh=fresh)
    given, settings = {"profile": profile, "cost_scale": cost_scale}, settings_of(settings_file, data)
    request = backtest_request(
        [strategy], on, (start, end), sets or [], given=given, settings=settings, feed=feed, bar=bar
    )
    variants = variants_of(request, vary or [], where or [], method=method, trials=trials, seed=seed)
    _study((request, variants, course), threads, save=save, as_json=as_json)


def _study(asked: "tuple[Request, list[dict[str, str]], Course]", threads: int, *, save: bool, as_json: bool) -> None:
    """The study has run, is kept if `save`, and is printed."""
    from tradewind.modes import open_history, open_runs, open_trials
    from tradewind.research.study import Study, written

    request, variants, course = asked
    history, store = open_history(request.settings), open_trials(request.settings)
    with progress(len(variants), quiet=as_json) as on_done, resumable():
        document, tables = written(Study(request, history, store, variants, course, threads, on_done))
    if save:
        open_runs(request.settings).save(document, tables)
    for trouble in ("warning", "error"):
        if trouble in document["honesty"]:
            typer.echo(f"tradewind: {trouble}: {document['honesty'][trouble]}", err=True)
    if as_json:
        from tradewind.results.printing import plain

        typer.echo(json.dumps(document | {"windows": plain(tables["windows"])}, indent=2))
        return
    from rich.console import Console

    from tradewind.research.study_tables import said, shown

    Console().print(shown(tables["windows"]))
    for line in said(document):
        typer.echo(line)


@contextlib.contextmanager
def resumable() -> Iterator[None]:
    """An interrupted study says that what it finished is kept."""
    from tradewind.errors import Interrupted

    try:
        yield
    except Interrupted:
        raise Interrupted(
            "Interrupted; finished variants are in the ledger.", "Run the command again to go on."
        ) from None


@contextlib.contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Give a function that shows how many variants are done, where a person is watching."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task: Any = bar.add_task("variants", total=total)
        yield lambda done: bar.update(task, completed=done)


@app.command()
def honesty(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or latest.")],
    file: Annotated[Path | None, typer.Option(help="The strategy's file, if it was moved since.")] = None,
    variants: Annotated[int, typer.Option(help="How many variants with moved numbers.")] = 100,
    moved: Annotated[float, typer.Option(help="How far numbers are moved, as a share.")] = 0.2,
    draws: Annotated[int, typer.Option(help="Draws of entries by lot.")] = 1000,
    seed: Annotated[int, typer.Option(help="Decides all that is left to chance.")] = 1,
    past: Annotated[bool, typer.Option("--past", help="Show what was found before, and run nothing.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Ask of a backtest everything that could make it luck, note the answers beside it, and give a plain verdict."""
    from tradewind.modes import open_history, open_runs, open_trials
    from tradewind.research.again import request_of
    from tradewind.research.honesty import Trial, examined
    from tradewind.research.honesty_table import shown

    settings = settings_of(settings_file, data)
    runs = open_runs(settings)
    found = runs.find(run)
    document = runs.get(found)
    if past:
        answers = list(runs.appended(found, "honesty"))
    else:
        tables = {name: runs.table(found, name) for name in ("trades", "equity", "orders", "fills")}
        request = request_of(document, settings.data, file)
        answers = [
            examined(
                Trial(
                    document, tables, request, open_history(settings), open_trials(settings), seed, variants, draws,
                    moved=moved,
                )
            )
        ]  # fmt: skip
        runs.append(found, "honesty", answers[0])
    if as_json:
        typer.echo(json.dumps(answers if past else answers[0], indent=2))
        return
    from rich.console import Console

    for answer in answers:
        Console().print(shown(answer, synthetic=document["synthetic"]))
        for line in (*answer["notes"], answer["verdict"]):
            typer.echo(line)
