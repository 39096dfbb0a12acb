"""The simulated venue: takes commands, answers with reports, one at a time.

It is the broker's side and keeps its own order table. `accept` puts a command on its way; `observe` shows it the next
price; `next_report` is asked again and again until it has nothing more to say about that price, and every answer is
applied to the state before the next question, exactly as reports of a real broker would be. With no orders and no
positions it costs a comparison. Silent, it never speaks: that is how live and replay run the same loop.
"""

from tradewind.kernel import refusals
from tradewind.kernel.brackets import (
    ANSWER,
    AT_WORK,
    WAITING,
    detach,
    end_rest_of_entry,
    find_venue_order,
    forget_venue_order,
    new_venue_order,
)
from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.execution import can_fill, emit, execute, next_fill
from tradewind.kernel.fills import high_side, level_of, low_side, works_as_limit
from tradewind.kernel.netting import dividend_of, night_of
from tradewind.kernel.orders import ENTRY, GOOD_TILL_CANCELLED, STOP, STOP_LOSS
from tradewind.kernel.records import (
    ACCEPTED,
    BAR,
    CANCEL,
    CANCEL_REJECTED,
    CANCELLED,
    DAY,
    DIVIDEND,
    EXPIRED,
    FINANCING,
    INSTRUMENTS,
    PLACE,
    POSITIONS,
    REPLACE_REJECTED,
    REPLACED,
    SECOND,
)

MINUTE_BAR = 60
ATR_BAR = 300 * SECOND
ATR_LENGTH = 14
REOPENING = 900 * SECOND


@inner
def accept(venue, command):
    """The venue has `command` and will act on it once its latency has passed."""
    if command.kind == PLACE:
        order = new_venue_order(venue, command.instrument)
        order.id = command.order
        order.stop_order = command.stop_order
        order.target_order = command.target_order
        order.sent_at = command.ts
        order.active_from = command.ts + venue.latency
        order.expires = command.expires
        order.quantity = command.quantity
        order.price = command.price
        order.trigger = command.trigger
        order.stop_loss = command.stop_loss
        order.take_profit = command.take_profit
        order.trail = command.trail
        order.strategy = command.strategy
        order.instrument = command.instrument
        order.side = command.side
        order.type = command.type
        order.role = ENTRY
        order.lifetime = command.lifetime
        order.reduce_only = command.reduce_only
        order.reason = command.reason
        order.status = WAITING
        return
    row = find_venue_order(venue, command.order)
    if row < 0 or venue.orders[row].status == ANSWER:
        answer_for_leg(venue, command, row)
    elif command.kind == CANCEL:
        if venue.orders[row].cancel_at == 0:  # asking again must not put the first cancel off
            venue.orders[row].cancel_at = command.ts + venue.latency
            venue.orders[row].cancel_reason = command.reason
    else:
        order = venue.orders[row]
        order.replace_at = command.ts + venue.latency
        order.new_price = command.price
        order.new_trigger = command.trigger
        order.new_quantity = command.quantity


@inner
def answer_for_leg(venue, command, row):
    """A cancel or replace of an order the venue does not hold is answered; one attached to a waiting entry is done.

    `row` is that of an answer about the same order that is still to be given, or -1.
    """
    kind = CANCEL_REJECTED if command.kind == CANCEL else REPLACE_REJECTED
    for index in range(venue.order_count):
        entry = venue.orders[index]
        if command.order in (entry.stop_order, entry.target_order) and command.order != 0:
            wanted_stop = command.trigger if command.kind != CANCEL else 0
            wanted_target = command.price if command.kind != CANCEL else 0
            if command.order == entry.stop_order:
                entry.stop_loss = wanted_stop
            else:
                entry.take_profit = wanted_target
            kind = CANCELLED if command.kind == CANCEL else REPLACED
    note = venue.orders[row] if row >= 0 else new_venue_order(venue, command.instrument)
    note.id = command.order
    note.quantity = command.quantity
    note.price = command.trigger if command.trigger != 0 else command.price
    note.strategy = command.strategy
    note.instrument = command.instrument
    note.side = command.side
    note.type = kind
    note.reason = refusals.NO_SUCH_ORDER if kind in (CANCEL_REJECTED, REPLACE_REJECTED) else command.reason
    note.status = ANSWER


