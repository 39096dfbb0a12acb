"""What a strategy may ask about its own position and the orders attached to it."""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.orders import STOP_LOSS
from tradewind.kernel.positions import position_of


@compiled
def attached(state, instrument, role):
    """Return the row of the running strategy's living attached order of `role` in `instrument`, or -1."""
    for row in range(state.order_count):
        order = state.orders[row]
        if order.strategy == state.strategy and order.instrument == instrument and order.role == role:
            return row
    return -1


@compiled
def stop_price(state, instrument):
    """Return the price in ticks of the position's stop-loss, or 0 where there is none."""
    row = attached(state, instrument, STOP_LOSS)
    return state.orders[row].trigger if row >= 0 else np.int64(0)


@compiled
def position(state, instrument):
    """Return the running strategy's position row in `instrument`."""
    return position_of(state, state.strategy, instrument)


@compiled
def held(state, instrument):
    """Return the running strategy's position in lot steps, signed."""
    return position_of(state, state.strategy, instrument).quantity
