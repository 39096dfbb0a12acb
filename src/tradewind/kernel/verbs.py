"""What a strategy can do: buy, sell, target, close, reduce, cancel, replace.

Every verb makes a command, has it checked by `risk.check`, and puts it into the outbox with its order row; a refused
one leaves a row that says why. A verb returns the new order's id (> 0) or minus the refusal. Prices and distances are
ticks, sizes are lots; `lots=0` leaves the size to the account's sizing rule. Which of `price` and `trigger` is given
makes it a market (neither), limit (price), stop (trigger) or stop-limit (both) order.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.holdings import attached
from tradewind.kernel.message_rate import may_speak, speak
from tradewind.kernel.order_controls import entering_price
from tradewind.kernel.orders import (
    ASK_CANCEL,
    ASK_REPLACE,
    ENTRY,
    HELD,
    LIFECYCLE,
    LIMIT,
    MARKET,
    SENT,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    advance_order,
    find_order,
    market_steps,
    new_order_row,
)
from tradewind.kernel.positions import position_of
from tradewind.kernel.records import CANCEL, ORDERS, OUTBOX, PLACE, REFUSED_COMMAND, REPLACE
from tradewind.kernel.risk import check, check_change, check_instrument, note_refusal
from tradewind.kernel.risk_counts import note_sent
from tradewind.kernel.sizing import loss_at_stop, size_order, steps_of


@inner
def blank_command(state, instrument, side):
    """Return the next outbox row with nothing in it but who, where and when."""
    command = state.outbox[min(state.outbox_count, OUTBOX - 1)]
    command.number = state.number
    command.ts = state.now
    command.order = 0
    command.stop_order = 0
    command.target_order = 0
    command.quantity = 0
    command.price = 0
    command.trigger = 0
    command.stop_loss = 0
    command.take_profit = 0
    command.trail = 0
    command.expires = 0
    command.risk = 0
    command.limits = 0
    command.kind = PLACE
    command.strategy = state.strategy
    command.instrument = instrument
    command.side = side
    command.type = MARKET
    command.lifetime = 0
    command.reduce_only = 0
    command.reason = 0
    return command


@inner
def refuse(state, command, refusal):
    """The command stands in the outbox as refused; return minus the refusal."""
    command.kind = REFUSED_COMMAND
    command.reason = refusal
    state.strategies[command.strategy].refusals += 1
    if state.ruled != 0:
        note_refusal(state, command, refusal)
    if state.outbox_count < OUTBOX:
        state.outbox_count += 1
    return -np.int64(refusal)


@inner
def write_order(state, command, role, side, price, trigger, order_id):
    """A new row of the order table holds an order of the command."""
    order = state.orders[new_order_row(state)]
    order.id = order_id
    order.sent_at = command.ts
    order.quantity = command.quantity
    order.filled = 0
    order.price = price
    order.trigger = trigger
    order.trail = command.trail if role == STOP_LOSS else 0
    order.expires = command.expires if role == ENTRY else 0
    order.parent = 0 if role == ENTRY else command.order
    order.stop_loss = command.stop_loss if role == ENTRY else 0
    order.risk = command.risk if role == ENTRY else 0
    order.limits = command.limits
    order.strategy = command.strategy
    order.instrument = command.instrument
    order.side = side
    order.type = command.type if role == ENTRY else (STOP if role == STOP_LOSS else LIMIT)
    order.status = SENT if role == ENTRY else HELD
    order.role = role
    order.reduce_only = command.reduce_only if role == ENTRY else 1
    order.reason = command.reason


@inner
def submit(state, command):
    """The command, if it passes every check, is in the outbox and its orders are in the table; return its id."""
    return submit_as(state, command, ENTRY)


@inner
def submit_as(state, command, role):
    """The same, its first order having the given role: the gate puts lost stops back with it."""
    if state.outbox_count >= OUTBOX - 1:
        return refuse(state, command, refusals.OUTBOX_FULL)
    rows = 1 + (1 if command.stop_loss != 0 else 0) + (1 if command.take_profit != 0 else 0)
    if state.order_count + rows > ORDERS:
        return refuse(state, command, refusals.ORDER_TABLE_FULL)
    asked = command.quantity
    refusal = check(state, command)
    if refusal != 0:
        return refuse(state, command, refusal)
    if state.ruled != 0:
        note_sent(state, command, asked)
    if command.stop_loss != 0 and command.reduce_only == 0:
        distance = abs(entering_price(state, command) - command.stop_loss)
        command.risk = np.int64(loss_at_stop(state, command.instrument, command.quantity, distance) + 0.5)
    command.order = state.next_order
    state.next_order += 1
    write_order(state, command, role, command.side, command.price, command.trigger, command.order)
    if role != ENTRY:
        sent = state.orders[state.order_count - 1]
        sent.status = SENT
        sent.parent = 0
    if command.stop_loss != 0:
        command.stop_order = state.next_order
        state.next_order += 1
        write_order(state, command, STOP_LOSS, -command.side, 0, command.stop_loss, command.stop_order)
    if command.take_profit != 0:
        command.target_order = state.next_order
        state.next_order += 1
        write_order(state, command, TAKE_PROFIT, -command.side, command.take_profit, 0, command.target_order)
    state.strategies[command.strategy].orders += 1
    state.outbox_count += 1
    return command.order


@inner
def place(state, instrument, side, lots, price, trigger, stop_loss, take_profit, trail, expires, lifetime):
    """An entry order is sent, or refused; return its id or minus the refusal."""
    command = blank_command(state, instrument, side)
    command.price = price
    command.trigger = trigger
    command.stop_loss = stop_loss
    command.take_profit = take_profit
    command.trail = trail
    command.expires = expires
    command.lifetime = lifetime
    if price != 0 and trigger != 0:
        command.type = STOP_LIMIT
    elif price != 0:
        command.type = LIMIT
    elif trigger != 0:
        command.type = STOP
    if lots > 0.0:
        command.quantity = steps_of(state, instrument, lots)
    elif lots == 0.0:
        refusal = check_instrument(state, command)
        if refusal != 0:
            return refuse(state, command, refusal)
        quantity = size_order(state, command.strategy, instrument, entering_price(state, command), stop_loss)
        if quantity < 0:
            return refuse(state, command, -quantity)
        command.quantity = quantity
    return submit(state, command)


@compiled
def buy(state, instrument, lots=0.0, price=0, trigger=0, stop_loss=0, take_profit=0, trail=0, expires=0, lifetime=0):
    """An order to buy is sent; return its id, or minus the refusal. See the module for what the arguments make it."""
    return place(
        state, np.int64(instrument), np.int64(1), float(lots), np.int64(price), np.int64(trigger),
        np.int64(stop_loss), np.int64(take_profit), np.int64(trail), np.int64(expires), np.int64(lifetime),
    )  # fmt: skip


@compiled
def sell(state, instrument, lots=0.0, price=0, trigger=0, stop_loss=0, take_profit=0, trail=0, expires=0, lifetime=0):
    """An order to sell is sent; return its id, or minus the refusal. See the module for what the arguments make it."""
    return place(
        state, np.int64(instrument), np.int64(-1), float(lots), np.int64(price), np.int64(trigger),
        np.int64(stop_loss), np.int64(take_profit), np.int64(trail), np.int64(expires), np.int64(lifetime),
    )  # fmt: skip


@compiled
def on_the_way(state, instrument):
    """Return the signed lot steps of the running strategy's market orders that are sent and not yet filled."""
    return market_steps(state, state.strategy, instrument)


