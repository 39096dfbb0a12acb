"""Doors to functions that only compiled code can call: each is called by a compiled one that Python can."""

from tradewind.kernel import account, costs, orders, sizing, verbs
from tradewind.kernel.compiled import compiled


@compiled
def advance_order(state, row, happening):
    """See orders.advance_order."""
    return orders.advance_order(state, row, happening)


@compiled
def margin_of(state, instrument, steps, price):
    """See account.margin_of."""
    return account.margin_of(state, instrument, steps, price)


@compiled
def financing_of(state, instrument, quantity, date):
    """See costs.financing_of."""
    return costs.financing_of(state, instrument, quantity, date)


@compiled
def kelly_fraction(results, count):
    """See sizing.kelly_fraction."""
    return sizing.kelly_fraction(results, count)


@compiled
def shrunk_kelly(state, strategy):
    """See sizing.shrunk_kelly."""
    return sizing.shrunk_kelly(state, strategy)


@compiled
def size_order(state, strategy, instrument, entry, stop_loss):
    """See sizing.size_order."""
    return sizing.size_order(state, strategy, instrument, entry, stop_loss)


@compiled
def steps_of(state, instrument, lots):
    """See sizing.steps_of."""
    return sizing.steps_of(state, instrument, lots)


@compiled
def reduce_only(state, instrument, side, steps):
    """A market order that may only reduce is given to the gate, whatever the position is; return its id or -refusal."""
    command = verbs.blank_command(state, instrument, side)
    command.quantity = steps
    command.reduce_only = 1
    return verbs.submit(state, command)
