"""Questions about risk, answered alike for the command line and the API: rules, orders, where a run stands, chances."""

import contextlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.errors import BadData, UnknownName
from tradewind.modes import EVER, open_history, open_runs
from tradewind.requests import moment_ns
from tradewind.results.passing import Chance, Play, chance, chance_of_days
from tradewind.results.printing import plain
from tradewind.results.risk_facts import refusals_by_reason
from tradewind.results.risk_status import FloorStatus
from tradewind.risk.headroom import NOT_ASKED, Verdict, check_order, fitting_lots
from tradewind.risk.limits import Limits
from tradewind.risk.resolving import Rules
from tradewind.risk.standing import Holding, Standing
from tradewind.risk_questions import (
    Market,
    Stored,
    Wanted,
    account_file,
    days_of,
    last_price,
    limits_of,
    number,
    play_of,
    rules_of,
    standing,
)
from tradewind.settings import Settings

LATEST = 10


class Asked(NamedTuple):
    """An order that is asked about, in words, and the account it would be of."""

    order: Sequence[str]
    """Side, lots, symbol."""
    stop: str | None = None
    at: str | None = None
    rules: str | None = None
    phase: str | None = None
    capital: str | None = None
    run: str | None = None
    account: Path | None = None
    said: Mapping[str, str | None] = {}
    """Balance, equity and day_balance, as far as they were given."""
    opened: Sequence[str] = ()
    rates: Sequence[str] = ()


class Checked(NamedTuple):
    """What every rule says of an order."""

    limits: Limits
    wanted: Holding
    verdicts: Sequence[Verdict]
    fits: Decimal
    r: Fraction | None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        rows = [
            {**one._asdict(), "headroom": as_float(one.headroom), "breach_price": as_float(one.breach_price)}
            for one in self.verdicts
        ]
        told = {"fits_lots": self.fits, "r": as_float(self.r), "verdicts": rows, "not_asked": NOT_ASKED}
        found: dict[str, Any] = plain(told)
        return found


def as_float(value: Any) -> float | None:
    """Return an exact amount as JSON has it."""
    return None if value is None else float(value)


def rules_document(found: Rules) -> dict[str, Any]:
    """Return every limit that rules come down to, with where each is from."""
    origins = {name: origin._asdict() for name, origin in found.origins.items()}
    document = {"limits": found.limits.as_tree(), "goals": found.goals._asdict(), "origins": origins}
    told: dict[str, Any] = plain({**document, "packs": list(found.packs), "phase": found.phase})
    return told


def rules_named(settings: Settings, rules: str, phase: str | None = None, capital: str | None = None) -> Rules:
    """Return rules by name for the account of the settings; `capital` in words."""
    return rules_of(Wanted(rules, phase, None if capital is None else number(capital, "capital")), settings)


def checked(limits: Limits, stands: Standing, wanted: Holding) -> Checked:
    """Return what every rule says of an order to an account that stands so."""
    verdicts, fits = check_order(limits, stands, wanted), fitting_lots(limits, stands, wanted)
    return Checked(limits, wanted, verdicts, fits, wanted.loss_to_stop())


def check(settings: Settings, asked: Asked) -> Checked:
    """Return what every rule says of an order that is not sent."""
    stored = None if asked.run is None else stored_run(asked.run, settings)
    if asked.rules is None and stored is not None:
        limits = limits_of(stored.document)
    else:
        named = asked.rules or ("house" if settings.risk == "none" else settings.risk)
        limits = rules_named(settings, named, asked.phase, asked.capital).limits
    market = market_of(settings, asked.rates, asked.order, stored)
    if stored is not None:
        stands = stored.standing(limits, market)
    elif asked.account is not None:
        stands = account_file(asked.account, market)
    else:
        stands = standing(settings, asked.said, [market.position(text) for text in asked.opened])
    return checked(limits, stands, market.holding(asked.order, asked.stop, asked.at))


