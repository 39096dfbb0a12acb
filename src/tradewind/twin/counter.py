"""The kernel's simulated venue, asked from outside: one command in, one report out.

In a backtest the loop asks the venue by itself. A twin run has to stand between the two, to let an order arrive when
it did arrive and a fill cost what it did cost; so here the state's own venue is silent, and a second one is asked
step by step and its answers are handed in as a broker's would be. The promise of the kernel that a replay from a
journal gives the same bytes makes both the same run; `tests/live/twin` holds it to that.

Everything is handed over by address, as in `kernel.loop`.
"""

# Compiled, as the kernel is: record dtypes are the types.
# ruff: noqa: ANN001, ANN201  the arguments are addresses and numbers, the compiler finds their types
# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated"

import numpy as np

from tradewind.kernel.account import round_half_away, settle
from tradewind.kernel.brackets import AT_WORK, new_venue_order
from tradewind.kernel.compiled import compiled, record_at
from tradewind.kernel.costs import commission_of
from tradewind.kernel.netting import night_of
from tradewind.kernel.orders import (
    ASK_CANCEL,
    ASK_REPLACE,
    ENTRY,
    HELD,
    STOP_LOSS,
    TAKE_PROFIT,
    WORKING,
    advance_order,
    end_held_legs,
    find_order,
    forget_order,
)
from tradewind.kernel.records import CANCEL, COMMAND, EVENT, PLACE, STATE, VENUE
from tradewind.kernel.stop_out import is_stopped_out, next_stop_out
from tradewind.kernel.venue import accept, next_report, observe
from tradewind.kernel.verbs import write_order


@compiled
def take(venue_address, command_address):
    """The venue has the command and will act on it when it arrives."""
    accept(record_at(venue_address, VENUE), record_at(command_address, COMMAND))


@compiled
def look(venue_address, state_address, event_address, quoted_at):
    """The venue has seen the price; `quoted_at` is when the price before it was, which the state has forgotten."""
    venue, state = record_at(venue_address, VENUE), record_at(state_address, STATE)
    event = record_at(event_address, EVENT)
    row = state.instruments[event.instrument]
    present = row.quoted_at
    row.quoted_at = quoted_at
    observe(venue, state, event)
    row.quoted_at = present


@compiled
def answer(venue_address, state_address, event_address):
    """Return whether the venue has one more report about the event; if so it stands in `venue.report`."""
    return next_report(
        record_at(venue_address, VENUE), record_at(state_address, STATE), record_at(event_address, EVENT)
    )


@compiled
def stop_out(venue_address, state_address, event_address):
    """Return whether the broker closes one more position after the price; if so the fill stands in `venue.report`."""
    venue, state = record_at(venue_address, VENUE), record_at(state_address, STATE)
    if state.account.margin == 0:
        return False
    settle(state)
    if venue.closing == 0 and not is_stopped_out(state):
        return False
    return next_stop_out(venue, state, record_at(event_address, EVENT))


@compiled
def commission(venue_address, state_address, instrument, steps, price):
    """Return what the assumed broker charges for a fill: cash to the account, minor units."""
    venue, state = record_at(venue_address, VENUE), record_at(state_address, STATE)
    amount = commission_of(state, instrument, steps, price)
    if venue.commission_scale != 1.0:
        amount = round_half_away(venue.commission_scale * float(amount))
    return np.int64(amount)


@compiled
def night(venue_address, state_address, position):
    """Return what the assumed broker books for the night to a position (its index), minor units."""
    venue, state = record_at(venue_address, VENUE), record_at(state_address, STATE)
    return np.int64(night_of(state, position, venue.financing_scale))


@compiled
def enact(state_address, command_address):
    """The state has the orders of the command, under the ids it names, as if its strategy had just given it."""
    state, command = record_at(state_address, STATE), record_at(command_address, COMMAND)
    if command.kind != PLACE:
        row = find_order(state, command.order)
        if row >= 0:
            advance_order(state, row, ASK_CANCEL if command.kind == CANCEL else ASK_REPLACE)
        return
    write_order(state, command, ENTRY, command.side, command.price, command.trigger, command.order)
    if command.stop_order != 0:
        write_order(state, command, STOP_LOSS, -command.side, 0, command.stop_loss, command.stop_order)
    if command.target_order != 0:
        write_order(state, command, TAKE_PROFIT, -command.side, command.take_profit, 0, command.target_order)
    state.next_order = max(state.next_order, max(command.order, command.stop_order, command.target_order) + 1)


@compiled
def undo(state_address, command_address):
    """The state has no order of the command, as if it had not been given; what it wanted to change is as it was."""
    state, command = record_at(state_address, STATE), record_at(command_address, COMMAND)
    row = find_order(state, command.order)
    if row < 0:
        return
    if command.kind != PLACE:
        state.orders[row].status = WORKING
        return
    forget_order(state, row)
    end_held_legs(state, command.order)


@compiled
def resize(venue_address, state_address, order, quantity):
    """The order just sent is for `quantity` steps, with its risk in proportion, in the state and at the venue."""
    venue, state = record_at(venue_address, VENUE), record_at(state_address, STATE)
    row = find_order(state, order)
    if row >= 0:
        state.orders[row].risk = state.orders[row].risk * quantity // state.orders[row].quantity
        state.orders[row].quantity = quantity
    for index in range(venue.order_count):
        if venue.orders[index].id == order:
            venue.orders[index].quantity = quantity


@compiled
def value(state_address):
    """Everything open is valued at the latest prices."""
    settle(record_at(state_address, STATE))


@compiled
def adopt(venue_address, state_address):
    """The venue works for every order that lives in the state and does not wait for its entry."""
    venue, state = record_at(venue_address, VENUE), record_at(state_address, STATE)
    for row in range(state.order_count):
        order = state.orders[row]
        if order.status == HELD:
            continue
        mine = new_venue_order(venue, order.instrument)
        mine.id = order.id
        mine.parent = order.parent
        mine.sent_at = order.sent_at
        mine.quantity = order.quantity - order.filled
        mine.filled = order.filled
        mine.price = order.price
        mine.trigger = order.trigger
        mine.trail = order.trail
        mine.expires = order.expires
        mine.strategy = order.strategy
        mine.instrument = order.instrument
        mine.side = order.side
        mine.type = order.type
        mine.role = order.role
        mine.reduce_only = order.reduce_only
        mine.reason = order.reason
        mine.status = AT_WORK
        for other in range(state.order_count):
            leg = state.orders[other]
            if leg.parent == order.id and leg.role == STOP_LOSS:
                mine.stop_order = leg.id
                mine.stop_loss = leg.trigger
            elif leg.parent == order.id and leg.role == TAKE_PROFIT:
                mine.target_order = leg.id
                mine.take_profit = leg.price
