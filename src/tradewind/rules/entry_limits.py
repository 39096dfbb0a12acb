"""What every entry of the rule sets A to D must respect, as named gates.

A strategy begins its gates with these, `GATES = gates(*ENTRY_LIMITS, "trend", ...)`, keeps an
ENTRY_LIMITS_MEMORY, and asks `entry_limits`. All are evaluated, so that every one that stood in the way is on
record. That there is one trade a block and no second one after a stop-out is the strategy's own bookkeeping:
it trades once. Source: domain 1.4, 1.5, 2.2.
"""

import math

from tradewind.kernel.compiled import compiled
from tradewind.kernel.gates import gate
from tradewind.kernel.records import INSTRUMENTS, record
from tradewind.rules.blocks import FULL, MINUTE

ENTRY_LIMITS = ("day_type", "flat", "news", "reopened", "time_left", "spread", "spread_share")
"""FULL days only; no position in the instrument; minutes outside a news window; minutes since a reopening;
minutes to the end of the block; spread over the usual one; spread over the stop distance."""

FOMC = 2
"""The bit of a rate decision in `news_kinds`: markets.news."""

REOPENED_MINUTES = 15.0
TIME_LEFT_MINUTES = 30.0
SPREAD_MULTIPLE = 2.5
SPREAD_SHARE = 0.15

CONTINUITY = record([("seen", "i8"), ("value", "i8"), ("last_close", "i8")])
"""`value` is when prices last came back after 15 minutes or more without any, ns UTC."""


@compiled
def watch_continuity(memory, bar):
    """A bar that opens 15 minutes or more after the one before it closed is a reopening."""
    if bar.open_time - memory.last_close >= 15 * MINUTE:
        memory.value = bar.open_time
    memory.last_close = bar.close_time
    memory.seen += 1


@compiled
def minutes_to_news(state, instrument):
    """Return the minutes to the instrument's next news window, minus what is left inside it, infinite without one."""
    row = state.instruments[instrument]
    if row.news_closes <= state.now:
        return math.inf
    return (row.news_opens - state.now if state.now < row.news_opens else state.now - row.news_closes) / MINUTE


@compiled
def minutes_outside_news(state, instrument):
    """Return the minutes to or since the nearer news window of the instrument; inside one minus what is left."""
    row = state.instruments[instrument]
    ended = row.news_closes if 0 < row.news_closes <= state.now else row.news_ended
    since = (state.now - ended) / MINUTE if ended > 0 else math.inf
    return min(minutes_to_news(state, instrument), since)


@compiled
def opposed(state, instrument, side):
    """Return how many strategies hold a position against `side` in the instrument."""
    count = 0
    for strategy in range(state.strategy_count):
        if state.positions[strategy * INSTRUMENTS + instrument].quantity * side < 0:
            count += 1
    return count


@compiled
def entry_limits(state, instrument, continuity, ends, usual, distance):
    """Return whether all shared limits allow an entry now, in a block that ends at `ends`.

    `usual` is the usual spread and `distance` that from entry to stop, in ticks.
    """
    row = state.instruments[instrument]
    spread = float(row.ask - row.bid)
    now = state.now
    passed = gate(state, instrument, 0, row.day_type, FULL, FULL)
    passed &= gate(state, instrument, 1, row.open_positions, 0, 0)
    passed &= gate(state, instrument, 2, minutes_outside_news(state, instrument), 0.0, math.inf)
    passed &= gate(state, instrument, 3, (now - continuity.value) / MINUTE, REOPENED_MINUTES, math.inf)
    passed &= gate(state, instrument, 4, (ends - now) / MINUTE, TIME_LEFT_MINUTES, math.inf)
    multiple = spread / usual if usual > 0.0 else (0.0 if spread == 0.0 else math.inf)
    passed &= gate(state, instrument, 5, multiple, -math.inf, SPREAD_MULTIPLE)
    share = spread / distance if distance > 0.0 else math.nan
    passed &= gate(state, instrument, 6, share, -math.inf, SPREAD_SHARE)
    return passed
