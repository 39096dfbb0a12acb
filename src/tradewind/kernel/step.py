"""The one function that changes the state: `step(state, event)`.

Nothing else writes to it but the order verbs (to the outbox and the order table), the closing of bars, and the loop's
own bookkeeping. "Now" is the event's time; there is no other clock. A recorder, a screen or a test that applies the
same events gets the same bytes.
"""

import numpy as np

from tradewind.kernel.account import post, refresh_margin, settle
from tradewind.kernel.bars import end_periods, fold_price
from tradewind.kernel.book import apply_price
from tradewind.kernel.compiled import compiled, copy_record, inner
from tradewind.kernel.orders import (
    ACCEPT,
    CANCEL,
    CANCEL_REFUSED,
    ENTRY,
    EXPIRE,
    FILL_ALL,
    FILL_PART,
    FIRST_FINAL,
    HELD,
    LOSE,
    REJECT,
    REPLACE_DONE,
    REPLACE_REFUSED,
    TRIGGER,
    advance_order,
    end_held_legs,
    find_order,
    forget_order,
)
from tradewind.kernel.positions import apply_fill, apply_financing
from tradewind.kernel.records import (
    ACCEPTED,
    BAR,
    CANCEL_REJECTED,
    CANCELLED,
    CLOCK,
    CORRECTED,
    DAY,
    EXPIRED,
    FILLED,
    FINANCING,
    NEWS,
    OPERATOR,
    PENDING,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    SESSION,
    SESSIONS,
    TRIGGERED,
    UNKNOWN_OUTCOME,
)
from tradewind.kernel.refusals import STOPPED_OUT
from tradewind.kernel.risk_calendar import TAKE_LIMITS, enable_again, open_day, plan_all, take_order, turn_clock
from tradewind.kernel.risk_counts import note_report

# Bits of STRATEGY.shown: what a strategy has handlers for, besides bars.
WANTS_QUOTES = 1
WANTS_ORDERS = 2
WANTS_DAYS = 4
WANTS_SESSIONS = 8

# Operator verbs.
HALT = 1
RESUME = 2
DISABLE = 3
ENABLE = 4
HOLD = 11
"""No entry is sent in `instrument`, or in any if that is -1, for the reasons in the bits of `level`."""
RELEASE = 12
"""These reasons hold no more."""


@compiled(inline=True, inner=True)
def step(state, event):
    """The state includes `event`."""
    state.number += 1
    state.now = max(state.now, event.ts)
    if event.kind <= BAR:
        instrument = np.int64(event.instrument)
        row = state.instruments[instrument]
        apply_price(state, row, event)
        fold_price(state, row, event)
        state.unmarked = instrument + 1
    elif event.kind >= ACCEPTED:
        apply_report(state, event)
    else:
        apply_clock(state, event)


@inner
def apply_clock(state, event):
    """The calendar or the operator's order in `event` is known."""
    if event.kind == DAY:
        end_periods(state, event.ts, event.week, event.month)
        state.date = event.date
        state.day_opens = event.opens
        state.day_closes = event.closes
        state.week = event.week
        state.month = event.month
        forget_sessions(state)
        refresh_margin(state)
        open_day(state)
    elif event.kind == SESSION:
        row = state.instruments[event.instrument]
        row.day_type = event.day_type
        row.sessions[event.session].opens = event.opens
        row.sessions[event.session].closes = event.closes
    elif event.kind == NEWS:
        apply_news(state, event)
    elif event.kind == OPERATOR:
        apply_operator(state, event)
    elif event.kind == CLOCK and state.ruled != 0:
        turn_clock(state, event)
    if state.ruled != 0 and (event.kind == SESSION or event.kind == NEWS):
        plan_all(state)


@inner
def apply_news(state, event):
    """What is known of the news ahead of the instrument is what the event says."""
    row = state.instruments[event.instrument]
    if 0 < row.news_closes <= event.ts:
        row.news_ended = row.news_closes
    row.news_opens = event.opens
    row.news_closes = event.closes
    row.news_kinds = event.kinds
    row.news_flat_at = event.flat_at
    row.lock_opens = event.lock_opens
    row.lock_closes = event.lock_closes


@inner
def forget_sessions(state):
    """No session of the day before is left: those of a new date follow as events of their own."""
    for index in range(state.instrument_count):
        sessions = state.instruments[index].sessions
        for session in range(SESSIONS):
            sessions[session].opens = 0
            sessions[session].closes = 0


