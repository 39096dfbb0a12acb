"""What the gate did, row by row: refusals, reductions, cancels, halts, latches, changes of limits.

`value` and `limit` are in the units of the control: lot steps for a reduced order, minor units of the account for a
floor.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.kernel.rows import RISK_ACTIONS
from tradewind.results.columns import column, frame, instants, names, numbers, reasons
from tradewind.results.facts import RunFacts

if TYPE_CHECKING:
    import polars as pl


def risk_table(rows: "np.ndarray[Any, Any]", facts: RunFacts) -> "pl.DataFrame":
    """Return one row for each thing the gate did; what concerns all strategies or instruments names none."""
    strategy, instrument = column(rows, "strategy"), column(rows, "instrument")
    order, loss_rule = column(rows, "order"), column(rows, "loss_rule")
    floors = [rule["name"] for rule in facts.risk.get("limits", {}).get("loss_rules", [])] or [""]
    return frame(
        {
            "ts": instants(column(rows, "ts")),
            "number": column(rows, "number"),
            "rule": reasons(column(rows, "rule")),
            "floor": names(floors, np.clip(loss_rule, 0, len(floors) - 1), loss_rule < 0),
            "action": names(RISK_ACTIONS, column(rows, "action")),
            "value": numbers(np.ascontiguousarray(rows["value"])),
            "limit": numbers(np.ascontiguousarray(rows["limit"])),
            "strategy": names(facts.strategy_names, np.maximum(strategy, 0), strategy < 0),
            "symbol": names(facts.symbols, np.maximum(instrument, 0), instrument < 0),
            "order": order,
        }
    )
