"""The latest price of each instrument, and the conversion rates that some of them give."""

from tradewind.kernel.compiled import compiled


@compiled(inline=True)
def apply_price(state, event):
    """The instrument's bid and ask, with the extremes of the interval, are those of the QUOTE or BAR in `event`."""
    row = state.instruments[event.instrument]
    row.bid = event.close
    row.ask = event.close + event.spread_close
    row.bid_high = event.high
    row.bid_low = event.low
    row.ask_high = event.high + event.spread_high
    row.ask_low = event.low + event.spread_low
    row.quoted_at = event.ts
    if row.converts > 0:
        apply_rate(state, row)


@compiled
def apply_rate(state, row):
    """The currency this instrument converts has the rate of its latest price.

    Gains are sold at the bid and losses bought at the ask; where the account's currency is the base of the pair
    (USDJPY for a dollar account) the rate is one over the price and the sides change places.
    """
    currency = state.currencies[row.converts]
    bid = float(row.bid) / row.ticks_per_price
    ask = float(row.ask) / row.ticks_per_price
    if row.inverse == 0:
        currency.rate_bid = bid * row.rate_scale
        currency.rate_ask = ask * row.rate_scale
    else:
        currency.rate_bid = row.rate_scale / ask
        currency.rate_ask = row.rate_scale / bid
    currency.known = 1
