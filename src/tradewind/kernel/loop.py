"""The loop that applies a block of events one at a time and stops where the strategies have something to see.

An event is complete when the next one that is not a report arrives; only then is the interval valued and the
strategies are shown what happened, so neither the size of a block nor where reports come from can change a result.
Bars close at their own moments between events. The order at one instant: prices, what the venue says about them,
valuation, clock; then the strategies, who see large bars before small ones; then what they ordered goes out.

`drive` shows compiled handlers everything and returns when the block is used up; for plain-Python strategies it
returns with each thing to show, and the runner shows it. Both in the same order: both ask `next_show`.
"""

from numba import from_dtype, int64, void

from tradewind.kernel.account import note_equity, settle
from tradewind.kernel.bars import close_bars
from tradewind.kernel.compiled import call_handler, compiled, copy_record, inner, record_at
from tradewind.kernel.enforcement import guard
from tradewind.kernel.records import (
    ACCEPTED,
    BAR,
    COMMAND,
    DAY,
    DIVIDEND,
    ENGINE,
    EVENT,
    FINANCING,
    GATE_ROW,
    INSTRUMENTS,
    LINE,
    QUOTE,
    REFUSED_COMMAND,
    RISK_ROW,
    SAMPLE,
    SECOND,
    SESSION_CLOSE,
    SESSION_OPEN,
    STATE,
    TIME,
    TRADE,
    VENUE,
)
from tradewind.kernel.step import WANTS_DAYS, WANTS_ORDERS, WANTS_QUOTES, WANTS_SESSIONS, step
from tradewind.kernel.stop_out import is_stopped_out, next_stop_out
from tradewind.kernel.venue import accept, next_report, observe

# Why the loop stopped.
EXHAUSTED = 0
FULL = 1
SHOW = 2

# What a handler is shown.
NOTHING = 0
SHOW_BAR = 3
SHOW_QUOTE = 4
SHOW_EVENT = 5

# What the event log holds.
NO_JOURNAL = 0
REPORTS = 1
"""Everything but the tape's own rows, which can be read again."""
EVERYTHING = 2

EVENT_BYTES = EVENT.itemsize
COMMAND_BYTES = COMMAND.itemsize
GATE_BYTES = GATE_ROW.itemsize
TRADE_BYTES = TRADE.itemsize
SAMPLE_BYTES = SAMPLE.itemsize
RISK_BYTES = RISK_ROW.itemsize
LINE_BYTES = LINE.itemsize
MARGIN = 300
"""Rows kept free in every log: more than one event with all its showings can need."""
EVENT_MARGIN = 2048
"""The same for the event log: every order of a full table may be accepted, filled, resized and ended by one price."""

HANDLER = void(from_dtype(STATE), int64, int64, int64, int64, int64)
"""handler(state, shown, strategy, index, memory address, parameters address)."""


@compiled
def log_event(engine, event, number):
    """The event log ends with a numbered copy of `event`."""
    row = record_at(engine.events + engine.event_count * EVENT_BYTES, EVENT)
    copy_record(row, event)
    row.number = number
    engine.event_count += 1
    if engine.event_count + EVENT_MARGIN > engine.event_capacity:
        engine.full = 1


@inner
def report(engine, state, venue):
    """What the venue has just said is in the log and in the state."""
    if engine.journal != NO_JOURNAL:
        log_event(engine, venue.report, state.number + 1)
    step(state, venue.report)
    if state.trade_count > 0:
        drain_trades(engine, state)


@inner
def take_sample(engine, state, ts, date):
    """The sample log ends with the account as it is now."""
    row = record_at(engine.samples + engine.sample_count * SAMPLE_BYTES, SAMPLE)
    account = state.account
    row.ts = ts
    row.balance = account.balance
    row.equity = account.balance + account.unrealised
    row.low_equity = min(account.trough, account.balance + account.adverse)
    row.margin = account.margin
    row.date = date
    account.trough = account.balance + account.adverse
    engine.sample_count += 1
    if engine.sample_count + MARGIN > engine.sample_capacity:
        engine.full = 1


@inner
def take_lines(engine, state, ts, date):
    """The line log ends with what every strategy has made in every instrument so far, where that is not nothing."""
    if engine.lines == 0:
        return
    for index in range(state.strategy_count * INSTRUMENTS):
        position = state.positions[index]
        if position.earned == 0 and position.unrealised == 0:
            continue
        row = record_at(engine.lines + engine.line_count * LINE_BYTES, LINE)
        row.ts = ts
        row.date = date
        row.earned = position.earned
        row.unrealised = position.unrealised
        row.strategy = index // INSTRUMENTS
        row.instrument = index % INSTRUMENTS
        engine.line_count += 1
    if engine.line_count + MARGIN > engine.line_capacity:
        engine.full = 1


