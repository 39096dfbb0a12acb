"""What an account has at stake now: loss to the stops, value and pending margin, by instrument, minor units.

The gate measures the same whenever it looks at an order (`kernel.exposure`); between orders its numbers are those of
the last one, so what people see is measured here, from the state as it stands, which stays as it is. Commissions of
the exit are left out.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from tradewind.kernel.orders import ENTRY, HELD, STOP
from tradewind.kernel.records import INSTRUMENTS

if TYPE_CHECKING:
    from tradewind.live.desk import Desk

FRIDAY = 4


class Stake(NamedTuple):
    """One instrument's, minor units of the account and lot steps; a heat of None has no end: a stop is missing."""

    heat_long: float | None
    heat_short: float | None
    worth_long: float
    worth_short: float
    steps_long: int
    steps_short: int
    pending_margin: float


def stakes(desk: "Desk") -> list[Stake]:
    """Return what is at stake in each traded instrument, in their order."""
    state = desk.core.state
    living = state["orders"][: int(state["order_count"])]
    count = len(desk.prepared.strategies)
    return [_stake(state, number, living, (count, kappa_of(state, number))) for number in range(desk.prepared.traded)]


def kappa_of(state: Any, number: int) -> float:
    """Return how far stops in an instrument are expected to slip, as a multiple of the loss to the stop."""
    limits, row = state["limits"], state["instruments"][number]
    never_flat = int(limits["flat_minute"]) < 0
    friday = (int(state["date"]) + 3) % 7 == FRIDAY
    if friday and never_flat and int(limits["weekend_flat"]) < 0 and int(limits["friday_flat_minute"]) < 0:
        return float(limits["kappa_weekend"])
    if never_flat or int(row["news_opens"]) <= int(state["now"]) < int(row["news_closes"]):
        return float(limits["kappa_break"])
    return float(limits["kappa"])


def _stake(state: Any, number: int, living: Any, how: tuple[int, float]) -> Stake:
    count, kappa = how
    row = state["instruments"][number]
    tick = tick_value(state, number)
    heat: dict[int, float | None] = {1: 0.0, -1: 0.0}
    worth, steps = {1: 0.0, -1: 0.0}, {1: 0, -1: 0}
    mine = [order for order in living if int(order["instrument"]) == number and int(order["status"]) != HELD]
    for strategy in range(count):
        held = int(state["positions"][strategy * INSTRUMENTS + number]["quantity"])
        if held == 0:
            continue
        side = 1 if held > 0 else -1
        mark = int(row["bid"] if held > 0 else row["ask"])
        worth[side] += abs(held) * mark * tick
        steps[side] += abs(held)
        own = [order for order in mine if int(order["strategy"]) == strategy]
        heat[side] = _added(heat[side], _to_stops(own, held, (mark, int(row["stop_slippage"])), tick * kappa))
    margin = 0.0
    for order in mine:
        if int(order["role"]) != ENTRY or int(order["reduce_only"]):
            continue
        side, left = int(order["side"]), int(order["quantity"]) - int(order["filled"])
        value = left * max(int(row["ask"]), int(order["price"]), int(order["trigger"])) * tick
        worth[side] += value
        steps[side] += left
        margin += value * float(row["margin_rate"])
        risk = kappa * float(order["risk"]) * left / int(order["quantity"]) if int(order["stop_loss"]) else None
        heat[side] = _added(heat[side], risk)
    return Stake(heat[1], heat[-1], worth[1], worth[-1], steps[1], steps[-1], margin)


def _to_stops(orders: list[Any], held: int, mark: tuple[int, int], per_tick: float) -> float | None:
    """Return what a position loses to its stops; None where a part of it has none."""
    covered, loss = 0, 0.0
    for order in orders:
        if int(order["type"]) != STOP or int(order["role"]) == ENTRY or held * int(order["side"]) >= 0:
            continue
        steps = min(int(order["quantity"]) - int(order["filled"]), abs(held))
        covered += steps
        loss += (max(0, (mark[0] - int(order["trigger"])) * -int(order["side"])) + mark[1]) * steps * per_tick
    return loss if covered >= abs(held) else None


def _added(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def tick_value(state: Any, number: int) -> float:
    """Return what one tick of one lot step is worth when lost, minor units of the account."""
    row = state["instruments"][number]
    rate = float(state["currencies"][int(row["currency"])]["rate_ask"])
    return float(row["value_numerator"]) / float(row["value_denominator"]) * rate
