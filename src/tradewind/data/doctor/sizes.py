"""How large the bars are, and where that changes.

A terminal that has no small bars for the early years puts daily ones in front of them, in the same file; a
broker thins old minutes to every fifth. The size of a day's bars is the step that most of them keep, so each
day is measured for itself and days are then compared with what the series says it is.
"""

import numpy as np

from tradewind.data.doctor.finding import BLOCKER, Finding, Prices, Subject, fix, moment, places, runs, window
from tradewind.data.series import NS, timeframe_name
from tradewind.data.spread import Integers
from tradewind.markets.clock import DAY

KNOWN = (1, 5, 10, 15, 30, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 28_800, 43_200,
         86_400, 604_800)  # fmt: skip
FEW_DAYS = 2
ENOUGH, MANY = 4, 12
FOUR_HOURS = 14_400


def usual_step(ts: Integers) -> int:
    """Return the seconds most often between two bars; 0 for fewer than two."""
    steps, counts = np.unique(np.diff(ts), return_counts=True)
    steps, counts = steps[steps > 0], counts[steps > 0]
    return int(steps[counts.argmax()] // NS) if len(steps) else 0


def daily_sizes(ts: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the first row of each UTC day, the day's usual step in seconds, and its number of bars.

    A day of one bar has the step to the next day's; four days between Friday's and Monday's count as one.
    """
    days = ts // DAY
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    counts = np.diff(np.append(starts, len(ts)))
    steps = np.diff(ts, append=ts[-1]) // NS
    inside = np.ones(len(ts), dtype=bool)
    inside[np.append(starts[1:], len(ts)) - 1] = False
    number = np.repeat(np.arange(len(starts)), counts)
    pairs, tally = np.unique(number[inside] * DAY + steps[inside], return_counts=True)
    sizes = np.full(len(starts), 86_400)
    # The last written wins: so the commonest step, of equals the smaller.
    order = np.lexsort((-pairs, tally))
    sizes[pairs[order] // DAY] = pairs[order] % DAY
    return starts, sizes, counts


def check_sizes(prices: Prices, subject: Subject) -> tuple[list[Finding], Prices]:
    """Return what is wrong with the size of the bars, and the bars that have the size they should."""
    if len(prices.ts) < 3:
        return [], prices
    step = usual_step(prices.ts)
    seconds = prices.seconds
    starts, sizes, counts = daily_sizes(prices.ts)
    if step > seconds and _mostly(sizes, counts, step):
        first, last = int(prices.ts[0]), int(prices.ts[-1])
        name = timeframe_name(step)
        evidence = f"Said to be {timeframe_name(seconds)}, but {_share(prices.ts, step):.0%} of bars are {name} apart."
        values = {"stated": seconds, "found": step}
        command = fix(subject, "wrong-size", f"--bar {name}" if not subject.stored else "")
        found = [Finding("wrong-size", BLOCKER, first, last, len(prices.ts), evidence, values, command)]
        return found, prices._replace(seconds=step)
    return _other_sizes(prices, subject, (starts, sizes, counts))


def _mostly(sizes: Integers, counts: Integers, step: int) -> bool:
    return bool(counts[sizes == step].sum() > 0.5 * counts.sum())


def _share(ts: Integers, step: int) -> float:
    return float((np.diff(ts) == step * NS).mean())


def _other_sizes(
    prices: Prices, subject: Subject, days: tuple[Integers, Integers, Integers]
) -> tuple[list[Finding], Prices]:
    """Return the stretches of days whose bars are of another size than most."""
    starts, sizes, counts = days
    seconds = prices.seconds
    ends = np.append(starts[1:], len(prices.ts))
    small = np.isin(sizes, KNOWN) & (sizes < seconds) & (counts >= ENOUGH)
    large = np.isin(sizes, KNOWN) & (sizes > seconds) & ((counts >= MANY) | (sizes >= FOUR_HOURS))
    off_grid = prices.ts % np.minimum(np.repeat(sizes, counts), 3600) // NS
    # A coarse day keeps one remainder of its step; a thin day of small bars does not.
    large &= np.array([
        len(np.unique(off_grid[a:b])) == 1 and size % seconds == 0
        for a, b, size in zip(starts, ends, sizes, strict=True)
    ], dtype=bool) if large.any() else False  # fmt: skip
    found, drop = [], np.zeros(len(prices.ts), dtype=bool)
    lonely = large & (counts < ENOUGH)
    for start, end in runs(small | large):
        rows = int(counts[start:end].sum())
        if lonely[start:end].all() and end - start <= FEW_DAYS:
            continue  # a day with a bar or two is a short day, not a daily bar
        if rows < ENOUGH:
            continue
        first, last = starts[start], ends[end - 1] - 1
        drop[first : last + 1] = True
        size = int(np.bincount(sizes[start:end]).argmax())
        found.append((int(prices.ts[first]), int(prices.ts[last]), rows, size))
    return [_as_finding(prices, subject, each) for each in found], prices.take(~drop) if found else prices


def _as_finding(prices: Prices, subject: Subject, found: tuple[int, int, int, int]) -> Finding:
    first, last, rows, size = found
    name, usual = timeframe_name(size), timeframe_name(prices.seconds)
    evidence = f"{rows:,} bars are {name}, not {usual}, from {moment(first)} to {moment(last)}."
    code = "mixed-sizes"
    return Finding(
        code, BLOCKER, first, last, rows, evidence,
        {"stated": prices.seconds, "found": size, "places": places([first], [last])},
        fix(subject, code, window(first, last)),
    )  # fmt: skip