@compiled(inline=True, inner=True)
def observe(venue, state, event):
    """The venue looks at the price in `event`, against which it will match orders."""
    instrument = event.instrument
    local = venue.instruments[instrument]
    opening = event.ts - event.span * SECOND
    if opening - state.instruments[instrument].quoted_at > REOPENING:
        local.reopened_at = opening
    if local.working != 0:
        venue.interval += 1
        venue.path_at = 0.0
    if venue.stop_slippage_atr != 0.0:
        follow_range(local, event, opening)


@compiled(inline=True, inner=True)
def follow_range(local, event, opening):
    """The venue's ATR14 of five-minute bars, which its slippage model uses, includes the price in `event`."""
    if opening < local.range_ends:
        local.bar_high = max(local.bar_high, event.high)
        local.bar_low = min(local.bar_low, event.low)
        local.bar_close = event.close
    else:
        begin_range(local, event, opening)


@inner
def begin_range(local, event, opening):
    """The five-minute bar that ended is in the ATR, and the price in `event` begins the next."""
    if local.range_ends != 0:
        reach = local.bar_high - local.bar_low
        if local.bars > 0:
            reach = max(reach, abs(local.bar_high - local.previous_close), abs(local.bar_low - local.previous_close))
        local.previous_close = local.bar_close
        local.bars += 1
        # Until fourteen bars are there the plain average of those seen stands in.
        length = min(local.bars, ATR_LENGTH)
        local.atr += (float(reach) - local.atr) / length
    local.range_ends = opening - opening % ATR_BAR + ATR_BAR
    local.bar_high = event.high
    local.bar_low = event.low
    local.bar_close = event.close


@inner
def arrived(event, moment):
    """Return whether something sent to be there at `moment` is there when this price begins.

    A bar of a minute or more cannot show a part of a second: what arrives within its first second is there at its
    open, so that a signal at a close fills at the next open and never at that close.
    """
    if event.span == 0:
        return event.ts >= moment
    tolerance = SECOND if event.span >= MINUTE_BAR else 0
    return event.ts - event.span * SECOND + tolerance >= moment


@inner
def expired(event, order):
    """Return whether the order's time ran out; on a bar that contains its expiry it does not work any more."""
    if order.expires == 0:
        return False
    return order.expires < event.ts or (event.span == 0 and order.expires == event.ts)


@inner
def is_pointless(state, order):
    """Return whether an order that may only reduce a position has none to reduce."""
    if order.role == ENTRY and order.reduce_only == 0:
        return False
    held = state.positions[order.strategy * INSTRUMENTS + order.instrument].quantity
    return held * order.side >= 0


@inner
def administer(venue, state, event, row):
    """Return whether something other than a fill was reported about the order in `row`."""
    order = venue.orders[row]
    if order.status == ANSWER:
        emit(venue, event, order, order.type, order.reason)
        venue.report.price = order.price
        forget_venue_order(venue, row)
        return True
    if order.ending != 0:
        return end(venue, event, row, CANCELLED, order.ending)
    if is_pointless(state, order):
        end_rest_of_entry(venue, order)
        return end(venue, event, row, CANCELLED, refusals.POSITION_CLOSED)
    if order.status == WAITING:
        if not arrived(event, order.active_from):
            return False
        order.status = AT_WORK
        emit(venue, event, order, ACCEPTED, refusals.NO_REASON)
        return True
    if order.cancel_at != 0 and arrived(event, order.cancel_at):
        detach(venue, order)
        return end(venue, event, row, CANCELLED, order.cancel_reason)
    if expired(event, order):
        return end(venue, event, row, EXPIRED, refusals.EXPIRED)
    if order.replace_at != 0 and arrived(event, order.replace_at):
        return put_in_place(venue, event, row)
    if order.resized != 0:
        emit_replaced(venue, event, order, refusals.OTHER_LEG_FILLED)
        return True
    if order.lifetime != GOOD_TILL_CANCELLED and works_as_limit(order) and not can_fill(venue, event, order):
        return end(venue, event, row, CANCELLED, refusals.NOT_FILLED_AT_ONCE)
    return False


