"""The kernel's floors against the naive twin's, over random rules and random days, event by event."""

import numpy as np
import pytest
import twin
from gate_cases import BALANCE, HOUSE, some_case

from tradewind.kernel.compiled import compiled, record_at
from tradewind.kernel.floors import mark_floors, reset_clock, trade_floors
from tradewind.kernel.records import STATE
from tradewind.limits_wiring import hold_limits
from tradewind.markets.loading import load_profile
from tradewind.risk.limits import (
    AMOUNT_IN_CASH,
    AMOUNT_OF_BASE,
    BASE_MODES,
    BREACH_CHECKS,
    BREACH_ON_EQUITY,
    BREACH_SOURCES,
    HALT,
    HIGHEST_EQUITY,
    HIGHEST_SOURCES,
    HIGHEST_UPDATES,
    INITIAL,
    LATCH,
    NEVER,
    NO_ENTRIES,
    NO_HIGHEST,
    OFF,
    RESETS,
    SEVERITIES,
    TERMINATE,
    LossRule,
)

MARK, TRADE, RESET = range(3)
STEPS, RULES, WORLDS = 60, 6, 400
SYMBOLS = ("US30", "XAUUSD", "USDJPY")


@compiled
def replay(address, events, told):
    """The floors have gone through the events; `told` has floor, breach and alarm before each, for every rule."""
    state = record_at(address, STATE)
    for step in range(len(events)):
        kind, balance, equity, worst, clock, week = events[step]
        told[step, 0, 2] = state.risk.alarm
        told[step, 0, 3] = state.risk.record
        state.account.balance = balance
        state.account.unrealised = equity - balance
        state.account.adverse = worst - balance
        if kind == MARK:
            mark_floors(state)
        elif kind == TRADE:
            trade_floors(state)
        else:
            if clock == 0:
                state.risk.close_equity = equity
            reset_clock(state, clock, week)
        for rule in range(state.limits.loss_rule_count):
            told[step, rule, 0] = state.risk.floors[rule].floor
            told[step, rule, 1] = state.risk.floors[rule].breached


def some_rule(rng, number) -> LossRule:
    """Return a rule of any kind that 5.4 can say."""
    trails = rng.random() < 0.4
    resets = NEVER if trails else int(rng.integers(0, len(RESETS)))
    of_base = rng.random() < 0.2 and not trails
    source = int(rng.integers(1, len(HIGHEST_SOURCES))) if trails else NO_HIGHEST
    # A floor that trails equity and is held against the balance is nobody's rule.
    on_balance = int(rng.random() < 0.2) if source != HIGHEST_EQUITY else BREACH_ON_EQUITY
    amount = int(rng.integers(100_000, 1_000_000))
    return LossRule(
        name=f"rule {number}", control="firm",
        base_mode=INITIAL if resets == NEVER else int(rng.integers(1, len(BASE_MODES))), resets=resets,
        clock=int(rng.integers(0, 3)), amount_of=AMOUNT_OF_BASE if of_base else AMOUNT_IN_CASH,
        amount=OFF if of_base else amount, share=round(float(rng.uniform(0.01, 0.1)), 3) if of_base else OFF,
        highest_source=source,
        highest_update=int(rng.integers(0, len(HIGHEST_UPDATES))),
        lock=BALANCE + int(rng.integers(-300_000, 300_000)) if trails and rng.random() < 0.5 else OFF,
        breach_on=on_balance, breach_check=int(rng.random() < 0.2),
        inclusive=int(rng.random() < 0.5),
        severity=(NO_ENTRIES, HALT, LATCH, TERMINATE)[int(rng.integers(0, 4))],
    )  # fmt: skip


def some_events(rng):
    """Return marks, trades and resets of three clocks: kind, balance, equity, worst equity, clock, week."""
    rows, balance, week = [], BALANCE, 100
    for _ in range(STEPS):
        kind = int(rng.choice((MARK, MARK, MARK, TRADE, RESET)))
        if kind == TRADE:
            balance += int(rng.normal(0, 120_000))
        equity = balance + int(rng.normal(0, 150_000)) * int(rng.random() < 0.7)
        worst = equity - int(abs(rng.normal(0, 80_000))) * int(kind == MARK)
        week += int(rng.random() < 0.1)
        rows.append((kind, balance, equity, worst, int(rng.integers(0, 3)), week))
    return np.array(rows, np.int64)


