"""Netting accounts: the broker holds one position in an instrument, strategies keep books of their own beside it.

Margin, financing, dividends, balance, equity and stop-out are those of the net position; a strategy's position is
virtual, and the sum of these is the net. What the broker charges or pays for the net is shared out by quantity: the
strategies are gone through in order, each gets what the sum up to it is charged less what the sum before it was. So the
parts add up to the charge to the minor unit, and a short among longs is paid at the rate at which they pay.
"""

import numpy as np

from tradewind.kernel.account import cash_of, realise, round_half_away
from tradewind.kernel.compiled import inner
from tradewind.kernel.costs import financing_at, financing_of
from tradewind.kernel.records import INSTRUMENTS


@inner
def fill_net(state, report):
    """The broker's position in the instrument and, for what it closes, the balance know the fill in `report`."""
    net = state.nets[report.instrument]
    held = net.quantity
    closing = np.int64(0)
    if held != 0 and (held > 0) != (report.side > 0):
        closing = min(abs(held), np.int64(report.quantity))
    if closing > 0:
        share = closing * (1 if held > 0 else -1)
        # floor(cost x share / held), with the product kept inside int64.
        cost = net.cost // held * share + net.cost % held * share // held
        result = cash_of(state, report.instrument, share * report.price - cost)
        net.quantity -= share
        net.cost -= cost
        value = cash_of(state, report.instrument, net.quantity * report.price - net.cost)
        realise(state, result, value - net.unrealised, value - net.adverse)
        net.unrealised = value
        net.adverse = value
    opening = (report.quantity - closing) * report.side
    net.quantity += opening
    net.cost += opening * report.price


@inner
def sum_before(state, index):
    """Return the lot steps, signed, that strategies before that of position `index` hold in its instrument."""
    total = np.int64(0)
    for other in range(index % INSTRUMENTS, index, INSTRUMENTS):
        total += state.positions[other].quantity
    return total


@inner
def scaled(amount, scale):
    """Return cash times the multiple of a cost, rounded."""
    return amount if scale == 1.0 else round_half_away(scale * float(amount))


@inner
def night_of(state, index, scale):
    """Return the cash (signed, minor units) that position `index` gets at the roll that ends the present date."""
    instrument = index % INSTRUMENTS
    quantity = state.positions[index].quantity
    if state.account.netting == 0:
        return scaled(financing_of(state, instrument, quantity, state.date), scale)
    net = state.nets[instrument].quantity
    if net == 0:
        return np.int64(0)
    before = sum_before(state, index)
    upto = scaled(financing_at(state, instrument, before + quantity, net > 0, state.date), scale)
    return upto - scaled(financing_at(state, instrument, before, net > 0, state.date), scale)


@inner
def dividend_of(state, index, points):
    """Return the cash (signed, minor units) that position `index` gets for a dividend of `points` ticks."""
    instrument = index % INSTRUMENTS
    quantity = state.positions[index].quantity
    if state.account.netting == 0:
        return cash_of(state, instrument, quantity * points)
    before = sum_before(state, index)
    return cash_of(state, instrument, (before + quantity) * points) - cash_of(state, instrument, before * points)


@inner
def net_to_close(state):
    """Return the instrument of the worst net position at the latest interval's worst corner, or -1 if all are flat."""
    worst = -1
    for instrument in range(state.instrument_count):
        net = state.nets[instrument]
        if net.quantity != 0 and (worst < 0 or net.adverse < state.nets[worst].adverse):
            worst = instrument
    return worst


@inner
def worst_holder(state, instrument, side):
    """Return the index of the worst position in `instrument` among those on the side of the sign of `side`."""
    worst = -1
    for index in range(instrument, state.strategy_count * INSTRUMENTS, INSTRUMENTS):
        position = state.positions[index]
        if position.quantity * side > 0 and (worst < 0 or position.adverse < state.positions[worst].adverse):
            worst = index
    return worst
