"""What the gate counts: trades, losses in a row, fills, rejects, orders sent; and when a position is without its stop.

Everything here follows from reports of the venue and from commands that passed, so a replay counts the same.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.compiled import inner
from tradewind.kernel.floors import mark_floors, raise_kill, trade_floors
from tradewind.kernel.message_rate import speak
from tradewind.kernel.order_controls import entering_price
from tradewind.kernel.orders import ENTRY, STOP, STOP_LOSS, UNKNOWN, WORKING
from tradewind.kernel.records import (
    ACCEPTED,
    CORRECTED,
    FILLED,
    FINANCING,
    INSTRUMENTS,
    NEVER,
    REJECTED,
    SECOND,
    SESSIONS,
    STRATEGIES,
    TRADES,
)
from tradewind.kernel.risk_log import note_risk
from tradewind.kernel.risk_records import LATEST, ORDER_SIZES
from tradewind.kernel.rows import COOL, DISABLE_STRATEGY
from tradewind.kernel.trading_limits import block_now, next_block

MINUTE = 60 * SECOND


@inner
def cool_down(state, strategy, instrument, losses, limit):
    """Return until when nothing is opened after so many losses: two hours, or the next block, whichever is later."""
    until = max(state.now + state.limits.cool_down_minutes * MINUTE, next_block(state, instrument))
    note_risk(state, refusals.COOL_DOWN, COOL, losses, limit, strategy, instrument, 0, -1)
    return until


@inner
def note_trade(state, trade):
    """A finished trade is counted as lost or not (R12); one whose risk is not known is lost if it cost money."""
    limits, risk = state.limits, state.risk
    net = trade.gross + trade.commission + trade.financing
    if trade.risk > 0:
        lost = float(net) <= limits.loss_counts_below * float(trade.risk)
    else:
        lost = net < 0
    place = risk.positions[trade.strategy * INSTRUMENTS + trade.instrument]
    if not lost:
        place.losses = 0
        risk.losses = 0
        return
    place.losses += 1
    risk.losses += 1
    if 0 <= limits.consecutive_losses <= place.losses:
        place.cool_until = cool_down(state, trade.strategy, trade.instrument, place.losses, limits.consecutive_losses)
    if 0 <= limits.consecutive_losses_global <= risk.losses:
        risk.cool_until = cool_down(state, -1, trade.instrument, risk.losses, limits.consecutive_losses_global)


@inner
def note_opened(state, strategy, instrument):
    """A trade began: block, instrument and account had one more (R13)."""
    risk = state.risk
    block = block_now(state, instrument)
    if block >= 0:
        risk.positions[strategy * INSTRUMENTS + instrument].block_trades[block] += 1
    risk.instruments[instrument].trades_day += 1
    risk.trades_day += 1


@inner
def within(ring, count, limit, now, span):
    """Return whether the latest `limit` of `count` moments lie within `span` ns of `now`; the ring holds LATEST."""
    most = min(limit, LATEST)
    if limit < 0 or count < most:
        return False
    return limit == 0 or now - ring[(count - most) % LATEST] <= span


@inner
def note_execution(state, strategy):
    """An order of the strategy was executed; too many too soon disable it until a person enables it (C10)."""
    limits, row = state.limits, state.risk.strategies[strategy]
    row.latest[row.fills % LATEST] = state.now
    row.fills += 1
    row.fills_day += 1
    often = within(row.latest, row.fills, limits.fills_per_5min, state.now, 5 * MINUTE)
    if (often or 0 <= limits.fills_per_day <= row.fills_day) and state.strategies[strategy].enabled != 0:
        state.strategies[strategy].enabled = 0
        limit = limits.fills_per_5min if often else limits.fills_per_day
        note_risk(
            state, refusals.REPEATED_EXECUTION, DISABLE_STRATEGY, row.fills_day, limit, strategy, -1, 0, -1
        )  # fmt: skip


@inner
def is_own(reason):
    """Return whether a fill with this reason was ordered by the gate, and so is nobody's repeated execution."""
    flat = reason == refusals.FLATTENED or reason == refusals.FLAT_BY_TIME
    return flat or reason == refusals.MARGIN_CUT or reason == refusals.STOP_LOST


@inner
def note_reject(state, protects):
    """The broker rejected an order; too many in a minute raise the kill level (C11), sooner if they protected (R17)."""
    limits, risk = state.limits, state.risk
    risk.reject_times[risk.rejects % LATEST] = state.now
    risk.rejects += 1
    if within(risk.reject_times, risk.rejects, limits.broker_rejects, state.now, MINUTE):
        raise_kill(state, 1, refusals.REJECT_LOOP)
    if protects:
        risk.fault_times[risk.faults % LATEST] = state.now
        risk.faults += 1
        if within(risk.fault_times, risk.faults, limits.rejects_for_kill, state.now, MINUTE):
            raise_kill(state, 2, refusals.UNEXPECTED_REJECTS)


@inner
def look_for_stop(state, strategy, instrument):
    """The position's stop is known, or since when a part of it is without one (R15)."""
    place = strategy * INSTRUMENTS + instrument
    row, quantity = state.risk.positions[place], state.positions[place].quantity
    covered = np.int64(0)
    for index in range(state.order_count):
        order = state.orders[index]
        if order.strategy != strategy or order.instrument != instrument or order.type != STOP:
            continue
        if order.status >= WORKING and order.status != UNKNOWN and order.role != ENTRY and order.side * quantity < 0:
            covered += order.quantity - order.filled
            row.stop = order.trigger
    row.covered = covered
    if quantity == 0 or covered >= abs(quantity):
        row.bare_since = 0
        if quantity == 0:
            row.stop_tries = 0
        return
    if row.bare_since == 0 and state.limits.stop_required >= 0:
        row.bare_since = state.now
        due = state.now + np.int64(max(0.0, state.limits.stop_within_s) * float(SECOND))
        state.risk.next_look = min(state.risk.next_look, due)


