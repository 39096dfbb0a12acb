"""From the limits of an account to the kernel's record of them: names become numbers, lots and prices become integers.

The gate reads nothing but this record. What has no place in it (names, zones, sources) stays with the limits.
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tradewind.errors import BadSettings, TradewindError
from tradewind.kernel import refusals
from tradewind.kernel.bars import DAY_BAR
from tradewind.kernel.gate_entry import begin_limits
from tradewind.kernel.records import LIMITS
from tradewind.kernel.risk_records import COUNTS, GROUPS, LATEST, LOSS_RULES, MEASURES, OFF, TOMORROW
from tradewind.markets.clock import DayClock, clock
from tradewind.markets.instruments import Instrument
from tradewind.markets.sessions import SESSION_IDS
from tradewind.risk.limits import GROUP_CORRELATION, Cap, Limits, LossRule

CONTROLS = {
    "R6": refusals.DAILY_SOFT_LOSS,
    "R7": refusals.DAILY_HARD_LOSS,
    "R9": refusals.WEEKLY_LOSS,
    "R10": refusals.STATIC_DRAWDOWN,
    "R11": refusals.TRAILING_DRAWDOWN,
}
"""What a loss rule's breach is called; any other is a firm's."""
BLOCKS = ("ASIA_BLOCK", "LONDON_BLOCK", "NY_AM", "NY_PM")
"""The sessions in which trades are counted apart (domain 1.2)."""
RANGE_BAR = 300
"""Seconds of the bars whose ATR and spread the price collar and the spread guard use."""
RINGED = ("rejects_for_kill", "broker_rejects", "fills_per_5min")
"""Limits on counts that the kernel remembers one by one."""


def limits_record(limits: Limits, instruments: Sequence[Instrument], range_bar: int = RANGE_BAR) -> Any:
    """Return the limits as one row of LIMITS for instruments in this order, or raise BadSettings: they do not fit."""
    _fits(limits, "loss rules", len(limits.loss_rules), LOSS_RULES)
    _fits(limits, "groups", len(limits.groups), GROUPS)
    rows = np.zeros(1, LIMITS)
    row = rows[0]
    for name in (*COUNTS, *MEASURES):
        row[name] = getattr(limits, name)
    for name in RINGED:
        row[name] = min(row[name], LATEST)
    row.asia_session = SESSION_IDS["ASIA_BLOCK"]
    row.blocks = sum(1 << SESSION_IDS[name] for name in BLOCKS)
    row.range_bar = range_bar
    row.loss_rule_count, row.group_count = len(limits.loss_rules), len(limits.groups)
    for place, rule in zip(row.loss_rules, limits.loss_rules, strict=False):
        _write_loss_rule(place, rule)
    symbols = [one.symbol for one in instruments]
    for place, group in zip(row.groups, limits.groups, strict=False):
        place.limit = group.limit
        for symbol, weight in group.members:
            if symbol in symbols:
                place.weights[symbols.index(symbol)] = weight
    caps = {cap.symbol: cap for cap in limits.caps}
    general = Cap("", limits.order_lots_cap, limits.order_value_cap, limits.position_lots_cap, limits.spread_cap)
    for place, declared in zip(row.caps, instruments, strict=False):
        _write_cap(place, caps.get(declared.symbol, general), declared)
    return rows


def _fits(limits: Limits, what: str, count: int, most: int) -> None:
    if count > most:
        raise BadSettings(f"{count} {what} in {limits.name}, but there is room for {most}.", "Name fewer packs.")


def _write_loss_rule(row: Any, rule: LossRule) -> None:
    """The kernel's loss rule says what the declared one says."""
    row.name_hash = int.from_bytes(hashlib.sha256(rule.name.encode()).digest()[:8], "big") >> 1
    row.control = CONTROLS.get(rule.control, refusals.FIRM_FLOOR)
    for name in rule._fields:
        if name not in ("name", "control"):
            row[name] = getattr(rule, name)


def _write_cap(row: Any, cap: Cap, declared: Instrument) -> None:
    """What one order and one position may have at most, in lot steps, minor units and ticks, rounded down."""
    row.order_steps = _whole(cap.order_lots_cap, declared.volume_step)
    row.order_value = cap.order_value_cap
    row.position_steps = _whole(cap.position_lots_cap, declared.volume_step)
    row.spread = _whole(cap.spread_cap, declared.tick_size)


def _whole(value: float, step: Decimal) -> int:
    return OFF if value == OFF else int(Decimal(str(value)) // step)


def hold_limits(state: Any, limits: Limits, instruments: Sequence[Instrument], range_bar: int = RANGE_BAR) -> None:
    """The state holds the limits from the first event on."""
    account = state["account"][0]
    if account["initial"] <= 0:
        raise TradewindError("Limits need an account with capital.", "Give a balance above zero.")
    state["limits"] = limits_record(limits, instruments, range_bar)
    begin_limits(state.ctypes.data)


def change_limits(state: Any, now: Limits, later: Limits, instruments: Sequence[Instrument]) -> int:
    """Both wait in the state: `now` for the operator's event TAKE_LIMITS, `later` for the next trading date.

    Return the reference that event has to carry. `now` may not be looser anywhere than what is in force
    (`risk.changes` says so); whoever writes the event answers for that.
    """
    range_bar = int(state["limits"]["range_bar"][0]) or RANGE_BAR
    for place, wanted in ((1 - TOMORROW, now), (TOMORROW, later)):
        state["waiting"][0, place] = limits_record(wanted, instruments, range_bar)[0]
    return now.digest


def day_clocks(limits: Limits) -> list[tuple[int, DayClock]]:
    """Return the day clocks of the limits that are told by events of their own, with their numbers."""
    used = {rule.clock for rule in limits.loss_rules}
    numbered = enumerate(limits.clocks)
    return [(number, DayClock(clock(one.zone), one.minute)) for number, one in numbered if number and number in used]


def series_needed(limits: Limits) -> set[int]:
    """Return the timeframes of bars, in seconds, that the gate measures markets by."""
    needed = set()
    if limits.collar_atr != OFF or limits.spread_median_multiple != OFF:
        needed.add(RANGE_BAR)
    if limits.level_atr_day != OFF or limits.group_method == GROUP_CORRELATION:
        needed.add(DAY_BAR)
    return needed
