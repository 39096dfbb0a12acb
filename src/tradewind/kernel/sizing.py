"""How much to trade. Always rounded down to the lot step; never up to the minimum.

The loss of one lot step at the stop includes the spread (the distance is measured from the side that enters to the
side that exits), the slippage a stop is expected to lose, and both commissions. Sources: fixed fraction and
volatility target as in the project's domain rules 5.1; the Kelly fraction maximises the mean of ln(1 + f R)
(Kelly 1956; Thorp 2006), here with every R lowered by one standard error and a quarter of the result used.

Every rule but fixed lots is multiplied by the weight of the strategy in the instrument, and by the drawdown multiplier
1 - drawdown / limit, between a quarter and one, where these are switched on. The cap holds before that last one.
"""

import math

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.account import convert, margin_of, notional
from tradewind.kernel.bars import ATR_DAYS
from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.costs import commission_of
from tradewind.kernel.records import INSTRUMENTS, RESULTS

FIXED_LOTS = 0
FIXED_FRACTION = 1
VOLATILITY = 2
KELLY = 3
VOLATILITY_TARGET = 4
METHODS = ("fixed_lots", "fixed_fraction", "volatility", "kelly", "volatility_target")

KELLY_TRADES = 100
"""Before so many trades with a stop, Kelly sizing uses the fixed fraction."""
KELLY_SHARE = 0.25

LEAST_DRAWDOWN_MULTIPLIER = 0.25
ROOT_OF_YEAR = math.sqrt(252.0)

ROUNDING = 1e-9
"""A quotient this close below a whole step is that step: 74800 / 149.6 is 500 in decimals, not quite in binary."""


@compiled(inline=True, inner=True)
def steps_of(state, instrument, lots):
    """Return `lots` in whole lot steps, rounded down."""
    exact = lots * state.instruments[instrument].steps_per_lot
    return np.int64(math.floor(exact + ROUNDING))


@inner
def sizing_capital(state):
    """Return the capital sizes are measured on: the smaller of balance and equity, minor units."""
    account = state.account
    return min(account.balance, account.balance + account.unrealised)


@inner
def loss_at_stop(state, instrument, quantity, distance):
    """Return the cash `quantity` steps lose when stopped `distance` ticks away, costs included, minor units, float."""
    row = state.instruments[instrument]
    unit = float(row.value_numerator) / float(row.value_denominator)
    loss = float(distance + row.stop_slippage) * float(quantity) * unit
    commission = 2.0 * float(commission_of(state, instrument, quantity, row.ask))
    return convert(state, row.currency, loss, False) - commission


@inner
def kelly_fraction(results, count):
    """Return the Kelly fraction of `count` R multiples: argmax over f of mean(ln(1 + f R)), by bisection; 0 if none.

    The derivative mean(R / (1 + f R)) falls in f, so no logarithm is needed.
    """
    worst = 0.0
    total = 0.0
    for index in range(count):
        total += results[index]
        worst = min(worst, results[index])
    if total <= 0.0 or worst >= 0.0:
        return 0.0
    low, high = 0.0, -1.0 / worst
    for _ in range(60):
        middle = (low + high) / 2.0
        slope = 0.0
        for index in range(count):
            slope += results[index] / (1.0 + middle * results[index])
        if slope > 0.0:
            low = middle
        else:
            high = middle
    return low


@inner
def shrunk_kelly(state, strategy):
    """Return a quarter of the Kelly fraction of the strategy's past trades, every R lowered by one standard error."""
    row = state.strategies[strategy]
    count = min(row.rated, RESULTS)
    total = 0.0
    squares = 0.0
    for index in range(count):
        total += row.results[index]
    average = total / count
    for index in range(count):
        squares += (row.results[index] - average) ** 2
    error = math.sqrt(squares / (count - 1.0) / count)
    lowered = np.empty(count, np.float64)
    for index in range(count):
        lowered[index] = row.results[index] - error
    return KELLY_SHARE * kelly_fraction(lowered, count)


@inner
def weight_of(state, strategy, instrument):
    """Return the multiple of the risk fraction that the portfolio gives the strategy in the instrument."""
    sizing = state.sizing
    if sizing.weighted == 0:
        return 1.0
    return float(sizing.weights[strategy * INSTRUMENTS + instrument])


@inner
def drawdown_multiplier(state):
    """Return clamp(1 - drawdown / limit, 1/4, 1), the drawdown being that of equity from its peak at marks."""
    limit = state.sizing.drawdown_scaling
    account = state.account
    if limit <= 0.0 or account.peak <= 0:
        return 1.0
    drawdown = 1.0 - float(account.balance + account.unrealised) / float(account.peak)
    return min(1.0, max(LEAST_DRAWDOWN_MULTIPLIER, 1.0 - drawdown / limit))