class Status(NamedTuple):
    """Where the floors of a run stand, and what the rules did."""

    limits: Limits
    floors: Sequence[FloorStatus]
    kill: int
    refusals: Mapping[str, int]
    latest: Sequence[Mapping[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        found = [{**one._asdict(), "rule": one.rule.name, "control": one.rule.control} for one in self.floors]
        told: dict[str, Any] = plain(
            {"kill_level": self.kill, "floors": found, "refusals": self.refusals, "latest": self.latest}
        )
        return told


def status(
    settings: Settings, run: str, rules: str | None = None, phase: str | None = None, capital: str | None = None
) -> Status:
    """Return where the floors of a run stand under its own rules, or under others."""
    stored = stored_run(run, settings)
    if rules is None:
        limits = limits_of(stored.document)
    else:
        amount = capital if capital is not None else str(stored.document["account"]["balance"])
        limits = rules_named(settings, rules, phase, amount).limits
    rows = stored.tables["risk"].tail(LATEST).to_dicts() if "risk" in stored.tables else []
    kill = (stored.document.get("risk") or {}).get("kill_level", 0)
    refusals = refusals_by_reason(stored.tables["refusals"])
    return Status(limits, stored.statuses(limits), kill, refusals, rows)


class Chances(NamedTuple):
    """With which chance the days of a run pass a firm's evaluation."""

    found: Chance
    play: Play
    limits: Limits
    days: int
    caveats: Sequence[str]

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        told: dict[str, Any] = plain({**self.found._asdict(), "days_seen": self.days, "caveats": self.caveats})
        return told


class Played(NamedTuple):
    """How the days of a run are played."""

    pack: str = "ftmo-2step"
    phase: str | None = None
    capital: str | None = None
    profit_target: str | None = None
    days: int | None = None
    paths: int = 10_000
    block: float = 5.0
    seed: int = 1


def pass_probability(settings: Settings, run: str, played: Played) -> Chances:
    """Return the chance with which the days of a run, in random order, pass a firm's evaluation."""
    stored = stored_run(run, settings)
    rules = rules_named(settings, played.pack, played.phase, played.capital)
    play = play_of(rules, played.profit_target, played.days, played.block)
    made = days_of(stored, rules, play)
    found = chance(made, play, played.paths, played.seed)
    found = found._replace(passed_days=chance_of_days(made, play, 100, max(played.paths // 100, 50), played.seed))
    return Chances(found, play, rules.limits, len(made.traded), caveats(stored, len(made.traded)))


def caveats(stored: Stored, days: int) -> list[str]:
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


def stored_run(run: str, settings: Settings) -> Stored:
    """Return a saved run with the tables that questions about risk need."""
    runs = open_runs(settings)
    found = runs.find(run)
    tables = {name: runs.table(found, name) for name in ("equity", "trades", "orders", "fills", "refusals")}
    with contextlib.suppress(UnknownName):  # a run without a risk log
        tables["risk"] = runs.table(found, "risk")
    return Stored(runs.get(found), tables)


def market_of(settings: Settings, rates: Sequence[str], order: Sequence[str], stored: Stored | None = None) -> Market:
    """Return what turns words into money: rates, and the latest prices of what order and run are about."""
    given = {}
    for text in rates:
        pair, equals, value = text.partition("=")
        if not equals:
            raise BadData(f"--rate {text!r} is not PAIR=RATE.", "Write it as --rate USDJPY=149.6.")
        given[pair.strip()] = number(value, "rate")
    symbols, before = list(order[-1:]), EVER[1]
    if stored is not None:
        symbols, before = [*symbols, *stored.document["instruments"]], moment_ns(stored.document["to"])
    history = open_history(settings)
    found = {symbol: last_price(history, symbol, before) for symbol in dict.fromkeys(symbols)}
    return Market(settings, given, {symbol: price for symbol, price in found.items() if price is not None})
