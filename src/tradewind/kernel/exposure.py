"""What everything open and pending could lose, and how much of a new order fits below the limits (R1 to R5, R8).

*Heat* is the loss from the present price to the stop, costs of the exit included, times kappa, which says how far
stops slip: more through news, the daily break and a weekend. A pending order counts as if it were filled; a position
without a stop has no bound. Source: domain rules 5.2, 5.3.
"""

import math

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.account import convert, equity, margin_of, notional
from tradewind.kernel.compiled import inner
from tradewind.kernel.costs import commission_of
from tradewind.kernel.floors import NOWHERE
from tradewind.kernel.market_watch import correlation
from tradewind.kernel.orders import ENTRY, HELD, STOP
from tradewind.kernel.records import INSTRUMENTS
from tradewind.kernel.risk_records import GROUP_SIDES
from tradewind.kernel.sizing import loss_at_stop, sizing_capital, steps_for_risk

UNBOUNDED = 1e300
FRIDAY = 4
EVERYTHING = np.int64(2**62)


@inner
def kappa_of(state, instrument):
    """Return how far stops in the instrument are expected to slip, as a multiple of the loss to the stop."""
    limits, row = state.limits, state.instruments[instrument]
    friday = (state.date + 3) % 7 == FRIDAY
    if friday and limits.weekend_flat < 0 and limits.friday_flat_minute < 0 and limits.flat_minute < 0:
        return limits.kappa_weekend
    if limits.flat_minute < 0 or row.news_opens <= state.now < row.news_closes:
        return limits.kappa_break
    return limits.kappa


@inner
def unit_value(state, instrument):
    """Return what one tick of one lot step is worth when lost, minor units of the account."""
    row = state.instruments[instrument]
    return convert(state, row.currency, float(row.value_numerator) / float(row.value_denominator), False)


@inner
def exit_cost(state, instrument, steps):
    """Return what closing `steps` is expected to cost beyond the mark, minor units: spreads for a hasty exit."""
    row, spreads = state.instruments[instrument], state.limits.flatten_cost_spreads
    if spreads < 0.0:
        return 0.0
    return spreads * float(row.ask - row.bid) * float(steps) * unit_value(state, instrument)


@inner
def measure_positions(state):
    """Every instrument knows the value of its positions, and no stop is counted yet."""
    risk = state.risk
    risk.exit_cost = 0.0
    risk.pending_margin = 0.0
    for instrument in range(state.instrument_count):
        watched = risk.instruments[instrument]
        watched.heat_long = 0.0
        watched.heat_short = 0.0
        watched.worth_long = 0.0
        watched.worth_short = 0.0
        watched.steps_long = 0
        watched.steps_short = 0
        watched.worth_held = 0.0
        watched.worth_buys = 0.0
        watched.worth_sells = 0.0
        if state.instruments[instrument].open_positions == 0:
            continue
        for strategy in range(state.strategy_count):
            place = strategy * INSTRUMENTS + instrument
            risk.positions[place].covered = 0
            quantity = state.positions[place].quantity
            if quantity > 0:
                watched.steps_long += quantity
            else:
                watched.steps_short -= quantity
        row = state.instruments[instrument]
        watched.worth_long = notional(state, instrument, watched.steps_long, row.bid)
        watched.worth_short = notional(state, instrument, watched.steps_short, row.ask)
        watched.worth_held = watched.worth_long - watched.worth_short
        risk.exit_cost += exit_cost(state, instrument, watched.steps_long + watched.steps_short)


@inner
def measure_stop(state, order, kappa):
    """The instrument's heat includes what the order protects.

    Where a part of the position was closed, its stops together are larger than it: each counts, but for no more than
    the position, because which of them will be hit is not known.
    """
    place = order.strategy * INSTRUMENTS + order.instrument
    guarded, quantity = state.risk.positions[place], state.positions[place].quantity
    steps = min(order.quantity - order.filled, abs(quantity))
    if steps <= 0 or quantity * order.side >= 0:
        return
    guarded.covered += steps
    row = state.instruments[order.instrument]
    mark = row.bid if quantity > 0 else row.ask
    ticks = max(np.int64(0), (mark - order.trigger) * -order.side) + row.stop_slippage
    loss = float(ticks) * float(steps) * unit_value(state, order.instrument)
    loss -= float(commission_of(state, order.instrument, steps, mark))
    watched = state.risk.instruments[order.instrument]
    if quantity > 0:
        watched.heat_long += kappa * loss
    else:
        watched.heat_short += kappa * loss