@inner
def close_steps(state, instrument, side, steps, reason):
    """Orders that may only reduce are sent for `steps`, each as large as allowed; the last one's id or -refusal."""
    result = np.int64(0)
    while steps > 0 and result >= 0:
        command = blank_command(state, instrument, side)
        command.quantity = min(steps, state.instruments[instrument].quantity_maximum)
        command.reduce_only = 1
        command.reason = reason
        steps -= command.quantity
        result = submit(state, command)
    return result


@inner
def market_order(state, instrument, steps, reason):
    """A market order for `steps` (signed) is sent; where one through zero is refused, the part that closes is sent."""
    command = blank_command(state, instrument, np.int64(1) if steps > 0 else np.int64(-1))
    command.quantity = abs(steps)
    command.reason = reason
    result = submit(state, command)
    present = position_of(state, state.strategy, instrument).quantity
    if result < 0 and present * steps < 0:
        return reduce_by(state, instrument, min(abs(steps), abs(present)), reason)
    return result


@compiled(inline=True, inner=True)
def target_steps(state, instrument, wanted):
    """The position will be `wanted` lot steps once what is on the way is filled; return the order's id or 0."""
    held = position_of(state, state.strategy, instrument).quantity
    if held == wanted and state.order_count == 0:
        return np.int64(0)
    missing = wanted - held - on_the_way(state, instrument)
    if missing == 0:
        return np.int64(0)
    return market_order(state, instrument, missing, refusals.SIGNAL)


@compiled(inline=True)
def target(state, instrument, lots):
    """The position is on its way to `lots` (signed), by a market order; return its id, 0 if there, or -refusal."""
    if lots < 0:
        wanted = -steps_of(state, instrument, -float(lots))
    else:
        wanted = steps_of(state, instrument, float(lots))
    return target_steps(state, np.int64(instrument), wanted)


@inner
def reduce_by(state, instrument, steps, reason):
    """At most `steps` of the position are being closed at the market; return the order's id, 0 or -refusal."""
    held = position_of(state, state.strategy, instrument).quantity
    left = held + on_the_way(state, instrument)
    if held == 0 or left == 0 or (left > 0) != (held > 0):
        return np.int64(0)
    return close_steps(state, instrument, -1 if held > 0 else 1, min(steps, abs(left)), reason)


@compiled
def close(state, instrument, reason=refusals.SIGNAL):
    """The running strategy's position is being closed at the market; return the order's id, 0 if flat, or -refusal."""
    held = position_of(state, state.strategy, instrument).quantity
    return reduce_by(state, np.int64(instrument), abs(held), np.int64(reason))


