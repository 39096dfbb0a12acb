"""The broker closes positions when equity does not carry the margin any more: the worst first, at the worst price.

A hedging broker closes one strategy's position after the other, a netting one the worst net position whole.
"""

from tradewind.kernel import refusals
from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.netting import net_to_close, worst_holder
from tradewind.kernel.records import FILLED, INSTRUMENTS, POSITIONS
from tradewind.kernel.venue import emit_cash


@compiled(inline=True, inner=True)
def is_stopped_out(state):
    """Return whether equity, at the worst corners of the latest intervals, does not carry the margin any more."""
    account = state.account
    return account.margin != 0 and float(account.balance + account.adverse) <= account.stop_out * float(account.margin)


@inner
def next_stop_out(venue, state, event):
    """Return whether there is a position for the broker to close: the worst, at the interval's worst corner."""
    if state.account.netting != 0:
        return next_net_stop_out(venue, state, event)
    worst = -1
    for index in range(POSITIONS):
        found = state.positions[index]
        if found.quantity != 0 and (worst < 0 or found.adverse < state.positions[worst].adverse):
            worst = index
    if worst < 0:
        return False
    close_out(venue, state, event, worst, state.positions[worst].quantity)
    return True


@inner
def next_net_stop_out(venue, state, event):
    """Return whether there is a net position to close, the worst one whole: taken from those on its side, worst first.

    What the strategies then still hold in the instrument cancels out.
    """
    if venue.closing == 0:
        venue.closing = 1 + net_to_close(state)
        if venue.closing == 0:
            return False
    instrument = venue.closing - 1
    net = state.nets[instrument].quantity
    worst = worst_holder(state, instrument, net)
    held = state.positions[worst].quantity
    if abs(held) >= abs(net):
        venue.closing = 0
        held = net
    close_out(venue, state, event, worst, held)
    return True


@inner
def close_out(venue, state, event, index, quantity):
    """`venue.report` says that the broker closes `quantity` of a position at the interval's worst corner."""
    row = state.instruments[index % INSTRUMENTS]
    emit_cash(venue, event, index, quantity, 0, refusals.STOPPED_OUT)
    report = venue.report
    report.kind = FILLED
    report.side = -1 if quantity > 0 else 1
    report.price = row.bid_low if quantity > 0 else row.ask_high
    report.spread = row.ask - row.bid
