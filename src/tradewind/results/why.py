"""Why was there no trade? Every gate asked at a bar, how far it was from passing, and what else was there.

A gate is asked when the bar is known, at its close. Asked about a moment at which no gate was asked, the
answer is about the last bar before it, and says so. Works on the tables of a run, fresh or stored.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.errors import UnknownName
from tradewind.results.document import moment

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class GateAnswer:
    """One gate at one bar; a bound of None is no bound, a value of None was not a number."""

    gate: str
    value: float | None
    low: float | None
    high: float | None
    passed: bool
    missing: float | None
    """What must be added to the value to pass, 0 where it passed; None where that cannot be said."""


@dataclass(frozen=True)
class Answer:
    """What a strategy saw and did in an instrument; moments are ISO 8601 UTC, sizes lots."""

    strategy: str
    symbol: str
    moment: str
    """Asked about."""
    asked: str | None
    """When the gates below were asked; None where none was by then."""
    next_asked: str | None
    exact: bool
    """Whether a gate was asked at that very moment."""
    gates: tuple[GateAnswer, ...]
    not_asked: tuple[str, ...]
    """Gates it has and did not ask, because an earlier answer was enough."""
    position: float
    """Lots held, negative when short."""
    orders: tuple[dict[str, Any], ...]
    """Orders given since then or at work at the moment."""
    refusals: tuple[dict[str, Any], ...]
    sentence: str


def why(run: Mapping[str, Any], tables: Mapping[str, "pl.DataFrame"], strategy: str, symbol: str, ts: int) -> Answer:
    """Return what `strategy` asked, held and wanted in `symbol` at `ts` (ns UTC); `run` is the document."""
    if strategy not in run["strategies"]:
        raise UnknownName("strategy in this run", strategy, run["strategies"])
    if symbol not in run["instruments"]:
        raise UnknownName("instrument in this run", symbol, run["instruments"])
    asked = _mine(tables["gates"], strategy, symbol)
    times = _ns(asked, "ts")
    end = int(np.searchsorted(times, ts, "right"))
    start = int(np.searchsorted(times, times[end - 1], "left")) if end else 0
    gates = tuple(_gate(row) for row in asked[start:end].iter_rows(named=True))
    at = int(times[end - 1]) if end else None
    following = moment(int(times[end])) if end < len(times) else None
    orders = _mine(tables["orders"], strategy, symbol)
    living, refused = _orders(orders, ts), _refusals(orders, ts if at is None else at, ts)
    named = {one.gate for one in gates}
    return Answer(
        strategy=strategy,
        symbol=symbol,
        moment=moment(ts),
        asked=None if at is None else moment(at),
        next_asked=following,
        exact=at == ts,
        gates=gates,
        not_asked=tuple(name for name in run["gates"].get(strategy, ()) if name not in named),
        position=_position(_mine(tables["fills"], strategy, symbol), ts),
        orders=living,
        refusals=refused,
        sentence=_sentence(gates, refused, at, ts, following),
    )


def _mine(table: "pl.DataFrame", strategy: str, symbol: str) -> "pl.DataFrame":
    return table.filter((table["strategy"] == strategy) & (table["symbol"] == symbol))


def _ns(table: "pl.DataFrame", name: str) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return a column of moments as ns, the end of time where it is null."""
    return table[name].to_physical().fill_null(np.iinfo(np.int64).max).to_numpy()


def _gate(row: Mapping[str, Any]) -> GateAnswer:
    value, low, high = row["value"], row["low"], row["high"]
    missing: float | None = 0.0
    if not row["passed"]:
        gap = low - value if value < low else high - value
        missing = gap if math.isfinite(gap) and low <= high else None
    return GateAnswer(
        row["gate"],
        value if math.isfinite(value) else None,
        None if low == -math.inf else _finite(low),
        None if high == math.inf else _finite(high),
        row["passed"],
        missing,
    )


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _orders(orders: "pl.DataFrame", ts: int) -> tuple[dict[str, Any], ...]:
    """Return the orders that were given by `ts` and lived until then, or ended in that very instant."""
    given, ended = _ns(orders, "given"), _ns(orders, "ended")
    status = orders["status"].to_numpy()
    return _rows(orders, (given <= ts) & (ended >= ts) & (status != "refused"))


def _refusals(orders: "pl.DataFrame", since: int, ts: int) -> tuple[dict[str, Any], ...]:
    given = _ns(orders, "given")
    return _rows(orders, (given >= since) & (given <= ts) & (orders["status"].to_numpy() == "refused"))


COLUMNS = (
    "given", "order", "side", "type", "lots", "price", "trigger", "stop_loss", "take_profit", "status",
    "filled", "ended", "reason", "sentence",
)  # fmt: skip


def _rows(orders: "pl.DataFrame", chosen: "np.ndarray[Any, Any]") -> tuple[dict[str, Any], ...]:
    """Return the chosen orders as plain rows."""
    rows = orders[np.flatnonzero(chosen).tolist()]
    result = [dict(zip(COLUMNS, values, strict=True)) for values in rows.select(COLUMNS).iter_rows()]
    for name in ("given", "ended"):
        for row, ns in zip(result, rows[name].to_physical().to_list(), strict=True):
            row[name] = None if ns is None else moment(ns)
    return tuple(result)


def _position(fills: "pl.DataFrame", ts: int) -> float:
    """Return the lots held after every fill known at `ts`, signed."""
    known = fills.filter(fills["known"].to_physical() <= ts)
    bought = (known["side"] == "buy").to_numpy()
    lots = known["lots"].to_numpy()
    return round(float(lots[bought].sum() - lots[~bought].sum()), 8)


def _sentence(
    gates: tuple[GateAnswer, ...],
    refused: tuple[dict[str, Any], ...],
    at: int | None,
    ts: int,
    following: str | None,
) -> str:
    """Return the answer in words."""
    if at is None:
        return "No gate was asked yet" + (f"; the first was at {following}." if following else " in this run.")
    failed = [one for one in gates if not one.passed]
    words = f"all {len(gates)} gates passed" if len(gates) > 1 else "the one gate asked passed"
    if failed:
        words = f"{len(failed)} of {len(gates)} gates did not pass: {'; '.join(map(_shortfall, failed))}"
    elif refused:
        words += f", but the order was refused: {refused[-1]['sentence']}"
    words = words.removesuffix(".") + "."
    if at == ts:
        return words[0].upper() + words[1:]
    return f"No gate was asked at {moment(ts)}; the last before it, at {moment(at)}: {words}"


def _shortfall(gate: GateAnswer) -> str:
    if gate.value is None or gate.missing is None:
        return f"{gate.gate} had no number to compare"
    bound = f"at least {gate.low:.6g}" if gate.missing > 0 else f"at most {gate.high:.6g}"
    return f"{gate.gate} was {gate.value:.6g} and must be {bound}"
