"""The gate in front of every order.

The verb that creates a command is the one that checks it, so an unchecked command cannot exist. `check` is a column
of guards in the order in which `refusals` numbers them; a guard that does not pass is the answer. Where there are
limits, those of `trading_limits`, `order_controls` and `exposure` stand in the same column; the last may make an order
smaller instead of refusing it. Further rules enter here, and nowhere else.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.account import equity, margin_of
from tradewind.kernel.compiled import inner
from tradewind.kernel.exposure import steps_that_fit
from tradewind.kernel.order_controls import check_order, entering_price, measured
from tradewind.kernel.orders import LIMIT, MARKET, STOP, STOP_LIMIT, market_steps
from tradewind.kernel.positions import position_of
from tradewind.kernel.records import MARKET as MARKET_HOURS
from tradewind.kernel.risk_log import note_risk
from tradewind.kernel.rows import REDUCE, REFUSE
from tradewind.kernel.trading_limits import check_entry


@inner
def first_hold(holds):
    """Return the refusal of the lowest bit."""
    refusal = np.int64(refusals.STARTING)
    while holds & 1 == 0:
        holds >>= 1
        refusal += 1
    return refusal


@inner
def check_instrument(state, command):
    """Return the first refusal that instrument, market and operator give to a new order, or 0."""
    row = state.instruments[command.instrument]
    if row.tradable == 0:
        return refusals.NOT_TRADABLE
    if row.bid <= 0 or row.ask < row.bid:
        return refusals.NO_PRICE
    if state.currencies[row.currency].known == 0:
        return refusals.NO_CONVERSION_RATE
    if command.reduce_only == 0:
        if state.halted != 0:
            return refusals.TRADING_HALTED
        if state.strategies[command.strategy].enabled == 0:
            return refusals.STRATEGY_DISABLED
        if row.holds != 0:
            return first_hold(row.holds)
    hours = row.sessions[MARKET_HOURS]
    if hours.closes > 0 and not hours.opens <= state.now < hours.closes:
        return refusals.MARKET_CLOSED
    return refusals.NO_REASON


@inner
def check_quantity(state, command):
    """Return the refusal the quantity earns, or 0."""
    row = state.instruments[command.instrument]
    if command.quantity < row.quantity_minimum and command.reduce_only == 0:
        return refusals.QUANTITY_BELOW_MINIMUM
    if command.quantity > row.quantity_maximum:
        return refusals.QUANTITY_ABOVE_MAXIMUM
    if command.reduce_only != 0:
        held = position_of(state, command.strategy, command.instrument).quantity
        if held * command.side >= 0 or command.quantity <= 0:
            return refusals.NOTHING_TO_REDUCE
    return refusals.NO_REASON


@inner
def check_prices(state, command):
    """Return the refusal that price, trigger or attached levels earn, or 0."""
    row = state.instruments[command.instrument]
    side = command.side
    if min(command.price, command.trigger, command.stop_loss, command.take_profit, command.trail) < 0:
        return refusals.PRICE_NOT_POSITIVE
    if command.type in (LIMIT, STOP_LIMIT) and command.price == 0:
        return refusals.PRICE_NOT_POSITIVE
    if command.type in (STOP, STOP_LIMIT):
        reference = row.ask if side > 0 else row.bid
        if (command.trigger - reference) * side <= 0:
            return refusals.TRIGGER_ALREADY_PASSED
    entry = entering_price(state, command)
    # The attached levels work on the other side of the spread.
    spread = row.ask - row.bid
    leaving = entry - side * spread if command.type in (MARKET, STOP) else entry
    if command.stop_loss != 0:
        if (leaving - command.stop_loss) * side <= 0:
            return refusals.STOP_LOSS_ON_WRONG_SIDE
        if (leaving - command.stop_loss) * side < row.stops_level:
            return refusals.STOP_TOO_CLOSE
    if command.take_profit != 0 and (command.take_profit - leaving) * side <= 0:
        return refusals.TAKE_PROFIT_ON_WRONG_SIDE
    if command.expires != 0 and command.expires <= state.now:
        return refusals.EXPIRY_PASSED
    return refusals.NO_REASON


@inner
def check_margin(state, command):
    """Return NOT_ENOUGH_MARGIN if the account cannot carry the order beside what is on its way, or 0."""
    if command.reduce_only != 0:
        return refusals.NO_REASON
    held = position_of(state, command.strategy, command.instrument).quantity
    coming = held + market_steps(state, command.strategy, command.instrument)
    after = abs(coming + command.quantity * command.side)
    if after <= abs(coming):
        return refusals.NO_REASON
    needed = margin_of(state, command.instrument, after - abs(held), entering_price(state, command))
    for row in range(state.order_count):
        order = state.orders[row]
        elsewhere = order.instrument != command.instrument or order.strategy != command.strategy
        if elsewhere and order.type == MARKET and order.reduce_only == 0:
            price = state.instruments[order.instrument].ask
            needed += margin_of(state, order.instrument, order.quantity - order.filled, price)
    if float(state.account.margin) + needed > float(equity(state)):
        return refusals.NOT_ENOUGH_MARGIN
    return refusals.NO_REASON


@inner
def check_news(state, command):
    """Return NEWS_LOCK if a firm's rule forbids to send an entry this close to a release, or 0."""
    row = state.instruments[command.instrument]
    if command.reduce_only == 0 and row.lock_opens <= state.now < row.lock_closes:
        return refusals.NEWS_LOCK
    return refusals.NO_REASON


