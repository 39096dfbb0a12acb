"""What the account is worth. Cash is posted in integers of the account currency's minor unit.

Price differences stay exact as ticks x lot steps until the moment they become cash; only a foreign quote currency
passes through a float rate, and is rounded at once. Gains convert at the bid of the conversion rate, losses at the
ask: the side a bank would give (docs/reference, domain rule "account conversion"). Equity is marked at the exit
side: longs at the bid, shorts at the ask.
"""

import math

import numpy as np

from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.records import INSTRUMENTS


@inner
def round_half_away(value):
    """Return `value` rounded to the nearest integer, halves away from zero, as int64."""
    if value < 0.0:
        return -np.int64(math.floor(-value + 0.5))
    return np.int64(math.floor(value + 0.5))


@inner
def convert(state, currency, value, is_gain):
    """Return `value` minor units of `currency` in minor units of the account, as a float."""
    row = state.currencies[currency]
    return value * (row.rate_bid if is_gain else row.rate_ask)


@compiled(inline=True, inner=True)
def cash_of(state, instrument, tick_steps):
    """Return what `tick_steps` (ticks x lot steps, signed) are worth now, in minor units of the account."""
    row = state.instruments[instrument]
    if row.currency == 0:
        if row.value_numerator == 1 and row.value_denominator == 1:
            return tick_steps
        product = tick_steps * row.value_numerator
        if row.value_denominator == 1:
            return product
        half = row.value_denominator // 2
        if product < 0:
            return -((-product + half) // row.value_denominator)
        return (product + half) // row.value_denominator
    value = float(tick_steps) * float(row.value_numerator) / float(row.value_denominator)
    return round_half_away(convert(state, row.currency, value, tick_steps > 0))


@compiled(inline=True)
def equity(state):
    """Return balance plus what open positions would bring now, minor units."""
    return state.account.balance + state.account.unrealised


@compiled(inline=True, inner=True)
def note_equity(state):
    """Peak, trough and drawdown know the present equity."""
    account = state.account
    worth = account.balance + account.unrealised
    worst = account.balance + account.adverse
    if worst < account.trough:
        account.trough = worst
    # The drawdown of an interval is measured from the peak before it: what came first inside is not known.
    if worst < account.adverse_valley:
        account.adverse_valley = worst
        account.adverse_drawdown = min(account.adverse_drawdown, fall(worst, account.peak))
    if worth > account.peak:
        account.peak = worth
        account.valley = worth
        account.adverse_valley = worth
    elif worth < account.valley:
        account.valley = worth
        account.drawdown = min(account.drawdown, fall(worth, account.peak))


@inner
def fall(worth, peak):
    """Return how far `worth` lies below `peak`, as a share <= 0."""
    return float(worth) / float(peak) - 1.0 if peak > 0 else 0.0


@inner
def post(state, amount):
    """The balance has changed by `amount` minor units."""
    state.account.balance += amount
    note_equity(state)


@compiled(inline=True, inner=True)
def mark(state, instrument):
    """Every position in `instrument`, and the account, are valued at the exit side of the latest price."""
    row = state.instruments[instrument]
    bids, asks = (row.bid, row.bid_low, row.bid_high), (row.ask, row.ask_high, row.ask_low)
    mark_at(state, instrument, bids, asks, row.quoted_at)


@compiled(inline=True, inner=True)
def mark_at(state, instrument, bids, asks, quoted_at):
    """The same for a price whose bids and asks (last, worst, best for who leaves at them) are at hand."""
    account = state.account
    for strategy in range(state.strategy_count):
        position = state.positions[strategy * INSTRUMENTS + instrument]
        quantity = position.quantity
        if quantity == 0:
            continue
        if quantity > 0:
            price, worst, best = bids
            if position.opened_at == quoted_at:
                best = price  # entered inside this very bar: its high may have come before
            if worst < position.worst_price:
                position.worst_price = worst
            if best > position.best_price:
                position.best_price = best
        else:
            price, worst, best = asks
            if position.opened_at == quoted_at:
                best = price
            if worst > position.worst_price:
                position.worst_price = worst
            if best < position.best_price:
                position.best_price = best
        value = cash_of(state, instrument, quantity * price - position.cost)
        account.unrealised += value - position.unrealised
        position.unrealised = value
        if worst != price:
            value = cash_of(state, instrument, quantity * worst - position.cost)
        account.adverse += value - position.adverse
        position.adverse = value
    if account.netting != 0:
        mark_net(state, instrument)
    note_equity(state)


@inner
def mark_net(state, instrument):
    """The net position is valued at the exit side of the latest price, and a netting account with the net positions.

    What the strategies' own positions have just put in their place is gone.
    """
    row = state.instruments[instrument]
    net = state.nets[instrument]
    price, worst = (row.bid, row.bid_low) if net.quantity > 0 else (row.ask, row.ask_high)
    net.unrealised = cash_of(state, instrument, net.quantity * price - net.cost)
    net.adverse = cash_of(state, instrument, net.quantity * worst - net.cost)
    account = state.account
    account.unrealised = 0
    account.adverse = 0
    for index in range(state.instrument_count):
        account.unrealised += state.nets[index].unrealised
        account.adverse += state.nets[index].adverse


@inner
def realise(state, result, unrealised, adverse):
    """`result` is in the balance; what is unrealised has changed by `unrealised`, at the worst corner by `adverse`."""
    # What is realised stops being unrealised before it is posted: equity must never count it twice.
    state.account.unrealised += unrealised
    state.account.adverse += adverse
    post(state, result)


@compiled(inline=True, inner=True)
def settle(state):
    """The latest interval of the instrument that had one is valued, once everything that happened in it is known."""
    if state.unmarked == 0:
        return
    instrument = state.unmarked - 1
    state.unmarked = 0
    if state.instruments[instrument].open_positions > 0:
        mark(state, instrument)
        state.marked = 1


@inner
def refresh_margin(state):
    """`account.margin` is what the broker holds back now for each instrument at its mid price.

    It is the margin of the net position and, in a hedging account, `hedged_rate` of the value of the part that is held
    both ways: with 0 opposite positions need the net, with the margin rate the larger side, with twice that both.
    """
    total = 0.0
    for instrument in range(state.instrument_count):
        row = state.instruments[instrument]
        if row.open_positions == 0:
            continue
        long = np.int64(0)
        short = np.int64(0)
        for strategy in range(state.strategy_count):
            quantity = state.positions[strategy * INSTRUMENTS + instrument].quantity
            if quantity > 0:
                long += quantity
            else:
                short -= quantity
        middle = (row.bid + row.ask) // 2
        total += margin_of(state, instrument, abs(long - short), middle)
        if state.account.netting == 0 and row.hedged_rate > 0.0:
            total += notional(state, instrument, min(long, short), middle) * row.hedged_rate
    state.account.margin = round_half_away(total)


@inner
def notional(state, instrument, steps, price):
    """Return the value of `steps` lot steps at `price` ticks, minor units of the account, as a float."""
    row = state.instruments[instrument]
    value = float(steps) * float(price) * float(row.value_numerator) / float(row.value_denominator)
    return convert(state, row.currency, value, False)


@inner
def margin_of(state, instrument, steps, price):
    """Return the margin for `steps` lot steps at `price` ticks, minor units of the account, as a float."""
    return notional(state, instrument, steps, price) * state.instruments[instrument].margin_rate
