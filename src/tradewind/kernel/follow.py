"""A stretch of prices read once for many states: one leads, the others follow.

What prices make of a market does not depend on who trades in it: which bars close when, what they are, the range that
slippage is measured by. The leader, a state that trades nothing, goes through the stretch and leaves a trace: the
moments at which something is due for everyone, the bars that closed, the venue's ranges at every row. A follower does
the rest: it values its positions, fills its orders, shows its strategy the bars. One that has neither position nor
order has nothing to do between two moments and leaps from one to the next.

Followers have one strategy each. One stands where `loop.drive` would have brought it, to the byte, whenever the stretch
is done and whenever its strategy is shown something; but for the forming bars, which no strategy may look at and which
are right at the end.
"""

import numpy as np

from tradewind.kernel.account import mark_at, settle
from tradewind.kernel.bars import bar_closed, close_bars, fold_price
from tradewind.kernel.book import apply_price
from tradewind.kernel.compiled import call_handler, compiled, copy_record, inner, record_at
from tradewind.kernel.enforcement import guard
from tradewind.kernel.layout import record
from tradewind.kernel.loop import (
    EVENT_BYTES,
    EXHAUSTED,
    FULL,
    NOTHING,
    SHOW_BAR,
    call,
    dispatch,
    drain,
    horizon,
    next_show,
    report,
    take_sample,
)
from tradewind.kernel.market_watch import watch_days
from tradewind.kernel.records import BAR, BAR_ROW, ENGINE, EVENT, QUOTE, SERIES, STATE, VENUE, VENUE_INSTRUMENT
from tradewind.kernel.stop_out import is_stopped_out, next_stop_out
from tradewind.kernel.venue import next_report, observe

STOP = record(
    [
        ("row", "i8"),                # of the stretch, before which it is due
        ("instant", "i8"),            # at which bars close; or -1: the hourly sample
        ("next_close", "i8"),         # what comes after
        ("first", "i8"),              # the bars that close
        ("count", "i8"),
        ("watched", "i8"),            # 1: a strategy is shown one of them
    ]
)  # fmt: skip
CLOSED = record([("series", "i8"), ("bar", BAR_ROW)])
TRACE = record(
    [
        ("leader", "i8"),             # address of its ENGINE
        ("block", "i8"),              # address of the stretch
        ("rows", "i8"),
        ("stops", "i8"),              # addresses, and how many there are
        ("stop_count", "i8"),
        ("closed", "i8"),
        ("closed_count", "i8"),
        ("ranges", "i8"),             # the venue's row of the instrument after each row of the stretch
    ]
)  # fmt: skip
STOP_BYTES = STOP.itemsize
CLOSED_BYTES = CLOSED.itemsize
RANGE_BYTES = VENUE_INSTRUMENT.itemsize

MOST_AT_ONCE = SERIES + 1
"""Stops, and bars closed, that may be due before one row."""


@inner
def trace_stop(trace, state, row, instant):
    """The trace ends with what is due before `row`: the bars that have just closed at `instant`, or a sample."""
    stop = record_at(trace.stops + trace.stop_count * STOP_BYTES, STOP)
    trace.stop_count += 1
    stop.row = row
    stop.instant = instant
    stop.next_close = state.next_close
    stop.first = trace.closed_count
    stop.count = 0
    stop.watched = 0
    if instant < 0:
        return
    for index in range(state.series_count):
        series = state.series[index]
        if series.closed == state.rounds:
            kept = record_at(trace.closed + trace.closed_count * CLOSED_BYTES, CLOSED)
            kept.series = index
            copy_record(kept.bar, series.last)
            trace.closed_count += 1
            stop.count += 1
            if series.watchers != 0:
                stop.watched = 1
    state.closed_bars = 0


