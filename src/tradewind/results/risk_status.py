"""Where the floors of a run's loss rules stood: base, floor and room, from its samples of balance and equity.

The gate looks at every mark; this looks at the hourly samples that a run keeps, with the lowest equity between them,
so a floor that trails every tick may have stood a little higher than shown here.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tradewind.markets.clock import DayClock, clock, day_number, from_utc, last_reset, next_reset
from tradewind.results.columns import Integers, minor_of
from tradewind.risk.limits import (
    BALANCE,
    HIGHER,
    HIGHEST_EQUITY,
    NEVER,
    NO_HIGHEST,
    ON_DAY_END,
    WEEKLY,
    Limits,
    LossRule,
    ResetClock,
)
from tradewind.risk.standing import floor_of, safe_from

if TYPE_CHECKING:
    import polars as pl


class FloorStatus(NamedTuple):
    """One loss rule at the end of a run, minor units."""

    rule: LossRule
    base: int
    """What it measures from: the base of its day or week, or the highest so far."""
    floor: int
    """The lowest equity that does not break it."""
    headroom: int
    """Equity less the floor."""
    worst_headroom: int
    """The least that ever was left, at the lowest equity between samples; negative is a breach."""
    worst_at: int
    """When, ns UTC."""


class Samples(NamedTuple):
    """A run's samples, minor units; the moments are ns UTC."""

    when: Integers
    balance: Integers
    equity: Integers
    low: Integers


def samples_of(equity: "pl.DataFrame", digits: int) -> Samples:
    """Return the samples in a run's equity table, whose amounts have so many digits."""
    when = equity["ts"].to_physical().to_numpy().astype(np.int64)
    return Samples(when, *(minor_of(equity[name], digits) for name in ("balance", "equity", "low_equity")))


def floor_statuses(limits: Limits, samples: Samples) -> list[FloorStatus]:
    """Return where each loss rule stands after the last sample, in their order."""
    return [_status(limits, rule, samples) for rule in limits.loss_rules] if samples.when.size else []


def day_clock_of(reset: ResetClock) -> DayClock:
    """Return the day clock that a reset names."""
    return DayClock(clock(reset.zone), reset.minute)


def _status(limits: Limits, rule: LossRule, samples: Samples) -> FloorStatus:
    bases = _bases(limits, rule, samples)
    unique, place = np.unique(bases, return_inverse=True)
    floors = np.array([safe_from(rule, floor_of(rule, int(base), limits.capital)) for base in unique])[place]
    room = samples.low - floors
    worst = int(room.argmin())
    now = int(samples.equity[-1])
    return FloorStatus(
        rule, int(bases[-1]), int(floors[-1]), now - int(floors[-1]), int(room[worst]), int(samples.when[worst])
    )


def _bases(limits: Limits, rule: LossRule, samples: Samples) -> Integers:
    """Return what the rule measured from at every sample."""
    before = _before_reset(limits, rule, samples.when)
    if rule.highest_source != NO_HIGHEST:
        seen = samples.equity if rule.highest_source == HIGHEST_EQUITY else samples.balance
        if rule.highest_update == ON_DAY_END:
            resets = np.unique(before[before >= 0])
            ends = np.full(len(seen), limits.capital)
            for last in resets:
                ends[last + 1 :] = np.maximum(ends[last + 1 :], seen[last])
            return ends
        known = np.maximum.accumulate(np.maximum(seen, limits.capital))
        return np.concatenate([[limits.capital], known[:-1]])
    if rule.resets == NEVER:
        return np.full(len(samples.when), limits.capital)
    higher = np.maximum(samples.balance, samples.equity)
    found = {BALANCE: samples.balance, HIGHER: higher}.get(rule.base_mode, samples.equity)
    return np.where(before >= 0, found[before], limits.capital)


def _before_reset(limits: Limits, rule: LossRule, when: Integers) -> Integers:
    """Return for every sample the last one at or before the reset that began its day or week; -1 for the first."""
    day_clock = day_clock_of(limits.clocks[rule.clock])
    resets = [last_reset(int(when[0]) - 1, day_clock)]
    while resets[-1] < int(when[-1]):
        resets.append(next_reset(resets[-1], day_clock))
    if rule.resets == WEEKLY:
        resets = [resets[0], *(one for one in resets[1:] if _begins_week(one, day_clock))]
    edges = np.array(resets, np.int64)
    began = edges[np.searchsorted(edges, when, side="left") - 1]
    return np.searchsorted(when, began, side="right") - 1


def _begins_week(reset: int, day_clock: DayClock) -> bool:
    """Return whether the day that begins at a reset is Monday's; one that begins after noon belongs to the next."""
    shown = from_utc(reset, day_clock.clock)
    number = day_number(shown.date()) + (1 if day_clock.minute >= 12 * 60 else 0)
    return (number + 3) % 7 == 0
