"""Every record of the kernel, on one page: the data model.

A record is a numpy structured dtype, so state is plain bytes: a snapshot is a copy, equality is bytes, the same
rows live in memory, in files and on the wire. Units, always: prices in *ticks*, quantities in *lot steps*, cash in
*minor units* of the currency named, time in *nanoseconds UTC*, all int64; indicators may be float64.
`tradewind.money` alone converts. What a position is worth is exact until cash is posted:
ticks x steps x `value_numerator` / `value_denominator` minor units of the quote currency.
"""

import numpy as np

# numpy's own attributes shadow a field of the same name when the JIT is off: `order.size` would read 1.
RESERVED = frozenset(name for name in dir(np.recarray((0,), dtype=[("x", "i8")])) if not name.startswith("_")) | frozenset(
    name for name in dir(np.record) if not name.startswith("_")
)


def record(fields, offsets=None, itemsize=None):
    """Return the dtype of a record with `fields`, a list of (name, format[, shape]).

    The fields lie in the order given, each on its natural boundary, or at `offsets` within `itemsize` bytes. A
    name that numpy uses for something else is refused with ValueError: it would read wrongly when the JIT is off.
    """
    for name, *_ in fields:
        if name in RESERVED:
            raise ValueError(f"a record field may not be named {name!r}: numpy uses that name; choose another word")
    formats = [np.dtype(rest[0]) if len(rest) == 1 else np.dtype((rest[0], rest[1])) for _, *rest in fields]
    if offsets is None:
        offsets, end = [], 0
        for part in formats:
            boundary = 8 if part.subdtype or part.fields else part.itemsize
            end = -(-end // boundary) * boundary
            offsets.append(end)
            end += part.itemsize
        itemsize = -(-end // 8) * 8
    names = [name for name, *_ in fields]
    spec = {"names": names, "formats": formats, "offsets": offsets, "itemsize": itemsize}
    return np.dtype((np.record, np.dtype(spec)))


# Capacities. State is one record of a fixed shape, so that nothing is ever compiled again for another number
# of instruments; wiring refuses what does not fit, with the number.
INSTRUMENTS = 16
STRATEGIES = 16
SERIES = 64
ORDERS = 256
OUTBOX = 64
PENDING = 64
TRADES = 64
GATE_ROWS = 256
CURRENCIES = 8
SESSIONS = 16
POSITIONS = STRATEGIES * INSTRUMENTS

SECOND = np.int64(1_000_000_000)
"""In ns. An int64 and not a plain int: uncompiled, a 32-bit field times a plain int stays 32 bits and overflows."""

NEVER = np.int64(2**62)
"""A moment (ns UTC) that does not come."""

# Event kinds. The order is the order within one instant: prices, then clock, then what the venue says.
QUOTE = 1
BAR = 2
DAY = 3
SESSION = 4
NEWS = 5
TIME = 6
SESSION_OPEN = 7
SESSION_CLOSE = 8
OPERATOR = 9
DIVIDEND = 10
ACCEPTED = 16
REJECTED = 17
FILLED = 18
CANCELLED = 19
EXPIRED = 20
TRIGGERED = 21
REPLACED = 22
CANCEL_REJECTED = 23
REPLACE_REJECTED = 24
FINANCING = 25
UNKNOWN_OUTCOME = 26
CORRECTED = 27

EVENT_KINDS = {
    QUOTE: "quote", BAR: "bar", DAY: "day", SESSION: "session", NEWS: "news", TIME: "time",
    SESSION_OPEN: "session open", SESSION_CLOSE: "session close", OPERATOR: "operator", DIVIDEND: "dividend",
    ACCEPTED: "accepted", REJECTED: "rejected", FILLED: "filled", CANCELLED: "cancelled", EXPIRED: "expired",
    TRIGGERED: "triggered", REPLACED: "replaced", CANCEL_REJECTED: "cancel rejected",
    REPLACE_REJECTED: "replace rejected", FINANCING: "financing", UNKNOWN_OUTCOME: "unknown outcome",
    CORRECTED: "corrected",
}  # fmt: skip

EVENT = record(
    [
        # every event
        ("number", "i8"),       # position in the journal; 0 on a tape
        ("ts", "i8"),           # when it became known; a bar: its close
        ("kind", "i2"),
        ("instrument", "i2"),
        ("span", "i4"),         # BAR: seconds from open to close; QUOTE: 0
        # QUOTE, BAR: the bid in ticks; the ask of each corner is bid + its spread
        ("open", "i8"),
        ("high", "i8"),
        ("low", "i8"),
        ("close", "i8"),
        ("spread_open", "i4"),  # ask open - bid open, ticks
        ("spread_high", "i4"),  # ask high - bid high
        ("spread_low", "i4"),   # ask low - bid low
        ("spread_close", "i4"), # ask close - bid close
        ("volume", "i8"),
        # reports: ACCEPTED ... FINANCING
        ("order", "i8"),        # our order id
        ("price", "i8"),        # ticks; DIVIDEND: points per unit, in ticks
        ("quantity", "i8"),     # lot steps, > 0
        ("amount", "i8"),       # commission of a fill, or financing: cash to the account, minor units, account currency
        ("spread", "i4"),       # the spread when filled, ticks
        ("slippage", "i4"),     # ticks lost to slippage, >= 0
        ("strategy", "i2"),
        ("side", "i2"),         # +1 bought, -1 sold
        ("reason", "i2"),       # why it ended or was refused: REASONS
        ("ambiguous", "i2"),    # 1 where the bar alone cannot tell what came first
        ("occurred", "i8"),     # when inside the interval it happened; the bar's open for a fill at the open
        # DAY: the trading date that begins at `ts`
        ("date", "i8"),         # days since 1970-01-01
        ("opens", "i8"),        # DAY, SESSION, NEWS: start, ns UTC
        ("closes", "i8"),       # DAY, SESSION, NEWS: end (exclusive), ns UTC
        ("week", "i4"),         # DAY: weeks since the epoch's Monday, changes when a new trading week begins
        ("month", "i4"),        # DAY: months since year 0
        ("session", "i2"),      # SESSION*: its id
        ("day_type", "i2"),     # SESSION: FULL, HALF, THIN or CLOSED for this instrument
        # NEWS, OPERATOR
        ("impact", "i2"),
        ("verb", "i2"),
    ],
    offsets=[
        0, 8, 16, 18, 20,
        24, 32, 40, 48, 56, 60, 64, 68, 72,
        24, 32, 40, 48, 56, 60, 64, 66, 68, 70, 72,
        24, 32, 40, 48, 52, 64, 66,
        68, 70,
    ],
    itemsize=80,
)  # fmt: skip
"""One numbered row: something that happened. The body is read by `kind`, see the comments beside the fields."""

BAR_ROW = record(
    [
        ("instrument", "i4"),
        ("timeframe", "i4"),    # seconds; DAY_BAR, WEEK_BAR and MONTH_BAR follow the trading calendar
        ("open_time", "i8"),
        ("close_time", "i8"),
        ("open", "i8"),         # bid, ticks
        ("high", "i8"),
        ("low", "i8"),
        ("close", "i8"),
        ("spread", "i8"),       # ask close - bid close, ticks
        ("volume", "i8"),
        ("sources", "i8"),      # how many source bars or quotes it was made of
    ]
)  # fmt: skip

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
        # its calendar today
        ("day_type", "i4"),
        ("series_first", "i4"),
        ("series_count", "i4"),
        ("open_positions", "i8"),
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

# Command kinds.
PLACE = 1
CANCEL = 2
REPLACE = 3
REFUSED_COMMAND = 4
"""Not sent: kept in the journal so that every refusal has a row."""

COMMAND = record(
    [
        ("number", "i8"),             # of the last event applied when it was given
        ("ts", "i8"),
        ("order", "i8"),
        ("stop_order", "i8"),         # id of the attached stop-loss, or 0
        ("target_order", "i8"),       # id of the attached take-profit, or 0
        ("quantity", "i8"),
        ("price", "i8"),
        ("trigger", "i8"),
        ("stop_loss", "i8"),
        ("take_profit", "i8"),
        ("trail", "i8"),
        ("expires", "i8"),
        ("risk", "i8"),               # minor units of the account at risk to the stop, costs included
        ("kind", "i2"),
        ("strategy", "i2"),
        ("instrument", "i2"),
        ("side", "i2"),
        ("type", "i2"),
        ("lifetime", "i2"),
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
        ("fills", "i4"),
        ("ambiguous", "i4"),
    ]
)  # fmt: skip

TRADE = record(
    [
        ("number", "i8"),             # of the event that closed it
        ("opened_at", "i8"),
        ("closed_at", "i8"),
        ("quantity", "i8"),           # steps entered
        ("entry_cost", "i8"),         # steps x ticks: the average is entry_cost / quantity
        ("exit_cost", "i8"),
        ("risk", "i8"),               # minor units of the account, fixed at entry; 0 where no stop was given
        ("gross", "i8"),              # price difference alone, at the prices filled; minor units of the account
        ("commission", "i8"),         # cash to the account (negative = cost)
        ("financing", "i8"),
        ("spread_cost", "i8"),        # part of gross, shown apart: negative = cost
        ("slippage_cost", "i8"),
        ("worst_price", "i8"),
        ("best_price", "i8"),
        ("strategy", "i2"),
        ("instrument", "i2"),
        ("side", "i2"),
        ("reason", "i2"),             # why it ended
        ("fills", "i4"),
        ("ambiguous", "i4"),
    ]
)  # fmt: skip

GATE_ROW = record(
    [
        ("ts", "i8"),
        ("value", "f8"),
        ("low", "f8"),                # passes from here ...
        ("high", "f8"),               # ... to here; an infinity where there is no bound
        ("strategy", "i2"),
        ("instrument", "i2"),
        ("gate", "i2"),
        ("passed", "i2"),
    ]
)  # fmt: skip

SAMPLE = record(
    [
        ("ts", "i8"),
        ("balance", "i8"),
        ("equity", "i8"),
        ("low_equity", "i8"),         # lowest since the last sample, intervals at their worst corners
        ("margin", "i8"),
        ("date", "i8"),               # of the trading date just ended, or -1 inside a date
    ]
)  # fmt: skip

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
    ]
)  # fmt: skip

