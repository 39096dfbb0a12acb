"""The chance to pass a firm's evaluation, by playing a run's own days again in random order.

The days are drawn by the stationary bootstrap (Politis and Romano 1994): blocks of random length, `block` days in the
mean, so that what belongs together stays together; block 1 draws single days. Every path starts with the capital and
ends when a floor is broken, the goals are reached, or the days are used up. Floors are tested at every sample inside a
day; goals at its end, on balance and equity both. Profits are not compounded.

Two errors are told apart. More paths make the simulation's error small (Wilson's interval), but not that of having
seen few days; that is measured by drawing the list of days itself anew and playing each such list: a bootstrap of the
bootstrap, of whose chances the 2.5 and 97.5 per cent quantiles are shown. The noise of the inner paths is in it, so it
is a little too wide.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradewind.errors import BadData
from tradewind.results.columns import Booleans, Integers
from tradewind.results.floor_paths import Level, Way, carried, first_below, first_level, floors, reset_base
from tradewind.results.trading_days import TradingDays
from tradewind.risk.limits import DAILY, OFF, TERMINATE, Goals, LossRule

NORMAL_95 = 1.959963984540054
OPEN, PASSED, BREACHED, TIMED_OUT = range(4)
DAYS_A_WEEK = 5


class Play(NamedTuple):
    """How the days are played."""

    rules: Sequence[LossRule]
    """The firm's own: those that end the account, and those that end its day."""
    goals: Goals
    capital: int
    """Minor units."""
    days: int
    """Trading days at most."""
    block: float = 5.0
    """Mean length of a block of days."""


class Outcome(NamedTuple):
    """What became of each path."""

    status: Integers
    """PASSED, BREACHED or TIMED_OUT."""
    rule: Integers
    """Which rule was broken, by its place; -1 for none."""
    ended: Integers
    """The day on which it ended, from 1."""


class Chance(NamedTuple):
    """What the paths say together; shares of all paths."""

    paths: int
    passed: float
    passed_wilson: tuple[float, float]
    """95 %, of the simulation alone."""
    breached: dict[str, float]
    """By the rule that was broken first."""
    timed_out: float
    median_days_to_pass: float | None
    passed_days: tuple[float, float] | None = None
    """95 %, of having seen these days and no others."""


class _Accounts(NamedTuple):
    """What is known of every living path besides its levels; one element a path."""

    path: Integers
    equity: Integers
    balance: Integers
    traded: Integers
    profitable: Integers
    best: Integers
    gains: Integers
    """Profit of the days that had one."""

    def only(self, which: Booleans) -> "_Accounts":
        return _Accounts(*(values[which] for values in self))


def stationary_days(count: int, length: int, paths: int, block: float, rng: np.random.Generator) -> Integers:
    """Return `length` x `paths` day numbers below `count`: each follows the one before, or begins a new block."""
    drawn = rng.integers(count, size=(length, paths))
    goes_on = rng.random((length, paths)) >= 1.0 / block
    for step in range(1, length):
        drawn[step] = np.where(goes_on[step], (drawn[step - 1] + 1) % count, drawn[step])
    return drawn


def played(days: TradingDays, order: Integers, play: Play) -> Outcome:
    """Return what becomes of the paths in the columns of `order`, whose rows are day numbers."""
    paths = order.shape[1]
    outcome = Outcome(np.full(paths, OPEN), np.full(paths, -1), np.full(paths, min(play.days, len(order))))
    start, nothing = np.full(paths, play.capital), np.zeros(paths, np.int64)
    accounts = _Accounts(np.arange(paths), start, start, nothing, nothing, nothing, nothing)
    levels = [first_level(play.capital, paths) for _ in play.rules]
    for step in range(min(play.days, len(order))):
        if accounts.path.size == 0:
            break
        accounts, levels, broken = _after_day(accounts, levels, days.taken(order[step, accounts.path]), step, play=play)
        reached = (broken < 0) & _reached(accounts, play)
        for which, status in ((broken >= 0, BREACHED), (reached, PASSED)):
            outcome.status[accounts.path[which]] = status
            outcome.ended[accounts.path[which]] = step + 1
        outcome.rule[accounts.path] = broken
        living = (broken < 0) & ~reached
        accounts = accounts.only(living)
        levels = [Level(level.base[living], level.highest[living]) for level in levels]
    outcome.status[outcome.status == OPEN] = TIMED_OUT
    return outcome


