"""Floors of loss rules along many paths at once: arrays of paths by samples of one day, minor units.

The rules are those of domain 5.4. A floor is tested against what was known before the sample: a peak raises a
trailing floor from the next sample on.
"""

from typing import NamedTuple

import numpy as np

from tradewind.results.columns import Integers
from tradewind.risk.limits import (
    AMOUNT_OF_BASE,
    BALANCE,
    BREACH_ON_BALANCE,
    CHECK_ON_DAY_END,
    HIGHER,
    HIGHEST_EQUITY,
    NEVER,
    NO_HIGHEST,
    OFF,
    ON_DAY_END,
    LossRule,
)


class Way(NamedTuple):
    """One day of many accounts, sample by sample."""

    equity: Integers
    low: Integers
    """Lowest equity since the sample before."""
    balance: Integers


class Level(NamedTuple):
    """What one rule remembers of every account."""

    base: Integers
    highest: Integers


def first_level(capital: int, paths: int) -> Level:
    """Return what a rule knows when all accounts begin."""
    return Level(np.full(paths, capital, np.int64), np.full(paths, capital, np.int64))


def reset_base(rule: LossRule, level: Level, balance: Integers, equity: Integers) -> Level:
    """Return the level after a reset of the rule's clock found these balances and equities."""
    if rule.resets == NEVER:
        return level
    found = {BALANCE: balance, HIGHER: np.maximum(balance, equity)}.get(rule.base_mode, equity)
    return level._replace(base=found)


def floors(rule: LossRule, level: Level, way: Way, capital: int) -> Integers:
    """Return the floor at every sample."""
    if rule.highest_source == NO_HIGHEST:
        base = level.base[:, None]
        amount = base - _kept(base, rule.share) if rule.amount_of == AMOUNT_OF_BASE else rule.amount
        return np.broadcast_to(base - amount, way.equity.shape)
    known = np.broadcast_to(level.highest[:, None], way.equity.shape)
    if rule.highest_update != ON_DAY_END:
        seen = np.maximum.accumulate(_seen(rule, way), axis=1)
        known = np.maximum(known, np.concatenate([known[:, :1], seen[:, :-1]], axis=1))
    floor = np.maximum(known, capital) - rule.amount
    return floor if rule.lock == OFF else np.minimum(floor, rule.lock)


def _kept(base: Integers, share: float) -> Integers:
    """Return what is left of a base without a share of it; the share is rounded down."""
    kept: Integers = base - np.floor(np.round(base * share, 6)).astype(np.int64)
    return kept


def _seen(rule: LossRule, way: Way) -> Integers:
    return way.equity if rule.highest_source == HIGHEST_EQUITY else way.balance


def first_below(rule: LossRule, floor: Integers, way: Way) -> Integers:
    """Return the sample at which each path breaks the floor first; the number of samples where it does not."""
    on_balance = rule.breach_on == BREACH_ON_BALANCE
    below = (way.balance if on_balance else way.low) < floor + rule.inclusive
    if rule.breach_check == CHECK_ON_DAY_END:
        below = np.zeros_like(below)
        below[:, -1] = (way.balance if on_balance else way.equity)[:, -1] < floor[:, -1] + rule.inclusive
    found: Integers = np.where(below.any(axis=1), below.argmax(axis=1), below.shape[1])
    return found


def carried(rule: LossRule, level: Level, way: Way, last: Integers) -> Level:
    """Return the level after the day, of which the samples up to `last` happened."""
    if rule.highest_source == NO_HIGHEST:
        return level
    seen = _seen(rule, way)
    happened = np.arange(seen.shape[1]) <= last[:, None]
    if rule.highest_update == ON_DAY_END:
        newest = seen[np.arange(len(last)), last]
    else:
        newest = np.where(happened, seen, np.iinfo(np.int64).min).max(axis=1)
    return level._replace(highest=np.maximum(level.highest, newest))
