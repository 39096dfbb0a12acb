"""What day clocks, the calendar and a person's orders change in what the gate holds.

A person may tighten limits at any moment; looser ones wait for the next trading date. The kill level is lowered only
by a named person's order; the reason is a text kept outside, of which the state holds the number.
"""

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.compiled import copy_record, inner
from tradewind.kernel.floors import begin_floors, forget_intervals, raise_kill, refresh_alarm, reset_clock
from tradewind.kernel.records import INSTRUMENTS, SECOND
from tradewind.kernel.records import MARKET as MARKET_HOURS
from tradewind.kernel.risk_counts import begin_day, plan_looks, watch_or_rest
from tradewind.kernel.risk_log import note_account, note_risk
from tradewind.kernel.risk_records import GIVEN, LATCHED, TERMINATE, TOMORROW
from tradewind.kernel.rows import NEW_LIMITS, REARM

MINUTE = 60 * SECOND
FRIDAY = 4
FULL = 3
"""The type of a day that is neither shortened nor thin: markets.hours."""
ROLL_MINUTE = 17 * 60
LAST_MINUTE = 16 * 60 + 55
"""Where the rules want a weekend without positions and name no time."""

# Operator verbs beyond those of step.py, whose numbers (1 to 4, 11, 12) are taken.
SWITCH = 5
"""The kill switch stands at `level` at least."""
LOWER = 6
"""It stands at `level` at most: `person` and `reference` say who re-armed it and why."""
MISMATCH = 7
MATCHED = 8
"""The broker's positions are not, or are again, what we think they are."""
SKEW = 9
"""Our clock differs from the broker's by `skew` ns."""
TAKE_LIMITS = 10
"""The limits in STATE.waiting[GIVEN] hold from now on, if their hash is `reference`."""
PROTECT = 13
"""Nobody else puts the stops of bare positions in place: the gate does at once, without waiting first."""


@inner
def adopt_limits(state, place):
    """The waiting limits in `place` are in force, and nothing waits there any more."""
    copy_record(state.limits, state.waiting[place])
    state.waiting[place].digest = 0
    state.ruled = 1
    begin_floors(state)
    note_account(state, refusals.LIMITS_CHANGED, NEW_LIMITS, state.limits.version, 0)
    plan_all(state)
    state.risk.next_look = state.now  # a time of theirs may have passed today already


@inner
def plan_flat_time(state, instrument):
    """The instrument knows when it has to be flat on this trading date (R14)."""
    limits, row = state.limits, state.instruments[instrument]
    watched = state.risk.instruments[instrument]
    minute = limits.flat_minute
    if (state.date + 3) % 7 == FRIDAY:
        if limits.friday_flat_minute >= 0:
            minute = limits.friday_flat_minute if minute < 0 else min(minute, limits.friday_flat_minute)
        elif limits.weekend_flat >= 0 and minute < 0:
            minute = np.int64(LAST_MINUTE)
    watched.flat_at = 0
    if minute >= 0 and state.day_closes > 0:
        watched.flat_at = state.day_closes - (ROLL_MINUTE - minute) * MINUTE
    hours = row.sessions[MARKET_HOURS]
    shortened = row.day_type != FULL and 0 < hours.closes < state.day_closes
    if limits.early_close_minutes >= 0 and shortened:
        early = hours.closes - limits.early_close_minutes * MINUTE
        watched.flat_at = early if watched.flat_at == 0 else min(watched.flat_at, early)
    watched.news_flat_at = row.news_flat_at if limits.news_flat_minutes >= 0 else 0


@inner
def plan_all(state):
    """Every instrument knows when it has to be flat, and the gate when to look next."""
    for instrument in range(state.instrument_count):
        plan_flat_time(state, instrument)
    plan_looks(state)


@inner
def open_day(state):
    """A trading date begins: limits that waited for it hold, counts begin anew, and the rules of its clock reset."""
    risk, account = state.risk, state.account
    risk.close_equity = account.balance + account.unrealised
    if state.waiting[TOMORROW].digest != 0:
        adopt_limits(state, TOMORROW)
    if state.ruled == 0:
        return
    begin_day(state)
    if state.guarded != 0:
        forget_intervals(state)
    reset_clock(state, 0, np.int64(state.week))
    plan_all(state)


@inner
def turn_clock(state, event):
    """The day of another clock begins."""
    if state.guarded != 0:
        forget_intervals(state)
    reset_clock(state, np.int64(event.clock), np.int64(event.week))


@inner
def lower_kill(state, event):
    """The kill switch stands at the level a named person lowered it to; latched rules are armed again."""
    risk = state.risk
    if risk.ended != 0 or event.level >= risk.kill:
        return
    risk.kill = event.level
    risk.person = event.person
    risk.reference = event.reference
    risk.mismatch_since = 0
    risk.rejects = 0
    risk.faults = 0
    note_account(state, risk.kill_cause, REARM, event.level, event.person)
    if event.level == 0:
        risk.kill_cause = 0
    for index in range(state.limits.loss_rule_count):
        severity = state.limits.loss_rules[index].severity
        if LATCHED <= severity < TERMINATE:
            risk.floors[index].breached = 0
    refresh_alarm(state)
    plan_looks(state)


@inner
def protect_at_once(state):
    """Every position without its stop counts as having waited for it long enough."""
    within = np.int64(max(0.0, state.limits.stop_within_s) * float(SECOND))
    for place in range(state.strategy_count * INSTRUMENTS):
        row = state.risk.positions[place]
        if row.bare_since != 0:
            row.bare_since = min(row.bare_since, state.now - within)
            state.risk.next_look = state.now


@inner
def take_order(state, event):
    """What a person or the reconciliation told the gate holds from now on."""
    risk, limits = state.risk, state.limits
    if event.verb == SWITCH:
        raise_kill(state, event.level, refusals.OPERATOR_ORDER)
    elif event.verb == LOWER:
        lower_kill(state, event)
    elif event.verb == MISMATCH:
        if risk.mismatch_since == 0:
            risk.mismatch_since = state.now
            plan_looks(state)
    elif event.verb == MATCHED:
        waited = float(state.now - risk.mismatch_since) / float(SECOND)
        if not (limits.reconciliation_s >= 0.0 and waited > limits.reconciliation_s):
            risk.mismatch_since = 0  # one that lasted is cleared by a person
    elif event.verb == SKEW:
        skew = abs(float(event.skew)) / float(SECOND)
        if limits.clock_skew_s >= 0.0 and not skew <= limits.clock_skew_s:
            raise_kill(state, 1, refusals.CLOCK_SKEW)
    elif event.verb == PROTECT:
        protect_at_once(state)
    elif event.verb == TAKE_LIMITS and event.reference == state.waiting[GIVEN].digest and event.reference != 0:
        adopt_limits(state, GIVEN)
    watch_or_rest(state)


@inner
def enable_again(state, strategy):
    """A person enabled a strategy: its fills are counted from here, and the risk log has it."""
    row = state.risk.strategies[strategy]
    row.fills = 0
    row.fills_day = 0
    note_risk(state, refusals.REPEATED_EXECUTION, REARM, 0, 0, strategy, -1, 0, -1)
