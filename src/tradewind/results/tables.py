"""The tables of a run, made from its logs. Cash is in the account's currency, negative where it was paid.

What a trade cost is shown apart, exactly: net = gross_mid + spread + slippage + commission + financing, in
minor units. `gross_mid` is what the same fills would have made at mid prices without slippage; the kernel's
`gross` is at the prices filled and so has spread and slippage inside. Times are UTC; a price of 0 in a log
means none was given.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.results.columns import (
    Floats,
    Integers,
    averaged,
    cash,
    column,
    dates,
    frame,
    instants,
    lot_steps,
    names,
    numbers,
    reasons,
    scaled,
    tick_sizes,
)
from tradewind.results.facts import RunFacts
from tradewind.results.orders import fills_table, orders_table, refusals_table
from tradewind.results.risk_log import risk_table

if TYPE_CHECKING:
    import polars as pl

Rows = np.ndarray[Any, Any]


def tables(logs: Mapping[str, Rows], facts: RunFacts) -> dict[str, "pl.DataFrame"]:
    """Return every table of a run: trades, orders, fills, refusals, gates, equity, risk.

    `logs` holds the journal's arrays "events", "commands", "gates", "trades", "samples" and "risk".
    """
    return {
        "trades": trades_table(logs["trades"], facts),
        "orders": orders_table(logs["commands"], logs["events"], facts),
        "fills": fills_table(logs["commands"], logs["events"], facts),
        "refusals": refusals_table(logs["commands"], facts),
        "gates": gates_table(logs["gates"], facts),
        "equity": equity_table(logs["samples"], facts),
        "risk": risk_table(logs["risk"], facts),
    }


def trades_table(rows: Rows, facts: RunFacts) -> "pl.DataFrame":
    """Return one row a finished trade, in the order in which they closed.

    `r` is net / risk and null where no stop was given (domain rule 0.5). `worst_price` and `best_price` are
    extremes of the exit side while it was open; `mae_r` and `mfe_r` are their distance from the entry in R,
    positive against and for the trade, null where R or the rate of a foreign quote currency is not known.
    """
    which, quantity, side = column(rows, "instrument"), column(rows, "quantity"), column(rows, "side")
    spread, slippage, gross = (
        column(rows, "spread_cost"),
        column(rows, "slippage_cost"),
        column(rows, "gross"),
    )
    commission, financing = column(rows, "commission"), column(rows, "financing")
    net, risk = gross + commission + financing, column(rows, "risk")
    entry, ticks = column(rows, "entry_cost"), tick_sizes(facts)
    worst, best = column(rows, "worst_price"), column(rows, "best_price")
    per_r = _minor_per_tick_step(rows, facts) / _known(risk)
    return frame(
        {
            "number": column(rows, "number"),
            "opened": instants(column(rows, "opened_at")),
            "closed": instants(column(rows, "closed_at")),
            "strategy": names(facts.strategy_names, column(rows, "strategy")),
            "symbol": names(facts.symbols, which),
            "side": names(("short", "long"), (side > 0).astype(np.int64)),
            "lots": scaled(quantity, which, lot_steps(facts)),
            "entry_price": averaged(entry, quantity, which, ticks),
            "exit_price": averaged(column(rows, "exit_cost"), quantity, which, ticks),
            "r": numbers(net / _known(risk)),
            "net": cash(net, facts),
            "gross_mid": cash(gross - spread - slippage, facts),
            "spread": cash(spread, facts),
            "slippage": cash(slippage, facts),
            "commission": cash(commission, facts),
            "financing": cash(financing, facts),
            "risk": numbers(_known(risk) / facts.minor_per_unit),
            "mae_r": numbers((entry - worst * quantity) * side * per_r),
            "mfe_r": numbers((best * quantity - entry) * side * per_r),
            "worst_price": scaled(worst, which, ticks),
            "best_price": scaled(best, which, ticks),
            "reason": reasons(column(rows, "reason")),
            "fills": column(rows, "fills"),
            "ambiguous": column(rows, "ambiguous"),
        }
    )


def _known(risk: Integers) -> Floats:
    """Return the cash at risk, NaN where no stop was given."""
    return np.where(risk > 0, risk, np.nan)


def _minor_per_tick_step(rows: Rows, facts: RunFacts) -> Floats:
    """Return what a tick of one lot step was worth, minor units of the account.

    For a foreign quote currency the rate is the one the trade itself was settled at: gross / price
    difference.
    """
    which, gross = column(rows, "instrument"), column(rows, "gross")
    moved = (column(rows, "exit_cost") - column(rows, "entry_cost")) * column(rows, "side")
    worth = gross / np.where(moved != 0, moved, np.nan)
    for number, one in enumerate(facts.instruments):
        if one.quote_currency == facts.currency:
            worth[which == number] = one.tick_value[0] / one.tick_value[1]
    return worth


def gates_table(rows: Rows, facts: RunFacts) -> "pl.DataFrame":
    """Return one row a gate asked: its value, the bounds between which it passes, and whether it did."""
    words: list[str] = []
    first: list[int] = []
    most = max(rows["gate"], default=0) + 1
    for one in facts.strategies:
        first.append(len(words))
        words += [one.gates[number] if number < len(one.gates) else f"gate {number}" for number in range(most)]
    strategy = column(rows, "strategy")
    return frame(
        {
            "ts": instants(column(rows, "ts")),
            "strategy": names(facts.strategy_names, strategy),
            "symbol": names(facts.symbols, column(rows, "instrument")),
            "gate": names(words, np.array(first, np.int64)[strategy] + column(rows, "gate")),
            "value": np.ascontiguousarray(rows["value"]),
            "low": np.ascontiguousarray(rows["low"]),
            "high": np.ascontiguousarray(rows["high"]),
            "passed": rows["passed"] != 0,
        }
    )


def equity_table(rows: Rows, facts: RunFacts) -> "pl.DataFrame":
    """Return the account over time: rows with a `date` at each 17:00 New York roll, others between.

    The roll of a weekend and the one before the first date carry no date: they end no trading date. Where the
    facts know how the run closed, the last row is that, and it stands for the date in progress.
    """
    parts = {name: column(rows, name) for name in ("ts", "date", "balance", "equity", "low_equity", "margin")}
    closing = facts.closing
    if closing is not None:
        last = {"low_equity": closing.equity, "date": -1}
        if closing.date > parts["date"].max(initial=0):
            last["date"] = closing.date
        for name, values in parts.items():
            parts[name] = np.append(values, last[name] if name in last else getattr(closing, name))
    undated = (parts["date"] <= 0) | ((parts["date"] + 3) % 7 > 4)  # 1970-01-01 was a Thursday
    amounts = {name: cash(parts[name], facts) for name in ("balance", "equity", "low_equity", "margin")}
    return frame({"ts": instants(parts["ts"]), "date": dates(parts["date"], undated), **amounts})
