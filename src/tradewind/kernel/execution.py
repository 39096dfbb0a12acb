"""How the simulated venue fills: which order is next, how much of it, at which price, with which costs.

Large orders fill in clips, one latency apart; a bar gives one clip.
"""

from tradewind.kernel import refusals
from tradewind.kernel.account import round_half_away
from tradewind.kernel.brackets import AT_WORK, attach, forget_venue_order, take_from_sibling
from tradewind.kernel.compiled import inner
from tradewind.kernel.costs import commission_of, slippage_of
from tradewind.kernel.fills import (
    AT_OPEN,
    AT_TRIGGER,
    BY_STOP,
    OPTIMISTIC,
    PATH,
    PESSIMISTIC,
    certain_leg,
    fill_price,
    gapped,
    is_stop,
    level_of,
    met_at_trigger,
    open_side,
    passed_at_birth,
    path_time,
    rank,
    reached,
    works_as_limit,
)
from tradewind.kernel.orders import (
    ENTRY,
    FILL_OR_KILL,
    GOOD_TILL_CANCELLED,
    LIMIT,
    MARKET,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
)
from tradewind.kernel.records import CANCELLED, FILLED, INSTRUMENTS, SECOND, TRIGGERED

ROUGH_BEFORE_ROLL = 300 * SECOND
ROUGH_AFTER_REOPENING = 600 * SECOND


@inner
def emit(venue, event, order, kind, reason):
    """`venue.report` says `kind` about `order`."""
    report = venue.report
    report.number = 0
    report.ts = event.ts
    report.kind = kind
    report.instrument = order.instrument
    report.span = 0
    report.order = order.id
    report.price = level_of(order) if order.type in (LIMIT, STOP, STOP_LIMIT) else 0
    report.quantity = order.quantity
    report.amount = 0
    report.spread = 0
    report.slippage = 0
    report.strategy = order.strategy
    report.side = order.side
    report.reason = reason
    report.ambiguous = 0
    report.occurred = event.ts


@inner
def can_fill(venue, event, order):
    """Return whether the order fills in this interval, given what is certain and the mode."""
    if order.status != AT_WORK or order.instrument != event.instrument or order.ending != 0:
        return False
    if order.type == MARKET:
        return True
    through = venue.limit_through
    if order.born == venue.interval and order.entry != AT_OPEN:
        if venue.mode == PATH:
            return path_of(venue, event, order) <= 3.0
        return certain_leg(event, order, venue.mode, through)
    if order.lifetime != GOOD_TILL_CANCELLED and works_as_limit(order):
        return gapped(event, order, through)
    return reached(event, order, through)


@inner
def path_of(venue, event, order):
    """Return when on the bar's path the order fills, for PATH; 9 if never."""
    if met_at_trigger(venue, order) or fill_gap(venue, event, order):
        return venue.path_at
    if order.born == venue.interval and passed_at_birth(order):
        return venue.path_at
    return path_time(event, level_of(order), order.side, venue.path_at)


@inner
def fill_gap(venue, event, order):
    """Return whether the order executes at the interval's open."""
    if order.type == MARKET:
        return True
    if order.born == venue.interval and order.entry != AT_OPEN:
        return False
    return gapped(event, order, venue.limit_through)


@inner
def next_fill(venue, event):
    """Return the row of the order that fills next in this interval, or -1."""
    best = -1
    best_rank = 9
    best_reach = 0.0
    for row in range(venue.order_count):
        order = venue.orders[row]
        # What a bar itself brought about (the next clip, a moved trailing stop) acts from the next bar.
        if order.active_from > event.ts or (event.span != 0 and order.active_from == event.ts):
            continue
        if not can_fill(venue, event, order):
            continue
        gap = fill_gap(venue, event, order)
        place = rank(order, venue.mode, venue.interval, gap)
        reach = 0.0
        if place > 1:
            reach = float(abs(level_of(order) - open_side(event, order.side)))
            if venue.mode == PATH:
                place = 2
                reach = path_of(venue, event, order)
                if reach > 3.0:
                    continue
        if place < best_rank or (place == best_rank and reach < best_reach):
            best, best_rank, best_reach = row, place, reach
    if best >= 0 and venue.mode == PATH and best_rank == 2:
        venue.path_at = best_reach
    return best


@inner
def is_rough(venue, state, event):
    """Return whether spreads and fills are rough now: near the roll, after a reopening, around news."""
    if state.day_closes > 0 and event.ts > state.day_closes - ROUGH_BEFORE_ROLL:
        return True
    if event.ts < venue.instruments[event.instrument].reopened_at + ROUGH_AFTER_REOPENING:
        return True
    # A bar is rough if any of it lies in a window: its fills may, and a window may end before the bar does.
    row = state.instruments[event.instrument]
    begins = event.ts - event.span * SECOND
    return begins < row.news_ended or (row.news_opens < max(event.ts, begins + 1) and begins < row.news_closes)


@inner
def hit_reason(order):
    """Return why a fill of this order happened."""
    if order.role == STOP_LOSS:
        return refusals.TRAILING_STOP_HIT if order.trailed != 0 else refusals.STOP_LOSS_HIT
    if order.role == TAKE_PROFIT:
        return refusals.TAKE_PROFIT_HIT
    if order.reduce_only != 0 or order.reason != 0:
        return order.reason if order.reason != 0 else refusals.SIGNAL
    return refusals.ENTRY_FILLED