@inner
def apply_operator(state, event):
    """What a person ordered holds from now on."""
    if event.verb == HALT:
        state.halted = 1
    elif event.verb == RESUME:
        state.halted = 0
    elif event.verb == DISABLE:
        state.strategies[event.strategy].enabled = 0
    elif event.verb == ENABLE:
        state.strategies[event.strategy].enabled = 1
        if state.ruled != 0:
            enable_again(state, event.strategy)
    elif event.verb in (HOLD, RELEASE):
        apply_hold(state, event)
    elif state.ruled != 0 or event.verb == TAKE_LIMITS:
        take_order(state, event)


@inner
def apply_hold(state, event):
    """Instruments are held, or released, for the reasons in the event."""
    for index in range(state.instrument_count):
        if event.instrument in (-1, index):
            row = state.instruments[index]
            row.holds = row.holds | event.level if event.verb == HOLD else row.holds & ~event.level


@inner
def apply_report(state, report):
    """What the venue reported about an order or a position is known, and waits to be shown to its strategy."""
    trades = state.trade_count
    if report.kind == FINANCING:
        apply_financing(state, report)
        if state.ruled != 0:
            note_report(state, report, ENTRY, False, True, trades)
        return
    if report.kind == CORRECTED:
        post(state, report.amount)  # the broker's balance is the truth; nobody's trade is changed by it
        if state.ruled != 0:
            note_report(state, report, ENTRY, False, True, trades)
        return
    row = find_order(state, report.order)
    role, protects, begun = np.int64(ENTRY), False, False
    if row >= 0:
        role = np.int64(state.orders[row].role)
        protects = role != ENTRY or state.orders[row].reduce_only != 0
        begun = state.orders[row].filled > 0
    if report.kind == FILLED:
        risk = 0
        if row >= 0:
            order = state.orders[row]
            risk = order.risk * report.quantity // order.quantity
        if report.reason == STOPPED_OUT:
            settle(state)  # the broker closed it because of what the interval made of it
        apply_fill(state, report, risk)
        state.unmarked = report.instrument + 1
        if row >= 0:
            fill_order(state, row, report.quantity)
    elif row >= 0:
        change_order(state, row, report)
    if state.ruled != 0:
        note_report(state, report, role, protects, begun, trades)
    if state.pending_count < PENDING and state.strategies[report.strategy].shown & WANTS_ORDERS != 0:
        copy_record(state.pending[state.pending_count], report)
        state.pending[state.pending_count].number = state.number  # the same from the venue, a stream or a journal
        state.pending_count += 1


@inner
def fill_order(state, row, quantity):
    """The order in `row` is filled by `quantity` more, and its attached orders work for what is filled."""
    order = state.orders[row]
    order.filled += quantity
    order_id = order.id
    filled = order.filled
    if advance_order(state, row, FILL_ALL if filled >= order.quantity else FILL_PART):
        for index in range(state.order_count):
            leg = state.orders[index]
            if leg.parent == order_id:
                if leg.status == HELD:
                    leg.quantity = 0
                    advance_order(state, index, ACCEPT)
                leg.quantity += quantity
        if order.status >= FIRST_FINAL:
            forget_order(state, row)


@inner
def happening_of(kind):
    """Return the lifecycle happening that a report of `kind` is."""
    if kind == ACCEPTED:
        return ACCEPT
    if kind == REJECTED:
        return REJECT
    if kind == CANCELLED:
        return CANCEL
    if kind == EXPIRED:
        return EXPIRE
    if kind == TRIGGERED:
        return TRIGGER
    if kind == REPLACED:
        return REPLACE_DONE
    if kind == CANCEL_REJECTED:
        return CANCEL_REFUSED
    if kind == REPLACE_REJECTED:
        return REPLACE_REFUSED
    return LOSE if kind == UNKNOWN_OUTCOME else -1


@inner
def change_order(state, row, report):
    """The order in `row` is what the report says; one that ended is gone, with the orders held for it."""
    happening = happening_of(report.kind)
    if happening < 0 or not advance_order(state, row, happening):
        return
    order = state.orders[row]
    if report.kind == REPLACED:
        if order.trigger != 0:
            order.trigger = report.price
        else:
            order.price = report.price
        order.quantity = max(report.quantity, order.filled)
    elif report.kind == TRIGGERED:
        order.trigger = 0  # it waits for its limit price now
    if order.status >= FIRST_FINAL:
        ended = order.id
        forget_order(state, row)
        end_held_legs(state, ended)