@inner
def lead(trace, most_stops, most_closed):
    """The leader has gone through the stretch, or as much of it as the trace has room for, and left its trace."""
    engine = record_at(trace.leader, ENGINE)
    state = record_at(engine.state, STATE)
    venue = record_at(engine.venue, VENUE)
    trace.stop_count = 0
    trace.closed_count = 0
    row = 0
    while row < trace.rows:
        event = record_at(trace.block + row * EVENT_BYTES, EVENT)
        limit = horizon(event)
        if trace.stop_count + MOST_AT_ONCE > most_stops or trace.closed_count + MOST_AT_ONCE > most_closed:
            trace.rows = row
            break
        while state.next_close <= limit:
            instant = state.next_close
            close_bars(state, instant)
            trace_stop(trace, state, row, instant)
        if state.sample_due <= event.ts:
            trace_stop(trace, state, row, -1)
            state.sample_due = event.ts - event.ts % state.sample_every + state.sample_every
        observe(venue, state, event)
        state.now = max(state.now, event.ts)
        instrument = state.instruments[event.instrument]
        apply_price(state, instrument, event)
        fold_price(state, instrument, event)
        copy_record(record_at(trace.ranges + row * RANGE_BYTES, VENUE_INSTRUMENT), venue.instruments[event.instrument])
        row += 1


@compiled(inline=True, inner=True)
def take_range(venue, trace, row, instrument):
    """The venue's range of the instrument is what it is after `row`."""
    source = record_at(trace.ranges + row * RANGE_BYTES, VENUE_INSTRUMENT)
    copy_range(venue.instruments[instrument], source)


@inner
def take_ranges(state, venue, trace, row):
    """The same for every instrument: what it is after its last row up to `row`."""
    for instrument in range(state.instrument_count):
        place = row
        while place >= 0 and record_at(trace.block + place * EVENT_BYTES, EVENT).instrument != instrument:
            place -= 1
        if place >= 0:
            take_range(venue, trace, place, instrument)


@inner
def copy_range(local, source):
    """All but the number of working orders, which is the follower's own, is that of `source`."""
    working = local.working
    copy_record(local, source)
    local.working = working


@inner
def close_traced(trace, state, stop):
    """The bars of the stop have closed, as `bars.close_bars` would have closed them."""
    state.now = max(state.now, stop.instant)
    state.rounds += 1
    this_round, ruled = state.rounds, state.ruled != 0
    days = 0
    for place in range(stop.first, stop.first + stop.count):
        kept = record_at(trace.closed + place * CLOSED_BYTES, CLOSED)
        series = state.series[kept.series]
        copy_record(series.last, kept.bar)
        days += bar_closed(state, series, this_round, ruled)
    if days > 0:
        watch_days(state)
    state.closed_bars = stop.count
    state.next_close = stop.next_close


@compiled(inline=True, inner=True)
def settle_at(state, event):
    """`account.settle` for the price in `event`, without waiting for what was just written to be read again."""
    if state.unmarked == 0:
        return
    state.unmarked = 0
    instrument = event.instrument
    if state.instruments[instrument].open_positions > 0:
        bid, low, high = event.close, event.low, event.high
        bids = (bid, low, high)
        asks = (bid + event.spread_close, high + event.spread_high, low + event.spread_low)
        mark_at(state, instrument, bids, asks, event.ts)
        state.marked = 1


@compiled(inline=True, inner=True)
def apply_followed(engine, state, venue, trace, row, event):
    """The state includes the price in `event` and everything the venue answers to it, as in the loop."""
    instrument = event.instrument
    working = venue.instruments[instrument].working
    if working != 0:
        take_range(venue, trace, row, instrument)
        venue.interval += 1
        venue.path_at = 0.0
    state.number += 1
    state.now = max(state.now, event.ts)
    apply_price(state, state.instruments[instrument], event)
    state.unmarked = instrument + 1
    if event.kind == QUOTE:
        state.quoted = state.shows_quotes * (instrument + 1)
    if venue.silent == 0:
        if working != 0:
            while next_report(venue, state, event):
                report(engine, state, venue)
        if state.account.margin != 0:
            settle_at(state, event)
            if venue.closing != 0 or is_stopped_out(state):
                take_ranges(state, venue, trace, row)
                while (venue.closing != 0 or is_stopped_out(state)) and next_stop_out(venue, state, event):
                    report(engine, state, venue)
                    settle(state)
    if state.trade_count + state.risk_count > 0:
        drain(engine, state)


@compiled(inline=True, inner=True)
def is_quiet(state, venue):
    """Return whether nothing but the calendar and closing bars can concern this state."""
    if venue.order_count != 0 or state.order_count != 0 or state.guarded != 0 or state.shows_quotes != 0:
        return False
    if state.pending_count != 0 or state.account.margin != 0 or venue.closing != 0:
        return False
    held = 0
    for index in range(state.instrument_count):
        held += state.instruments[index].open_positions
    return held == 0


