"""What trading costs: commission, slippage, overnight financing. Spread is not here: it is the distance of bid and ask.

Formulas: commission and swap as brokers publish them (MetaTrader contract specification, OANDA financing); slippage is
a model, adverse always, rounded up to whole ticks.
"""

import math

import numpy as np

from tradewind.kernel.account import convert, notional, round_half_away
from tradewind.kernel.compiled import inner

# Commission models. The rate is per side.
NO_COMMISSION = 0
PER_LOT = 1
SHARE_OF_NOTIONAL = 2

# Financing models.
NO_FINANCING = 0
POINTS = 1
"""The rate is in ticks per lot and night."""
CURRENCY = 2
"""The rate is in minor units of the quote currency per lot and night."""
PERCENT_360 = 3
"""The rate is percent a year of the present price."""
PERCENT_365 = 4
"""The rate is a share a year of the present price, as OANDA quotes it."""

MONDAY_OF_EPOCH = 3
"""1970-01-01 was a Thursday: (days + 3) % 7 is 0 on Mondays."""


@inner
def commission_of(state, instrument, steps, price):
    """Return the commission of one side as cash to the account (<= 0), minor units."""
    row = state.instruments[instrument]
    if row.commission_model == PER_LOT:
        value = row.commission * float(steps) / row.steps_per_lot
        return -round_half_away(convert(state, row.commission_currency, value, False))
    if row.commission_model == SHARE_OF_NOTIONAL:
        return -round_half_away(row.commission * notional(state, instrument, steps, price))
    return np.int64(0)


@inner
def financing_of(state, instrument, quantity, date):
    """Return the cash (signed, minor units) a position of `quantity` steps gets at the roll that ends `date`."""
    return financing_at(state, instrument, quantity, quantity > 0, date)


@inner
def financing_at(state, instrument, quantity, is_long, date):
    """Return the same at the rate of longs or of shorts, whatever the sign of `quantity`.

    A part that lies on the other side than the rate gets what the rate takes.
    """
    row = state.instruments[instrument]
    nights = row.financing_days[(date + MONDAY_OF_EPOCH) % 7]
    if row.financing_model == NO_FINANCING or nights == 0:
        return np.int64(0)
    rate = row.financing_long if is_long else row.financing_short
    steps = float(quantity if is_long else -quantity)
    unit = float(row.value_numerator) / float(row.value_denominator)
    price = float(row.bid if is_long else row.ask)
    if row.financing_model == POINTS:
        value = rate * steps * unit * float(nights)
    elif row.financing_model == CURRENCY:
        value = rate * steps / row.steps_per_lot * float(nights)
    elif row.financing_model == PERCENT_360:
        value = rate / 100.0 / 360.0 * price * steps * unit * float(nights)
    else:
        value = rate / 365.0 * price * steps * unit * float(nights)
    return round_half_away(convert(state, row.currency, value, value > 0.0))


@inner
def ticks_up(value):
    """Return `value` ticks rounded up to a whole tick, as int64: slippage is never rounded away."""
    return np.int64(math.ceil(value - 1e-9))


@inner
def slippage_of(venue, instrument, spread, is_stop, is_rough):
    """Return the ticks lost beyond the side's price by a market order or a triggered stop (>= 0)."""
    if is_stop:
        loss = venue.stop_slippage * float(spread) + venue.stop_slippage_atr * venue.instruments[instrument].atr
    else:
        loss = venue.market_slippage * float(spread)
    if is_rough:
        loss *= venue.rough_multiple
    return ticks_up(loss * venue.slippage_scale)
