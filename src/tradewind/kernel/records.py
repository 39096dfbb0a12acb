"""Every record of the kernel: the state on this page, the rows that cross its border in `rows`.

Units, always: prices in *ticks*, quantities in *lot steps*, cash in *minor units* of the currency named, time in
*nanoseconds UTC*, all int64; indicators may be float64. What a position is worth is exact until cash is posted: ticks
x steps x `value_numerator` / `value_denominator` minor units of the quote currency.
"""

from tradewind.kernel.layout import (
    CURRENCIES,
    GATE_ROWS,
    INSTRUMENTS,
    NEVER,
    ORDERS,
    OUTBOX,
    PENDING,
    POSITIONS,
    RESERVED,
    RISK_ROWS,
    SECOND,
    SERIES,
    SESSIONS,
    STRATEGIES,
    TRADES,
    record,
)
from tradewind.kernel.risk_records import LIMITS, RISK
from tradewind.kernel.rows import (
    ACCEPTED,
    BAR,
    BAR_ROW,
    CANCEL,
    CANCEL_REJECTED,
    CANCELLED,
    CLOCK,
    COMMAND,
    CORRECTED,
    DAY,
    DIVIDEND,
    EVENT,
    EVENT_KINDS,
    EXPIRED,
    FILLED,
    FINANCING,
    GATE_ROW,
    LINE,
    NEWS,
    OPERATOR,
    PLACE,
    QUOTE,
    REFUSED_COMMAND,
    REJECTED,
    REPLACE,
    REPLACE_REJECTED,
    REPLACED,
    RISK_ROW,
    SAMPLE,
    SESSION,
    SESSION_CLOSE,
    SESSION_OPEN,
    TIME,
    TRADE,
    TRIGGERED,
    UNKNOWN_OUTCOME,
)
from tradewind.kernel.venue_records import ENGINE, VENUE, VENUE_INSTRUMENT, VENUE_ORDER

__all__ = [
    "ACCEPTED",
    "ACCOUNT",
    "BAR",
    "BAR_ROW",
    "CANCEL",
    "CANCELLED",
    "CANCEL_REJECTED",
    "CLOCK",
    "COMMAND",
    "CORRECTED",
    "CURRENCIES",
    "CURRENCY",
    "DAY",
    "DIVIDEND",
    "ENGINE",
    "EVENT",
    "EVENT_KINDS",
    "EXPIRED",
    "FILLED",
    "FINANCING",
    "GATE_ROW",
    "GATE_ROWS",
    "INSTRUMENT",
    "INSTRUMENTS",
    "LIMITS",
    "LINE",
    "MARKET",
    "NET",
    "NEVER",
    "NEWS",
    "OPERATOR",
    "ORDER",
    "ORDERS",
    "OUTBOX",
    "PENDING",
    "PLACE",
    "POSITION",
    "POSITIONS",
    "QUOTE",
    "REFUSED_COMMAND",
    "REJECTED",
    "REPLACE",
    "REPLACED",
    "REPLACE_REJECTED",
    "RESERVED",
    "RESULTS",
    "RISK",
    "RISK_ROW",
    "RISK_ROWS",
    "SAMPLE",
    "SECOND",
    "SERIES",
    "SERIES_ROW",
    "SESSION",
    "SESSIONS",
    "SESSION_CLOSE",
    "SESSION_OPEN",
    "SESSION_WINDOW",
    "SIZING",
    "STATE",
    "STRATEGIES",
    "STRATEGY",
    "TIME",
    "TRADE",
    "TRADES",
    "TRIGGERED",
    "UNKNOWN_OUTCOME",
    "VENUE",
    "VENUE_INSTRUMENT",
    "VENUE_ORDER",
    "record",
]
# Session id 0 is the instrument's own market hours of the trading date; the others are named in markets.sessions.
MARKET = 0

SESSION_WINDOW = record([("opens", "i8"), ("closes", "i8")])