@inner
def put_in_place(venue, event, row):
    """The new price, trigger and size of the order in `row` hold; one already filled beyond its new size ends. True."""
    order = venue.orders[row]
    order.replace_at = 0
    order.price = order.new_price
    if order.trigger != 0:
        order.trigger = order.new_trigger
    order.quantity = order.new_quantity - order.filled
    if order.quantity <= 0:
        order.quantity = 0
        return end(venue, event, row, CANCELLED, refusals.CANCEL_REQUESTED)
    emit_replaced(venue, event, order, refusals.NO_REASON)
    return True


@inner
def emit_replaced(venue, event, order, reason):
    """`venue.report` says what `order` is now: the price it waits for and its whole size."""
    order.resized = 0
    emit(venue, event, order, REPLACED, reason)
    venue.report.price = level_of(order)
    venue.report.quantity = order.filled + order.quantity


@inner
def end(venue, event, row, kind, reason):
    """The order in `row` is gone and a report says why; True."""
    emit(venue, event, venue.orders[row], kind, reason)
    forget_venue_order(venue, row)
    return True


@inner
def next_report(venue, state, event):
    """Return whether the venue has something more to say about `event`; if so it stands in `venue.report`."""
    if event.kind == DAY:
        return next_financing(venue, state, event)
    if event.kind == DIVIDEND:
        return next_dividend(venue, state, event)
    if event.kind > BAR or venue.instruments[event.instrument].working == 0:
        return False
    for row in range(venue.order_count):
        if venue.orders[row].instrument == event.instrument and administer(venue, state, event, row):
            return True
    row = next_fill(venue, event)
    if row >= 0:
        execute(venue, state, event, row)
        return True
    return next_trail(venue, event)


@inner
def next_trail(venue, event):
    """Return whether a trailing stop moved: on a closed interval, to act from the next one."""
    for row in range(venue.order_count):
        order = venue.orders[row]
        if order.trail == 0 or order.type != STOP or order.instrument != event.instrument:
            continue
        if order.role != STOP_LOSS or order.born == venue.interval:
            continue
        best = low_side(event, order.side) if order.side > 0 else high_side(event, order.side)
        level = best + order.trail * order.side
        if (level - order.trigger) * order.side < 0:
            order.trigger = level
            order.trailed = 1
            order.active_from = event.ts
            emit_replaced(venue, event, order, refusals.TRAILING_STOP_HIT)
            return True
    return False


@inner
def next_financing(venue, state, event):
    """Return whether one more open position is charged for the night that ends the trading date."""
    while venue.cursor < POSITIONS:
        index = venue.cursor
        venue.cursor += 1
        quantity = state.positions[index].quantity
        if quantity == 0:
            continue
        amount = night_of(state, index, venue.financing_scale)
        if amount != 0:
            emit_cash(venue, event, index, quantity, amount, refusals.NIGHT)
            return True
    return False


@inner
def next_dividend(venue, state, event):
    """Return whether one more position in the index gets (long) or pays (short) the dividend points."""
    while venue.cursor < POSITIONS:
        index = venue.cursor
        venue.cursor += 1
        quantity = state.positions[index].quantity
        if quantity != 0 and index % INSTRUMENTS == event.instrument:
            amount = dividend_of(state, index, event.price)
            emit_cash(venue, event, index, quantity, amount, refusals.DIVIDEND)
            return True
    return False


@inner
def emit_cash(venue, event, index, quantity, amount, reason):
    """`venue.report` gives or takes cash for the position with that index."""
    report = venue.report
    report.number = 0
    report.ts = event.ts
    report.kind = FINANCING
    report.instrument = index % INSTRUMENTS
    report.span = 0
    report.order = 0
    report.price = 0
    report.quantity = abs(quantity)
    report.amount = amount
    report.spread = 0
    report.slippage = 0
    report.strategy = index // INSTRUMENTS
    report.side = 1 if quantity > 0 else -1
    report.reason = reason
    report.ambiguous = 0
    report.occurred = event.ts