@inner
def risk_fraction(state, strategy, instrument):
    """Return the share of capital to risk on the next trade."""
    sizing = state.sizing
    fraction = sizing.fraction
    if sizing.method == KELLY and state.strategies[strategy].rated >= KELLY_TRADES:
        fraction = shrunk_kelly(state, strategy)
    return min(fraction * weight_of(state, strategy, instrument), sizing.cap) * drawdown_multiplier(state)


@inner
def steps_for_risk(cash, loss_per_step):
    """Return how many whole steps lose at most `cash`."""
    steps = np.int64(math.floor(cash / loss_per_step))
    if (steps + 1) * loss_per_step <= cash * (1.0 + ROUNDING):
        steps += 1
    return steps


@inner
def size_order(state, strategy, instrument, entry, stop_loss):
    """Return the lot steps the account's sizing rule gives, or minus a refusal.

    `entry` is the expected fill on the entering side and `stop_loss` the level on the exiting side, both in ticks.
    """
    row = state.instruments[instrument]
    sizing = state.sizing
    if sizing.method == FIXED_LOTS:
        quantity = steps_of(state, instrument, sizing.lots)
        if quantity < row.quantity_minimum:
            return -np.int64(refusals.QUANTITY_BELOW_MINIMUM)
        return quantity
    if stop_loss == 0 and sizing.method not in (VOLATILITY, VOLATILITY_TARGET):
        return -np.int64(refusals.NO_STOP_TO_SIZE_BY)
    risk = risk_fraction(state, strategy, instrument) * float(sizing_capital(state))
    if risk <= 0.0:
        return -np.int64(refusals.NO_RISK_ALLOWED)
    # Commission of many steps is not the sum of rounded single ones: measure it on one lot.
    lot = max(np.int64(1), np.int64(row.steps_per_lot))
    stopped = loss_at_stop(state, instrument, lot, abs(entry - stop_loss)) / float(lot)
    if sizing.method in (VOLATILITY, VOLATILITY_TARGET):
        unknown = row.day_atr <= 0.0
        if sizing.method == VOLATILITY_TARGET:
            unknown = row.day_bars < ATR_DAYS or row.day_variance <= 0.0
        if unknown:
            return -np.int64(refusals.VOLATILITY_UNKNOWN)
        if sizing.method == VOLATILITY:
            distance = np.int64(math.ceil(sizing.atr_multiple * row.day_atr))
            quantity = steps_for_risk(risk, volatility_per_step(state, instrument, distance))
        else:
            quantity = steps_for_target(state, strategy, instrument, entry)
        if stop_loss != 0:
            quantity = min(quantity, steps_for_risk(sizing.cap * float(sizing_capital(state)), stopped))
    else:
        quantity = steps_for_risk(risk, stopped)
    if quantity < row.quantity_minimum:
        return -np.int64(refusals.MINIMUM_LOT_EXCEEDS_RISK)
    quantity = min(quantity, row.quantity_maximum, steps_by_margin(state, instrument, entry))
    if quantity < row.quantity_minimum:
        return -np.int64(refusals.NOT_ENOUGH_MARGIN)
    return quantity


@inner
def volatility_per_step(state, instrument, distance):
    """Return the cash one step moves in `distance` ticks, minor units."""
    row = state.instruments[instrument]
    unit = float(row.value_numerator) / float(row.value_denominator)
    return convert(state, row.currency, float(distance) * unit, False)


@inner
def steps_for_target(state, strategy, instrument, entry):
    """Return the whole steps whose daily deviation is the strategy's part of the target.

    w x target / sqrt(252) x E over (daily deviation x price x contract x rate), domain rules 5.1.
    """
    part = weight_of(state, strategy, instrument) * drawdown_multiplier(state)
    cash = part * state.sizing.volatility_target / ROOT_OF_YEAR * float(sizing_capital(state))
    deviation = math.sqrt(state.instruments[instrument].day_variance)
    return steps_for_risk(cash, deviation * notional(state, instrument, 1, entry))


@inner
def steps_by_margin(state, instrument, price):
    """Return how many steps the free margin carries."""
    account = state.account
    free = float(account.balance + account.unrealised - account.margin)
    per_step = margin_of(state, instrument, 1, price)
    if per_step <= 0.0:
        return state.instruments[instrument].quantity_maximum
    return max(np.int64(0), np.int64(math.floor(free / per_step)))