@compiled(inline=True, inner=True)
def apply_price_event(engine, state, venue, event):
    """The state includes the QUOTE or BAR in `event` and everything the venue answers to it."""
    if engine.journal == EVERYTHING:
        log_event(engine, event, state.number + 1)
    observe(venue, state, event)
    step(state, event)
    if event.kind == QUOTE:
        state.quoted = state.shows_quotes * (event.instrument + 1)
    if venue.silent == 0:
        if venue.instruments[event.instrument].working != 0:
            while next_report(venue, state, event):
                report(engine, state, venue)
        if state.account.margin != 0:
            settle(state)
            while (venue.closing != 0 or is_stopped_out(state)) and next_stop_out(venue, state, event):
                report(engine, state, venue)
                settle(state)


@inner
def apply_other_event(engine, state, venue, event):
    """The state includes the clock event or report in `event` and everything the venue answers to it."""
    if event.kind == DAY or event.kind == DIVIDEND:
        venue.cursor = 0
        while venue.silent == 0 and next_report(venue, state, event):
            report(engine, state, venue)
        if event.kind == DAY and state.sample_every > 0:
            note_equity(state)
            take_sample(engine, state, event.ts, state.date)
            take_lines(engine, state, event.ts, state.date)
    if engine.journal != NO_JOURNAL:
        log_event(engine, event, state.number + 1)
    step(state, event)
    if event.kind == SESSION_OPEN or event.kind == SESSION_CLOSE:
        pend(state, event, event.instrument)
    elif event.kind == DAY:
        for instrument in range(state.instrument_count):
            pend(state, event, instrument)


@inner
def pend(state, event, instrument):
    """The calendar event waits to be shown to the strategies that trade `instrument`."""
    if state.pending_count < len(state.pending):
        copy_record(state.pending[state.pending_count], event)
        state.pending[state.pending_count].instrument = instrument
        state.pending[state.pending_count].number = state.number
        state.pending_count += 1


@inner
def drain_trades(engine, state):
    """Finished trades are in the log and no more in the state."""
    for index in range(min(state.trade_count, len(state.trades))):
        target = record_at(engine.trades + engine.trade_count * TRADE_BYTES, TRADE)
        copy_record(target, state.trades[index])
        engine.trade_count += 1
    state.trade_count = 0
    if engine.trade_count + MARGIN > engine.trade_capacity:
        engine.full = 1


@inner
def drain(engine, state):
    """Finished trades and what the gate did are in the logs and no more in the state."""
    if state.trade_count > 0:
        drain_trades(engine, state)
    if state.risk_count > 0:
        drain_risk(engine, state)


@inner
def drain_risk(engine, state):
    """What the gate did is in the log and no more in the state."""
    for index in range(state.risk_count):
        if engine.risk != 0:
            copy_record(record_at(engine.risk + engine.risk_count * RISK_BYTES, RISK_ROW), state.risk_rows[index])
            engine.risk_count += 1
    state.risk_count = 0
    if engine.risk != 0 and engine.risk_count + MARGIN > engine.risk_capacity:
        engine.full = 1


@compiled(inline=True, inner=True)
def horizon(event):
    """Return up to which moment bars are known to be complete when `event` arrives, before it is applied.

    A bar event tells about an interval that begins at its open. A clock event at t belongs before the strategies'
    turn at t, so bars closing at that very moment wait for the next event; a TIME event says that t has passed.
    """
    if event.kind <= BAR:
        return event.ts - event.span * SECOND
    return event.ts if event.kind == TIME else event.ts - 1


@compiled(inline=True, inner=True)
def advance(engine, state, venue):
    """Events are applied until there is something to show (SHOW), a log is full (FULL) or none is left (EXHAUSTED)."""
    while engine.position < engine.length:
        if engine.full != 0:
            return FULL
        event = record_at(engine.block + engine.position * EVENT_BYTES, EVENT)
        # Financing belongs to the roll that follows it, not to the price before it, as in `apply_event`.
        if event.kind < ACCEPTED or event.kind == FINANCING:
            # What came before is complete: value it, and show it before anything else happens.
            if state.unmarked != 0:
                settle(state)
            if state.guarded != 0 and guard(state):
                return SHOW
            if state.pending_count + state.quoted > 0:
                return SHOW
            limit = horizon(event)
            if state.next_close <= limit:
                close_bars(state, state.next_close)
                return SHOW
            if state.sample_due <= event.ts:
                take_sample(engine, state, event.ts, -1)
                state.sample_due = event.ts - event.ts % state.sample_every + state.sample_every
        engine.position += 1
        if event.kind <= BAR:
            apply_price_event(engine, state, venue, event)
        else:
            apply_other_event(engine, state, venue, event)
        if state.trade_count + state.risk_count > 0:
            drain(engine, state)
    return EXHAUSTED


