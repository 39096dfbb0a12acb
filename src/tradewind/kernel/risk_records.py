"""What the gate knows: the limits it holds, the floors under the account, and everything it counts.

Names of limits are those of `risk.limits.Limits`, and so are their units: a share is a part of one, `..._s` seconds,
`..._minutes` minutes, cash minor units of the account. Every limit is a positive number or OFF. A limit of 0 is memory
that nobody filled in, and lets nothing pass.
"""

from tradewind.kernel.layout import INSTRUMENTS, POSITIONS, SESSIONS, STRATEGIES, record

OFF = -1
"""A limit that was switched off on purpose."""

LOSS_RULES = 16
GROUPS = 8
DAY_CLOCKS = 8
ORDER_SIZES = 50
SPREAD_HOURS = 24
SPREAD_DAYS = 20
LATEST = 64
"""Rings of moments (fills, rejects) and of orders sent: limits on counts are at most this."""

# Words of a loss rule, as numbers (domain rules 5.4).
INITIAL, BALANCE, EQUITY, HIGHER, PREVIOUS_CLOSE_EQUITY = range(5)
NO_HIGHEST, HIGHEST_BALANCE, HIGHEST_EQUITY = range(3)
ON_TICK, ON_TRADE_CLOSE, ON_DAY_END = range(3)
NEVER_RESET, DAILY, WEEKLY = range(3)
BREACH_ON_EQUITY, BREACH_ON_BALANCE = range(2)
CHECK_ON_TICK, CHECK_ON_DAY_END = range(2)
DELAY_PAYOUT, NO_ENTRIES, HALT_DAY, LATCHED, TERMINATE = range(5)
AMOUNT_IN_CASH, AMOUNT_OF_BASE = range(2)
GROUP_SIDES, GROUP_CORRELATION = range(2)

LOSS_RULE = record(
    [
        ("name_hash", "i8"),          # by which its floor is found again when limits change
        ("control", "i8"),            # its number in refusals.REASONS
        ("base_mode", "i8"),
        ("resets", "i8"),
        ("clock", "i8"),
        ("amount_of", "i8"),
        ("amount", "i8"),             # minor units
        ("share", "f8"),              # of the base
        ("highest_source", "i8"),
        ("highest_update", "i8"),
        ("lock", "i8"),               # minor units, or OFF
        ("breach_on", "i8"),
        ("breach_check", "i8"),
        ("inclusive", "i8"),          # 1: at the floor is a breach too
        ("severity", "i8"),
    ]
)  # fmt: skip

FLOOR = record(
    [
        ("name_hash", "i8"),
        ("measured_from", "i8"),      # its base, minor units, as are all of these
        ("highest", "i8"),
        ("floor", "i8"),
        ("trips", "i8"),              # anything below is a breach: the floor, or one more where the rule is inclusive
        ("breached", "i8"),           # 1: acted upon, and in force until the reset or the re-arm
        ("breached_at", "i8"),
        ("value", "i8"),              # what was found below it
    ]
)  # fmt: skip

GROUP = record([("limit", "f8"), ("weights", "f8", (INSTRUMENTS,))])
"""Instruments that lose together: long stands on the long side where the weight is positive."""

CAP = record(
    [
        ("order_steps", "i8"),        # lot steps
        ("order_value", "i8"),        # minor units
        ("position_steps", "i8"),     # lot steps
        ("spread", "i8"),             # ticks
    ]
)  # fmt: skip

COUNTS = (
    "version", "digest", "capital", "group_method", "consecutive_losses", "consecutive_losses_global",
    "cool_down_minutes", "trades_per_block", "trades_per_day", "trades_per_day_total", "last_entry_minutes",
    "flat_minute", "friday_flat_minute", "early_close_minutes", "weekend_flat", "day_types", "news_lock_minutes",
    "news_flat_minutes", "stop_required", "rejects_for_kill", "order_median_count", "messages_per_second",
    "messages_per_minute", "messages_per_day", "fills_per_5min", "fills_per_day", "broker_rejects",
    "minutes_to_close", "unknown_hold",
)  # fmt: skip
"""Limits that are whole numbers."""
MEASURES = (
    "risk_per_trade", "open_risk", "kappa", "kappa_break", "kappa_weekend", "netting_credit", "correlation_floor",
    "gross_leverage", "net_leverage", "margin_use", "margin_level_warning", "margin_level_cut", "floor_buffer",
    "flatten_cost_spreads", "loss_counts_below", "stop_within_s", "reconciliation_s", "mismatch_kill_s",
    "collar_share", "collar_atr", "level_atr_day", "order_median_multiple", "order_value_share", "quote_age_s",
    "quote_age_asia_s", "bar_age_s", "spread_median_multiple", "duplicate_s", "clock_skew_s",
)  # fmt: skip
"""Limits that are not."""

LIMITS = record(
    [
        *((name, "i8") for name in COUNTS),
        *((name, "f8") for name in MEASURES),
        ("asia_session", "i8"),       # the session in which quotes may be older
        ("blocks", "i8"),             # bit s: session s is a block, in which trades are counted
        ("range_bar", "i8"),          # timeframe whose ATR and spreads the collar and the spread guard use, seconds
        ("loss_rule_count", "i8"),
        ("group_count", "i8"),
        ("loss_rules", LOSS_RULE, (LOSS_RULES,)),
        ("groups", GROUP, (GROUPS,)),
        ("caps", CAP, (INSTRUMENTS,)),
    ]
)  # fmt: skip
"""Constant between changes; `digest` 0 says that there are no limits."""

