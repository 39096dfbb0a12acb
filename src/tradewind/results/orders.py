"""What was ordered and what became of it: orders, fills and refusals, from the logs of commands and events.

An order's outcome is read from the reports about it: the last one that ended it, or how much was filled.
Attached stops and targets have no command of their own; they appear among the fills, with the role they
played.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.kernel.records import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    FILLED,
    PLACE,
    REFUSED_COMMAND,
    REJECTED,
    REPLACED,
    UNKNOWN_OUTCOME,
)
from tradewind.results.columns import (
    Booleans,
    Integers,
    averaged,
    cash,
    column,
    frame,
    instants,
    lot_steps,
    names,
    numbers,
    reasons,
    scaled,
    sentences,
    tick_sizes,
)
from tradewind.results.facts import RunFacts

if TYPE_CHECKING:
    import polars as pl

Rows = np.ndarray[Any, Any]

SIDES = ("sell", "buy")
TYPES = ("", "market", "limit", "stop", "stop-limit")
"""By the numbers of `kernel.orders`, which cannot be imported without Numba; a test keeps them the same."""
STATUSES = ("sent", "working", "unknown", "filled", "cancelled", "expired", "rejected", "refused")
SENT, WORKING, UNKNOWN, DONE, GONE, LATE, DENIED, REFUSED = range(8)
ENDINGS = {CANCELLED: GONE, EXPIRED: LATE, REJECTED: DENIED}
ROLES = ("entry", "exit", "stop-loss", "take-profit", "stop-out")
ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT, STOP_OUT = range(5)


@dataclass(frozen=True)
class Outcome:
    """What became of each order: one element an order asked about."""

    status: Integers
    filled: Integers
    """Lot steps."""
    paid: Integers
    """Steps x ticks of the fills."""
    ended: Integers
    """ns UTC, 0 while it lives."""
    reason: Integers


def outcomes(commands: Rows, events: Rows) -> Outcome:
    """Return what became of each command: its status, fills, end, and the reason of its last report."""
    refused = commands["kind"] == REFUSED_COMMAND
    reports, which = _reports_about(np.where(refused, 0, column(commands, "order")), events)
    kinds, count = column(reports, "kind"), len(commands)
    quantity, filled, paid = (
        column(commands, "quantity"),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )
    ended, reason = np.zeros(count, np.int64), np.where(refused, column(commands, "reason"), 0)
    fills = kinds == FILLED
    steps = column(reports, "quantity")
    np.add.at(filled, which[fills], steps[fills])
    np.add.at(paid, which[fills], steps[fills] * column(reports, "price")[fills])
    quantity[which[kinds == REPLACED]] = steps[kinds == REPLACED]
    status = np.full(count, SENT)
    status[which] = np.where(kinds == UNKNOWN_OUTCOME, UNKNOWN, WORKING)
    status[(filled >= quantity) & (filled > 0)] = DONE
    for kind, ending in ENDINGS.items():
        status[which[kinds == kind]] = ending
    final = fills | np.isin(kinds, list(ENDINGS))
    # Where an order has several such reports numpy keeps the last: the log is in the order of time.
    ended[which[final]] = column(reports, "ts")[final]
    reason[which[final]] = column(reports, "reason")[final]
    status[refused] = REFUSED
    ended[refused] = column(commands, "ts")[refused]
    ended[status < DONE] = 0
    return Outcome(status, filled, paid, ended, reason)


def _reports_about(orders: Integers, events: Rows) -> tuple[Rows, Integers]:
    """Return the reports about any of `orders` (0 is none), in order, and for each the place of its order."""
    reports = events[(events["kind"] >= ACCEPTED) & (events["order"] > 0)]
    if len(orders) == 0:
        return reports[:0], np.zeros(0, np.int64)
    order = np.argsort(orders, kind="stable")
    place = np.searchsorted(orders[order], column(reports, "order"), side="right") - 1
    which = order[np.maximum(place, 0)]
    known = orders[which] == reports["order"]
    return reports[known], which[known]


def orders_table(commands: Rows, events: Rows, facts: RunFacts) -> "pl.DataFrame":
    """Return one row an order sent or refused: what was asked, what became of it, and why.

    Prices and the trailing distance are in price units, `risk` is cash to the stop. Refused cancels and
    replaces have no side and name no instrument. `sentence` says why an order was refused.
    """
    commands = commands[np.isin(commands["kind"], (PLACE, REFUSED_COMMAND))]
    outcome = outcomes(commands, events)
    which, sizes, steps = column(commands, "instrument"), tick_sizes(facts), lot_steps(facts)
    expires, side = column(commands, "expires"), column(commands, "side")
    refused = outcome.status == REFUSED
    prices = {
        name: _given(column(commands, name), which, facts)
        for name in ("price", "trigger", "stop_loss", "take_profit", "trail")
    }
    return frame(
        {
            "number": column(commands, "number"),
            "given": instants(column(commands, "ts")),
            "order": column(commands, "order"),
            "strategy": names(facts.strategy_names, column(commands, "strategy")),
            "symbol": names(facts.symbols, which, _nameless(commands)),
            "side": names(SIDES, (side > 0).astype(np.int64), side == 0),
            "type": names(TYPES, column(commands, "type"), side == 0),
            "lots": scaled(column(commands, "quantity"), which, steps),
            **prices,
            "expires": instants(expires, expires == 0),
            "risk": cash(column(commands, "risk"), facts),
            "status": names(STATUSES, outcome.status),
            "filled": scaled(outcome.filled, which, steps),
            "average_price": numbers(averaged(outcome.paid, outcome.filled, which, sizes)),
            "ended": instants(outcome.ended, outcome.ended == 0),
            "reason": reasons(outcome.reason),
            "sentence": sentences(outcome.reason, ~refused),
        }
    )


def _given(ticks: Integers, which: Integers, facts: RunFacts) -> "pl.Series":
    """Return prices of ticks, null where none was given."""
    return numbers(np.where(ticks == 0, np.nan, scaled(ticks, which, tick_sizes(facts))))


def _nameless(commands: Rows) -> Booleans:
    """Return which commands are about an order nobody knows, and so about no instrument."""
    unknown: Booleans = (commands["kind"] == REFUSED_COMMAND) & (commands["side"] == 0)
    return unknown


def fills_table(commands: Rows, events: Rows, facts: RunFacts) -> "pl.DataFrame":
    """Return one row a fill; `known` is when the system learnt of it, `filled` when it happened.

    `spread` and `slippage` are in price units, `commission` is cash.
    """
    rows = events[events["kind"] == FILLED]
    which, side, sizes = column(rows, "instrument"), column(rows, "side"), tick_sizes(facts)
    return frame(
        {
            "number": column(rows, "number"),
            "known": instants(column(rows, "ts")),
            "filled": instants(column(rows, "occurred")),
            "order": column(rows, "order"),
            "role": names(ROLES, _roles(commands, column(rows, "order"))),
            "strategy": names(facts.strategy_names, column(rows, "strategy")),
            "symbol": names(facts.symbols, which),
            "side": names(SIDES, (side > 0).astype(np.int64)),
            "lots": scaled(column(rows, "quantity"), which, lot_steps(facts)),
            "price": scaled(column(rows, "price"), which, sizes),
            "spread": scaled(column(rows, "spread"), which, sizes),
            "slippage": scaled(column(rows, "slippage"), which, sizes),
            "commission": cash(column(rows, "amount"), facts),
            "reason": reasons(column(rows, "reason")),
            "ambiguous": rows["ambiguous"] != 0,
        }
    )


def _roles(commands: Rows, orders: Integers) -> Integers:
    """Return the role of each order id; what no command asked for was the broker's stop-out."""
    placed = commands[commands["kind"] == PLACE]
    roles = {0: STOP_OUT}
    roles.update(dict.fromkeys(column(placed, "stop_order").tolist(), STOP_LOSS))
    roles.update(dict.fromkeys(column(placed, "target_order").tolist(), TAKE_PROFIT))
    for order, reducing in zip(column(placed, "order").tolist(), placed["reduce_only"].tolist(), strict=True):
        roles[order] = EXIT if reducing else ENTRY
    roles[0] = STOP_OUT
    return np.array([roles.get(order, STOP_OUT) for order in orders.tolist()], np.int64)


def refusals_table(commands: Rows, facts: RunFacts) -> "pl.DataFrame":
    """Return how often each strategy was refused for each reason, the most frequent first."""
    rows = commands[commands["kind"] == REFUSED_COMMAND]
    nameless = _nameless(rows)
    keys = np.stack(
        [column(rows, "strategy"), np.where(nameless, -1, column(rows, "instrument")), column(rows, "reason")]
    )
    groups, place, counts = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    place, when = place.reshape(-1), column(rows, "ts")
    first, last = np.full(groups.shape[1], np.iinfo(np.int64).max), np.zeros(groups.shape[1], np.int64)
    np.minimum.at(first, place, when)
    np.maximum.at(last, place, when)
    order = np.argsort(-counts, kind="stable")
    strategy, instrument, reason = (np.ascontiguousarray(group[order]) for group in groups)
    return frame(
        {
            "strategy": names(facts.strategy_names, strategy),
            "symbol": names(facts.symbols, np.maximum(instrument, 0), instrument < 0),
            "reason": reasons(reason),
            "count": counts[order].astype(np.int64),
            "first": instants(first[order]),
            "last": instants(last[order]),
            "sentence": sentences(reason, np.zeros(len(reason), np.bool_)),
        }
    )