@inner
def check_fit(state, command, besides):
    """Return the control that leaves no room for the order, or 0; what does not fit is taken off its size.

    An order that takes the place of another is not made smaller but refused.
    """
    entry = entering_price(state, command)
    if command.type == STOP_LIMIT:
        entry = max(command.price, command.trigger) if command.side > 0 else min(command.price, command.trigger)
    distance = abs(entry - command.stop_loss)
    steps, control = steps_that_fit(state, command.instrument, command.side, entry, distance, besides)
    asked = command.quantity
    if steps >= asked:
        return refusals.NO_REASON
    if steps < max(np.int64(1), state.instruments[command.instrument].quantity_minimum) or besides != 0:
        return measured(state, asked, steps, control)
    command.quantity = steps
    note_risk(state, control, REDUCE, asked, steps, command.strategy, command.instrument, 0, -1)
    return refusals.NO_REASON


@inner
def check_limits(state, command, besides):
    """Return the refusal that the limits in force give, or 0; `besides` is the order the command takes the place of.

    Every order that is not reduce-only counts as opening in full: whatever it would close may be closed before it.
    """
    if command.reduce_only != 0:
        return refusals.NO_REASON
    refusal = check_entry(state, command, besides)
    if refusal == 0:
        refusal = check_order(state, command, besides)
    if refusal == 0:
        refusal = check_fit(state, command, besides)
    return refusal


@inner
def check(state, command):
    """Return 0 if the new order in `command` may be sent, otherwise the refusal; its size may be smaller afterwards."""
    refusal = check_instrument(state, command)
    if refusal == 0:
        refusal = check_quantity(state, command)
    if refusal == 0:
        refusal = check_prices(state, command)
    if state.ruled != 0:
        state.risk.value = 0.0
        state.risk.limit = 0.0
        if refusal == 0:
            refusal = check_limits(state, command, 0)
    if refusal == 0:
        refusal = check_margin(state, command)
    if refusal == 0:
        refusal = check_news(state, command)
    return refusal


@inner
def check_change(state, command, besides):
    """Return 0 if the order `besides` may become what `command` says, otherwise the refusal."""
    refusal = check_instrument(state, command)
    if refusal == 0:
        refusal = check_quantity(state, command)
    if refusal == 0:
        refusal = check_prices(state, command)
    if refusal == 0:
        refusal = check_limits(state, command, besides)
    return refusal


@inner
def note_refusal(state, command, refusal):
    """The risk log has the refusal of `command`, with what was measured where a limit refused it."""
    risk = state.risk
    note_risk(
        state, refusal, REFUSE, risk.value, risk.limit, command.strategy, command.instrument, command.order, -1
    )  # fmt: skip


@inner
def decide(state, command):
    """Return (action, reason, quantity): what the gate would do with a new order; the command is as it was.

    The action is 0 for passed, or REDUCE or REFUSE of rows.py. Rows of the risk log that it made are taken back.
    """
    asked, rows = command.quantity, state.risk_count
    reason = np.int64(check(state, command))
    quantity = np.int64(command.quantity)
    action = np.int64(REFUSE) if reason != 0 else np.int64(0)
    if reason == 0 and quantity < asked:
        action = np.int64(REDUCE)
        if state.risk_count > rows:
            reason = np.int64(state.risk_rows[rows].rule)
    command.quantity = asked
    state.risk_count = rows
    return action, reason, quantity
