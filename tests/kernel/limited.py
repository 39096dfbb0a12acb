"""Limits for worlds of tests, in words: everything a test does not name is switched off.

limits open_risk 0.02 kappa 1.25              names and units of risk_records.LIMITS; cash in whole units
loss_rule hard control R7 base equity resets day amount 2500 severity halt
group US_EQ limit 0.01 US30 1 GER40 0.7
cap US30 order 2.0 value 100000 position 3.0 spread 5.0        lots, cash, lots, price units
known US30 day_atr 300 range_atr 20 usual_spread 2.0           what bars would have told, price units
"""

import hashlib
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradewind.kernel import refusals
from tradewind.kernel.gate_entry import begin_limits
from tradewind.kernel.records import LIMITS
from tradewind.kernel.risk_records import GIVEN, OFF, TOMORROW
from tradewind.limits_wiring import CONTROLS
from tradewind.risk import limits as words

NOTHING = Path(__file__).parents[2] / "src" / "tradewind" / "strategies" / "always_flat.py"
"""A strategy that does nothing, for tests that give commands themselves."""
WORDS = ("limits", "loss_rule", "group", "cap", "known")
DEFAULTS = {
    "kappa": 1.0, "kappa_break": 1.0, "kappa_weekend": 1.0, "correlation_floor": 0.7, "loss_counts_below": -0.25,
    "order_median_count": 50, "cool_down_minutes": 120, "group_method": 0, "blocks": (1 << 7) | (1 << 8),
    "asia_session": 5, "range_bar": 300, "version": 1, "digest": 77,
}  # fmt: skip
CHOICES = {
    "base": ("base_mode", words.BASE_MODES), "resets": ("resets", words.RESETS),
    "highest": ("highest_source", words.HIGHEST_SOURCES), "update": ("highest_update", words.HIGHEST_UPDATES),
    "breach": ("breach_on", words.BREACH_SOURCES), "check": ("breach_check", words.BREACH_CHECKS),
    "severity": ("severity", words.SEVERITIES),
}  # fmt: skip


def pairs(told):
    """Return words as (name, value) pairs; an underscore in a value stands for a space."""
    return [(name, value.replace("_", " ")) for name, value in zip(told[::2], told[1::2], strict=True)]


def blank():
    """Return a row of LIMITS in which everything is off."""
    rows = np.zeros(1, LIMITS)
    row = rows[0]
    for name in LIMITS.names:
        if name not in ("loss_rules", "groups", "caps", "loss_rule_count", "group_count"):
            row[name] = DEFAULTS.get(name, OFF)
    for name in row.caps.dtype.names:
        row.caps[name] = OFF
    return rows


def write(row, world, told):
    """A line of words is in the limits."""
    kind, *rest = told
    names = [one.name for one in world.instruments]
    if kind == "limits":
        for name, value in pairs(rest):
            row[name] = float(value)
    elif kind == "loss_rule":
        place = row.loss_rules[int(row.loss_rule_count)]
        row.loss_rule_count += 1
        write_rule(place, world, rest)
    elif kind == "group":
        place = row.groups[int(row.group_count)]
        row.group_count += 1
        place.limit = OFF
        for name, value in pairs(rest[1:]):
            if name == "limit":
                place.limit = float(value)
            else:
                place.weights[names.index(name)] = float(value)
    elif kind == "cap":
        declared, place = world.instruments[names.index(rest[0])], row.caps[names.index(rest[0])]
        for name, value in pairs(rest[1:]):
            if name == "value":
                place.order_value = world.minor(value)
            elif name == "spread":
                place.spread = declared.ticks(value)
            else:
                place[f"{name}_steps"] = declared.steps(value)


def write_rule(place, world, told):
    """The words of a loss rule are in its row."""
    name, *rest = told
    place.name_hash = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
    place.amount, place.share, place.lock = OFF, OFF, OFF
    place.control = refusals.FIRM_FLOOR
    for key, value in pairs(rest):
        if key in CHOICES:
            field, choices = CHOICES[key]
            place[field] = choices.index(value)
        elif key == "control":
            place.control = CONTROLS[value]
        elif key in ("amount", "lock"):
            place[key] = world.minor(Decimal(value))
        elif key == "share":
            place.share, place.amount_of = float(value), words.AMOUNT_OF_BASE
        else:
            place[key] = int(value)


def hold(world, lines):
    """The world's state holds the limits that the lines describe; without lines it has none."""
    if not lines:
        return
    rows = blank()
    rows[0].capital = int(world.state["account"]["initial"][0])
    for told in lines:
        write(rows[0], world, told)
    world.state["limits"] = rows
    begin_limits(world.state.ctypes.data)
    for told in lines:
        if told[0] == "known":
            know(world, told[1:])


def know(world, told):
    """The state knows what closed bars would have told it about an instrument."""
    number = [one.name for one in world.instruments].index(told[0])
    declared, state = world.instruments[number], world.state[0]
    for name, value in pairs(told[1:]):
        ticks = float(Decimal(value) / declared.tick)
        if name == "day_atr":
            state.instruments[number].day_atr, state.instruments[number].day_bars = ticks, 14
        else:
            watched = state.risk.instruments[number]
            watched[name] = ticks
            watched.spread_hour = max(1, int(watched.spread_hour))


def give(world, told, *, later):
    """Limits changed as told wait in the state, until the next trading date or for the operator; return their hash."""
    place = TOMORROW if later else GIVEN
    world.state["waiting"][0, place] = world.state["limits"][0]
    row = world.state[0].waiting[place]
    write(row, world, ["limits", *told])
    row.version += 1
    row.digest += 1 + place
    return int(row.digest)
