"""The floors under the account: one table of loss rules for the house's and a firm's (domain rules 5.3 and 5.4).

A rule takes an amount from a base, which its day clock sets anew, or trails the highest balance or equity as far as
a lock. Equity (or balance) below the floor is a breach, whatever the severity makes of it. Floating profit and loss,
commission and financing are all in equity; the night's financing is booked before the clock of 17:00 New York resets.
"""

import math

import numpy as np

from tradewind.kernel.compiled import inner
from tradewind.kernel.records import NEVER
from tradewind.kernel.risk_log import note_account, note_risk
from tradewind.kernel.risk_records import (
    AMOUNT_OF_BASE,
    BALANCE,
    BREACH_ON_BALANCE,
    CHECK_ON_DAY_END,
    CHECK_ON_TICK,
    DAILY,
    DELAY_PAYOUT,
    EQUITY,
    HALT_DAY,
    HIGHER,
    HIGHEST_BALANCE,
    INITIAL,
    LATCHED,
    NO_ENTRIES,
    NO_HIGHEST,
    OFF,
    ON_DAY_END,
    ON_TICK,
    ON_TRADE_CLOSE,
    TERMINATE,
    WEEKLY,
)
from tradewind.kernel.rows import DELAY, FLATTEN, HALT_ENTRIES, KILL, LATCH, RELEASE

NOWHERE = -NEVER
"""A floor that nothing can fall below."""


@inner
def base_now(state, rule):
    """Return what the loss of `rule` is measured from when its clock resets now, minor units."""
    account = state.account
    worth = account.balance + account.unrealised
    if rule.base_mode == INITIAL:
        return state.limits.capital
    if rule.base_mode == BALANCE:
        return account.balance
    if rule.base_mode == EQUITY:
        return worth
    if rule.base_mode == HIGHER:
        return max(account.balance, worth)
    return state.risk.close_equity


@inner
def set_floor(state, index):
    """The floor of a loss rule follows from its base, or from the highest it trails."""
    rule, row = state.limits.loss_rules[index], state.risk.floors[index]
    amount = rule.amount
    if rule.amount_of == AMOUNT_OF_BASE:
        amount = np.int64(math.floor(rule.share * float(row.measured_from) + 1e-6))
    row.floor = row.measured_from - amount
    if rule.highest_source != NO_HIGHEST:
        row.floor = max(row.highest, state.limits.capital) - amount
        if rule.lock != OFF:
            row.floor = min(row.floor, rule.lock)
    row.trips = row.floor + rule.inclusive


@inner
def begin_floors(state):
    """Every floor is where the capital puts it; what a rule of the same name knew before is kept."""
    limits, risk = state.limits, state.risk
    old = risk.floors.copy()
    for index in range(limits.loss_rule_count):
        rule, row = limits.loss_rules[index], risk.floors[index]
        row.measured_from = limits.capital
        row.highest = limits.capital
        row.breached = 0
        row.breached_at = 0
        row.value = 0
        for other in range(len(old)):
            if old[other].name_hash == rule.name_hash and rule.name_hash != 0:
                row.measured_from = old[other].measured_from
                row.highest = old[other].highest
                row.breached = old[other].breached
                row.breached_at = old[other].breached_at
                row.value = old[other].value
        row.name_hash = rule.name_hash
        set_floor(state, index)
    for index in range(limits.loss_rule_count, len(old)):
        risk.floors[index].name_hash = 0
        risk.floors[index].breached = 0
    refresh_alarm(state)


@inner
def refresh_alarm(state):
    """The gate knows below which equity it has to look, above which a floor moves, and who forbids entries."""
    limits, risk = state.limits, state.risk
    alarm, record, hard, halted = NOWHERE, NEVER, NOWHERE, np.int64(0)
    for index in range(limits.loss_rule_count):
        rule, row = limits.loss_rules[index], risk.floors[index]
        if rule.severity >= HALT_DAY:
            hard = max(hard, row.floor)
        if row.breached != 0:
            if rule.severity >= NO_ENTRIES and halted == 0:
                halted = rule.control
        elif rule.breach_on != BREACH_ON_BALANCE and rule.breach_check == CHECK_ON_TICK:
            alarm = max(alarm, row.trips)
        if rule.highest_source != NO_HIGHEST and rule.highest_update == ON_TICK:
            record = min(record, row.highest)
    if state.account.margin > 0:
        level = max(limits.margin_level_warning, limits.margin_level_cut)
        alarm = max(alarm, np.int64(math.ceil(level * float(state.account.margin))))
    risk.alarm = alarm
    risk.record = record
    risk.hard_floor = hard
    risk.halted_by = halted