@inner
def note_report(state, report, role, protects, begun, trades):
    """The gate's counts, floors and watch include the report.

    `role` is that of its order and `protects` whether that only protects or reduces; `begun` says whether it had been
    filled before, and `trades` how many finished trades stood in the state before.
    """
    strategy, instrument = np.int64(report.strategy), np.int64(report.instrument)
    place = strategy * INSTRUMENTS + instrument
    if report.kind == FILLED:
        position = state.positions[place]
        if state.trade_count > trades:
            note_trade(state, state.trades[min(trades, TRADES - 1)])
        if position.quantity != 0 and position.opened_number == state.number:
            note_opened(state, strategy, instrument)
        if not begun and not is_own(report.reason):
            note_execution(state, strategy)
    elif report.kind == REJECTED:
        note_reject(state, protects)
    if report.kind == FILLED or report.kind == FINANCING or report.kind == CORRECTED:
        trade_floors(state)
        state.marked = 1  # what a stop made of a gap is a loss, whether or not anything is left to be valued
    if report.kind == FILLED or role == STOP_LOSS:
        look_for_stop(state, strategy, instrument)
    if report.kind == ACCEPTED and role == STOP_LOSS:
        state.risk.positions[place].stop_tries = 0
    watch_or_rest(state)


@inner
def watch_or_rest(state):
    """The gate looks at every mark if anything is open or pending; when nothing is left it looks once more."""
    state.guarded = 1 if state.order_count > 0 else 0
    for instrument in range(state.instrument_count):
        if state.instruments[instrument].open_positions > 0:
            state.guarded = 1
    if state.guarded == 0:
        risk = state.risk
        if state.marked != 0:
            state.marked = 0
            mark_floors(state)
        risk.acting = 0
        risk.flattening = 0
        risk.cancelling = 0
        risk.low_margin = 0
        for instrument in range(state.instrument_count):
            risk.instruments[instrument].flattening = 0
            risk.instruments[instrument].queued = 0


@inner
def note_size(watched, quantity):
    """The median of the latest order sizes includes `quantity` lot steps."""
    count = min(watched.sizes, ORDER_SIZES)
    place = np.int64(0)
    if count == ORDER_SIZES:
        oldest = watched.size_ring[watched.sizes % ORDER_SIZES]
        while watched.size_sorted[place] != oldest:
            place += 1
        while place < count - 1:
            watched.size_sorted[place] = watched.size_sorted[place + 1]
            place += 1
        count -= 1
    place = count
    while place > 0 and watched.size_sorted[place - 1] > quantity:
        watched.size_sorted[place] = watched.size_sorted[place - 1]
        place -= 1
    watched.size_sorted[place] = quantity
    count += 1
    watched.size_ring[watched.sizes % ORDER_SIZES] = quantity
    watched.sizes += 1
    watched.middle_size = float(watched.size_sorted[(count - 1) // 2] + watched.size_sorted[count // 2]) / 2.0


@inner
def note_sent(state, command, asked):
    """A new order has passed the gate and goes out; `asked` is the size before any reduction."""
    risk = state.risk
    speak(state)
    command.limits = state.limits.digest
    state.guarded = 1
    if command.reduce_only != 0:
        return
    note_size(risk.instruments[command.instrument], command.quantity)
    row = risk.orders[risk.sent % LATEST]
    risk.sent += 1
    row.ts = state.now
    row.quantity = asked
    row.price = entering_price(state, command)
    row.strategy = command.strategy
    row.instrument = command.instrument
    row.side = command.side
    row.type = command.type


@inner
def begin_day(state):
    """What is counted by trading date begins anew; a cool-down and losses in a row end with the date."""
    risk = state.risk
    risk.trades_day = 0
    risk.losses = 0
    risk.cool_until = 0
    risk.spent_day = 0
    for strategy in range(STRATEGIES):
        risk.strategies[strategy].fills_day = 0
    for instrument in range(state.instrument_count):
        risk.instruments[instrument].trades_day = 0
        risk.instruments[instrument].queued = 0
    for place in range(state.strategy_count * INSTRUMENTS):
        row = risk.positions[place]
        row.losses = 0
        row.cool_until = 0
        for session in range(SESSIONS):
            row.block_trades[session] = 0


@inner
def plan_looks(state):
    """The next moment at which time alone asks for something is known."""
    risk = state.risk
    soonest = NEVER
    for instrument in range(state.instrument_count):
        watched = risk.instruments[instrument]
        if watched.flat_at > state.now:
            soonest = min(soonest, watched.flat_at)
        if watched.news_flat_at > state.now:
            soonest = min(soonest, watched.news_flat_at)
    for place in range(state.strategy_count * INSTRUMENTS):
        since = risk.positions[place].bare_since
        if since != 0:
            soonest = min(soonest, since + np.int64(max(0.0, state.limits.stop_within_s) * float(SECOND)))
    if risk.mismatch_since != 0 and state.limits.mismatch_kill_s >= 0.0:
        kill = risk.mismatch_since + np.int64(state.limits.mismatch_kill_s * float(SECOND))
        if risk.kill < 2:
            soonest = min(soonest, max(kill, state.now))
    risk.next_look = soonest