@compiled(inline=True, inner=True)
def wants_event(state, strategy, event):
    """Return whether `strategy` is shown `event`."""
    shown = state.strategies[strategy].shown
    if event.kind >= ACCEPTED:
        return event.strategy == strategy and shown & WANTS_ORDERS != 0
    if event.kind == DAY:
        return shown & WANTS_DAYS != 0
    return shown & WANTS_SESSIONS != 0


@compiled(inline=True, inner=True)
def next_show(state, strategy, place):
    """Return (shown, strategy, place, index): the next thing to show from (strategy, place) on, or NOTHING.

    Strategy by strategy: first reports and calendar, then the quote, then closed bars, large before small. Begin at
    (0, 0) and go on from what came back. NOTHING means that everyone has seen everything.
    """
    pending = state.pending_count
    while strategy < state.strategy_count:
        state.strategy = strategy
        while place < pending:
            place += 1
            if wants_event(state, strategy, state.pending[place - 1]):
                return SHOW_EVENT, strategy, place, place - 1
        if place == pending:
            place += 1
            if state.quoted != 0 and state.strategies[strategy].shown & WANTS_QUOTES != 0:
                return SHOW_QUOTE, strategy, place, state.quoted - 1
        if state.closed_bars > 0:
            while place <= pending + state.series_count:
                index = place - pending - 1
                place += 1
                series = state.series[index]
                if series.closed == state.rounds and series.watchers >> strategy & 1 != 0:
                    return SHOW_BAR, strategy, place, index
        strategy += 1
        place = 0
    state.pending_count = 0
    state.quoted = 0
    state.closed_bars = 0
    return NOTHING, strategy, place, 0


@compiled(inline=True, inner=True)
def shown_instrument(state, shown, index):
    """Return the instrument that the thing shown is about."""
    if shown == SHOW_BAR:
        return int64(state.series[index].last.instrument)
    if shown == SHOW_QUOTE:
        return int64(index)
    return int64(state.pending[index].instrument)


@inner
def dispatch(engine, state, venue):
    """What the strategies ordered is in the log and on its way; the gates they asked are in the log."""
    for index in range(state.outbox_count):
        command = state.outbox[index]
        if engine.commands != 0:
            copy_record(record_at(engine.commands + engine.command_count * COMMAND_BYTES, COMMAND), command)
            engine.command_count += 1
        if command.kind != REFUSED_COMMAND and venue.silent == 0:
            accept(venue, command)
    state.outbox_count = 0
    for index in range(state.gate_count):
        if engine.gates != 0:
            copy_record(record_at(engine.gates + engine.gate_count * GATE_BYTES, GATE_ROW), state.gates[index])
            engine.gate_count += 1
    state.gate_count = 0
    if state.risk_count > 0:
        drain_risk(engine, state)
    if engine.gate_count + MARGIN > engine.gate_capacity or engine.command_count + MARGIN > engine.command_capacity:
        engine.full = 1


@compiled(inline=True, inner=True)
def call(engine, state, handler, shown, strategy, index):
    """The strategy has seen what is shown, if it trades that instrument."""
    memory = engine.memories[strategy * INSTRUMENTS + shown_instrument(state, shown, index)]
    if memory != 0:
        call_handler(handler, state, shown, strategy, index, memory, engine.parameters[strategy])


@compiled
def drive(address, handler):
    """Events of the block are applied: EXHAUSTED when all are, FULL when a log is, or what a caller has to show.

    `address` is that of an ENGINE record. `handler` is what `compiled.handler_pointer` gives for a function of the
    signature HANDLER, which is shown everything. With 0 the caller shows: `drive` then returns shown + strategy <<
    8 + index << 16 (see `shown_of`), and is to be called again when that has been shown.
    """
    engine = record_at(address, ENGINE)
    state = record_at(engine.state, STATE)
    venue = record_at(engine.venue, VENUE)
    result = SHOW if engine.showing != 0 else EXHAUSTED
    strategy, place = engine.show_strategy, engine.show_place
    while True:
        if result != SHOW:
            result = advance(engine, state, venue)
            if result != SHOW:
                return result
            strategy, place = 0, 0
        while True:
            shown, strategy, place, index = next_show(state, strategy, place)
            if shown == NOTHING:
                break
            if handler == 0:
                engine.showing, engine.show_strategy, engine.show_place = 1, strategy, place
                return shown + (strategy << 8) + (index << 16)
            call(engine, state, handler, shown, strategy, index)
        engine.showing = 0
        result = EXHAUSTED
        if state.outbox_count > 0 or state.gate_count > 0:
            dispatch(engine, state, venue)


def shown_of(result):
    """Return (shown, strategy, index) of what `drive` gave its caller to show."""
    return result & 0xFF, result >> 8 & 0xFF, result >> 16
