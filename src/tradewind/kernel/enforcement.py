"""What the gate does by itself: it looks at every mark, cancels, flattens, cuts margin and puts lost stops back.

It asks what is and not what happened, so it goes on after a restart where it stood: while a rule wants entries gone,
every living one is cancelled; while it wants an instrument flat, every position in it is closed, again and again if
need be. What a closed market does not take waits for it to open. Commands of the gate are commands like any other:
they pass `risk.check`, which lets pass what only reduces.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.account import equity, margin_of
from tradewind.kernel.compiled import compiled, inner
from tradewind.kernel.floors import mark_floors, raise_kill
from tradewind.kernel.orders import ENTRY, REPLACING, SENT, STOP, STOP_LOSS, UNKNOWN, WORKING, market_steps
from tradewind.kernel.records import INSTRUMENTS, ORDERS, OUTBOX, SECOND
from tradewind.kernel.records import MARKET as MARKET_HOURS
from tradewind.kernel.risk_counts import plan_looks
from tradewind.kernel.risk_log import note_risk
from tradewind.kernel.rows import CANCEL_ENTRY, FLATTEN, PLACE_STOP, QUEUE
from tradewind.kernel.verbs import blank_command, cancel, reduce_by, submit_as

STOP_TRIES = 2
"""A stop that failed so often is given up, and its position closed."""


@inner
def look_at_mark(state):
    """The floors and the margin level were held against the latest mark."""
    mark_floors(state)
    limits, risk, account = state.limits, state.risk, state.account
    worst, margin = float(account.balance + account.adverse), float(account.margin)
    if margin > 0.0 and limits.margin_level_warning >= 0.0 and worst < limits.margin_level_warning * margin:
        if risk.low_margin == 0:
            note_risk(
                state, refusals.MARGIN_LEVEL, CANCEL_ENTRY, worst / margin, limits.margin_level_warning, -1, -1, 0, -1
            )  # fmt: skip
        risk.low_margin = 1
        risk.acting = 1
    if margin > 0.0 and limits.margin_level_cut >= 0.0 and worst < limits.margin_level_cut * margin:
        risk.low_margin = 2
        risk.acting = 1


@inner
def is_open(state, instrument):
    """Return whether the instrument trades now, as far as its hours are known."""
    hours = state.instruments[instrument].sessions[MARKET_HOURS]
    return hours.closes <= 0 or hours.opens <= state.now < hours.closes


@inner
def look_at_times(state):
    """What has become due by time alone is under way: flat times, and a mismatch that lasts."""
    risk, limits = state.risk, state.limits
    for instrument in range(state.instrument_count):
        watched, row = risk.instruments[instrument], state.instruments[instrument]
        due = watched.flat_at != 0 and state.now >= watched.flat_at
        due = due or (watched.news_flat_at != 0 and watched.news_flat_at <= state.now < row.news_closes)
        if due and watched.flattening == 0 and has_something(state, instrument):
            watched.flattening = refusals.FLAT_TIME
            risk.acting = 1
            note_risk(state, refusals.FLAT_TIME, FLATTEN, state.now, watched.flat_at, -1, instrument, 0, -1)
    waited = float(state.now - risk.mismatch_since) / float(SECOND)
    if risk.mismatch_since != 0 and 0.0 <= limits.mismatch_kill_s <= waited:
        raise_kill(state, 2, refusals.NOT_RECONCILED)
    for strategy in range(state.strategy_count):
        for instrument in range(state.instrument_count):
            if risk.positions[strategy * INSTRUMENTS + instrument].bare_since != 0:
                protect(state, strategy, instrument)


@inner
def has_something(state, instrument):
    """Return whether a position or an entry lives in the instrument."""
    if state.instruments[instrument].open_positions > 0:
        return True
    for index in range(state.order_count):
        order = state.orders[index]
        if order.instrument == instrument and order.role == ENTRY and order.reduce_only == 0:
            return True
    return False


@inner
def protect(state, strategy, instrument):
    """A position that has been without its stop for too long has one on its way, or is being closed (R15)."""
    place = strategy * INSTRUMENTS + instrument
    row, quantity = state.risk.positions[place], state.positions[place].quantity
    waited = float(state.now - row.bare_since) / float(SECOND)
    if quantity == 0 or waited < max(0.0, state.limits.stop_within_s):
        return
    market = state.instruments[instrument]
    side = np.int64(-1 if quantity > 0 else 1)
    price = market.bid if quantity > 0 else market.ask
    state.strategy = strategy
    if row.stop_tries >= STOP_TRIES or row.stop <= 0 or (price - row.stop) * -side <= 0:
        left = quantity + market_steps(state, strategy, instrument)
        if left * quantity > 0 and is_open(state, instrument) and state.order_count < ORDERS:
            note_risk(state, refusals.STOP_PRESENCE, FLATTEN, waited, row.stop_tries, strategy, instrument, 0, -1)
            reduce_by(state, instrument, abs(left), refusals.STOP_LOST)
        return
    if state.outbox_count >= OUTBOX - 1 or state.order_count >= ORDERS:
        return
    for index in range(state.order_count):
        order = state.orders[index]
        mine = order.strategy == strategy and order.instrument == instrument
        if mine and order.role == STOP_LOSS and (order.status == SENT or order.status == UNKNOWN):
            return  # one is on its way, or may be
    command = blank_command(state, instrument, side)
    command.type = STOP
    command.trigger = row.stop
    command.quantity = abs(quantity) - row.covered
    command.reduce_only = 1
    command.reason = refusals.STOP_LOSS_HIT
    row.stop_tries += 1
    order_id = submit_as(state, command, STOP_LOSS)
    note_risk(state, refusals.STOP_PRESENCE, PLACE_STOP, waited, row.stop_tries, strategy, instrument, order_id, -1)


@inner
def cancel_entries(state):
    """Every entry that a rule wants gone is being cancelled, as far as the outbox has room."""
    risk = state.risk
    for index in range(state.order_count):
        order = state.orders[index]
        if order.role != ENTRY or order.reduce_only != 0:
            continue
        if order.status != SENT and order.status != WORKING and order.status != REPLACING:
            continue
        rule = risk.cancelling if risk.cancelling != 0 else risk.flattening
        if rule == 0:
            rule = risk.instruments[order.instrument].flattening
        if rule == 0 and risk.low_margin != 0:
            rule = np.int64(refusals.MARGIN_LEVEL)
        if rule == 0:
            continue
        if state.outbox_count >= OUTBOX - 1:
            return
        state.strategy = np.int64(order.strategy)
        note_risk(state, rule, CANCEL_ENTRY, order.quantity, 0, order.strategy, order.instrument, order.id, -1)
        cancel(state, order.id, refusals.FLATTENED)


@inner
def flatten_positions(state):
    """Every position that a rule wants closed is being closed, or waits for its market to open."""
    risk = state.risk
    for instrument in range(state.instrument_count):
        watched = risk.instruments[instrument]
        rule = risk.flattening if risk.flattening != 0 else watched.flattening
        if rule == 0 or state.instruments[instrument].open_positions == 0:
            continue
        if not is_open(state, instrument):
            if watched.queued == 0:
                watched.queued = 1
                note_risk(state, rule, QUEUE, 0, 0, -1, instrument, 0, -1)
            continue
        watched.queued = 0
        reason = refusals.FLAT_BY_TIME if rule == refusals.FLAT_TIME else refusals.FLATTENED
        for strategy in range(state.strategy_count):
            quantity = state.positions[strategy * INSTRUMENTS + instrument].quantity
            left = quantity + market_steps(state, strategy, instrument)
            if left * quantity <= 0 or state.outbox_count >= OUTBOX - 1 or state.order_count >= ORDERS:
                continue
            state.strategy = np.int64(strategy)
            reduce_by(state, np.int64(instrument), abs(left), reason)


@inner
def cut_margin(state):
    """The losing position that holds most margin is being closed, one at a time (R5)."""
    worst, most = -1, 0.0
    for strategy in range(state.strategy_count):
        for instrument in range(state.instrument_count):
            place = strategy * INSTRUMENTS + instrument
            position = state.positions[place]
            if position.quantity == 0:
                continue
            if market_steps(state, strategy, instrument) * position.quantity < 0:
                return  # one is on its way
            row = state.instruments[instrument]
            held = margin_of(state, instrument, abs(position.quantity), (row.bid + row.ask) // 2)
            if position.unrealised < 0 and held > most and is_open(state, instrument):
                worst, most = place, held
    if worst < 0 or state.outbox_count >= OUTBOX - 1 or state.order_count >= ORDERS:
        return
    state.strategy = np.int64(worst // INSTRUMENTS)
    instrument = np.int64(worst % INSTRUMENTS)
    level = float(equity(state)) / float(state.account.margin)
    note_risk(
        state, refusals.MARGIN_LEVEL, FLATTEN, level, state.limits.margin_level_cut, state.strategy, instrument, 0, -1
    )  # fmt: skip
    reduce_by(state, instrument, abs(state.positions[worst].quantity), refusals.MARGIN_CUT)


@inner
def ease(state):
    """Rules whose work is done want nothing more; the gate goes on acting while any has work left."""
    risk, limits, account = state.risk, state.limits, state.account
    busy = np.int64(0)
    pending = np.int64(0)
    for index in range(state.order_count):
        if state.orders[index].role == ENTRY and state.orders[index].reduce_only == 0:
            pending = 1
    if pending == 0:
        risk.cancelling = 0
    held = np.int64(0)
    for instrument in range(state.instrument_count):
        held += state.instruments[instrument].open_positions
        watched = risk.instruments[instrument]
        if watched.flattening != 0:
            if has_something(state, instrument):
                busy = 1
            else:
                watched.flattening = 0
                watched.queued = 0
    if risk.flattening != 0 and held == 0 and pending == 0:
        risk.flattening = 0
    if risk.low_margin != 0:
        level = max(limits.margin_level_warning, limits.margin_level_cut)
        if float(equity(state)) >= level * float(account.margin):
            risk.low_margin = 0
    if risk.cancelling != 0 or risk.flattening != 0 or risk.low_margin != 0:
        busy = 1
    risk.acting = busy


@inner
def act(state):
    """Return whether commands of the gate wait in the outbox: what rules want cancelled, closed or protected now."""
    risk, strategy, before = state.risk, state.strategy, state.outbox_count
    if state.now >= risk.next_look:
        look_at_times(state)
        plan_looks(state)
    if risk.acting != 0:
        ease(state)
    if risk.acting != 0:
        cancel_entries(state)
        flatten_positions(state)
        if risk.low_margin == 2:
            cut_margin(state)
    state.strategy = strategy
    return state.outbox_count > before


@compiled(inline=True, inner=True)
def guard(state):
    """Return whether the gate has given commands of its own, having looked at the latest mark and the time."""
    account, risk = state.account, state.risk
    if state.marked != 0:
        state.marked = 0
        if account.balance + account.adverse < risk.alarm or account.balance + account.unrealised > risk.record:
            look_at_mark(state)
    return (state.risk.acting != 0 or state.now >= state.risk.next_look) and act(state)
