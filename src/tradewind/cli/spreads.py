"""Verbs of spread curves: learn them, look at them."""

import json
from typing import Annotated

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

app = typer.Typer(help="Learn and show spread curves.", no_args_is_help=True, rich_markup_mode=None)


@app.command("learn")
def learn(
    symbol: Annotated[str, typer.Argument(help="Instrument, such as XAUUSD.")],
    feed: Annotated[str | None, typer.Option(help="Which feed, where several tell spreads.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day or moment to learn from.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or moment where to stop.")] = None,
    each: Annotated[str, typer.Option(help="One curve of all, or one each quarter or month.")] = "all",
    ahead: Annotated[bool, typer.Option("--ahead", help="Mean each curve for the stretch after its own.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Learn what the spread usually is at every minute of New York's week, and keep it for backtests."""
    from tradewind.data.spread_learning import learn_spreads
    from tradewind.data.spread_windows import papers, sentence
    from tradewind.modes import EVER, open_history
    from tradewind.requests import period_end, period_start

    settings = settings_of(settings_file, data)
    period = (EVER[0] if start is None else period_start(start), EVER[1] if end is None else period_end(end))
    learned = learn_spreads(
        open_history(settings), symbol, feed, profile=settings.profile, period=period, each=each, ahead=ahead
    )
    if as_json:
        found = {"curves": [papers(curve) for curve in learned.curves], "skipped": learned.skipped}
        typer.echo(json.dumps(found, indent=2))
        return
    for curve in learned.curves:
        typer.echo(sentence(curve))
    if learned.skipped:
        typer.echo(f"Too few whole trading dates to learn from: {', '.join(learned.skipped)}.")


@app.command("show")
def show(
    symbol: Annotated[str, typer.Argument(help="Instrument, such as XAUUSD.")],
    feed: Annotated[str | None, typer.Option(help="Which feed, where several tell spreads.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Moment (UTC, or with an offset); default: the last.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show the spread through a trading date: usual, wide, charged, and what the profile calls typical."""
    from tradewind.data.spread_windows import document, lines, view
    from tradewind.modes import open_history
    from tradewind.requests import moment_ns

    settings = settings_of(settings_file, data)
    moment = None if at is None else moment_ns(at)
    seen = view(open_history(settings), symbol, feed, profile=settings.profile, at=moment)
    if as_json:
        typer.echo(json.dumps(document(seen), indent=2))
        return
    from rich.console import Console

    from tradewind.results.printing import spread_table

    Console().print(spread_table(document(seen)))
    for line in lines(seen):
        typer.echo(line)