@inner
def raise_kill(state, level, cause):
    """The kill switch stands at `level` at least: 1 no entries, 2 pending ones cancelled, 3 all closed, 4 cut off."""
    risk = state.risk
    if level <= risk.kill:
        return
    risk.kill = level
    risk.kill_cause = cause
    note_account(state, cause, KILL, level, 0)
    if level >= 2:
        risk.cancelling = cause
        risk.acting = 1
    if level >= 3:
        risk.flattening = cause


@inner
def breach(state, index, value):
    """Loss rule `index` was broken at `value`, minor units: what its severity asks for is under way and on record."""
    rule, row, risk = state.limits.loss_rules[index], state.risk.floors[index], state.risk
    row.breached = 1
    row.breached_at = state.now
    row.value = value
    action = DELAY
    if rule.severity == NO_ENTRIES:
        action = HALT_ENTRIES
    elif rule.severity == HALT_DAY:
        action = FLATTEN
    elif rule.severity >= LATCHED:
        action = LATCH
    note_risk(state, rule.control, action, value, row.floor, -1, -1, 0, index)
    if rule.severity == DELAY_PAYOUT:
        return
    risk.acting = 1
    risk.cancelling = rule.control
    if rule.severity >= HALT_DAY:
        risk.flattening = rule.control
    if rule.severity == TERMINATE:
        risk.ended = 1
    if rule.severity >= LATCHED:
        raise_kill(state, 3, rule.control)


@inner
def look_at_floors(state, worth, check):
    """Every rule that looks at such moments was asked whether `worth`, minor units of equity, breaks it."""
    limits, risk = state.limits, state.risk
    for index in range(limits.loss_rule_count):
        rule, row = limits.loss_rules[index], risk.floors[index]
        if row.breached != 0 or rule.breach_check != check:
            continue
        value = state.account.balance if rule.breach_on == BREACH_ON_BALANCE else worth
        if value < row.trips:
            breach(state, index, value)
    refresh_alarm(state)


@inner
def raise_highest(state, update):
    """The floors that trail, and look at such moments, know the present balance or equity."""
    limits, account = state.limits, state.account
    for index in range(limits.loss_rule_count):
        rule, row = limits.loss_rules[index], state.risk.floors[index]
        if rule.highest_source == NO_HIGHEST or rule.highest_update != update:
            continue
        found = account.balance
        if rule.highest_source != HIGHEST_BALANCE:
            found += account.unrealised
        if found > row.highest:
            row.highest = found
            set_floor(state, index)


@inner
def mark_floors(state):
    """The floors were held against the worst equity of the latest interval, and then follow its close."""
    account = state.account
    look_at_floors(state, account.balance + account.adverse, CHECK_ON_TICK)
    raise_highest(state, ON_TICK)
    refresh_alarm(state)


@inner
def trade_floors(state):
    """The floors that look at the balance, or trail what trades leave, know that it changed."""
    raise_highest(state, ON_TRADE_CLOSE)
    for index in range(state.limits.loss_rule_count):
        rule, row = state.limits.loss_rules[index], state.risk.floors[index]
        looks = rule.breach_on == BREACH_ON_BALANCE and rule.breach_check == CHECK_ON_TICK and row.breached == 0
        if looks and state.account.balance < row.trips:
            breach(state, index, state.account.balance)
    refresh_alarm(state)


@inner
def reset_clock(state, clock, week):
    """The day of `clock` ended and another begins: its rules have new bases and floors, and were asked at once."""
    limits, risk, account = state.limits, state.risk, state.account
    worth = account.balance + account.unrealised
    new_week = week != risk.weeks[clock]
    risk.weeks[clock] = week
    for index in range(limits.loss_rule_count):
        rule, row = limits.loss_rules[index], risk.floors[index]
        if rule.clock != clock:
            continue
        value = account.balance if rule.breach_on == BREACH_ON_BALANCE else worth
        before = row.breached
        if rule.breach_check == CHECK_ON_DAY_END and before == 0 and value < row.trips:
            breach(state, index, value)  # and it holds for the day that begins
        if rule.highest_source != NO_HIGHEST and rule.highest_update == ON_DAY_END:
            row.highest = max(row.highest, account.balance if rule.highest_source == HIGHEST_BALANCE else worth)
        if rule.resets == DAILY or (rule.resets == WEEKLY and new_week):
            row.measured_from = base_now(state, rule)
            if before != 0 and rule.severity < LATCHED:
                row.breached = 0
                note_risk(state, rule.control, RELEASE, worth, row.floor, -1, -1, 0, index)
        set_floor(state, index)
        if rule.breach_check == CHECK_ON_TICK and row.breached == 0 and value < row.trips:
            breach(state, index, value)
    refresh_alarm(state)


@inner
def forget_intervals(state):
    """What intervals before this moment were at worst is past: a floor that moves now is not held against it."""
    account = state.account
    for index in range(len(state.positions)):
        position = state.positions[index]
        if position.quantity != 0:
            account.adverse += position.unrealised - position.adverse
            position.adverse = position.unrealised
