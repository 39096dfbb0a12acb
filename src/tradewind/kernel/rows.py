"""What happens, what is wanted and what is left behind: the rows that cross the kernel's border.

Units, always: prices in *ticks*, quantities in *lot steps*, cash in *minor units* of the currency named, time in
*nanoseconds UTC*, all int64. `tradewind.money` alone converts.
"""

from tradewind.kernel.layout import record

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
CLOCK = 11
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
    CLOCK: "clock",
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
        ("amount", "i8"),       # commission, financing, correction: cash to the account, minor units of its currency
        ("spread", "i4"),       # the spread when filled, ticks
        ("slippage", "i4"),     # ticks lost to slippage, >= 0
        ("strategy", "i2"),
        ("side", "i2"),         # +1 bought, -1 sold
        ("reason", "i2"),       # why it ended or was refused: REASONS
        ("ambiguous", "i2"),    # 1 where the bar alone cannot tell what came first
        ("occurred", "i8"),     # when inside the interval it happened; the bar's open for a fill at the open
        # DAY: the trading date that begins at `ts`
        ("date", "i8"),         # days since 1970-01-01
        ("opens", "i8"),        # DAY, SESSION, NEWS: start, ns UTC; NEWS: of the window that is or comes next
        ("closes", "i8"),       # DAY, SESSION, NEWS: end (exclusive), ns UTC
        ("week", "i4"),         # DAY: weeks since the epoch's Monday, changes when a new trading week begins
        ("month", "i4"),        # DAY: months since year 0
        ("session", "i2"),      # SESSION*: its id
        ("day_type", "i2"),     # SESSION: FULL, HALF, THIN or CLOSED for this instrument
        # NEWS: all that is known of the news ahead of one instrument; 0 where there is none
        ("flat_at", "i8"),      # when to be without a position, before the next release
        ("lock_opens", "i8"),   # no order may be sent from here ...
        ("lock_closes", "i8"),  # ... to here (exclusive)
        ("kinds", "i2"),        # bits: what falls into the window
        # OPERATOR
        ("verb", "i2"),         # step.py
        ("level", "i8"),        # of the kill switch; HOLD, RELEASE: bits
        ("person", "i8"),       # who ordered it, a number that is explained outside the kernel
        ("reference", "i8"),    # why: the number of a text kept outside; of new limits their hash
        ("skew", "i8"),         # our clock minus the broker's, ns
        # CLOCK: a day clock resets; `date` and `week` are those of the day that begins on it
        ("clock", "i2"),        # its id: 0 is the trading date itself, told by DAY
    ],
    offsets=[
        0, 8, 16, 18, 20,
        24, 32, 40, 48, 56, 60, 64, 68, 72,
        24, 32, 40, 48, 56, 60, 64, 66, 68, 70, 72,
        24, 32, 40, 48, 52, 64, 66,
        24, 48, 56, 68,
        70, 24, 32, 40, 48,
        64,
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
        ("limits", "i8"),             # hash of the limits it was checked against; 0 without any
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

# What a row of the risk log tells: what the gate did.
REFUSE = 1
REDUCE = 2
CANCEL_ENTRY = 3
FLATTEN = 4
HALT_ENTRIES = 5
LATCH = 6
REARM = 7
NEW_LIMITS = 8
QUEUE = 9
PLACE_STOP = 10
KILL = 11
COOL = 12
DISABLE_STRATEGY = 13
DELAY = 14
RELEASE = 15
RISK_ACTIONS = (
    "", "refuse", "reduce", "cancel", "flatten", "halt", "latch", "re-arm", "limits", "queue", "place stop", "kill",
    "cool down", "disable", "delay payout", "release",
)  # fmt: skip
"""Names of the actions, by number."""

RISK_ROW = record(
    [
        ("ts", "i8"),
        ("number", "i8"),             # of the last event applied
        ("rule", "i8"),               # which control: its number in refusals.REASONS
        ("action", "i8"),             # RISK_ACTIONS
        ("value", "f8"),              # what was measured, in units of the control; steps asked for
        ("limit", "f8"),              # what it was held against; steps that fit
        ("strategy", "i2"),           # -1 where it concerns all
        ("instrument", "i2"),         # -1 where it concerns all
        ("loss_rule", "i2"),          # its place in LIMITS.loss_rules, -1 where it is none of them
        ("spare", "i2"),
        ("order", "i8"),              # 0 where there is none
    ]
)  # fmt: skip
"""One row of the risk log."""

LINE = record(
    [
        ("ts", "i8"),
        ("date", "i8"),               # of the trading date just ended
        ("earned", "i8"),             # since the start: realised, commission and financing, minor units of the account
        ("unrealised", "i8"),
        ("strategy", "i4"),
        ("instrument", "i4"),
    ]
)  # fmt: skip
"""What one strategy has made in one instrument, at the end of a trading date."""
