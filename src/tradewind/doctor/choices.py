"""What the settings name: whether there is such a profile, such rules, such strategies. No strategy is executed."""

from pathlib import Path

from tradewind.doctor.finding import BAD, GOOD, UNUSED, Finding
from tradewind.errors import TradewindError, UnknownName
from tradewind.jobs.commands import strategy_files
from tradewind.markets.loading import load_profile
from tradewind.requests import risk_rules
from tradewind.settings import Settings
from tradewind.views.source import read_source

AREA = "settings"


def choices(settings: Settings) -> list[Finding]:
    """Return whether everything the settings name is there and can be read."""
    found = []
    try:
        profile = load_profile(settings.profile)
    except TradewindError as error:
        found.append(_bad("profile", error))
    else:
        found.append(Finding(AREA, "profile", GOOD, f"{settings.profile}: {len(profile.symbols)} instruments"))
        for symbol in settings.trader.symbols:
            try:
                profile.instrument(symbol)
            except TradewindError as error:
                found.append(_bad(f"symbol {symbol}", error))
    try:
        risk_rules(settings)
        found.append(Finding(AREA, "risk", GOOD, f"rules: {settings.risk}"))
    except TradewindError as error:
        found.append(_bad("risk", error))
    if not settings.trader.strategies:
        found.append(Finding(AREA, "strategies", UNUSED, "[trader] names none"))
    return [*found, *(_strategy(name, settings.strategies) for name in settings.trader.strategies)]


def _strategy(name: str, folder: Path) -> Finding:
    known = strategy_files(folder)
    path = Path(name) if name.endswith(".py") else known.get(name)
    if path is None or not path.is_file():
        return _bad(f"strategy {name}", UnknownName("strategy", name, known))
    told = read_source(path)
    if told is None or not told["handlers"]:
        says = f"{path} has no handler that can be read."
        return Finding(AREA, f"strategy {name}", BAD, says, f"Run `tradewind backtest {name}`: it names the line.")
    return Finding(AREA, f"strategy {name}", GOOD, f"{path.name}: {len(told['handlers'])} handlers")


def _bad(name: str, error: TradewindError) -> Finding:
    return Finding(AREA, name, BAD, error.message, error.hint or "Correct tradewind.toml.")
