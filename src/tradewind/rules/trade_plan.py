"""One set of rules for longs and shorts: levels, bounded stops, entries in parts, rising stops.

A *level* is a price seen in the direction of the trade: the price itself for a long, its negative for a
short, so that higher is always better and every rule is written once. Charts are of bids, but a short trades
on the ask where a long trades on the bid; a chart level becomes a short's level `shifted` by the usual spread
(domain 5.1: the order level of a short's stop is the chart level plus the spread). Levels are whole ticks
once they are orders. Source: domain 0.6, 2.3, 5.1 and 8.18.
"""

import math

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.compiled import compiled
from tradewind.kernel.orders import STOP_LOSS
from tradewind.kernel.positions import position_of
from tradewind.kernel.records import record
from tradewind.kernel.sizing import size_order
from tradewind.kernel.verbs import close, place, replace

PLAN = record(
    [
        ("seen", "i8"),             # trades planned
        ("value", "f8"),            # level of the initial stop
        ("side", "i8"),
        ("near", "f8"),             # level at which a part leaves; 0 without one
        ("peak", "f8"),             # highest chart level of bars closed since the entry
        ("trailing", "i8"),         # 1: the stop follows
    ]
)  # fmt: skip

NEXT_BAR = 300 * 1_000_000_000
"""The rules are woken by bars of five minutes at most."""

TINY = 1e-6
"""A level this close to a whole tick is that tick."""


@compiled
def entering(state, instrument, side):
    """Return the level at which a market order enters now: the ask for a long, the bid for a short."""
    row = state.instruments[instrument]
    return float(row.ask) if side > 0 else -float(row.bid)


@compiled
def leaving(state, instrument, side):
    """Return the level at which the trade would end now: the bid for a long, the ask for a short."""
    row = state.instruments[instrument]
    return float(row.bid) if side > 0 else -float(row.ask)


@compiled
def shifted(side, level, spread):
    """Return a chart level as the trade's own: of the bid for a long, of the ask for a short."""
    return level if side > 0 else level - spread


@compiled
def tick_below(level):
    """Return the whole tick at or below `level`."""
    return np.int64(math.floor(level + TINY))


@compiled
def tick_above(level):
    """Return the whole tick at or above `level`."""
    return np.int64(math.ceil(level - TINY))


@compiled
def stop_bounds(spread, atr15, widest):
    """Return the least and the greatest distance a stop may have, NaN while the average range is not known.

    At least three usual spreads and half an ATR14(M15), at most 2.5 of it and `widest`.
    """
    if not atr15 > 0.0:
        return math.nan, math.nan
    return max(3.0 * spread, 0.5 * atr15), min(2.5 * atr15, widest)


@compiled
def enter(state, instrument, side, stop, near, far, share):
    """A market order is sent, or two: `share` of the size leaves at `near`, the rest at `far` (0: no target).

    Levels are whole ticks. Return an id, or minus a refusal. Where the size is too small to part, all of it
    leaves at `far`. Of two orders each has its own stop, so the parts cannot leave anything behind.
    """
    if share > 0.0:
        row = state.instruments[instrument]
        price = row.ask if side > 0 else row.bid
        steps = size_order(state, state.strategy, instrument, price, side * stop)
        part = np.int64(math.floor(steps * share))
        if part >= row.quantity_minimum and steps - part >= row.quantity_minimum:
            lots = part / row.steps_per_lot
            first = place(state, instrument, side, lots, 0, 0, side * stop, side * near, 0, 0, 0)
            lots = (steps - part) / row.steps_per_lot
            second = place(state, instrument, side, lots, 0, 0, side * stop, side * far, 0, 0, 0)
            return first if first > 0 else second
    return place(state, instrument, side, 0.0, 0, 0, side * stop, side * far, 0, 0, 0)


@compiled
def enter_beyond(state, instrument, side, trigger, stop, target, expires):
    """A stop order waits at the level `trigger`; return its id or minus a refusal. Levels are whole ticks."""
    return place(state, instrument, side, 0.0, 0, side * trigger, side * stop, side * target, 0, expires, 0)


@compiled
def plan_trade(memory, side, stop, near):
    """The plan of a new trade with its stop at that level and its first target at `near`, 0 for none."""
    memory.seen += 1
    memory.value = float(stop)
    memory.side = side
    memory.near = float(near)
    memory.peak = -math.inf
    memory.trailing = 0


@compiled
def entered_at(state, instrument, side):
    """Return the level of the average entry of the running strategy's position."""
    position = position_of(state, state.strategy, instrument)
    return side * (position.entry_cost / position.entry_steps)


@compiled
def best_level(state, instrument, side):
    """Return the best level at which the position could have been left while open."""
    return float(side * position_of(state, state.strategy, instrument).best_price)


@compiled
def raise_stops(state, instrument, side, level):
    """Every stop-loss of the running strategy in the instrument that lies lower is moved up to `level`."""
    price = side * level
    for row in range(state.order_count):
        order = state.orders[row]
        if (
            order.strategy == state.strategy
            and order.instrument == instrument
            and order.role == STOP_LOSS
            and (price - order.trigger) * side > 0
        ):
            replace(state, order.id, 0, price, 0.0)


@compiled
def leave_in_time(state, instrument, ends, flat):
    """Return whether the position is closed: the session (`ends`) or the day (`flat`) is over, or news are due.

    A position that has to be gone before a release leaves at the last bar before, so that it needs no luck.
    """
    flat_at = state.instruments[instrument].news_flat_at
    if 0 < flat_at < state.now + NEXT_BAR:
        close(state, instrument, refusals.NEWS_AHEAD)
        return True
    if state.now >= flat or position_of(state, state.strategy, instrument).opened_at < state.day_opens:
        close(state, instrument, refusals.DAY_END)
        return True
    if state.now >= ends:
        close(state, instrument, refusals.SESSION_END)
        return True
    return False
