"""Markets for storms: random prices with gaps on the real calendar, real instruments, limits switched on by chance.

Everything follows from one seed. The periods hold a change of the clocks of either continent.
"""

from heapq import merge
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from world import joined

from tradewind.adapters.memory import MemoryJournal
from tradewind.data.calendar_rows import calendar_rows
from tradewind.kernel import loop
from tradewind.kernel.bars import DAY_BAR
from tradewind.kernel.records import BAR, EVENT, TIME
from tradewind.limits_wiring import day_clocks, hold_limits
from tradewind.markets.loading import load_profile
from tradewind.markets.schedule import clock_resets, schedule
from tradewind.modes import subscribe
from tradewind.risk.controls import CONTROLS
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF
from tradewind.risk.resolving import Account, load_rules
from tradewind.runner import Runner, Slot
from tradewind.settings import Settings
from tradewind.wiring import Listing, first_state, simulated_venue

SYMBOLS = ("US30", "XAUUSD", "EURUSD")
FIRST = {"US30": 42_000.0, "XAUUSD": 2_400.0, "EURUSD": 1.10}
PERIODS = ("2025-03-03", "2025-03-24", "2025-10-20", "2025-10-29")
"""Three weeks from each: America's change of clocks, Europe's, both in autumn."""
STEP = 300
NS = 1_000_000_000
KEPT = {"risk_per_trade", "open_risk", "floor_buffer", "stop_required", "flat_minute", "gross_leverage"} | {
    name for name, control in CONTROLS.items() if not control.can_be_off
}
"""Limits that are always on: what is checked after every event is checked against them."""


class Sea(NamedTuple):
    """One storm, ready to be run."""

    runner: Runner
    events: np.ndarray
    limits: object
    journal: object


class Counting:
    """A journal that keeps trades and the risk log, and counts commands."""

    def __init__(self):
        """It is empty."""
        self.kept = MemoryJournal()
        self.commands = 0

    def append(self, log, rows):
        """Trades and risk rows are kept; commands are counted."""
        if log == "commands":
            self.commands += len(rows)
        elif log in ("trades", "risk"):
            self.kept.append(log, rows)

    def read(self, log, start=0):
        """Return the rows of a kept log."""
        return self.kept.read(log, start)


def limits_by_chance(chance, account):
    """Return the house's limits with a firm's, a part of them switched off and daily counts raised."""
    pack = ("house", "ftmo-1step", "ftmo-2step", "the5ers")[chance.integers(4)]
    limits = load_rules(pack, account).limits
    always = {"level_atr_day", "spread_median_multiple", "day_types", "fills_per_5min", "fills_per_day"}
    changed = {name: OFF for name in CONTROLS if name in always or (name not in KEPT and chance.random() < 0.5)}
    wide = {"risk_per_trade": 0.01, "open_risk": 0.06, "trades_per_block": OFF, "trades_per_day": 40}
    groups = limits.groups if chance.random() < 0.5 else ()
    return with_digest(limits._replace(**{**wide, **changed, "trades_per_day_total": 60, "groups": groups}))


def prices(chance, number, declared, entries):
    """Return BAR events of five minutes inside the instrument's hours: a walk with gaps, some bars missing."""
    opens = [
        np.arange(one.opens, one.closes, STEP * NS)
        for one in entries
        if one.kind == "session" and one.instrument == number and one.session == 0 and one.day_type
    ]
    ts = np.concatenate(opens) + STEP * NS
    ts = ts[chance.random(len(ts)) > 0.02]
    move = chance.standard_normal(len(ts)) * 0.0006
    move[chance.random(len(ts)) < 1 / 600] += 0.02 * (1 - 2 * chance.integers(2))
    tick = float(declared.tick_size)
    close = np.rint(FIRST[declared.symbol] * np.exp(np.cumsum(move)) / tick).astype(np.int64)
    start = np.concatenate([close[:1], close[:-1]])
    start = start + np.rint(chance.standard_normal(len(ts)) * 0.0001 * close).astype(np.int64)
    events = np.zeros(len(ts), EVENT)
    events["ts"], events["kind"], events["instrument"], events["span"] = ts, BAR, number, STEP
    reach = np.rint(np.abs(chance.standard_normal(len(ts))) * 0.0004 * close).astype(np.int64)
    events["open"], events["close"] = start, close
    events["high"], events["low"] = np.maximum(start, close) + reach, np.minimum(start, close) - reach
    spread = np.rint(float(declared.spread.new_york) / tick * (1 + 2 * (chance.random(len(ts)) < 0.05))).astype(int)
    for name in ("spread_open", "spread_high", "spread_low", "spread_close"):
        events[name] = spread
    events["volume"] = 1
    return events


def sea(seed, strategies, handler):
    """Return the storm of a seed, with as many strategies as given."""
    chance = np.random.default_rng(seed)
    settings = Settings()  # 100,000 dollars
    profile = load_profile(settings.profile)
    listings = [Listing(profile.instrument(symbol)) for symbol in SYMBOLS]
    declared = [one.instrument for one in listings]
    limits = limits_by_chance(chance, Account("USD", 10_000_000))
    state = first_state(profile, listings, settings, len(strategies))
    subscribe(state, strategies, len(declared), STEP, {STEP, DAY_BAR})
    hold_limits(state, limits, declared, STEP)
    start = int(np.datetime64(PERIODS[seed % len(PERIODS)], "ns").astype(int))
    end = start + 21 * 86_400 * NS
    calendar = list(schedule(declared, start, end))
    resets = [clock_resets(number, which, start, end) for number, which in day_clocks(limits)]
    told = list(merge(calendar, *resets, key=attrgetter("ts")))
    bars = [prices(chance, number, one, calendar) for number, one in enumerate(declared)]
    # A TIME after every instant: what strategies order at it is looked at before any price has moved.
    instants = np.unique(np.concatenate([one["ts"] for one in bars]))
    ends = np.zeros(len(instants), EVENT)
    ends["ts"], ends["kind"] = instants, TIME
    events = joined([*bars, calendar_rows(told), ends])
    events = events[np.lexsort((events["instrument"], events["kind"], events["ts"]))]
    slots = [
        Slot(one, one.params()._replace(seed=seed * 10 + number), range(len(declared)), STEP)
        for number, one in enumerate(strategies)
    ]
    journal = Counting()
    runner = Runner(state, simulated_venue(settings), slots, journal, handler, loop.NO_JOURNAL)
    return Sea(runner, events, limits, journal)