@compiled
def reduce(state, instrument, share, reason=refusals.SIGNAL):
    """`share` (0..1) of the position, rounded down to the lot step, is being closed; the id, 0 or -refusal."""
    held = position_of(state, state.strategy, instrument).quantity
    steps = np.int64(float(abs(held)) * float(share) + 1e-9)
    if steps < state.instruments[instrument].quantity_minimum:
        return np.int64(0)
    return reduce_by(state, np.int64(instrument), steps, np.int64(reason))


@compiled
def cancel(state, order, reason=refusals.CANCEL_REQUESTED):
    """The venue is asked to cancel `order`; return its id, or minus ORDER_NOT_FOUND."""
    row = find_order(state, order)
    if row < 0:
        command = blank_command(state, np.int64(0), np.int64(0))
        command.order = order
        return refuse(state, command, refusals.ORDER_NOT_FOUND)
    found = state.orders[row]
    command = blank_command(state, found.instrument, found.side)
    command.order = order
    if state.outbox_count >= OUTBOX - 1:
        return refuse(state, command, refusals.OUTBOX_FULL)
    if state.ruled != 0:
        if found.role == STOP_LOSS and state.limits.stop_required >= 0:
            return refuse(state, command, refusals.STOP_MAY_NOT_WIDEN)
        speak(state)
        command.limits = state.limits.digest
    command.kind = CANCEL
    command.reason = reason
    advance_order(state, row, ASK_CANCEL)
    state.outbox_count += 1
    return np.int64(order)


@compiled
def cancel_all(state, instrument, reason=refusals.CANCEL_REQUESTED):
    """Every entry of the running strategy that still works in `instrument` is being cancelled; return how many."""
    count = 0
    for row in range(state.order_count):
        order = state.orders[row]
        if order.strategy == state.strategy and order.instrument == instrument and order.role == ENTRY:
            cancel(state, order.id, reason)
            count += 1
    return count


@compiled
def replace(state, order, price=0, trigger=0, lots=0.0):
    """The venue is asked to give `order` another price, trigger or size (0 keeps it); its id or -ORDER_NOT_FOUND."""
    row = find_order(state, order)
    if row < 0:
        command = blank_command(state, np.int64(0), np.int64(0))
        command.order = order
        return refuse(state, command, refusals.ORDER_NOT_FOUND)
    found = state.orders[row]
    command = blank_command(state, found.instrument, found.side)
    command.order = order
    if state.outbox_count >= OUTBOX - 1:
        return refuse(state, command, refusals.OUTBOX_FULL)
    if LIFECYCLE[found.status, ASK_REPLACE] < 0:
        return refuse(state, command, refusals.ORDER_IS_ENDING)
    command.kind = REPLACE
    command.price = np.int64(price) if price != 0 else found.price
    command.trigger = np.int64(trigger) if trigger != 0 else found.trigger
    # The whole size, so that what fills while the replacement is on its way is not bought twice.
    command.quantity = steps_of(state, found.instrument, float(lots)) if lots > 0 else found.quantity
    if command.price < 0 or command.trigger < 0:
        return refuse(state, command, refusals.PRICE_NOT_POSITIVE)
    if command.quantity <= found.filled:
        return refuse(state, command, refusals.QUANTITY_BELOW_MINIMUM)
    if state.ruled != 0:
        refusal = check_replacement(state, command, found)
        if refusal != 0:
            return refuse(state, command, refusal)
        speak(state)
        command.limits = state.limits.digest
    advance_order(state, row, ASK_REPLACE)
    state.outbox_count += 1
    return np.int64(order)


@inner
def check_replacement(state, command, order):
    """Return 0 if `order` may be changed to `command`, otherwise the refusal: the checks of a new order hold."""
    if not may_speak(state):
        return refusals.TOO_MANY_MESSAGES
    if order.role == STOP_LOSS:
        # A stop that protects a long sells: tighter is higher.
        if state.limits.stop_required >= 0 and (command.trigger - order.trigger) * -order.side < 0:
            return refusals.STOP_MAY_NOT_WIDEN
        return 0
    if order.role == TAKE_PROFIT or order.reduce_only != 0:
        return 0
    command.type = order.type
    command.stop_loss = order.stop_loss
    whole = command.quantity
    command.quantity = whole - order.filled
    refusal = check_change(state, command, order.id)
    if refusal == 0 and order.stop_loss != 0:
        distance = abs(entering_price(state, command) - order.stop_loss)
        risk = np.int64(loss_at_stop(state, command.instrument, whole, distance) + 0.5)
        order.risk = max(order.risk, risk)
    command.type = MARKET
    command.stop_loss = 0
    command.quantity = whole
    return refusal


@compiled
def move_stop(state, instrument, price):
    """The position's stop-loss is being moved to `price`, if that is tighter; return its id or 0."""
    row = attached(state, instrument, STOP_LOSS)
    if row < 0:
        return np.int64(0)
    order = state.orders[row]
    # A stop that protects a long sells: tighter is higher.
    if (np.int64(price) - order.trigger) * -order.side <= 0:
        return np.int64(0)
    return replace(state, order.id, 0, np.int64(price), 0.0)
