"""Why something was not done: every refusal and every ending has a name and one sentence for the screen.

Guards in `risk.check` stand in the order in which the refusals are numbered here.
"""

NO_REASON = 0

# Refusals: a command that was not sent.
NOT_TRADABLE = 1
NO_PRICE = 2
NO_CONVERSION_RATE = 3
TRADING_HALTED = 4
STRATEGY_DISABLED = 5
MARKET_CLOSED = 6
NO_STOP_TO_SIZE_BY = 7
NO_RISK_ALLOWED = 8
VOLATILITY_UNKNOWN = 9
MINIMUM_LOT_EXCEEDS_RISK = 10
QUANTITY_BELOW_MINIMUM = 11
QUANTITY_ABOVE_MAXIMUM = 12
NOTHING_TO_REDUCE = 13
PRICE_NOT_POSITIVE = 14
TRIGGER_ALREADY_PASSED = 15
STOP_LOSS_ON_WRONG_SIDE = 16
TAKE_PROFIT_ON_WRONG_SIDE = 17
STOP_TOO_CLOSE = 18
EXPIRY_PASSED = 19
NOT_ENOUGH_MARGIN = 20
ORDER_TABLE_FULL = 21
OUTBOX_FULL = 22
ORDER_NOT_FOUND = 23
ORDER_IS_ENDING = 24
NEWS_LOCK = 25

# Endings: why an order or a trade came to its end.
SIGNAL = 40
STOP_LOSS_HIT = 41
TAKE_PROFIT_HIT = 42
TRAILING_STOP_HIT = 43
TIME_EXIT = 44
SESSION_END = 45
DAY_END = 46
STOPPED_OUT = 47
OTHER_LEG_FILLED = 48
POSITION_CLOSED = 49
CANCEL_REQUESTED = 50
EXPIRED = 51
GAPPED_BEYOND_STOP = 52
NOT_FILLED_AT_ONCE = 53
INVALIDATED = 54
ENTRY_FILLED = 55
FLATTENED = 56
NO_SUCH_ORDER = 57
NEWS_AHEAD = 58
NIGHT = 60
DIVIDEND = 61

REASONS = {
    NO_REASON: ("", ""),
    NOT_TRADABLE: ("not tradable", "The instrument is here only to convert a currency."),
    NO_PRICE: ("no price", "No price has been seen yet."),
    NO_CONVERSION_RATE: ("no conversion rate", "The rate from the quote currency to the account's is not known yet."),
    TRADING_HALTED: ("trading halted", "Trading is halted; only orders that reduce a position pass."),
    STRATEGY_DISABLED: ("strategy disabled", "The strategy is disabled; only orders that reduce a position pass."),
    MARKET_CLOSED: ("market closed", "The instrument is outside its trading hours."),
    NO_STOP_TO_SIZE_BY: ("no stop to size by", "The sizing rule needs a stop-loss and none was given."),
    NO_RISK_ALLOWED: (
        "no risk allowed",
        "The sizing rule allows no risk now (capital or Kelly fraction is not positive).",
    ),
    VOLATILITY_UNKNOWN: ("volatility unknown", "Fourteen day bars must close before volatility sizing can work."),
    MINIMUM_LOT_EXCEEDS_RISK: (
        "minimum lot exceeds risk",
        "The smallest tradable size would lose more than the risk allowed; sizes are never rounded up.",
    ),
    QUANTITY_BELOW_MINIMUM: ("quantity below minimum", "The size is below the instrument's minimum."),
    QUANTITY_ABOVE_MAXIMUM: ("quantity above maximum", "The size is above the instrument's maximum."),
    NOTHING_TO_REDUCE: ("nothing to reduce", "A reduce-only order needs an open position on the other side."),
    PRICE_NOT_POSITIVE: ("price not positive", "A price must be above zero."),
    TRIGGER_ALREADY_PASSED: ("trigger already passed", "The market already stands beyond the stop price."),
    STOP_LOSS_ON_WRONG_SIDE: ("stop-loss on wrong side", "The stop-loss would be hit at once."),
    TAKE_PROFIT_ON_WRONG_SIDE: ("take-profit on wrong side", "The take-profit lies on the losing side."),
    STOP_TOO_CLOSE: ("stop too close", "The broker wants more distance between the price and a stop."),
    EXPIRY_PASSED: ("expiry passed", "The order would expire before it could work."),
    NOT_ENOUGH_MARGIN: ("not enough margin", "Free margin does not carry the order."),
    ORDER_TABLE_FULL: ("order table full", "Too many orders live at the same time."),
    OUTBOX_FULL: ("outbox full", "Too many commands were given at one instant."),
    ORDER_NOT_FOUND: ("order not found", "The order does not live any more."),
    ORDER_IS_ENDING: ("order is ending", "A cancel of the order is on its way, or its outcome is not known."),
    NEWS_LOCK: ("news lock", "The firm's rules forbid to send an order this close to a release."),
    SIGNAL: ("signal", "The strategy closed it."),
    STOP_LOSS_HIT: ("stop-loss", "The stop-loss was hit."),
    TAKE_PROFIT_HIT: ("take-profit", "The take-profit was hit."),
    TRAILING_STOP_HIT: ("trailing stop", "The trailing stop was hit."),
    TIME_EXIT: ("time exit", "It was open for as long as the rules allow."),
    SESSION_END: ("session end", "The session ended."),
    DAY_END: ("day end", "The trading day ended."),
    STOPPED_OUT: ("stopped out", "The broker closed it because margin ran out."),
    OTHER_LEG_FILLED: ("other leg filled", "The other attached order was filled."),
    POSITION_CLOSED: ("position closed", "The position it belonged to was closed."),
    CANCEL_REQUESTED: ("cancel requested", "The strategy cancelled it."),
    EXPIRED: ("expired", "Its time ran out."),
    GAPPED_BEYOND_STOP: ("gapped beyond stop", "The market opened beyond the entry's own stop-loss."),
    NOT_FILLED_AT_ONCE: ("not filled at once", "It had to be filled at once and could not be."),
    INVALIDATED: ("invalidated", "The setup was invalidated."),
    ENTRY_FILLED: ("entry", "An entry was filled."),
    FLATTENED: ("flattened", "Everything was closed on purpose."),
    NO_SUCH_ORDER: ("no such order", "The venue does not hold this order."),
    NEWS_AHEAD: ("news ahead", "A release was due, and no position is held through it."),
    NIGHT: ("night", "Overnight financing."),
    DIVIDEND: ("dividend", "Dividend adjustment of a cash index."),
}
"""Name and sentence of every reason, by number."""
