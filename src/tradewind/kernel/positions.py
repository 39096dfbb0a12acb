"""Positions, one for each strategy and instrument; and the trades they leave behind.

A trade runs from flat to flat. Its cost basis is the exact sum of steps x price, so nothing is lost to an average
price; the cash of each closing fill is posted to the balance as it happens. A fill through zero closes one trade and
opens the next. In a netting account these are the strategies' own books beside the one position the broker has
(`netting.py`), and the balance is the broker's.
"""

import numpy as np

from tradewind.kernel.account import cash_of, post, realise, refresh_margin
from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.netting import fill_net
from tradewind.kernel.records import INSTRUMENTS, RESULTS, TRADES


@compiled(inline=True, inner=True)
def position_of(state, strategy, instrument):
    """Return the position row of a strategy in an instrument."""
    return state.positions[strategy * INSTRUMENTS + instrument]


@inner
def apply_fill(state, report, risk):
    """The position, the balance and the trade know the fill in `report`; `risk` is the cash at risk of an entry."""
    position = position_of(state, report.strategy, report.instrument)
    signed = report.quantity * report.side
    held = position.quantity
    closing = np.int64(0)
    if held != 0 and (held > 0) != (signed > 0):
        closing = min(abs(held), report.quantity)
    opening = report.quantity - closing
    commission = report.amount
    # Part of the fill, so equity is not looked at between the two.
    state.account.commission += commission
    state.account.balance += commission
    position.earned += commission
    if state.account.netting != 0:
        fill_net(state, report)
    if closing > 0:
        part = commission if opening == 0 else commission * closing // report.quantity
        reduce_position(state, position, report, closing, part)
        commission -= part
    if opening > 0:
        extend_position(state, position, report, opening, commission, risk * opening // report.quantity)
    refresh_margin(state)


@inner
def extend_position(state, position, report, quantity, commission, risk):
    """`quantity` steps more are held at the price filled."""
    if position.quantity == 0:
        state.instruments[report.instrument].open_positions += 1
        blank_trade(position)
        position.opened_at = report.occurred
        position.opened_number = state.number
        row = state.instruments[report.instrument]
        # What is certain on the bar of entry: the exit side at the fill itself and at the close.
        position.worst_price = row.bid if report.side > 0 else row.ask
        position.best_price = position.worst_price
    position.quantity += quantity * report.side
    position.cost += quantity * report.side * report.price
    position.entry_steps += quantity
    position.entry_cost += quantity * report.price
    position.risk += risk
    position.commission += commission
    count_costs(position, report, quantity)


@inner
def reduce_position(state, position, report, quantity, commission):
    """`quantity` steps of the position are closed at the price filled and their result is in the balance."""
    held = position.quantity
    share = quantity * (1 if held > 0 else -1)
    # floor(cost x share / held), with the product kept inside int64.
    cost = position.cost // held * share + position.cost % held * share // held
    result = cash_of(state, report.instrument, share * report.price - cost)
    position.quantity -= share
    position.cost -= cost
    position.realised += result
    position.earned += result
    position.commission += commission
    position.exit_steps += quantity
    position.exit_cost += quantity * report.price
    if (report.price - position.worst_price) * share < 0:
        position.worst_price = report.price
    if (report.price - position.best_price) * share > 0:
        position.best_price = report.price
    count_costs(position, report, quantity)
    value = cash_of(state, report.instrument, position.quantity * report.price - position.cost)
    if state.account.netting == 0:
        realise(state, result, value - position.unrealised, value - position.adverse)
    position.unrealised = value
    position.adverse = value
    if position.quantity == 0:
        state.instruments[report.instrument].open_positions -= 1
        finish_trade(state, position, report)


@inner
def count_costs(position, report, quantity):
    """The position knows what the spread and slippage of this fill cost."""
    position.spread_cost += report.spread * quantity
    position.slippage_cost += report.slippage * quantity
    position.fills += 1
    position.ambiguous += report.ambiguous


@inner
def blank_trade(position):
    """Nothing of an earlier trade is left in the row."""
    position.cost = 0
    position.unrealised = 0
    position.adverse = 0
    position.entry_steps = 0
    position.entry_cost = 0
    position.exit_steps = 0
    position.exit_cost = 0
    position.risk = 0
    position.realised = 0
    position.commission = 0
    position.financing = 0
    position.spread_cost = 0
    position.slippage_cost = 0
    position.fills = 0
    position.ambiguous = 0


@inner
def finish_trade(state, position, report):
    """A trade row stands in `state.trades`, and the strategy knows its R."""
    trade = state.trades[min(state.trade_count, TRADES - 1)]
    state.trade_count += 1
    trade.number = state.number
    trade.opened_at = position.opened_at
    trade.closed_at = report.occurred
    trade.quantity = position.entry_steps
    trade.entry_cost = position.entry_cost
    trade.exit_cost = position.exit_cost
    trade.risk = position.risk
    trade.gross = position.realised
    trade.commission = position.commission
    trade.financing = position.financing
    trade.spread_cost = -cash_of(state, report.instrument, position.spread_cost) // 2
    trade.slippage_cost = -cash_of(state, report.instrument, position.slippage_cost)
    trade.worst_price = position.worst_price
    trade.best_price = position.best_price
    trade.strategy = report.strategy
    trade.instrument = report.instrument
    trade.side = -report.side
    trade.reason = report.reason
    trade.fills = position.fills
    trade.ambiguous = position.ambiguous
    strategy = state.strategies[report.strategy]
    strategy.trades += 1
    if position.risk > 0:
        net = position.realised + position.commission + position.financing
        strategy.results[strategy.rated % RESULTS] = float(net) / float(position.risk)
        strategy.rated += 1


@inner
def apply_financing(state, report):
    """The cash of a night's financing or of a dividend is in the balance and in the trade."""
    position = position_of(state, report.strategy, report.instrument)
    position.financing += report.amount
    position.earned += report.amount
    state.account.financing += report.amount
    post(state, report.amount)
