"""The verb that certifies: whether a strategy may be backtested at all, or sees the future."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

if TYPE_CHECKING:
    from tradewind.modes import Request

app = typer.Typer()
DAYS = {"function": 45, "plain": 8, "compiled": 90}
"""How much of the latest history is tried where no --from is given: plain code runs from the start for every moment."""


@app.command()
def certify(
    subject: Annotated[
        str, typer.Argument(help="Strategy file or shipped name; or file.py:function, module:function.")
    ],
    on: Annotated[list[str], typer.Option("--on", help="Instrument.")],
    start: Annotated[
        str | None, typer.Option("--from", help="First day or moment; default: the last few weeks.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, or moment where to stop.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="Parameter, name=value.")] = None,
    feed: Annotated[str | None, typer.Option(help="Which feed, where several hold the instrument.")] = None,
    profile: Annotated[str | None, typer.Option(help="Broker profile: metatrader, oanda, or a TOML file.")] = None,
    bar: Annotated[str, typer.Option(help="Timeframe of on_bar, and of a function's frame.")] = "M5",
    points: Annotated[int | None, typer.Option(min=4, help="How many moments to try.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Try the strategy as plain Python, not compiled.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Try whether a strategy or a function of a frame sees the future; exit code 0 if not, 1 if so or unproven."""
    from tradewind.modes import open_history
    from tradewind.requests import backtest_request
    from tradewind.research.causality.certificate import CAUSAL, keep
    from tradewind.research.causality.certificate import certify as judge
    from tradewind.research.causality.subjects import compilable, find_subject

    settings = settings_of(settings_file, data)
    named = find_subject(subject)
    words = [str(named.path)] if not named.function else []
    request = backtest_request(
        words, on, (start, end), sets or [] if words else [], given={"profile": profile, "rate": []}, settings=settings,
        feed=feed, bar=bar, plain=plain,
    )  # fmt: skip
    history = open_history(request.settings)
    if start is None:
        kind = "function" if named.function else "plain" if plain or not compilable(named.path) else "compiled"
        request = _latest(request, history, DAYS[kind])
    document = judge(named, request, history, points=points)
    keep(document, request.settings.data)
    if as_json:
        typer.echo(json.dumps(document, indent=2, default=str))
    else:
        from rich.console import Console

        from tradewind.results.printing_certificate import certificate_table, verdict_text

        Console().print(certificate_table(document))
        typer.echo(verdict_text(document))
    if document["verdict"] != CAUSAL:
        raise typer.Exit(1)


def _latest(request: "Request", history: Any, days: int) -> "Request":
    """Return the request for the last `days` of what there is of its first instrument."""
    from dataclasses import replace

    held = [one.last for one in history.find(request.symbols[0], feed=request.feed)]
    last = min(request.end, max(held)) if held else request.end
    return replace(request, start=max(request.start, last - days * 86_400_000_000_000)) if held else request