INSTRUMENT = record(
    [
        # what it is: constant during a run
        ("value_numerator", "i8"),    # minor units of the quote currency per tick and lot step, as a fraction
        ("value_denominator", "i8"),
        ("quantity_minimum", "i8"),   # lot steps
        ("quantity_maximum", "i8"),
        ("stops_level", "i8"),        # ticks a stop must stand away from the price
        ("steps_per_lot", "f8"),
        ("ticks_per_price", "f8"),    # 1 / tick size
        ("rate_scale", "f8"),         # minor units of the account per unit over those of the other currency
        ("margin_rate", "f8"),        # share of the notional
        ("hedged_rate", "f8"),        # the same of what is held both ways, beside the margin of the net: account.py
        ("commission", "f8"),         # per side: minor units of its currency per lot, or a share of the notional
        ("commission_model", "i4"),   # costs.py
        ("financing_model", "i4"),    # costs.py
        ("financing_long", "f8"),     # per night, as quoted by the broker; negative = the holder pays
        ("financing_short", "f8"),
        ("financing_days", "i8", (7,)),  # nights charged at the roll that ends Monday ... Sunday
        ("stop_slippage", "i8"),      # ticks a stop is expected to lose, for sizing
        ("clip_quantity", "i8"),               # lot steps filled at one price at most
        ("day_atr", "f8"),            # ATR(14) of day bars, ticks; 0 until 14 have closed
        ("day_bars", "i8"),
        ("day_previous_close", "i8"),
        ("day_variance", "f8"),       # of the returns from day close to day close, exponentially weighted (bars.py)
        ("instrument", "i4"),         # its own index
        ("currency", "i4"),           # of the quote: index into STATE.currencies
        ("converts", "i4"),           # index of the currency whose rate this instrument gives, -1 none
        ("inverse", "i4"),            # 1: the rate is 1 / price (USDJPY for a USD account)
        ("tradable", "i4"),           # 0: only here to convert a currency
        ("commission_currency", "i4"),
        # the latest price
        ("bid", "i8"),
        ("ask", "i8"),
        ("bid_high", "i8"),           # extremes of the latest interval, each side
        ("bid_low", "i8"),
        ("ask_high", "i8"),
        ("ask_low", "i8"),
        ("quoted_at", "i8"),
        ("quoted_span", "i8"),        # seconds of the interval it came with, 0 of a quote
        # its calendar today
        ("day_type", "i4"),
        ("series_first", "i4"),
        ("series_count", "i4"),
        ("open_positions", "i8"),
        ("holds", "i8"),              # why no entry may be sent for now: bits, see refusals.STARTING
        # its news: the window that is or comes next, as far as it is known; 0 where none is
        ("news_opens", "i8"),
        ("news_closes", "i8"),
        ("news_ended", "i8"),         # when the last window ended
        ("news_flat_at", "i8"),       # when to be without a position, before the next release
        ("lock_opens", "i8"),         # no entry may be sent from here ...
        ("lock_closes", "i8"),        # ... to here (exclusive)
        ("news_kinds", "i8"),         # bits: what falls into the window
        ("sessions", SESSION_WINDOW, (SESSIONS,)),
    ]
)  # fmt: skip

SERIES_ROW = record(
    [
        ("forming", BAR_ROW),         # not for strategies
        ("last", BAR_ROW),            # the newest closed bar
        ("closed", "i8"),             # the round (STATE.rounds) in which `last` closed
        ("timeframe", "i8"),
        ("bars", "i8"),               # how many have closed
        ("watchers", "i8"),           # bit s: strategy s is shown its bars
    ]
)  # fmt: skip

ORDER = record(
    [
        ("id", "i8"),
        ("sent_at", "i8"),
        ("quantity", "i8"),           # lot steps
        ("filled", "i8"),
        ("price", "i8"),              # limit price, or 0
        ("trigger", "i8"),            # stop price, or 0
        ("trail", "i8"),              # trailing distance in ticks, or 0
        ("expires", "i8"),
        ("parent", "i8"),             # the entry a stop-loss or take-profit belongs to
        ("stop_loss", "i8"),          # on an entry: the price of its attached stop, or 0
        ("risk", "i8"),               # cash at risk when sent, minor units of the account
        ("limits", "i8"),             # hash of the limits it was checked against; 0 without any
        ("strategy", "i2"),
        ("instrument", "i2"),
        ("side", "i2"),
        ("type", "i2"),
        ("status", "i2"),
        ("role", "i2"),
        ("reduce_only", "i2"),
        ("reason", "i2"),
    ]
)  # fmt: skip

POSITION = record(
    [
        ("quantity", "i8"),           # lot steps, signed
        ("cost", "i8"),               # sum of signed steps x price: exact
        ("unrealised", "i8"),         # minor units of the account, at the exit side
        ("adverse", "i8"),            # unrealised at the interval's worst exit price
        ("opened_at", "i8"),
        ("opened_number", "i8"),
        ("entry_steps", "i8"),        # steps bought (or sold short) since flat
        ("entry_cost", "i8"),         # steps x price of the entries, both positive
        ("exit_steps", "i8"),
        ("exit_cost", "i8"),
        ("risk", "i8"),               # fixed at entry, minor units of the account
        ("worst_price", "i8"),        # exit-side extremes while open, ticks
        ("best_price", "i8"),
        ("realised", "i8"),           # of this trade so far, before costs below, minor units of the account
        ("commission", "i8"),
        ("financing", "i8"),
        ("spread_cost", "i8"),        # half spreads x steps, in half tick-steps
        ("slippage_cost", "i8"),      # tick-steps
        ("earned", "i8"),             # cash of all trades so far, costs included, minor units of the account
        ("fills", "i4"),
        ("ambiguous", "i4"),
    ]
)  # fmt: skip

NET = record(
    [
        ("quantity", "i8"),           # lot steps, signed: the sum of the strategies' positions
        ("cost", "i8"),               # as in POSITION
        ("unrealised", "i8"),
        ("adverse", "i8"),
    ]
)  # fmt: skip
"""The broker's one position in an instrument of a netting account; unused in a hedging one."""