SIZING = record(
    [
        ("method", "i8"),             # sizing.py
        ("fraction", "f8"),
        ("lots", "f8"),
        ("atr_multiple", "f8"),
        ("cap", "f8"),                # highest fraction allowed
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
        ("news_opens", "i8"),
        ("news_closes", "i8"),
        ("instrument_count", "i8"),
        ("strategy_count", "i8"),
        ("series_count", "i8"),
        ("order_count", "i8"),        # rows of `orders` in use, living orders first
        ("next_order", "i8"),
        ("outbox_count", "i8"),
        ("gate_count", "i8"),
        ("trade_count", "i8"),
        ("next_close", "i8"),         # the earliest close of a forming bar; NEVER if none forms
        ("rounds", "i8"),             # how often bars have closed
        ("closed_bars", "i8"),        # bars just closed, to be shown to the strategies
        ("pending_count", "i8"),      # reports and calendar events to be shown
        ("quoted", "i8"),             # 1 + the instrument whose quote is to be shown; 0 none
        ("shows_quotes", "i8"),       # 1: some strategy sees quotes
        ("unmarked", "i8"),           # 1 + the instrument whose latest interval is not yet valued; 0 none
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
        ("orders", ORDER, (ORDERS,)),
        ("pending", EVENT, (PENDING,)),
        ("outbox", COMMAND, (OUTBOX,)),
        ("gates", GATE_ROW, (GATE_ROWS,)),
        ("trades", TRADE, (TRADES,)),
    ]
)  # fmt: skip
"""Everything we know."""

