"""When nothing may be opened: kill switch, floors broken, cool-downs, trades used up, and the time (R12 to R17).

Source: domain rules 5.3. What only reduces a position is not asked.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.compiled import inner
from tradewind.kernel.order_controls import measured
from tradewind.kernel.orders import ENTRY, HELD
from tradewind.kernel.records import INSTRUMENTS, SECOND, SESSIONS

MINUTE = 60 * SECOND


@inner
def block_now(state, instrument):
    """Return the block of the trading date that contains this moment, or -1."""
    sessions, blocks = state.instruments[instrument].sessions, state.limits.blocks
    for session in range(SESSIONS):
        if blocks >> session & 1 != 0 and sessions[session].opens <= state.now < sessions[session].closes:
            return session
    return -1


@inner
def next_block(state, instrument):
    """Return when the next block of the instrument begins, ns UTC: of this trading date, or the next date itself."""
    sessions, blocks = state.instruments[instrument].sessions, state.limits.blocks
    found = state.day_closes
    for session in range(SESSIONS):
        opens = sessions[session].opens
        if blocks >> session & 1 != 0 and opens > state.now:
            found = min(found, opens)
    return found


@inner
def check_halts(state, command):
    """Return the refusal while everything is halted, or 0."""
    risk = state.risk
    if risk.kill > 0 or risk.ended != 0:
        return measured(state, risk.kill, 0.0, refusals.KILL_SWITCH)
    if risk.halted_by != 0:
        return measured(state, 0.0, 0.0, risk.halted_by)
    if risk.flattening != 0 or risk.instruments[command.instrument].flattening != 0:
        return measured(state, 0.0, 0.0, refusals.BEING_FLATTENED)
    if risk.low_margin != 0:
        return measured(state, 0.0, 0.0, refusals.MARGIN_USE)
    waited = float(state.now - risk.mismatch_since) / float(SECOND)
    if risk.mismatch_since != 0 and state.limits.reconciliation_s >= 0.0 and waited > state.limits.reconciliation_s:
        return measured(state, waited, state.limits.reconciliation_s, refusals.NOT_RECONCILED)
    return refusals.NO_REASON


@inner
def check_cool_down(state, command):
    """Return COOL_DOWN in the pause after losses in a row (R12), or 0."""
    until = state.risk.positions[command.strategy * INSTRUMENTS + command.instrument].cool_until
    until = max(until, state.risk.cool_until)
    if state.now < until:
        return measured(state, float(until - state.now) / float(MINUTE), 0.0, refusals.COOL_DOWN)
    return refusals.NO_REASON


@inner
def check_trades(state, command, besides):
    """Return the refusal when block, instrument or account had their trades (R13), or 0; pending entries count."""
    limits, risk = state.limits, state.risk
    own, day, total = np.int64(0), np.int64(0), risk.trades_day
    for index in range(state.order_count):
        order = state.orders[index]
        if order.role != ENTRY or order.reduce_only != 0 or order.status == HELD or order.id == besides:
            continue
        if order.filled > 0:
            continue  # its trade is counted already
        total += 1
        if order.instrument == command.instrument:
            day += 1
            if order.strategy == command.strategy:
                own += 1
    day += risk.instruments[command.instrument].trades_day
    block = block_now(state, command.instrument)
    place = command.strategy * INSTRUMENTS + command.instrument
    if limits.trades_per_block >= 0 and block >= 0:
        own += risk.positions[place].block_trades[block]
        if own >= limits.trades_per_block:
            return measured(state, own + 1, limits.trades_per_block, refusals.TRADES_PER_BLOCK)
    if limits.trades_per_day >= 0 and day >= limits.trades_per_day:
        return measured(state, day + 1, limits.trades_per_day, refusals.TRADES_PER_DAY)
    if limits.trades_per_day_total >= 0 and total >= limits.trades_per_day_total:
        return measured(state, total + 1, limits.trades_per_day_total, refusals.TRADES_PER_DAY_TOTAL)
    return refusals.NO_REASON


@inner
def check_times(state, command):
    """Return the refusal of a day or time at which the rules do not enter (R14), or 0."""
    limits, row = state.limits, state.instruments[command.instrument]
    if limits.day_types >= 0 and limits.day_types >> row.day_type & 1 == 0:
        return measured(state, row.day_type, limits.day_types, refusals.DAY_TYPE)
    watched = state.risk.instruments[command.instrument]
    before = max(np.int64(0), limits.last_entry_minutes) * MINUTE
    if watched.flat_at != 0 and state.now >= watched.flat_at - before:
        return measured(state, float(state.now - watched.flat_at) / float(MINUTE), 0.0, refusals.FLAT_TIME)
    if watched.news_flat_at != 0 and watched.news_flat_at <= state.now < row.news_closes:
        return measured(state, float(state.now - watched.news_flat_at) / float(MINUTE), 0.0, refusals.FLAT_TIME)
    return refusals.NO_REASON


@inner
def needs_stop(limits):
    """Return whether an order without a stop-loss cannot be measured by these limits, or is forbidden (R15)."""
    if limits.stop_required >= 0 or limits.risk_per_trade >= 0.0 or limits.open_risk >= 0.0:
        return True
    return limits.floor_buffer >= 0.0 or (limits.group_count > 0 and limits.groups[0].limit >= 0.0)


@inner
def check_entry(state, command, besides):
    """Return the first refusal to open anything now, or 0."""
    refusal = check_halts(state, command)
    if refusal == 0 and besides == 0:
        refusal = check_cool_down(state, command)
    if refusal == 0:
        refusal = check_trades(state, command, besides)
    if refusal == 0:
        refusal = check_times(state, command)
    if refusal == 0 and command.stop_loss == 0 and needs_stop(state.limits):
        refusal = measured(state, 0.0, 0.0, refusals.STOP_MISSING)
    return refusal