SENT_ORDER = record(
    [
        ("ts", "i8"),
        ("quantity", "i8"),           # lot steps asked for
        ("price", "i8"),              # at which it was expected to fill
        ("strategy", "i2"),
        ("instrument", "i2"),
        ("side", "i2"),
        ("type", "i2"),
    ]
)  # fmt: skip

WATCHED = record(
    [
        ("flat_at", "i8"),            # when it has to be without positions and entries; 0 never
        ("news_flat_at", "i8"),       # the same, before a release, until it is over
        ("flattening", "i8"),         # the control that wants it flat, 0 none
        ("queued", "i8"),             # 1: it was reported that this waits for the market to open
        ("trades_day", "i8"),
        ("heat_long", "f8"),          # loss to the stops of longs and pending buys, with kappa, minor units
        ("heat_short", "f8"),
        ("worth_long", "f8"),         # value of long positions and pending buys, minor units
        ("worth_short", "f8"),
        ("worth_held", "f8"),         # of positions alone, signed
        ("worth_buys", "f8"),         # of pending orders
        ("worth_sells", "f8"),
        ("steps_long", "i8"),
        ("steps_short", "i8"),
        ("range_bars", "i8"),         # ATR(14) of the range bar
        ("range_close", "i8"),
        ("range_atr", "f8"),          # ticks; negative until 14 bars
        ("spread_hour", "i8"),
        ("usual_sample", "i8"),       # spread at the latest bar, to be the sample of its hour
        ("usual_spread", "f8"),       # median of this hour on up to 20 days, ticks; negative while unknown
        ("spread_days", "i4", (SPREAD_HOURS,)),
        ("spreads", "i4", (SPREAD_HOURS, SPREAD_DAYS)),
        ("day_close", "i8"),          # for the returns of the correlation
        ("day_return", "f8"),
        ("day_round", "i8"),          # STATE.rounds in which `day_return` was made
        ("sizes", "i8"),              # orders sent so far
        ("middle_size", "f8"),        # median of the latest, lot steps
        ("size_ring", "i8", (ORDER_SIZES,)),
        ("size_sorted", "i8", (ORDER_SIZES,)),
    ]
)  # fmt: skip
"""What the gate knows of an instrument."""

WATCHED_STRATEGY = record(
    [
        ("fills_day", "i8"),
        ("fills", "i8"),              # ever
        ("latest", "i8", (LATEST,)),  # moments, a ring by `fills`
    ]
)  # fmt: skip

WATCHED_POSITION = record(
    [
        ("losses", "i8"),             # in a row
        ("cool_until", "i8"),
        ("covered", "i8"),            # lot steps a living stop protects
        ("stop", "i8"),               # ticks: where its stop was when it was last seen
        ("bare_since", "i8"),         # since when a part of it is without a stop, 0 none
        ("stop_tries", "i8"),
        ("block_trades", "i2", (SESSIONS,)),
    ]
)  # fmt: skip

RISK = record(
    [
        ("alarm", "i8"),              # below this worst equity somebody has to look, minor units
        ("record", "i8"),             # above this equity a floor that trails it moves
        ("next_look", "i8"),          # when a moment comes at which something has to be done
        ("acting", "i8"),             # 1: something is being cancelled, flattened or protected
        ("kill", "i8"),               # level of the kill switch, 0 ... 4
        ("kill_cause", "i8"),         # the control that raised it
        ("ended", "i8"),              # 1: the firm has ended the account
        ("person", "i8"),             # who lowered the kill level last, and why
        ("reference", "i8"),
        ("halted_by", "i8"),          # the control of a loss rule that lets no entry pass, 0 none
        ("hard_floor", "i8"),         # the highest floor at which positions are closed
        ("cancelling", "i8"),         # the control that wants pending entries gone, 0 none
        ("flattening", "i8"),         # the control that wants everything closed, 0 none
        ("low_margin", "i8"),         # 1: equity is below the warning level of margin
        ("close_equity", "i8"),       # equity when the trading date began
        ("mismatch_since", "i8"),     # since when positions differ from the broker's, 0 never
        ("trades_day", "i8"),
        ("losses", "i8"),             # in a row, of all strategies
        ("cool_until", "i8"),
        ("messages_at", "i8"),
        ("spent_second", "i8"),       # of the token buckets: ns x limit
        ("spent_minute", "i8"),
        ("spent_day", "i8"),
        ("rejects", "i8"),
        ("faults", "i8"),
        ("reject_times", "i8", (LATEST,)),
        ("fault_times", "i8", (LATEST,)),
        ("lost_rows", "i8"),          # rows of the risk log that found no room
        ("value", "f8"),              # of the latest refusal or reduction: what was measured ...
        ("limit", "f8"),              # ... and against what
        ("heat", "f8"),               # of everything, with kappa, minor units
        ("pending_margin", "f8"),
        ("exit_cost", "f8"),          # what closing everything is expected to cost beyond the marks, minor units
        ("weeks", "i8", (DAY_CLOCKS,)),
        ("floors", FLOOR, (LOSS_RULES,)),
        ("sent", "i8"),
        ("orders", SENT_ORDER, (LATEST,)),
        ("return_days", "i8"),
        ("covariance", "f8", (INSTRUMENTS, INSTRUMENTS)),
        ("instruments", WATCHED, (INSTRUMENTS,)),
        ("strategies", WATCHED_STRATEGY, (STRATEGIES,)),
        ("positions", WATCHED_POSITION, (POSITIONS,)),
    ]
)  # fmt: skip
"""Everything the gate counts."""

# Places in STATE.waiting.
GIVEN = 0
"""Limits that hold from the operator's event on: never looser than those before."""
TOMORROW = 1
"""Limits that hold from the next trading date on."""
