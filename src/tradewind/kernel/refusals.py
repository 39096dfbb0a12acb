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
# Holds: why no entry is sent in an instrument for now. Bit n of INSTRUMENT.holds is the refusal STARTING + n.
STARTING = 26
BROKER_UNREACHABLE = 27
FEED_SILENT = 28
PRICE_SUSPECT = 29
POSITION_DIFFERS = 30
OUTCOME_UNKNOWN = 31
CLOCK_SUSPECT = 32
NO_WATCHDOG = 33
WARMING_UP = 34
STOPPING = 35
UNPROTECTED = 36
LAST_HOLD = UNPROTECTED

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
NOT_EXECUTED = 59
NIGHT = 60
DIVIDEND = 61
FLAT_BY_TIME = 62
MARGIN_CUT = 63
STOP_LOST = 64
CLOSED_BY_BROKER = 65
LIMIT_OF_BROKER = 66
BALANCE_OF_BROKER = 67
SENT_APART = 68

# Refusals of the limits, in the order in which `risk.check` looks at them; each also names its control in the risk log.
KILL_SWITCH = 70
DAILY_SOFT_LOSS = 71
DAILY_HARD_LOSS = 72
WEEKLY_LOSS = 73
STATIC_DRAWDOWN = 74
TRAILING_DRAWDOWN = 75
FIRM_FLOOR = 76
BEING_FLATTENED = 77
NOT_RECONCILED = 78
COOL_DOWN = 79
TRADES_PER_BLOCK = 80
TRADES_PER_DAY = 81
TRADES_PER_DAY_TOTAL = 82
DAY_TYPE = 83
FLAT_TIME = 84
STOP_MISSING = 85
PRICE_TOO_FAR = 86
LEVEL_TOO_FAR = 87
LIMIT_ALREADY_PASSED = 88
ORDER_TOO_LARGE = 89
ORDER_VALUE = 90
POSITION_TOO_LARGE = 91
TOO_MANY_MESSAGES = 92
STALE_PRICE = 93
SPREAD_TOO_WIDE = 94
DUPLICATE_ORDER = 95
MARKET_CLOSING = 96
UNKNOWN_ORDER = 97
RISK_PER_TRADE = 98
OPEN_RISK = 99
GROUP_RISK = 100
GROSS_LEVERAGE = 101
NET_LEVERAGE = 102
MARGIN_USE = 103
FLOOR_AHEAD = 104
STOP_MAY_NOT_WIDEN = 105
# Controls that refuse nothing themselves: they disable a strategy, raise the kill level, or change what holds.
REPEATED_EXECUTION = 110
REJECT_LOOP = 111
CLOCK_SKEW = 112
UNEXPECTED_REJECTS = 113
MARGIN_LEVEL = 114
STOP_PRESENCE = 115
OPERATOR_ORDER = 116
LIMITS_CHANGED = 117

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
    VOLATILITY_UNKNOWN: (
        "volatility unknown",
        "Fourteen day bars must close before sizes or levels can be measured by volatility.",
    ),
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
    STARTING: ("starting", "State and broker have not been compared since the start; nothing is opened before."),
    BROKER_UNREACHABLE: ("broker unreachable", "The broker does not answer; only what reduces a position is tried."),
    FEED_SILENT: ("feed silent", "No price has come for longer than is ordinary at this time of the week."),
    PRICE_SUSPECT: ("price suspect", "The latest price contradicts those before it and is not confirmed."),
    POSITION_DIFFERS: ("position differs", "Position or orders at the broker are not what we think they are."),
    OUTCOME_UNKNOWN: ("outcome unknown", "What became of an order in this instrument is not known yet."),
    CLOCK_SUSPECT: ("clock suspect", "Our clock cannot be trusted."),
    NO_WATCHDOG: ("no watchdog", "The watchdog gives no sign of life."),
    WARMING_UP: ("warming up", "Indicators are being filled from history."),
    STOPPING: ("stopping", "The trader is being stopped."),
    UNPROTECTED: ("unprotected", "A position has been without its stop-loss for too long."),
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
    NOT_EXECUTED: ("not executed", "The order never took effect at the broker."),
    CLOSED_BY_BROKER: ("closed by the broker", "The broker, or a person at the broker's own screen, closed it."),
    LIMIT_OF_BROKER: ("refused by the broker", "The broker refused it; its own words are in the log of executions."),
    BALANCE_OF_BROKER: ("the broker's balance", "The balance was set to the broker's."),
    SENT_APART: ("sent apart", "The broker attaches no stops: an order of its own takes its place."),
    NIGHT: ("night", "Overnight financing."),
    DIVIDEND: ("dividend", "Dividend adjustment of a cash index."),
    FLAT_BY_TIME: ("flat by time", "The rules hold nothing beyond this time."),
    MARGIN_CUT: ("margin cut", "It was the loser that held most margin when the margin level fell too low."),
    STOP_LOST: ("stop lost", "Its stop-loss could not be put in place."),
    KILL_SWITCH: ("kill switch", "The kill switch lets no entry pass until a named person re-arms it."),
    DAILY_SOFT_LOSS: ("daily soft loss", "The day's soft loss limit is reached (R6)."),
    DAILY_HARD_LOSS: ("daily hard loss", "The day's hard loss limit is reached (R7)."),
    WEEKLY_LOSS: ("weekly loss", "The week's loss limit is reached (R9)."),
    STATIC_DRAWDOWN: ("static drawdown", "The largest loss of capital allowed is reached (R10)."),
    TRAILING_DRAWDOWN: ("trailing drawdown", "The largest fall from the top allowed is reached (R11)."),
    FIRM_FLOOR: ("firm's floor", "Equity fell below a floor of the firm."),
    BEING_FLATTENED: ("being flattened", "Positions are being closed for a rule; nothing new is opened meanwhile."),
    NOT_RECONCILED: ("not reconciled", "The broker's positions are not ours (R16)."),
    COOL_DOWN: ("cool-down", "After losses in a row there is a pause (R12)."),
    TRADES_PER_BLOCK: ("trades per block", "The block had its trades (R13)."),
    TRADES_PER_DAY: ("trades per day", "The instrument had its trades of the day (R13)."),
    TRADES_PER_DAY_TOTAL: ("trades per day total", "The account had its trades of the day (R13)."),
    DAY_TYPE: ("day type", "The rules do not enter on days of this kind (R14)."),
    FLAT_TIME: ("flat time", "It is too late to enter: soon everything has to be closed (R14)."),
    STOP_MISSING: ("stop missing", "Every order that opens needs a stop-loss (R15)."),
    PRICE_TOO_FAR: ("price too far", "The price lies outside the collar around the market (C1)."),
    LEVEL_TOO_FAR: ("level too far", "The stop-loss or take-profit is too far from the market (C1)."),
    LIMIT_ALREADY_PASSED: ("limit already passed", "The market already stands beyond the limit price (C2)."),
    ORDER_TOO_LARGE: ("order too large", "The size is above the cap, or far above the usual one (C3)."),
    ORDER_VALUE: ("order value", "The order is worth more than is allowed (C4)."),
    POSITION_TOO_LARGE: ("position too large", "With all pending orders the position would be above its cap (C5)."),
    TOO_MANY_MESSAGES: ("too many messages", "Too many orders, changes and cancels in too short a time (C6)."),
    STALE_PRICE: ("stale price", "The latest price is too old (C7)."),
    SPREAD_TOO_WIDE: ("spread too wide", "The spread is far above the usual one, or no usual one is known (C8)."),
    DUPLICATE_ORDER: ("duplicate order", "The same order was sent a moment ago (C9)."),
    MARKET_CLOSING: ("market closing", "The instrument closes in a moment, or its hours are not known (C12)."),
    UNKNOWN_ORDER: ("unknown order", "The outcome of an order in this instrument is not known (C14)."),
    RISK_PER_TRADE: ("risk per trade", "The order would lose too much at its stop (R1)."),
    OPEN_RISK: ("open risk", "Everything open would lose too much at its stops (R2)."),
    GROUP_RISK: ("group risk", "Instruments that lose together would lose too much (R3)."),
    GROSS_LEVERAGE: ("gross leverage", "Positions would be worth too much for the equity (R4)."),
    NET_LEVERAGE: ("net leverage", "One side of a group would be worth too much for the equity (R4)."),
    MARGIN_USE: ("margin use", "Too much of the equity would be held as margin (R5)."),
    FLOOR_AHEAD: ("floor ahead", "If every stop were hit, a floor would be broken (R8)."),
    STOP_MAY_NOT_WIDEN: ("stop may not widen", "A stop-loss may only come nearer, and is not taken away (R15)."),
    REPEATED_EXECUTION: ("repeated execution", "Too many fills of one strategy: it is disabled (C10)."),
    REJECT_LOOP: ("reject loop", "The broker rejects again and again (C11)."),
    CLOCK_SKEW: ("clock skew", "Our clock and the broker's are too far apart (C13)."),
    UNEXPECTED_REJECTS: ("unexpected rejects", "The broker rejects orders that protect or reduce (R17)."),
    MARGIN_LEVEL: ("margin level", "Equity is too small for the margin held (R5)."),
    STOP_PRESENCE: ("stop presence", "A position is without its stop-loss (R15)."),
    OPERATOR_ORDER: ("operator", "A person ordered it."),
    LIMITS_CHANGED: ("limits", "Other limits hold from here on."),
}
"""Name and sentence of every reason, by number."""
