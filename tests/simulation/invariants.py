"""What must be true after every event, in a few compiled loops over the state: written apart from the gate's own code.

`look` returns 0, or the number of the first promise that is broken; `memo` carries what was true an event before.
"""

import numpy as np

from tradewind.kernel.compiled import compiled, record_at
from tradewind.kernel.orders import ENTRY, HELD, STOP
from tradewind.kernel.records import INSTRUMENTS, STATE
from tradewind.kernel.risk_records import BREACH_ON_BALANCE, CHECK_ON_TICK, HALT_DAY, NO_ENTRIES

PROMISES = (
    "", "unrealised is the sum of the positions", "adverse is the sum of the positions", "the gate watches what lives",
    "every entry was checked against limits of this run", "nothing is opened while entries are halted",
    "a broken floor has everything closed or being closed", "a broken rule has no entry alive that is not being ended",
    "an order risks no more than the limit on one trade", "everything open risks no more than its limit",
    "every position is protected by stops", "trades of the day are no more than allowed",
    "nothing is opened after the flat time", "no floor above the equity is unbroken",
)  # fmt: skip


@compiled
def heat(state):
    """Return what everything open and pending loses at its stops, without kappa, minor units."""
    total = 0.0
    for index in range(state.order_count):
        order = state.orders[index]
        if order.status == HELD:
            continue
        row = state.instruments[order.instrument]
        value = float(row.value_numerator) / float(row.value_denominator) * state.currencies[row.currency].rate_ask
        left = float(order.quantity - order.filled)
        if order.role == ENTRY and order.reduce_only == 0:
            total += float(order.risk) * left / float(order.quantity)
        elif order.type == STOP:
            mark = row.bid if order.side < 0 else row.ask
            held = abs(state.positions[order.strategy * INSTRUMENTS + order.instrument].quantity)
            total += max(0.0, float((mark - order.trigger) * -order.side)) * min(left, float(held)) * value
    return total


@compiled
def unnoticed(state):
    """Return whether equity is below a floor that is tested at every mark and not known to be broken."""
    equity = state.account.balance + state.account.unrealised
    for index in range(state.limits.loss_rule_count):
        rule, floor = state.limits.loss_rules[index], state.risk.floors[index]
        tested = rule.breach_on != BREACH_ON_BALANCE and rule.breach_check == CHECK_ON_TICK
        if tested and floor.breached == 0 and equity < floor.trips:
            return True
    return False


@compiled
def look(address, memo, digest):
    """Return the number of the promise of PROMISES that does not hold in the state at `address`, or 0."""
    state = record_at(address, STATE)
    limits, risk, account = state.limits, state.risk, state.account
    unrealised, adverse, held = np.int64(0), np.int64(0), np.int64(0)
    for place in range(state.strategy_count * INSTRUMENTS):
        position = state.positions[place]
        unrealised += position.unrealised
        adverse += position.adverse
        held += abs(position.quantity)
    if unrealised != account.unrealised:
        return 1
    if adverse != account.adverse:
        return 2
    if (held > 0 or state.order_count > 0) and state.guarded == 0:
        return 3
    halted = risk.kill > 0 or risk.halted_by != 0 or risk.ended != 0
    newest, opened = memo[0], 0
    for index in range(state.order_count):
        order = state.orders[index]
        if order.role != ENTRY or order.reduce_only != 0:
            continue
        if order.limits != digest:
            return 4
        if order.id >= newest:
            opened = 1
            if halted and memo[1] != 0:
                return 5
            if float(order.risk) > limits.risk_per_trade * float(max(memo[2], account.balance)) * 1.0001 + 2.0:
                return 8
            flat = risk.instruments[order.instrument].flat_at
            if flat != 0 and order.sent_at >= flat:
                return 12
    if opened != 0 and heat(state) > limits.open_risk * float(account.balance + account.unrealised) * 1.0001 + 5.0:
        return 9
    for index in range(limits.loss_rule_count):
        rule, floor = limits.loss_rules[index], risk.floors[index]
        if floor.breached != 0 and rule.severity >= HALT_DAY and held > 0 and risk.flattening == 0:
            return 6
        if floor.breached != 0 and rule.severity >= NO_ENTRIES and state.order_count > 0 and risk.acting == 0:
            for row in range(state.order_count):
                if state.orders[row].role == ENTRY and state.orders[row].reduce_only == 0:
                    return 7
    if state.unmarked == 0 and state.marked == 0 and unnoticed(state):
        return 13
    if limits.trades_per_day_total >= 0 and risk.trades_day > limits.trades_per_day_total:
        return 11
    memo[0] = state.next_order
    memo[1] = 1 if halted else 0
    memo[2] = max(account.balance, account.balance + account.unrealised)
    return 0


@compiled
def bare_steps(address):
    """Return the lot steps of open positions that no living stop protects."""
    state = record_at(address, STATE)
    bare = np.int64(0)
    for strategy in range(state.strategy_count):
        for instrument in range(state.instrument_count):
            quantity = state.positions[strategy * INSTRUMENTS + instrument].quantity
            covered = np.int64(0)
            for index in range(state.order_count):
                order = state.orders[index]
                mine = order.strategy == strategy and order.instrument == instrument and order.status != HELD
                if mine and order.type == STOP and order.role != ENTRY and order.side * quantity < 0:
                    covered += order.quantity - order.filled
            bare += max(np.int64(0), abs(quantity) - covered)
    return bare
