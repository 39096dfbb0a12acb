"""Strategies that can be run, shipped and one's own, and which account runs which. No file is executed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tradewind.errors import TradewindError, UnknownName
from tradewind.jobs.commands import strategy_files
from tradewind.live.folder import account_names
from tradewind.requests import SHIPPED
from tradewind.settings import Settings
from tradewind.views.heart import folder_of, heart_of
from tradewind.views.past import past_of
from tradewind.views.source import read_source


def strategies(settings: Settings) -> list[dict[str, Any]]:
    """Return every strategy that can be named, by name, with its parameters and the accounts that run it."""
    runs = list(running(settings))
    return [
        one
        for name, path in sorted(strategy_files(settings.strategies).items())
        if (one := _told(name, path, runs)) is not None
    ]


def strategy(settings: Settings, name: str) -> dict[str, Any]:
    """Return one strategy; UnknownName where there is none of that name, or its file cannot be read."""
    found = {one["name"]: one for one in strategies(settings)}
    if name not in found:
        raise UnknownName("strategy", name, found)
    return found[name]


def _told(name: str, path: Path, runs: list[dict[str, Any]]) -> dict[str, Any] | None:
    told = read_source(path)
    if told is None:
        return {"name": name, "source": _source(path), "broken": "The file cannot be read as Python.", "headline": "",
                "thesis": "", "parameters": [], "gates": [], "handlers": [], "runs": []}  # fmt: skip
    if not told["handlers"]:
        return None
    mine = [one for one in runs if one["file"] == str(path.resolve())]
    return {
        "name": name,
        "source": _source(path),
        "broken": None,
        "headline": told["thesis"].split("\n", 1)[0],
        **told,
        "runs": [{key: value for key, value in one.items() if key != "file"} for one in mine],
    }


def _source(path: Path) -> str:
    return "shipped" if path.parent == SHIPPED else "own"


def running(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield each strategy of each account: whether it runs now, may open, and with which parameters."""
    for account in account_names(settings.data):
        folder = folder_of(settings.data, account)
        try:
            past = past_of(settings, folder)
        except TradewindError:
            continue  # what is wrong with it stands among its checks
        if past is None or past.facts is None:
            continue
        heart, begun = heart_of(folder), past.facts
        told = {one["strategy"]: one for one in heart.told.get("risk", {}).get("strategies", [])}
        for name, one in zip(begun.run.strategy_names, begun.strategies, strict=True):
            yield {
                "account": account,
                "mode": heart.told.get("mode", begun.document.get("mode")),
                "state": heart.state,
                "strategy": name,
                "file": str(Path(one["file"]).resolve()),
                "symbols": list(begun.document["symbols"]),
                "bar": begun.document["bar"],
                "parameters": dict(one.get("parameters", {})),
                **_counts(told.get(name)),
            }


def _counts(told: Mapping[str, Any] | None) -> dict[str, Any]:
    names = ("enabled", "orders", "refusals", "trades")
    return {name: None if told is None else told[name] for name in names}