@inner
def measure_entry(state, order, kappa):
    """The instrument's heat and value include the pending entry as if it were filled."""
    left = order.quantity - order.filled
    if left <= 0:
        return
    row = state.instruments[order.instrument]
    watched = state.risk.instruments[order.instrument]
    price = max(row.ask, order.price, order.trigger)
    worth = notional(state, order.instrument, left, price)
    heat = UNBOUNDED
    if order.stop_loss != 0:
        heat = kappa * float(order.risk) * float(left) / float(order.quantity)
    state.risk.pending_margin += worth * row.margin_rate
    state.risk.exit_cost += exit_cost(state, order.instrument, left)
    if order.side > 0:
        watched.heat_long += heat
        watched.worth_long += worth
        watched.worth_buys += worth
        watched.steps_long += left
    else:
        watched.heat_short += heat
        watched.worth_short += worth
        watched.worth_sells += worth
        watched.steps_short += left


@inner
def measure(state, besides):
    """Heat, value and margin of everything open and pending stand in `state.risk`, but for the order `besides`."""
    risk = state.risk
    measure_positions(state)
    for index in range(state.order_count):
        order = state.orders[index]
        if order.status == HELD or order.id == besides:
            continue
        if order.role == ENTRY and order.reduce_only == 0:
            measure_entry(state, order, kappa_of(state, order.instrument))
        elif order.type == STOP:
            measure_stop(state, order, kappa_of(state, order.instrument))
    risk.heat = 0.0
    for instrument in range(state.instrument_count):
        watched = risk.instruments[instrument]
        if state.instruments[instrument].open_positions > 0:
            for strategy in range(state.strategy_count):
                place = strategy * INSTRUMENTS + instrument
                quantity = state.positions[place].quantity
                if abs(quantity) > risk.positions[place].covered:
                    if quantity > 0:
                        watched.heat_long = UNBOUNDED
                    else:
                        watched.heat_short = UNBOUNDED
        risk.heat += watched.heat_long + watched.heat_short


@inner
def steps_within(room, per_step):
    """Return how many whole steps of `per_step` fit in `room`, both minor units."""
    if room <= 0.0:
        return np.int64(0)
    if per_step <= 0.0:
        return EVERYTHING
    if room / per_step > 1e18:
        return EVERYTHING
    return steps_for_risk(room, per_step)


@inner
def group_sides(state, group):
    """Return (long, short): the heat on either side of a group, minor units."""
    up, down = 0.0, 0.0
    for instrument in range(state.instrument_count):
        weight = group.weights[instrument]
        watched = state.risk.instruments[instrument]
        if weight > 0.0:
            up += weight * watched.heat_long
            down += weight * watched.heat_short
        elif weight < 0.0:
            up -= weight * watched.heat_short
            down -= weight * watched.heat_long
    return up, down


@inner
def steps_by_sides(state, group, side, most, per_step):
    """Return how many steps of `per_step` heat fit on `side` of a group: G = max(L, S) - h min(L, S) <= `most`."""
    up, down = group_sides(state, group)
    own, other = (up, down) if side > 0 else (down, up)
    credit = max(0.0, state.limits.netting_credit)
    if other - credit * own > most:
        return np.int64(0)
    return steps_within(most + credit * min(other, most) - own, per_step)


@inner
def steps_by_correlation(state, group, instrument, side, most, per_step):
    """Return how many steps fit a group when its risk is sqrt(r' C r), r signed: at most `most`."""
    mixed, square = 0.0, 0.0
    for first in range(state.instrument_count):
        left = state.risk.instruments[first]
        one = group.weights[first] * (left.heat_long - left.heat_short)
        if left.heat_long + left.heat_short >= UNBOUNDED:
            return np.int64(0)
        mixed += correlation(state, first, instrument) * one
        for second in range(state.instrument_count):
            right = state.risk.instruments[second]
            other = group.weights[second] * (right.heat_long - right.heat_short)
            square += correlation(state, first, second) * one * other
    if square > most * most:
        return np.int64(0)
    # square + 2 x (signed step) x mixed + step^2 <= most^2, solved for the heat of the order.
    toward = mixed * side
    return steps_within(math.sqrt(max(0.0, toward * toward + most * most - square)) - toward, per_step)


