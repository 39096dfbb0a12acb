"""The simulated venue's own records, and the one that joins everything for compiled code."""

from tradewind.kernel.layout import INSTRUMENTS, ORDERS, POSITIONS, STRATEGIES, record
from tradewind.kernel.rows import EVENT

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
        ("triggered", "i8"),          # of a stop-limit whose stop was met: the stop price; of a stop-loss born inside
                                      # a bar: where the market stood, on its side, when the entry filled
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
        ("range_ends", "i8"),         # of the five-minute bar being formed, for ATR14(M5) of the slippage model
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
        ("closing", "i8"),            # 1 + the instrument whose net position a netting broker is closing; 0 none
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
        ("risk", "i8"),
        ("lines", "i8"),
        ("event_capacity", "i8"),
        ("command_capacity", "i8"),
        ("gate_capacity", "i8"),
        ("trade_capacity", "i8"),
        ("sample_capacity", "i8"),
        ("risk_capacity", "i8"),
        ("line_capacity", "i8"),
        ("event_count", "i8"),
        ("command_count", "i8"),
        ("gate_count", "i8"),
        ("trade_count", "i8"),
        ("sample_count", "i8"),
        ("risk_count", "i8"),
        ("line_count", "i8"),
        ("parameters", "i8", (STRATEGIES,)),  # addresses
        ("memories", "i8", (POSITIONS,)),     # addresses; 0: the strategy does not trade the instrument
    ]
)  # fmt: skip
"""What joins state, venue, a block of events and the logs, by address: one number enters compiled code."""
