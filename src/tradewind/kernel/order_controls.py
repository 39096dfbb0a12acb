"""Controls of a single order, as regulators and brokers ask for them: C1 to C9, C12 and C14 of domain rules 5.5.

Each fails closed: what is missing, not a number or too old refuses. What only reduces a position is not held up by any
of them. C10, C11 and C13 are counted in `risk_counts`: they disable a strategy or raise the kill level.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.account import equity, notional
from tradewind.kernel.compiled import inner
from tradewind.kernel.message_rate import may_speak
from tradewind.kernel.orders import ENTRY, GOOD_TILL_CANCELLED, LIMIT, MARKET, STOP, UNKNOWN
from tradewind.kernel.records import INSTRUMENTS, SECOND
from tradewind.kernel.records import MARKET as MARKET_HOURS
from tradewind.kernel.risk_records import LATEST

MINUTE = 60 * SECOND


@inner
def entering_price(state, command):
    """Return the price in ticks at which the command is expected to fill, before slippage."""
    row = state.instruments[command.instrument]
    if command.type == MARKET:
        return row.ask if command.side > 0 else row.bid
    if command.type == STOP:
        return command.trigger
    return command.price


@inner
def measured(state, value, limit, refusal):
    """Return `refusal`; the risk log will say what was measured and held against what."""
    state.risk.value = float(value)
    state.risk.limit = float(limit)
    return refusal


@inner
def check_collar(state, command):
    """Return the refusal of a price or level too far from the market (C1), or 0."""
    limits, row = state.limits, state.instruments[command.instrument]
    middle = float(row.bid + row.ask) / 2.0
    if limits.collar_share >= 0.0 or limits.collar_atr >= 0.0:
        width = max(0.0, limits.collar_share) * middle
        atr = state.risk.instruments[command.instrument].range_atr
        if limits.collar_atr >= 0.0 and atr > 0.0:
            width = max(width, limits.collar_atr * atr)
        far = 0.0
        if command.price != 0:
            far = abs(float(command.price) - middle)
        if command.trigger != 0:
            far = max(far, abs(float(command.trigger) - middle))
        if not far <= width and command.type != MARKET:
            return measured(state, far, width, refusals.PRICE_TOO_FAR)
    if limits.level_atr_day >= 0.0 and (command.stop_loss != 0 or command.take_profit != 0):
        if not row.day_atr > 0.0:
            return measured(state, row.day_atr, 0.0, refusals.VOLATILITY_UNKNOWN)
        far, width = 0.0, limits.level_atr_day * row.day_atr
        if command.stop_loss != 0:
            far = abs(float(command.stop_loss) - middle)
        if command.take_profit != 0:
            far = max(far, abs(float(command.take_profit) - middle))
        if not far <= width:
            return measured(state, far, width, refusals.LEVEL_TOO_FAR)
    return refusals.NO_REASON


@inner
def check_limit_side(state, command):
    """Return LIMIT_ALREADY_PASSED for a waiting limit order the market has passed (C2), or 0."""
    if command.type != LIMIT or command.lifetime != GOOD_TILL_CANCELLED:
        return refusals.NO_REASON
    row = state.instruments[command.instrument]
    reference = row.ask if command.side > 0 else row.bid
    if (reference - command.price) * command.side <= 0:
        return measured(state, command.price, reference, refusals.LIMIT_ALREADY_PASSED)
    return refusals.NO_REASON


@inner
def check_size(state, command):
    """Return the refusal of an order that is too large by itself (C3, C4), or 0."""
    limits, quantity = state.limits, command.quantity
    cap = limits.caps[command.instrument]
    if cap.order_steps >= 0 and quantity > cap.order_steps:
        return measured(state, quantity, cap.order_steps, refusals.ORDER_TOO_LARGE)
    watched = state.risk.instruments[command.instrument]
    if limits.order_median_multiple >= 0.0 and watched.sizes >= limits.order_median_count:
        most = limits.order_median_multiple * watched.middle_size
        if not float(quantity) <= most:
            return measured(state, quantity, most, refusals.ORDER_TOO_LARGE)
    if cap.order_value >= 0 or limits.order_value_share >= 0.0:
        worth = notional(state, command.instrument, quantity, entering_price(state, command))
        if cap.order_value >= 0 and not worth <= float(cap.order_value):
            return measured(state, worth, cap.order_value, refusals.ORDER_VALUE)
        most = limits.order_value_share * float(equity(state))
        if limits.order_value_share >= 0.0 and not worth <= most:
            return measured(state, worth, most, refusals.ORDER_VALUE)
    return refusals.NO_REASON


@inner
def check_position(state, command, besides):
    """Return POSITION_TOO_LARGE if position and pending orders, as if filled, would be above the cap (C5), or 0."""
    most = state.limits.caps[command.instrument].position_steps
    if most < 0:
        return refusals.NO_REASON
    total = command.quantity
    for strategy in range(state.strategy_count):
        held = state.positions[strategy * INSTRUMENTS + command.instrument].quantity
        total += max(np.int64(0), held * command.side)
    for index in range(state.order_count):
        order = state.orders[index]
        pending = order.role == ENTRY and order.reduce_only == 0 and order.id != besides
        if pending and order.instrument == command.instrument and order.side == command.side:
            total += order.quantity - order.filled
    if total > most:
        return measured(state, total, most, refusals.POSITION_TOO_LARGE)
    return refusals.NO_REASON


@inner
def check_price_age(state, command):
    """Return STALE_PRICE if the latest price is too old to trade on (C7), or 0."""
    limits, row = state.limits, state.instruments[command.instrument]
    age = float(state.now - row.quoted_at) / float(SECOND)
    most = limits.bar_age_s
    if row.quoted_span == 0:
        most = limits.quote_age_s
        asia = row.sessions[limits.asia_session]
        if most >= 0.0 and asia.opens <= state.now < asia.closes:
            most = max(most, limits.quote_age_asia_s) if limits.quote_age_asia_s >= 0.0 else limits.quote_age_asia_s
    if row.quoted_at <= 0 or (most >= 0.0 and not age <= most):
        return measured(state, age, most, refusals.STALE_PRICE)
    return refusals.NO_REASON


@inner
def check_spread(state, command):
    """Return SPREAD_TOO_WIDE if the spread is far above the usual one, or that is unknown (C8), or 0."""
    limits, row = state.limits, state.instruments[command.instrument]
    spread = row.ask - row.bid
    cap = limits.caps[command.instrument].spread
    if cap >= 0 and spread > cap:
        return measured(state, spread, cap, refusals.SPREAD_TOO_WIDE)
    if limits.spread_median_multiple >= 0.0:
        usual = state.risk.instruments[command.instrument].usual_spread
        known = state.risk.instruments[command.instrument].spread_hour != 0 and usual >= 0.0
        if not known or not float(spread) <= limits.spread_median_multiple * usual:
            return measured(state, spread, limits.spread_median_multiple * usual, refusals.SPREAD_TOO_WIDE)
    return refusals.NO_REASON


@inner
def check_duplicate(state, command):
    """Return DUPLICATE_ORDER if the same was sent a moment ago, or too much to remember (C9), or 0."""
    risk, limit = state.risk, state.limits.duplicate_s
    if limit < 0.0:
        return refusals.NO_REASON
    price = entering_price(state, command)
    for back in range(min(risk.sent, LATEST)):
        old = risk.orders[(risk.sent - 1 - back) % LATEST]
        age = float(state.now - old.ts) / float(SECOND)
        if age > limit:
            return refusals.NO_REASON
        same = old.strategy == command.strategy and old.instrument == command.instrument
        same = same and old.side == command.side and old.type == command.type and old.quantity == command.quantity
        if (same and abs(old.price - price) <= 1) or back == LATEST - 1:
            return measured(state, age, limit, refusals.DUPLICATE_ORDER)
    return refusals.NO_REASON


@inner
def check_closing(state, command):
    """Return MARKET_CLOSING shortly before the instrument closes, or when its hours are not known (C12), or 0."""
    minutes = state.limits.minutes_to_close
    if minutes < 0:
        return refusals.NO_REASON
    hours = state.instruments[command.instrument].sessions[MARKET_HOURS]
    left = hours.closes - state.now
    if hours.closes <= 0 or left < minutes * MINUTE:
        return measured(state, float(left) / float(MINUTE), minutes, refusals.MARKET_CLOSING)
    return refusals.NO_REASON


@inner
def check_unknown(state, command):
    """Return UNKNOWN_ORDER while the outcome of an order in the instrument is not known (C14), or 0."""
    if state.limits.unknown_hold < 0:
        return refusals.NO_REASON
    for index in range(state.order_count):
        order = state.orders[index]
        if order.status == UNKNOWN and order.instrument == command.instrument:
            return measured(state, order.id, 0.0, refusals.UNKNOWN_ORDER)
    return refusals.NO_REASON


@inner
def check_order(state, command, besides):
    """Return the first refusal of the controls of one order, or 0; `besides` is the order it takes the place of."""
    refusal = check_collar(state, command)
    if refusal == 0:
        refusal = check_limit_side(state, command)
    if refusal == 0:
        refusal = check_size(state, command)
    if refusal == 0:
        refusal = check_position(state, command, besides)
    if refusal == 0 and not may_speak(state):
        refusal = measured(state, 0.0, 0.0, refusals.TOO_MANY_MESSAGES)
    if refusal == 0:
        refusal = check_price_age(state, command)
    if refusal == 0:
        refusal = check_spread(state, command)
    if refusal == 0 and besides == 0:
        refusal = check_duplicate(state, command)
    if refusal == 0:
        refusal = check_closing(state, command)
    if refusal == 0:
        refusal = check_unknown(state, command)
    return refusal
