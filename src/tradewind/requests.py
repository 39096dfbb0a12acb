"""From words on the command line to a request: paths, periods, parameters and settings, each checked with advice."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tradewind.errors import BadSettings, TradewindError, UnknownName, nearest
from tradewind.markets.clock import day_close, day_open
from tradewind.markets.loading import load_profile
from tradewind.modes import EVER, Choice, Request
from tradewind.money import minor
from tradewind.risk.resolving import Account, Rules, load_rules
from tradewind.settings import Settings

SHIPPED = Path(__file__).resolve().parent / "strategies"


def backtest_request(
    strategies: Sequence[str],
    on: Sequence[str],
    period: tuple[str | None, str | None],
    sets: Sequence[str],
    *,
    given: Mapping[str, Any],
    settings: Settings,
    **others: Any,
) -> Request:
    """Return the request that the words ask for; raise TradewindError for the first that cannot be."""
    symbols = list(dict.fromkeys(symbol.strip() for text in on for symbol in text.split(",") if symbol.strip()))
    if not symbols:
        raise TradewindError("No instrument was given.", "Name at least one, such as --on XAUUSD.")
    paths = [strategy_path(name) for name in strategies]
    start = EVER[0] if period[0] is None else period_start(period[0])
    end = EVER[1] if period[1] is None else period_end(period[1])
    if start >= end:
        raise TradewindError(f"The period from {period[0]} to {period[1]} is empty.", "Give a --to after --from.")
    choices = [Choice(path, overrides) for path, overrides in zip(paths, _overrides(paths, sets), strict=True)]
    chosen = with_given(settings, given)
    rules = risk_rules(chosen)
    if rules is not None:
        chosen = with_news_lock(chosen, rules.limits.news_lock_minutes)
    return Request(choices, symbols, start, end, settings=chosen, risk=rules and rules.limits, **others)


def risk_rules(settings: Settings) -> Rules | None:
    """Return the risk rules that the settings name, for the account and the broker they name; None for "none"."""
    account = settings.account
    server_clock = load_profile(settings.profile).server_clock
    return load_rules(settings.risk, Account(account.currency, minor(account.balance, account.currency), server_clock))


def with_news_lock(settings: Settings, minutes: int) -> Settings:
    """Return the settings with a news lock at least as long as the risk rules ask for."""
    before, after = (max(minutes, own) for own in settings.news.lock)
    return settings.model_copy(update={"news": settings.news.model_copy(update={"lock": (before, after)})})


def strategy_path(name: str) -> Path:
    """Return the file of a strategy: a path that exists, or the shipped one of that name."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = {one.stem: one for one in sorted(SHIPPED.glob("*.py")) if not one.stem.startswith("_")}
    if path.stem in shipped and path.parent.name in ("", "strategies"):
        return shipped[path.stem]
    raise TradewindError(
        f"There is no strategy file {name}.{nearest(path.stem, shipped)}",
        f"Give a path, or one of the shipped: {', '.join(shipped)}.",
    )


def _overrides(paths: Sequence[Path], sets: Sequence[str]) -> list[dict[str, str]]:
    """Return the parameters to change for each strategy."""
    changes: list[dict[str, str]] = [{} for _ in paths]
    stems = [path.stem for path in paths]
    for text in sets:
        name, equals, value = text.partition("=")
        owner, dot, parameter = name.strip().rpartition(".")
        if not equals or not parameter:
            raise TradewindError(f"--set {text!r} is not name=value.", "Write it as --set fast=10.")
        if dot and owner not in stems:
            raise UnknownName("strategy in this run", owner, stems)
        if not dot and len(paths) > 1:
            raise TradewindError(
                f"--set {text!r} does not say which strategy it is for.", f"Write --set {stems[0]}.{parameter}={value}."
            )
        for stem, change in zip(stems, changes, strict=True):
            if not dot or stem == owner:
                change[parameter] = value.strip()
    return changes


def with_given(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """Return the settings with what the command line gave in place of what they say."""
    tree = settings.model_dump()
    for name, (section, key) in {
        "balance": ("account", "balance"), "currency": ("account", "currency"), "mode": ("fills", "mode"),
    }.items():  # fmt: skip
        if given.get(name) is not None:
            tree[section][key] = given[name]
    if given.get("profile") is not None:
        tree["profile"] = given["profile"]
    if given.get("risk") is not None:
        tree["risk"] = _rules_name(given["risk"])
    if given.get("fraction") is not None:
        tree["sizing"].update(
            method="fixed_fraction", fraction=given["fraction"], cap=max(given["fraction"], tree["sizing"]["cap"])
        )
    if given.get("lots") is not None:
        tree["sizing"].update(method="fixed_lots", lots=given["lots"])
    if given.get("cost_scale") is not None:
        tree["costs"].update(spread=given["cost_scale"], slippage=given["cost_scale"])
    for text in given.get("rate", ()):
        pair, _, value = text.partition("=")
        try:
            tree["rates"][pair.strip()] = Decimal(value)
        except InvalidOperation:
            raise TradewindError(f"--rate {text!r} is not PAIR=RATE.", "Write it as --rate EURUSD=1.08.") from None
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(f"{where} = {first['input']!r}: {first['msg'].lower()}.") from None


def _rules_name(text: str) -> str:
    """Return the name of risk rules; a number is what another option is for."""
    try:
        Decimal(text)
    except InvalidOperation:
        return text
    raise TradewindError(f"--risk {text} is a number, but it names rules.", f"Size trades with --fraction {text}.")


def period_start(text: str) -> int:
    """Return where a period begins, ns UTC: a date is the New York trading day, from 17:00 the evening before."""
    found = _date(text)
    return moment_ns(text) if found is None else day_open(found)


def period_end(text: str) -> int:
    """Return where a period ends (exclusive), ns UTC: a date is included whole, to 17:00 New York."""
    found = _date(text)
    return moment_ns(text) if found is None else day_close(found) + 1


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment_ns(text: str) -> int:
    """Return a moment such as 2026-01-15T14:35 as ns UTC; without an offset it is UTC."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise TradewindError(
            f"{text!r} is not a day or a moment.", "Write 2026-01-15, 2026-01-15T14:35 or 2026-01-15T09:35-05:00."
        ) from None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return int(aware.replace(microsecond=0).timestamp()) * 1_000_000_000 + aware.microsecond * 1000


def only(given: str | None, names: Sequence[str], what: str, option: str) -> str:
    """Return what was given, or the only name there is."""
    if given is not None:
        return given
    if len(names) != 1:
        raise TradewindError(f"The run has several: {', '.join(names)}.", f"Say which {what} with {option}.")
    return names[0]
