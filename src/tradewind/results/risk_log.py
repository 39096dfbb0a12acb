"""What the gate did, row by row: refusals, reductions, cancels, halts, latches, changes of limits.

`value` and `limit` are in the unit of their row: the account's currency, "lots", "price", or none for counts, shares,
minutes and seconds, as the control has it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.rows import CANCEL_ENTRY, REDUCE, RISK_ACTIONS
from tradewind.results.columns import (
    Floats,
    Integers,
    column,
    frame,
    instants,
    lot_steps,
    names,
    numbers,
    reasons,
    tick_sizes,
)
from tradewind.results.facts import RunFacts

if TYPE_CHECKING:
    import polars as pl


PLAIN, CASH, LOTS, PRICE = range(4)
SIZES = (
    refusals.ORDER_TOO_LARGE, refusals.POSITION_TOO_LARGE, refusals.RISK_PER_TRADE, refusals.OPEN_RISK,
    refusals.GROUP_RISK, refusals.GROSS_LEVERAGE, refusals.NET_LEVERAGE, refusals.MARGIN_USE, refusals.FLOOR_AHEAD,
)  # fmt: skip
"""Controls that measure lot steps."""
DISTANCES = (
    refusals.PRICE_TOO_FAR, refusals.LEVEL_TOO_FAR, refusals.VOLATILITY_UNKNOWN, refusals.LIMIT_ALREADY_PASSED,
    refusals.SPREAD_TOO_WIDE,
)  # fmt: skip
"""Controls that measure ticks."""


def risk_table(rows: "np.ndarray[Any, Any]", facts: RunFacts) -> "pl.DataFrame":
    """Return one row for each thing the gate did; what concerns all strategies or instruments names none."""
    strategy, instrument = column(rows, "strategy"), column(rows, "instrument")
    order, loss_rule = column(rows, "order"), column(rows, "loss_rule")
    floors = [rule["name"] for rule in facts.risk.get("limits", {}).get("loss_rules", [])] or [""]
    unit = _units(rows)
    scale = _scale(unit, instrument, facts)
    return frame(
        {
            "ts": instants(column(rows, "ts")),
            "number": column(rows, "number"),
            "rule": reasons(column(rows, "rule")),
            "floor": names(floors, np.clip(loss_rule, 0, len(floors) - 1), loss_rule < 0),
            "action": names(RISK_ACTIONS, column(rows, "action")),
            "value": numbers(np.ascontiguousarray(rows["value"]) * scale),
            "limit": numbers(np.ascontiguousarray(rows["limit"]) * scale),
            "unit": names(("", facts.currency, "lots", "price"), unit),
            "strategy": names(facts.strategy_names, np.maximum(strategy, 0), strategy < 0),
            "symbol": names(facts.symbols, np.maximum(instrument, 0), instrument < 0),
            "order": order,
        }
    )


def _units(rows: "np.ndarray[Any, Any]") -> Integers:
    """Return in what each row was measured: PLAIN, CASH, LOTS or PRICE."""
    rule, action, about = column(rows, "rule"), column(rows, "action"), column(rows, "instrument") >= 0
    unit = np.full(len(rows), PLAIN)
    unit[about & np.isin(rule, DISTANCES)] = PRICE
    unit[about & (np.isin(rule, SIZES) | np.isin(action, (REDUCE, CANCEL_ENTRY)))] = LOTS
    unit[(column(rows, "loss_rule") >= 0) | (rule == refusals.ORDER_VALUE)] = CASH
    return unit


def _scale(unit: Integers, instrument: Integers, facts: RunFacts) -> Floats:
    """Return what one of what was measured is worth in the row's unit."""
    scale = np.ones(len(unit))
    scale[unit == CASH] = 1 / facts.minor_per_unit
    for kind, sizes in ((LOTS, lot_steps(facts)), (PRICE, tick_sizes(facts))):
        for number, size in enumerate(sizes):
            scale[(unit == kind) & (instrument == number)] = float(size)
    return scale
