"""A saved run, made ready to run again: with other parameters, at other costs, or to see whether it still comes out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tradewind.errors import TradewindError
from tradewind.modes import Choice, Request
from tradewind.requests import risk_rules, strategy_path
from tradewind.settings import Settings
from tradewind.strategy import load


def request_of(document: Mapping[str, Any], folder: Path, file: Path | None = None) -> Request:
    """Return the request that a backtest's document came of; `file` is the strategy's file if it was moved.

    Raises TradewindError for a run that cannot be run again: of an older format, of several strategies, or of a
    strategy file that is not the same any more.
    """
    asked = document.get("request")
    if document.get("kind") != "backtest" or not asked:
        raise TradewindError(
            f"Run {document['id']} is no backtest that can be run again.", "Run the backtest once more, then judge it."
        )
    names = document["strategies"]
    if len(names) != 1:
        raise TradewindError(f"Run {document['id']} has {len(names)} strategies.", "Judge one strategy at a time.")
    path = file or Path(asked["files"][names[0]])
    path = path if path.is_file() else strategy_path(path.name)
    if load(path).digest != document["hashes"]["strategies"][names[0]]:
        raise TradewindError(
            f"{path} is not what run {document['id']} ran: it was changed, or Tradewind was.", "Run the backtest again."
        )
    settings = Settings.model_validate({**document["settings"], "data": folder})
    rules = risk_rules(settings)
    overrides = {name: str(value) for name, value in document["parameters"][names[0]].items()}
    return Request(
        [Choice(path, overrides)], document["instruments"], asked["start"], asked["end"], feed=asked["feed"],
        bar=asked["bar"], plain=asked["plain"], settings=settings, risk=rules and rules.limits,
    )  # fmt: skip


def at_costs(request: Request, multiple: float) -> Request:
    """Return the request with spread and slippage so many times what they were."""
    costs = request.settings.costs
    scaled = costs.model_copy(update={"spread": costs.spread * multiple, "slippage": costs.slippage * multiple})
    return replace(request, settings=request.settings.model_copy(update={"costs": scaled}))
