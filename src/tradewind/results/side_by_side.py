"""Daily results of the lines of several stored runs side by side: shares of equity, as if every weight had been 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradewind import money
from tradewind.errors import BadData, TradewindError
from tradewind.results.daily import Pair, daily_of

if TYPE_CHECKING:
    import polars as pl

Stored = tuple[Mapping[str, Any], Mapping[str, "pl.DataFrame"]]
"""A run's document and its tables "lines" and "equity"."""


@dataclass(frozen=True)
class SideBySide:
    """What lines made, by trading date."""

    pairs: list[Pair]
    dates: list[date]
    shares: NDArray[np.float64]
    """Dates by pairs: profit of the date over equity at its beginning, per weight."""
    most: float
    """The weight at which the risk fraction reaches the cap of the settings they ran with."""


def side_by_side(runs: Sequence[Stored]) -> SideBySide:
    """Return the results of every line on the dates that all runs have."""
    sizing = _same_sizing(runs)
    columns: dict[Pair, dict[date, float]] = {}
    for document, tables in runs:
        for pair, column in _columns(document, tables).items():
            if pair in columns:
                raise TradewindError(
                    f"Several of the runs hold {pair[0]} in {pair[1]}.", "Give each line once: leave a run out."
                )
            columns[pair] = column
    shared = set.intersection(*(set(column) for column in columns.values())) if columns else set()
    if not shared:
        raise BadData("The runs have no trading date in common.", "Choose runs over the same period.")
    dates = sorted(shared)
    shares = np.array([[column[day] for column in columns.values()] for day in dates])
    limited = sizing["method"] != "volatility_target"
    return SideBySide(list(columns), dates, shares, sizing["cap"] / sizing["fraction"] if limited else float("inf"))


def _same_sizing(runs: Sequence[Stored]) -> Mapping[str, Any]:
    """Return the sizing rule of all the runs; weights mean nothing where they differ or know no fraction."""
    rules = [document["settings"]["sizing"] for document, _ in runs]
    for (document, _), rule in zip(runs, rules, strict=True):
        if rule["method"] == "fixed_lots":
            raise TradewindError(
                f"Run {document['id']} traded fixed lots, which no weight can scale.",
                "Run it again with a share of capital at risk.",
            )
        if rule != rules[0]:
            raise TradewindError(
                f"Runs {runs[0][0]['id']} and {document['id']} were sized by different rules.",
                "Weights multiply one risk fraction: run them again with the same [sizing].",
            )
    return dict(rules[0])


def _columns(document: Mapping[str, Any], tables: Mapping[str, "pl.DataFrame"]) -> dict[Pair, dict[date, float]]:
    """Return the results of each line of a run by date."""
    account = document["account"]
    pairs = [(line["strategy"], line["symbol"]) for line in document["summary"]["lines"]]
    digits = money.minor_digits(account["currency"])
    daily = daily_of(
        tables["lines"], tables["equity"], pairs, digits, money.minor(account["balance"], account["currency"])
    )
    if (daily.before <= 0).any():
        raise BadData(
            f"The account of run {document['id']} was ruined.", "Nothing can be measured by it; leave it out."
        )
    found = {}
    for number, (strategy, symbol) in enumerate(pairs):
        weight = _weight(document, strategy, symbol)
        shares = daily.profit[:, number] / daily.before / weight
        found[strategy, symbol] = dict(zip(daily.dates, shares.tolist(), strict=True))
    return found


def _weight(document: Mapping[str, Any], strategy: str, symbol: str) -> float:
    """Return the weight a line ran with."""
    weights = document["settings"].get("portfolio", {}).get("weights", {})
    weight = float(weights[strategy][symbol]) if weights else 1.0
    if weight == 0:
        raise BadData(f"{strategy} in {symbol} ran with a weight of 0.", "Run it with a weight to measure it.")
    return weight
