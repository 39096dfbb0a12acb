"""The venue's order table, and what ties attached orders to their entry in it.

A fill of an entry brings its stop-loss and take-profit to life for the quantity filled; a fill of one takes the same
quantity off the other; and an entry ends with its bracket: nothing may open again what the bracket closed.
"""

from tradewind.kernel import refusals
from tradewind.kernel.compiled import copy_record, inner
from tradewind.kernel.fills import (
    AT_OPEN,
    BY_LIMIT,
    BY_STOP,
    OPTIMISTIC,
    PESSIMISTIC,
    certain_leg,
    level_of,
    met_at_trigger,
    works_as_limit,
)
from tradewind.kernel.orders import ENTRY, GOOD_TILL_CANCELLED, LIMIT, STOP, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import ORDERS

# What a row of the venue's table is.
WAITING = 1
"""On its way: latency has not passed."""
AT_WORK = 2
ANSWER = 3
"""No order, only an answer to give: its `type` is the report's kind."""


@inner
def new_venue_order(venue, instrument):
    """Return a blank row of the venue's order table.

    The table is as long as the state's and the verbs check that one, so there is always a row.
    """
    order = venue.orders[min(venue.order_count, ORDERS - 1)]
    venue.order_count += 1
    venue.instruments[instrument].working += 1
    order.id = 0
    order.parent = 0
    order.stop_order = 0
    order.target_order = 0
    order.sent_at = 0
    order.active_from = 0
    order.expires = 0
    order.quantity = 0
    order.filled = 0
    order.price = 0
    order.trigger = 0
    order.triggered = 0
    order.stop_loss = 0
    order.take_profit = 0
    order.trail = 0
    order.cancel_at = 0
    order.replace_at = 0
    order.new_price = 0
    order.new_trigger = 0
    order.new_quantity = 0
    order.born = 0
    order.role = ENTRY
    order.lifetime = GOOD_TILL_CANCELLED
    order.reduce_only = 0
    order.entry = AT_OPEN
    order.ending = 0
    order.reason = 0
    order.cancel_reason = 0
    order.resized = 0
    order.ambiguous = 0
    order.trailed = 0
    return order


@inner
def find_venue_order(venue, order):
    """Return the row of order `order` in the venue's table, or -1."""
    for row in range(venue.order_count):
        if venue.orders[row].id == order:
            return row
    return -1


@inner
def forget_venue_order(venue, row):
    """The order in `row` is gone from the venue's table; the others keep their order."""
    venue.instruments[venue.orders[row].instrument].working -= 1
    last = venue.order_count - 1
    for index in range(row, last):
        copy_record(venue.orders[index], venue.orders[index + 1])
    venue.order_count = last


@inner
def attach(venue, event, entry, quantity, gap):
    """The stop-loss and take-profit of a filled entry work for `quantity` steps more."""
    if entry.role != ENTRY:
        return
    how = AT_OPEN
    if not gap:
        how = BY_LIMIT if works_as_limit(entry) and not met_at_trigger(venue, entry) else BY_STOP
    unsure = False
    if entry.stop_loss != 0:
        unsure = attach_leg(venue, event, entry, entry.stop_order, STOP_LOSS, quantity, how)
    if entry.take_profit != 0:
        unsure = attach_leg(venue, event, entry, entry.target_order, TAKE_PROFIT, quantity, how) or unsure
    if unsure:
        for row in range(venue.order_count):
            if venue.orders[row].parent == entry.id:
                venue.orders[row].ambiguous = 1


@inner
def attach_leg(venue, event, entry, order_id, role, quantity, how):
    """The attached order `order_id` works for `quantity` steps more; return whether its bar of birth is unclear."""
    row = find_venue_order(venue, order_id)
    if row >= 0:
        venue.orders[row].quantity += quantity
        return False
    leg = new_venue_order(venue, entry.instrument)
    leg.id = order_id
    leg.parent = entry.id
    leg.sent_at = entry.sent_at
    leg.quantity = quantity
    leg.price = entry.take_profit if role == TAKE_PROFIT else 0
    leg.trigger = entry.stop_loss if role == STOP_LOSS else 0
    leg.trail = entry.trail if role == STOP_LOSS else 0
    leg.strategy = entry.strategy
    leg.instrument = entry.instrument
    leg.side = -entry.side
    leg.type = LIMIT if role == TAKE_PROFIT else STOP
    leg.role = role
    leg.reduce_only = 1
    leg.status = AT_WORK
    leg.born = venue.interval
    leg.entry = how
    if role == STOP_LOSS and how != AT_OPEN:
        # Where the entry filled, the other side stood a spread away: perhaps beyond the stop already.
        leg.triggered = level_of_entry(entry, how) - entry.side * spread_at_entry(event, entry, how)
    through = venue.limit_through
    return (
        how != AT_OPEN
        and event.span != 0
        and (certain_leg(event, leg, PESSIMISTIC, through) != certain_leg(event, leg, OPTIMISTIC, through))
    )


@inner
def level_of_entry(entry, how):
    """Return the price at which an entry inside the interval was met, ticks."""
    if how == BY_STOP and entry.triggered != 0:
        return entry.triggered
    return level_of(entry)


@inner
def spread_at_entry(event, entry, how):
    """Return the spread in ticks at the corner of the bar where the entry was met."""
    upward = (entry.side > 0) != (how == BY_LIMIT)
    return event.spread_high if upward else event.spread_low


@inner
def take_from_sibling(venue, order, quantity):
    """The other attached order of the same entry works for `quantity` steps less; at none it is ended.

    So is the rest of the entry when its bracket is done: nothing may open again what the bracket closed.
    """
    for row in range(venue.order_count):
        other = venue.orders[row]
        if other.id == order.parent and order.quantity <= 0:
            other.ending = refusals.OTHER_LEG_FILLED
        elif other.parent == order.parent and other.role != order.role and other.role != ENTRY:
            other.quantity -= quantity
            other.resized = 1
            if other.quantity <= 0:
                other.quantity = 0
                other.ending = refusals.OTHER_LEG_FILLED


@inner
def end_rest_of_entry(venue, leg):
    """What is still to be filled of a leg's entry ends with the position: it would come back without a stop-loss."""
    row = find_venue_order(venue, leg.parent)
    if row >= 0 and leg.role != ENTRY:
        venue.orders[row].ending = refusals.POSITION_CLOSED


@inner
def detach(venue, leg):
    """Further fills of its entry bring no new `leg` to life: it was cancelled."""
    row = find_venue_order(venue, leg.parent)
    if row >= 0 and leg.role == STOP_LOSS:
        venue.orders[row].stop_loss = 0
    elif row >= 0:
        venue.orders[row].take_profit = 0