@inner
def trigger(venue, event, order, gap):
    """The stop of a stop-limit order was met: it works as a limit from here on."""
    good = (order.price - order.trigger) * order.side >= 0
    order.triggered = order.trigger
    order.trigger = 0
    order.born = 0 if gap else venue.interval
    order.entry = AT_OPEN if gap else (AT_TRIGGER if good else BY_STOP)
    emit(venue, event, order, TRIGGERED, refusals.NO_REASON)


@inner
def execute(venue, state, event, row):
    """The order in `row` is filled, or triggered, or ended because it cannot be; `venue.report` says so."""
    order = venue.orders[row]
    gap = fill_gap(venue, event, order)
    if order.type == STOP_LIMIT and order.trigger != 0:
        trigger(venue, event, order, gap)
        return
    quantity = quantity_now(state, order)
    opening = open_side(event, -order.side)
    gapped_stop = order.role == ENTRY and order.stop_loss != 0 and gap
    gapped_stop = gapped_stop and (opening - order.stop_loss) * order.side <= 0
    if (gapped_stop and venue.cancel_if_gapped != 0) or (order.lifetime == FILL_OR_KILL and quantity < order.quantity):
        reason = refusals.GAPPED_BEYOND_STOP if gapped_stop else refusals.NOT_FILLED_AT_ONCE
        emit(venue, event, order, CANCELLED, reason)
        forget_venue_order(venue, row)
        return
    report_fill(venue, state, event, order, quantity, gap, gapped_stop)
    order.quantity -= quantity
    order.filled += quantity
    # The next clip comes one latency later; a bar gives one clip.
    order.active_from = event.ts + (venue.latency if event.span == 0 else 0)
    attach(venue, event, order, quantity, gap)
    if order.role != ENTRY:
        take_from_sibling(venue, order, quantity)
    if is_stop(order):
        order.type = MARKET  # its trigger was met: what is left no longer waits for a price
    if order.quantity <= 0:
        forget_venue_order(venue, row)
    elif order.lifetime != GOOD_TILL_CANCELLED:
        order.ending = refusals.NOT_FILLED_AT_ONCE


@inner
def quantity_now(state, order):
    """Return the lot steps that fill at once: at most one clip, and no more than there is to reduce."""
    quantity = order.quantity
    clip = state.instruments[order.instrument].clip_quantity
    if clip > 0:
        quantity = min(quantity, clip)
    if order.role != ENTRY or order.reduce_only != 0:
        held = state.positions[order.strategy * INSTRUMENTS + order.instrument].quantity
        quantity = min(quantity, abs(held))
    return quantity


@inner
def spread_now(venue, event, order, gap):
    """Return the spread in ticks at the corner of the bar where the order fills."""
    if gap:
        return event.spread_open
    upward = (order.side > 0) != (works_as_limit(order) and not met_at_trigger(venue, order))
    return event.spread_high if upward else event.spread_low


@inner
def report_fill(venue, state, event, order, quantity, gap, at_market):
    """`venue.report` is the fill of `quantity` steps of `order`."""
    spread = spread_now(venue, event, order, gap)
    slippage = 0
    if order.type == MARKET or is_stop(order) or met_at_trigger(venue, order):
        slippage = slippage_of(venue, event.instrument, spread, order.type != MARKET, is_rough(venue, state, event))
    born_now = order.born == venue.interval and order.entry != AT_OPEN
    # A target the market has already passed when its entry fills at the open is worth the open: its own price is not
    # one that was traded.
    passed = order.role == TAKE_PROFIT and order.born == venue.interval and gap
    improve = venue.limit_improvement != 0 or at_market or passed
    price = fill_price(event, order, gap, born_now, slippage, improve)
    amount = commission_of(state, event.instrument, quantity, price)
    if venue.commission_scale != 1.0:
        amount = round_half_away(venue.commission_scale * float(amount))
    ambiguous = is_ambiguous(venue, event, order)
    emit(venue, event, order, FILLED, hit_reason(order))
    report = venue.report
    report.price = price
    report.quantity = quantity
    report.amount = amount
    report.spread = spread
    report.slippage = slippage
    report.ambiguous = 1 if ambiguous else 0
    if gap:
        report.occurred = max(event.ts - event.span * SECOND, order.active_from)
        report.occurred = min(report.occurred, event.ts)


@inner
def is_ambiguous(venue, event, order):
    """Return whether bars alone cannot tell that this attached order filled rather than its sibling or nothing."""
    if order.born == venue.interval and passed_at_birth(order):
        return False
    if order.ambiguous != 0:
        return True
    if order.role == ENTRY or event.span == 0 or fill_gap(venue, event, order):
        return False
    through = venue.limit_through
    born_now = order.born == venue.interval and order.entry != AT_OPEN
    for row in range(venue.order_count):
        other = venue.orders[row]
        if other.parent == order.parent and other.role != order.role:
            if born_now:
                return certain_leg(event, other, OPTIMISTIC, through) or certain_leg(event, other, PESSIMISTIC, through)
            return reached(event, other, through)
    return False
