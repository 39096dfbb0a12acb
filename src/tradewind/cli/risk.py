"""Verbs of risk: which rules hold, what they say of an order, where a run stands, and the chance to pass a firm."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of

app = typer.Typer(help="Ask the risk rules before they answer.", no_args_is_help=True, rich_markup_mode=None)

Phase = Annotated[str | None, typer.Option(help="Phase of a firm's pack, such as challenge or funded.")]
Capital = Annotated[str | None, typer.Option(help="Capital the rules measure from, if not the account's balance.")]


@app.command()
def show(
    rules: Annotated[str, typer.Argument(help="house, a firm's pack, or a risk file.")] = "house",
    phase: Phase = None,
    capital: Capital = None,
    as_json: AsJson = False,
    settings_file: SettingsFile = None,
) -> None:
    """Show every limit that a risk file comes down to, with where it is from."""
    from tradewind.cli.risk_tables import rules_tables
    from tradewind.views.risk_answers import rules_document, rules_named

    found = rules_named(settings_of(settings_file, None), rules, phase, capital)
    if as_json:
        typer.echo(json.dumps(rules_document(found), indent=2))
        return
    _print(rules_tables(found))


@app.command()
def check(
    order: Annotated[list[str], typer.Argument(help="The order in words: buy 1.5 XAUUSD.")],
    stop: Annotated[str | None, typer.Option(help="Stop-loss.")] = None,
    at: Annotated[str | None, typer.Option(help="Expected entry; else the latest price in the history.")] = None,
    rules: Annotated[str | None, typer.Option(help="house, a pack or a file; else the settings' or the run's.")] = None,
    phase: Phase = None,
    capital: Capital = None,
    run: Annotated[str | None, typer.Option(help="Take the account as a run left it.")] = None,
    account: Annotated[Path | None, typer.Option(help="TOML file of balance, equity and [[positions]].")] = None,
    balance: Annotated[str | None, typer.Option(help="Balance now.")] = None,
    equity: Annotated[str | None, typer.Option(help="Equity now.")] = None,
    day_balance: Annotated[str | None, typer.Option(help="Balance when the day began.")] = None,
    open_positions: Annotated[
        list[str] | None, typer.Option("--open", help="Open position: side, lots, instrument, price now, stop.")
    ] = None,
    rate: Annotated[list[str] | None, typer.Option(help="Conversion rate, such as USDJPY=149.6.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Ask every rule about an order that is not sent: what room it leaves, and at which price it would break one."""
    from tradewind.cli.risk_tables import breach_lines, verdicts_table
    from tradewind.risk.headroom import NOT_ASKED
    from tradewind.views.risk_answers import Asked
    from tradewind.views.risk_answers import check as asked_of

    said = {"balance": balance, "equity": equity, "day_balance": day_balance}
    asked = Asked(order, stop, at, rules, phase, capital, run, account, said, open_positions or [], rate or [])
    found = asked_of(settings_of(settings_file, data), asked)
    if as_json:
        typer.echo(json.dumps(found.document(), indent=2))
        return
    _print([verdicts_table(found.verdicts, found.r, found.limits)])
    for line in breach_lines(found.verdicts):
        typer.echo(line)
    typer.echo(_answer(found.wanted.lots, found.fits))
    typer.echo(f"Not asked here: {NOT_ASKED}.")


def _answer(lots: Decimal, fits: Decimal) -> str:
    if fits == lots:
        return f"{lots} lots pass every rule asked."
    return (
        f"{lots} lots do not pass; {fits} lots would."
        if fits
        else f"{lots} lots do not pass, and no smaller size does."
    )


@app.command()
def status(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or latest.")],
    rules: Annotated[str | None, typer.Option(help="Other rules than the run had: house, a pack or a file.")] = None,
    phase: Phase = None,
    capital: Capital = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Show where the floors of a run stand, the room that is left, and what the rules did."""
    from tradewind.cli.risk_tables import floors_table, log_table
    from tradewind.views.risk_answers import status as status_of

    found = status_of(settings_of(settings_file, data), run, rules, phase, capital)
    if as_json:
        typer.echo(json.dumps(found.document(), indent=2))
        return
    limits, kill = found.limits, found.kill
    r = max(limits.risk_per_trade, 0) * limits.capital
    _print([floors_table(found.floors, limits, r)])
    typer.echo(f"Kill level: {'none' if not kill else f'K{kill}'}. R is what one trade may lose.")
    for reason, count in found.refusals.items():
        typer.echo(f"Refused {count:,} times: {reason}")
    if found.latest:
        _print([log_table(found.latest)])


@app.command("pass-probability")
def pass_probability(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or latest.")],
    pack: Annotated[str, typer.Option(help="A firm's pack, or a risk file that names one.")] = "ftmo-2step",
    phase: Phase = None,
    capital: Capital = None,
    profit_target: Annotated[str | None, typer.Option(help='Instead of the pack\'s: "8 %" or an amount.')] = None,
    days: Annotated[
        int | None, typer.Option(help="Trading days at most; else the firm's limit, or 250.", min=1)
    ] = None,
    paths: Annotated[int, typer.Option(help="Random orders of the days.", min=100, max=200_000)] = 10_000,
    block: Annotated[float, typer.Option(help="Mean length of a block of days that stay together.", min=1)] = 5.0,
    seed: Annotated[int, typer.Option(help="Which random orders; the same seed gives the same answer.")] = 1,
    as_json: AsJson = False,
    data: DataFolder = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say with which chance the days of a run, in random order, pass a firm's evaluation."""
    from tradewind.cli.risk_tables import chance_table
    from tradewind.views.risk_answers import Played
    from tradewind.views.risk_answers import pass_probability as chances_of

    played = Played(pack, phase, capital, profit_target, days, paths, block, seed)
    found = chances_of(settings_of(settings_file, data), run, played)
    if as_json:
        typer.echo(json.dumps(found.document(), indent=2))
        return
    _print([chance_table(found.found, found.play, found.limits, found.days)])
    for caveat in found.caveats:
        typer.echo(f"* {caveat}")


def _print(tables: list[Any]) -> None:
    from rich.console import Console

    console = Console()
    for table in tables:
        console.print(table)