@inner
def leap(state, trace, row, end):
    """The prices of rows [row, end) are known, in which nothing was due."""
    first = end - 1 if state.instrument_count == 1 else row
    for place in range(first, end):
        event = record_at(trace.block + place * EVENT_BYTES, EVENT)
        apply_price(state, state.instruments[event.instrument], event)
        state.now = max(state.now, event.ts)
        state.unmarked = event.instrument + 1
    state.number += end - row


@compiled(inline=True, inner=True)
def show_all(engine, state, venue, handler):
    """The strategies have seen what there is to show, and what they ordered is on its way."""
    strategy, place = np.int64(0), np.int64(0)
    while True:
        shown, strategy, place, index = next_show(state, strategy, place)
        if shown == NOTHING:
            break
        call(engine, state, handler, shown, strategy, index)
    if state.outbox_count > 0 or state.gate_count > 0:
        dispatch(engine, state, venue)


@compiled(inline=True, inner=True)
def show_closed(trace, engine, state, stop, handler):
    """The one strategy has seen the bars that closed, in the order in which `loop.next_show` shows them."""
    state.strategy = 0
    for place in range(stop.first, stop.first + stop.count):
        kept = record_at(trace.closed + place * CLOSED_BYTES, CLOSED)
        memory = engine.memories[kept.bar.instrument]
        if memory != 0 and state.series[kept.series].watchers != 0:
            call_handler(handler, state, SHOW_BAR, 0, kept.series, memory, engine.parameters[0])


@inner
def follow(trace, engine, cursor, handler):
    """Return EXHAUSTED when the engine has gone through the stretch, or FULL when a log has to be emptied first.

    `engine.position` and `cursor.stop`, the next stop, say where it stands.
    """
    state = record_at(engine.state, STATE)
    venue = record_at(engine.venue, VENUE)
    while engine.position < trace.rows:
        if engine.full != 0:
            return FULL
        row = engine.position
        if state.unmarked != 0:
            settle(state)
        if state.guarded != 0 and guard(state):
            show_all(engine, state, venue, handler)
            continue
        if state.pending_count + state.quoted > 0:
            show_all(engine, state, venue, handler)
            continue
        due = trace.rows
        if cursor.stop < trace.stop_count:
            stop = record_at(trace.stops + cursor.stop * STOP_BYTES, STOP)
            due = stop.row
            if due == row:
                cursor.stop += 1
                event = record_at(trace.block + row * EVENT_BYTES, EVENT)
                if stop.instant < 0:
                    take_sample(engine, state, event.ts, -1)
                    state.sample_due = event.ts - event.ts % state.sample_every + state.sample_every
                else:
                    close_traced(trace, state, stop)
                    if stop.watched != 0:
                        show_closed(trace, engine, state, stop, handler)
                        if state.outbox_count > 0 or state.gate_count > 0:
                            dispatch(engine, state, venue)
                    state.closed_bars = 0
                continue
        if due > row + 1 and is_quiet(state, venue):
            leap(state, trace, row, due)
            engine.position = due
            continue
        engine.position = row + 1
        apply_followed(engine, state, venue, trace, row, record_at(trace.block + row * EVENT_BYTES, EVENT))
    return EXHAUSTED


@inner
def join_leader(trace, engine):
    """The follower's forming bars and ranges are the leader's, at the end of the stretch."""
    leader = record_at(trace.leader, ENGINE)
    ahead, state = record_at(leader.state, STATE), record_at(engine.state, STATE)
    away, venue = record_at(leader.venue, VENUE), record_at(engine.venue, VENUE)
    state.next_close = ahead.next_close
    for index in range(state.series_count):
        copy_record(state.series[index], ahead.series[index])
    for index in range(state.instrument_count):
        copy_range(venue.instruments[index], away.instruments[index])


@inner
def stretch_of(block, row, length, most):
    """Return how many rows from `row` on, at most `most`, are prices."""
    count = 0
    while count < most and row + count < length:
        if record_at(block + (row + count) * EVENT_BYTES, EVENT).kind > BAR:
            break
        count += 1
    return count


@inner
def clocks_of(block, row, length):
    """Return how many rows from `row` on are none."""
    count = 0
    while row + count < length and record_at(block + (row + count) * EVENT_BYTES, EVENT).kind > BAR:
        count += 1
    return count