CURRENCY = record([("rate_bid", "f8"), ("rate_ask", "f8"), ("known", "i8")])
"""Minor units of the account per minor unit of this currency: bid for gains, ask for losses."""

RESULTS = 256

STRATEGY = record(
    [
        ("enabled", "i8"),
        ("shown", "i8"),              # bits: which of the other handlers it has, see loop.py
        ("orders", "i8"),
        ("refusals", "i8"),
        ("trades", "i8"),
        ("rated", "i8"),                # trades that had a stop, and so an R
        ("results", "f8", (RESULTS,)),  # their latest R multiples, a ring by `rated`
    ]
)  # fmt: skip

ACCOUNT = record(
    [
        ("initial", "i8"),
        ("balance", "i8"),
        ("unrealised", "i8"),
        ("adverse", "i8"),            # unrealised at every interval's worst corner together
        ("margin", "i8"),
        ("commission", "i8"),
        ("financing", "i8"),
        ("peak", "i8"),               # highest equity at a mark
        ("valley", "i8"),             # lowest equity at a mark since that peak
        ("adverse_valley", "i8"),     # the same at the worst corners
        ("trough", "i8"),             # lowest adverse equity since the last sample
        ("drawdown", "f8"),           # worst of equity / peak - 1, at marks
        ("adverse_drawdown", "f8"),   # the same at the worst corners
        ("stop_out", "f8"),           # margin level at which the broker closes, 0.5
        ("ruined", "i8"),
        ("netting", "i8"),            # 1: the broker holds one net position an instrument, see `nets`
    ]
)  # fmt: skip

SIZING = record(
    [
        ("method", "i8"),             # sizing.py
        ("fraction", "f8"),
        ("lots", "f8"),
        ("atr_multiple", "f8"),
        ("cap", "f8"),                # highest fraction allowed
        ("drawdown_scaling", "f8"),   # the drawdown at which the fraction would be nothing; 0: it does not depend on it
        ("volatility_target", "f8"),  # a year, as a share of capital
        ("weighted", "i8"),           # 1: `weights` hold
        ("weights", "f8", (POSITIONS,)),  # multiples of the fraction, by strategy and instrument
    ]
)  # fmt: skip

STATE = record(
    [
        ("number", "i8"),             # events applied
        ("now", "i8"),
        ("date", "i8"),
        ("day_opens", "i8"),
        ("day_closes", "i8"),
        ("week", "i8"),
        ("month", "i8"),
        ("instrument_count", "i8"),
        ("strategy_count", "i8"),
        ("series_count", "i8"),
        ("order_count", "i8"),        # rows of `orders` in use, living orders first
        ("next_order", "i8"),
        ("outbox_count", "i8"),
        ("gate_count", "i8"),
        ("trade_count", "i8"),
        ("risk_count", "i8"),         # rows of the risk log
        ("next_close", "i8"),         # the earliest close of a forming bar; NEVER if none forms
        ("rounds", "i8"),             # how often bars have closed
        ("closed_bars", "i8"),        # bars just closed, to be shown to the strategies
        ("pending_count", "i8"),      # reports and calendar events to be shown
        ("quoted", "i8"),             # 1 + the instrument whose quote is to be shown; 0 none
        ("shows_quotes", "i8"),       # 1: some strategy sees quotes
        ("unmarked", "i8"),           # 1 + the instrument whose latest interval is not yet valued; 0 none
        ("ruled", "i8"),              # 1: there are limits
        ("marked", "i8"),             # 1: positions were valued since the gate looked
        ("guarded", "i8"),            # 1: and something is open or pending, so the gate looks at every mark
        ("strategy", "i8"),           # whose handler is running
        ("halted", "i8"),
        ("illegal", "i8"),            # reports that the lifecycle table does not allow
        ("sample_every", "i8"),
        ("sample_due", "i8"),
        ("account", ACCOUNT),
        ("sizing", SIZING),
        ("currencies", CURRENCY, (CURRENCIES,)),
        ("strategies", STRATEGY, (STRATEGIES,)),
        ("instruments", INSTRUMENT, (INSTRUMENTS,)),
        ("series", SERIES_ROW, (SERIES,)),
        ("positions", POSITION, (POSITIONS,)),
        ("nets", NET, (INSTRUMENTS,)),
        ("orders", ORDER, (ORDERS,)),
        ("pending", EVENT, (PENDING,)),
        ("outbox", COMMAND, (OUTBOX,)),
        ("gates", GATE_ROW, (GATE_ROWS,)),
        ("trades", TRADE, (TRADES,)),
        ("risk_rows", RISK_ROW, (RISK_ROWS,)),
        ("limits", LIMITS),           # in force
        ("waiting", LIMITS, (2,)),    # given, and for tomorrow: risk_records.py
        ("risk", RISK),
    ]
)  # fmt: skip
"""Everything we know."""