VENUE_ORDER = record(
    [
        ("id", "i8"),
        ("parent", "i8"),             # of an attached stop or target: its entry
        ("stop_order", "i8"),         # ids the attached orders get when the entry fills
        ("target_order", "i8"),
        ("sent_at", "i8"),
        ("active_from", "i8"),        # sent_at + latency
        ("expires", "i8"),
        ("quantity", "i8"),           # still to be filled
        ("filled", "i8"),
        ("price", "i8"),
        ("trigger", "i8"),
        ("triggered", "i8"),          # of a stop-limit whose stop was met: the stop price
        ("stop_loss", "i8"),
        ("take_profit", "i8"),
        ("trail", "i8"),
        ("cancel_at", "i8"),          # a cancel arrives then; 0 none
        ("replace_at", "i8"),         # new price, trigger and quantity arrive then; 0 none
        ("new_price", "i8"),
        ("new_trigger", "i8"),
        ("new_quantity", "i8"),
        ("born", "i8"),               # the interval in which it came to life, for attached orders
        ("strategy", "i2"),
        ("instrument", "i2"),
        ("side", "i2"),
        ("type", "i2"),
        ("role", "i2"),
        ("lifetime", "i2"),
        ("reduce_only", "i2"),
        ("status", "i2"),
        ("entry", "i2"),              # how its entry filled inside the interval `born`: fills.py
        ("ending", "i2"),             # a reason: to be cancelled for it next
        ("reason", "i2"),             # why the strategy gave it
        ("cancel_reason", "i2"),      # why the strategy cancels it
        ("resized", "i2"),            # 1: the other attached order took of its quantity, to be reported
        ("ambiguous", "i2"),          # 1: the bar it was born in could not tell whether it filled there
        ("trailed", "i2"),            # 1: its trailing stop has moved
    ]
)  # fmt: skip