def as_twin(rule) -> twin.Floor:
    return twin.Floor(
        rule.name, None if rule.amount == OFF else rule.amount, BALANCE,
        share=twin.Fraction(str(rule.share)) if rule.share != OFF else twin.Fraction(0),
        base_mode=BASE_MODES[rule.base_mode], resets=RESETS[rule.resets], highest=HIGHEST_SOURCES[rule.highest_source],
        update=HIGHEST_UPDATES[rule.highest_update], lock=None if rule.lock == OFF else rule.lock,
        check=BREACH_CHECKS[rule.breach_check], on=BREACH_SOURCES[rule.breach_on], inclusive=bool(rule.inclusive),
        severity=SEVERITIES[rule.severity],
    )  # fmt: skip


def by_twin(rules, events):
    """Return floor and breach of every rule after every event, as the domain rules say."""
    floors, broken = [as_twin(rule) for rule in rules], [False] * len(rules)
    close = BALANCE
    weeks, told = {}, np.zeros((len(events), len(rules), 2), np.int64)
    for step, (kind, balance, equity, worst, clock, week) in enumerate(events.tolist()):
        close = equity if kind == RESET and clock == 0 else close
        for place, (rule, floor) in enumerate(zip(rules, floors, strict=True)):
            if kind == MARK:
                # A rule about the balance is asked when the balance changes.
                broken[place] |= floor.is_breached(balance, worst)
                floor.mark(balance, equity)
            elif kind == TRADE:
                floor.trade_closed(balance, equity)
                broken[place] |= floor.on == "balance" and floor.is_breached(balance, equity)
            elif rule.clock == clock:
                before = broken[place]
                broken[place] |= floor.check == "end of day" and floor.is_breached(balance, equity, day_ends=True)
                begins_week = week != weeks.get(clock, 0)
                floor.reset(balance, equity, monday=begins_week, close=close)
                # What the end of a day finds holds for the day that begins; what was there before is over.
                mild = before and floor.severity in ("no entries", "halt")
                if mild and (floor.resets == "day" or (floor.resets == "week" and begins_week)):
                    broken[place] = False
                broken[place] |= floor.is_breached(balance, equity)
            told[step, place] = floor.level(), broken[place]
        if kind == RESET:
            weeks[clock] = week
    return told


def by_kernel(rules, events):
    """Return the same by the compiled floors, and alarm and record before every event."""
    state = some_case(0).state
    instruments = [load_profile("metatrader").instrument(symbol) for symbol in SYMBOLS]
    account = state["account"]
    account["initial"] = account["balance"] = BALANCE
    account["unrealised"] = account["adverse"] = account["margin"] = 0
    hold_limits(state, HOUSE._replace(loss_rules=tuple(rules)), instruments)
    told = np.zeros((len(events), max(len(rules), 1), 4), np.int64)
    replay(state.ctypes.data, events, told)
    return told


@pytest.mark.parametrize("part", range(4))
def test_floors_and_breaches_are_the_naive_twins(part):
    """Any rule of 5.4, any sequence of marks, trades and resets: every floor and every breach after every event."""
    for seed in range(part * WORLDS // 4, (part + 1) * WORLDS // 4):
        rng = np.random.default_rng(seed)
        rules, events = [some_rule(rng, number) for number in range(RULES)], some_events(rng)
        found, expected = by_kernel(rules, events), by_twin(rules, events)
        different = np.argwhere(found[:, :, :2] != expected)

        assert different.size == 0, (seed, different[:3].tolist(), rules[different[0][1]], events[different[0][0]])


def test_the_alarm_is_above_every_floor_in_force():
    """One comparison is enough: at a mark not below the alarm, and not above the record, nothing happens."""
    quiet = 0
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        rules, events = [some_rule(rng, number) for number in range(RULES)], some_events(rng)
        found = by_kernel(rules, events)
        for step in np.flatnonzero((events[:, 0] == MARK) & (np.arange(STEPS) > 0)):
            _, balance, equity, worst = events[step, :4]
            alarm, record = found[step, 0, 2:]
            if worst >= alarm and max(equity, balance) <= record:
                quiet += 1
                assert (found[step, :, :2] == found[step - 1, :, :2]).all(), (seed, step)

    assert quiet > WORLDS