def _after_day(
    accounts: _Accounts, levels: list[Level], day: TradingDays, step: int, *, play: Play
) -> tuple[_Accounts, list[Level], Integers]:
    """Return accounts and levels after a day, and which rule each path broke, -1 for none."""
    start = accounts.equity[:, None]
    way = Way(start + day.equity, start + day.low, start + day.balance)
    samples, count = way.equity.shape[1], len(accounts.path)
    broken, first = np.full(count, -1), np.full(count, samples)
    halted = np.full(count, samples)
    for number, rule in enumerate(play.rules):
        if step > 0 and (rule.resets == DAILY or step % DAYS_A_WEEK == 0):
            levels[number] = reset_base(rule, levels[number], accounts.balance, accounts.equity)
        when = first_below(rule, floors(rule, levels[number], way, play.capital), way)
        if rule.severity == TERMINATE:
            sooner = when < first
            broken[sooner], first[sooner] = number, when[sooner]
        else:
            halted = np.minimum(halted, when)
    # Where the firm closes everything first, the day ends at the low that made it do so.
    cut = halted < first
    broken[cut] = -1
    last, at = np.where(cut, halted, samples - 1), np.arange(count)
    equity = np.where(cut, way.low[at, last], way.equity[:, -1])
    balance = np.where(cut, equity, way.balance[:, -1])
    profit = balance - accounts.balance
    after = accounts._replace(
        equity=equity,
        balance=balance,
        traded=accounts.traded + day.traded,
        profitable=accounts.profitable + (profit >= max(play.goals.profitable_day, 1)),
        best=np.maximum(accounts.best, profit),
        gains=accounts.gains + np.maximum(profit, 0),
    )
    carried_on = [carried(rule, level, way, last) for rule, level in zip(play.rules, levels, strict=True)]
    return after, carried_on, broken


def _reached(accounts: _Accounts, play: Play) -> Booleans:
    """Return which paths have everything the firm asks for."""
    goals = play.goals
    total = np.minimum(accounts.balance, accounts.equity) - play.capital
    reached = total >= goals.profit_target
    reached &= accounts.traded >= goals.minimum_days
    reached &= accounts.profitable >= goals.minimum_profitable_days
    if goals.best_day != OFF:
        compared = total if goals.best_day_of_all else accounts.gains
        reached &= accounts.best <= goals.best_day * compared
    return reached


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score (1927)."""
    share, square = successes / trials, NORMAL_95**2 / trials
    middle = (share + square / 2) / (1 + square)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def chance(days: TradingDays, play: Play, paths: int, seed: int) -> Chance:
    """Return the chance to pass; the same seed gives the same answer."""
    if play.goals.profit_target <= 0:
        raise BadData("There is no profit target to reach.", "Give --profit-target, or a phase that has one.")
    rng = np.random.default_rng(seed)
    order = stationary_days(len(days.traded), play.days, paths, play.block, rng)
    outcome = played(days, order, play)
    passed = outcome.status == PASSED
    breached = {
        rule.name: float(np.mean(outcome.rule == number))
        for number, rule in enumerate(play.rules)
        if rule.severity == TERMINATE
    }
    return Chance(
        paths,
        float(passed.mean()),
        wilson(int(passed.sum()), paths),
        breached,
        float(np.mean(outcome.status == TIMED_OUT)),
        float(np.median(outcome.ended[passed])) if passed.any() else None,
    )


def chance_of_days(days: TradingDays, play: Play, lists: int, paths: int, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the chance to pass over `lists` redrawn lists of days, `paths` paths each."""
    rng = np.random.default_rng(seed)
    count = len(days.traded)
    redrawn = stationary_days(count, count, lists, play.block, rng)
    order = stationary_days(count, play.days, lists * paths, play.block, rng)
    which = np.repeat(np.arange(lists), paths)
    outcome = played(days, redrawn[order, which], play)
    shares = (outcome.status == PASSED).reshape(lists, paths).mean(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)