@inner
def group_net(state, group, side):
    """Return the signed value of a group, times `side`, with the pending orders filled that go to that side."""
    total = 0.0
    for instrument in range(state.instrument_count):
        weight = group.weights[instrument]
        watched = state.risk.instruments[instrument]
        total += float(side) * weight * watched.worth_held
        if weight * side > 0.0:
            total += abs(weight) * watched.worth_buys
        else:
            total += abs(weight) * watched.worth_sells
    return total


@inner
def steps_for_groups(state, instrument, side, heat, worth):
    """Return (steps, control): how many steps of that heat and value fit every group of the instrument."""
    limits, worst, control = state.limits, EVERYTHING, 0
    capital = float(equity(state))
    for index in range(limits.group_count):
        group = limits.groups[index]
        weight = group.weights[instrument]
        if weight == 0.0:
            continue
        toward = np.int64(side if weight > 0.0 else -side)
        if group.limit >= 0.0:
            most = group.limit * capital
            if limits.group_method == GROUP_SIDES:
                steps = steps_by_sides(state, group, toward, most, abs(weight) * heat)
            else:
                steps = steps_by_correlation(state, group, instrument, toward, most, abs(weight) * heat)
            if steps < worst:
                worst, control = steps, refusals.GROUP_RISK
        if limits.net_leverage >= 0.0:
            room = limits.net_leverage * capital - group_net(state, group, toward)
            steps = steps_within(room, abs(weight) * worth)
            if steps < worst:
                worst, control = steps, refusals.NET_LEVERAGE
    return worst, control


@inner
def tighter(best, control, steps, other):
    """Return (steps, control) of the tighter of two bounds; the earlier one where they are equal."""
    if steps < best:
        return steps, other
    return best, control


@inner
def steps_that_fit(state, instrument, side, price, distance, besides):
    """Return (steps, control): the largest order that keeps R1 to R5 and R8, and the control that allows no more.

    `price` is the fill expected and `distance` that to the stop, in ticks. The order `besides` is left out of account.
    """
    limits, risk, row = state.limits, state.risk, state.instruments[instrument]
    measure(state, besides)
    capital = float(equity(state))
    lot = max(np.int64(1), np.int64(row.steps_per_lot))
    loss = loss_at_stop(state, instrument, lot, distance) / float(lot)
    worth = notional(state, instrument, lot, price) / float(lot)
    heat = kappa_of(state, instrument) * loss
    best, control = EVERYTHING, 0
    if limits.risk_per_trade >= 0.0:
        steps = steps_within(limits.risk_per_trade * float(sizing_capital(state)), loss)
        best, control = tighter(best, control, steps, refusals.RISK_PER_TRADE)
    if limits.open_risk >= 0.0:
        steps = steps_within(limits.open_risk * capital - risk.heat, heat)
        best, control = tighter(best, control, steps, refusals.OPEN_RISK)
    steps, of_group = steps_for_groups(state, instrument, side, heat, worth)
    best, control = tighter(best, control, steps, of_group)
    if limits.gross_leverage >= 0.0:
        held = 0.0
        for index in range(state.instrument_count):
            held += risk.instruments[index].worth_long + risk.instruments[index].worth_short
        steps = steps_within(limits.gross_leverage * capital - held, worth)
        best, control = tighter(best, control, steps, refusals.GROSS_LEVERAGE)
    if limits.margin_use >= 0.0:
        room = limits.margin_use * capital - float(state.account.margin) - risk.pending_margin
        steps = steps_within(room, margin_of(state, instrument, lot, price) / float(lot))
        best, control = tighter(best, control, steps, refusals.MARGIN_USE)
    if limits.floor_buffer >= 0.0 and risk.hard_floor > NOWHERE:
        left = limits.floor_buffer * float(limits.capital)
        room = capital - risk.heat - risk.exit_cost - float(risk.hard_floor) - left
        steps = steps_within(room, heat + exit_cost(state, instrument, lot) / float(lot))
        best, control = tighter(best, control, steps, refusals.FLOOR_AHEAD)
    return best, control