VENUE_INSTRUMENT = record(
    [
        ("working", "i8"),            # orders the venue holds for it
        ("bucket", "i8"),             # five-minute bar being formed, for ATR14(M5) of the slippage model
        ("bar_high", "i8"),
        ("bar_low", "i8"),
        ("bar_close", "i8"),
        ("previous_close", "i8"),
        ("bars", "i8"),
        ("atr", "f8"),                # ticks
        ("reopened_at", "i8"),
    ]
)  # fmt: skip

VENUE = record(
    [
        ("silent", "i8"),             # 1: reports come through the feed (live, replay)
        ("mode", "i8"),               # intrabar order: fills.py
        ("latency", "i8"),            # ns
        ("limit_through", "i8"),      # ticks the price must pass a limit to fill it
        ("limit_improvement", "i8"),  # 1: a limit gapped through fills at the open
        ("cancel_if_gapped", "i8"),   # 1: an entry beyond its own stop is cancelled, not filled
        ("market_slippage", "f8"),    # of the spread
        ("stop_slippage", "f8"),      # of the spread
        ("stop_slippage_atr", "f8"),  # of ATR14(M5)
        ("rough_multiple", "f8"),     # slippage near roll, reopening and news
        ("slippage_scale", "f8"),     # 0, 1, 2: cost stress
        ("commission_scale", "f8"),
        ("financing_scale", "f8"),
        ("interval", "i8"),           # counts price events that met an order
        ("path_at", "f8"),            # how far along the bar's path, for PATH
        ("cursor", "i8"),
        ("order_count", "i8"),
        ("report", EVENT),
        ("instruments", VENUE_INSTRUMENT, (INSTRUMENTS,)),
        ("orders", VENUE_ORDER, (ORDERS,)),
    ]
)  # fmt: skip
"""The simulated venue: the broker's side. Empty, it never reports anything: that is how live runs."""

ENGINE = record(
    [
        ("state", "i8"),              # addresses
        ("venue", "i8"),
        ("block", "i8"),
        ("length", "i8"),             # rows of the block
        ("position", "i8"),           # next row
        ("journal", "i8"),            # what is logged: loop.py
        ("full", "i8"),               # 1: a log has to be emptied before the loop goes on
        ("showing", "i8"),            # 1: a caller is showing, and this is where it stands
        ("show_strategy", "i8"),
        ("show_place", "i8"),
        ("events", "i8"),             # addresses of the logs, their capacities, and rows used
        ("commands", "i8"),
        ("gates", "i8"),
        ("trades", "i8"),
        ("samples", "i8"),
        ("event_capacity", "i8"),
        ("command_capacity", "i8"),
        ("gate_capacity", "i8"),
        ("trade_capacity", "i8"),
        ("sample_capacity", "i8"),
        ("event_count", "i8"),
        ("command_count", "i8"),
        ("gate_count", "i8"),
        ("trade_count", "i8"),
        ("sample_count", "i8"),
        ("parameters", "i8", (STRATEGIES,)),  # addresses
        ("memories", "i8", (POSITIONS,)),     # addresses; 0: the strategy does not trade the instrument
    ]
)  # fmt: skip
"""What joins state, venue, a block of events and the logs, by address: one number enters compiled code."""
