"""Verbs of risk: which rules hold, what they say of an order, where a run stands, and the chance to pass a firm."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradewind.cli.options import AsJson, DataFolder, SettingsFile, settings_of
from tradewind.errors import BadData, UnknownName

if TYPE_CHECKING:
    from tradewind.risk_questions import Market, Stored
    from tradewind.settings import Settings

app = typer.Typer(help="Ask the risk rules before they answer.", no_args_is_help=True, rich_markup_mode=None)

Phase = Annotated[str | None, typer.Option(help="Phase of a firm's pack, such as challenge or funded.")]
Capital = Annotated[str | None, typer.Option(help="Capital the rules measure from, if not the account's balance.")]
LATEST = 10


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
    from tradewind.results.printing import plain
    from tradewind.risk_questions import Wanted, number, rules_of

    amount = None if capital is None else number(capital, "capital")
    found = rules_of(Wanted(rules, phase, amount), settings_of(settings_file, None))
    if as_json:
        origins = {name: origin._asdict() for name, origin in found.origins.items()}
        document = {"limits": found.limits.as_tree(), "goals": found.goals._asdict(), "origins": origins}
        typer.echo(json.dumps(plain({**document, "packs": list(found.packs), "phase": found.phase}), indent=2))
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
    from tradewind.results.printing import plain
    from tradewind.risk.headroom import NOT_ASKED, check_order, fitting_lots
    from tradewind.risk_questions import Wanted, account_file, limits_of, number, rules_of, standing

    settings = settings_of(settings_file, data)
    stored = None if run is None else _stored(run, settings)
    if rules is None and stored is not None:
        limits = limits_of(stored.document)
    else:
        amount = None if capital is None else number(capital, "capital")
        named = rules or ("house" if settings.risk == "none" else settings.risk)
        limits = rules_of(Wanted(named, phase, amount), settings).limits
    market = _market(settings, rate or [], order, stored)
    if stored is not None:
        stands = stored.standing(limits, market)
    elif account is not None:
        stands = account_file(account, market)
    else:
        said = {"balance": balance, "equity": equity, "day_balance": day_balance}
        stands = standing(settings, said, [market.position(text) for text in open_positions or []])
    wanted = market.holding(order, stop, at)
    verdicts = check_order(limits, stands, wanted)
    fits = fitting_lots(limits, stands, wanted)
    r = wanted.loss_to_stop()
    if as_json:
        rows = [
            {**one._asdict(), "headroom": _float(one.headroom), "breach_price": _float(one.breach_price)}
            for one in verdicts
        ]
        typer.echo(
            json.dumps(plain({"fits_lots": fits, "r": _float(r), "verdicts": rows, "not_asked": NOT_ASKED}), indent=2)
        )
        return
    _print([verdicts_table(verdicts, r, limits)])
    for line in breach_lines(verdicts):
        typer.echo(line)
    typer.echo(_answer(wanted.lots, fits))
    typer.echo(f"Not asked here: {NOT_ASKED}.")


def _answer(lots: Decimal, fits: Decimal) -> str:
    if fits == lots:
        return f"{lots} lots pass every rule asked."
    return (
        f"{lots} lots do not pass; {fits} lots would."
        if fits
        else f"{lots} lots do not pass, and no smaller size does."
    )


def _float(value: Any) -> float | None:
    """Return an exact amount as JSON has it."""
    return None if value is None else float(value)


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
    from tradewind.results.printing import plain
    from tradewind.results.risk_facts import refusals_by_reason
    from tradewind.risk_questions import Wanted, limits_of, number, rules_of

    settings = settings_of(settings_file, data)
    stored = _stored(run, settings)
    if rules is None:
        limits = limits_of(stored.document)
    else:
        amount = number(capital if capital is not None else stored.document["account"]["balance"], "capital")
        limits = rules_of(Wanted(rules, phase, amount), settings).limits
    statuses = stored.statuses(limits)
    rows = stored.tables["risk"].tail(LATEST).to_dicts() if "risk" in stored.tables else []
    refusals = refusals_by_reason(stored.tables["refusals"])
    kill = (stored.document.get("risk") or {}).get("kill_level", 0)
    if as_json:
        found = [{**one._asdict(), "rule": one.rule.name, "control": one.rule.control} for one in statuses]
        typer.echo(
            json.dumps(plain({"kill_level": kill, "floors": found, "refusals": refusals, "latest": rows}), indent=2)
        )
        return
    r = max(limits.risk_per_trade, 0) * limits.capital
    _print([floors_table(statuses, limits, r)])
    typer.echo(f"Kill level: {'none' if not kill else f'K{kill}'}. R is what one trade may lose.")
    for reason, count in refusals.items():
        typer.echo(f"Refused {count:,} times: {reason}")
    if rows:
        _print([log_table(rows)])


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
    from tradewind.results.passing import chance, chance_of_days
    from tradewind.results.printing import plain
    from tradewind.risk_questions import Wanted, days_of, number, play_of, rules_of

    settings = settings_of(settings_file, data)
    stored = _stored(run, settings)
    amount = None if capital is None else number(capital, "capital")
    rules = rules_of(Wanted(pack, phase, amount), settings)
    play = play_of(rules, profit_target, days, block)
    made = days_of(stored, rules, play)
    found = chance(made, play, paths, seed)
    found = found._replace(passed_days=chance_of_days(made, play, 100, max(paths // 100, 50), seed))
    caveats = _caveats(stored, len(made.traded))
    if as_json:
        typer.echo(json.dumps(plain({**found._asdict(), "days_seen": len(made.traded), "caveats": caveats}), indent=2))
        return
    _print([chance_table(found, play, rules.limits, len(made.traded))])
    for caveat in caveats:
        typer.echo(f"* {caveat}")


def _caveats(stored: "Stored", days: int) -> list[str]:
    """Return what the chance does not know."""
    few = f"Only {days} days were seen: look at the second interval." if days < 250 else f"{days} days were seen."
    return [
        *(
            ["SYNTHETIC DATA: prices were made up; the chance says nothing about any market."]
            if stored.document["synthetic"]
            else []
        ),
        few,
        "The future is taken to be made of these days, and blocks of them to be independent of each other.",
        "Results are not compounded; equity between hourly samples is known by its low, not by its peak.",
        "A strategy chosen because it did well on these days will do worse.",
    ]


def _stored(run: str, settings: "Settings") -> "Stored":
    """Return a saved run with the tables that questions about risk need."""
    from tradewind.modes import open_runs
    from tradewind.risk_questions import Stored

    runs = open_runs(settings)
    found = runs.find(run)
    tables = {name: runs.table(found, name) for name in ("equity", "trades", "orders", "fills", "refusals")}
    with contextlib.suppress(UnknownName):  # a run without a risk log
        tables["risk"] = runs.table(found, "risk")
    return Stored(runs.get(found), tables)


def _market(settings: "Settings", rates: list[str], order: list[str], stored: "Stored | None") -> "Market":
    """Return what turns words into money: rates, and the latest prices of what order and run are about."""
    from tradewind.modes import EVER, open_history
    from tradewind.risk_questions import Market, last_price, number

    given = {}
    for text in rates:
        pair, equals, value = text.partition("=")
        if not equals:
            raise BadData(f"--rate {text!r} is not PAIR=RATE.", "Write it as --rate USDJPY=149.6.")
        given[pair.strip()] = number(value, "rate")
    symbols, before = [order[-1]], EVER[1]
    if stored is not None:
        from tradewind.requests import moment_ns

        symbols, before = [*symbols, *stored.document["instruments"]], moment_ns(stored.document["to"])
    history = open_history(settings)
    found = {symbol: last_price(history, symbol, before) for symbol in dict.fromkeys(symbols)}
    return Market(settings, given, {symbol: price for symbol, price in found.items() if price is not None})


def _print(tables: list[Any]) -> None:
    from rich.console import Console

    console = Console()
    for table in tables:
        console.print(table)
