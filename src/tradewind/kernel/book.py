"""The latest price of each instrument, and the conversion rates that some of them give."""

from tradewind.kernel.compiled import compiled, inner


@compiled(inline=True, inner=True)
def apply_price(state, row, event):
    """The bid and ask of the instrument in `row`, with the interval's extremes, are those of the price in `event`."""
    bid, high, low, ts = event.close, event.high, event.low, event.ts
    ask, ask_high, ask_low = bid + event.spread_close, high + event.spread_high, low + event.spread_low
    row.bid = bid
    row.ask = ask
    row.bid_high = high
    row.bid_low = low
    row.ask_high = ask_high
    row.ask_low = ask_low
    row.quoted_at = ts
    row.quoted_span = event.span
    if row.converts > 0:
        apply_rate(state, row)


@inner
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
