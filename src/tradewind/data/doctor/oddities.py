"""Prices that can be but are odd: spikes, flat stretches, copied stretches.

A spike goes far beyond its neighbours and is back within two bars; a real move stays, or takes its neighbours
along. It is measured against what is usual for the feed (20 medians, domain 7.4) and for the hour around it,
because twenty medians are nothing unusual in the minute of a payroll release.
"""

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import (
    BLOCKER,
    NOTE,
    WARNING,
    Finding,
    Flags,
    Prices,
    Subject,
    fix,
    moment,
    places,
    runs,
    window,
)
from tradewind.markets.clock import HOUR

SPIKE = 20.0
LOCAL = 6.0
AROUND = 15
"""So many bars before and after say what is usual for the hour."""

FLAT_BARS = 10
STRETCH = 30
COARSE_STRETCH = 8


def check_spikes(prices: Prices, subject: Subject) -> list[Finding]:
    """Return the bars whose high, low or close leaps out of its neighbours and is taken back within two bars."""
    if len(prices.ts) < 2 * AROUND:
        return []
    up, down = spikes(prices)
    which = np.flatnonzero(up | down)
    if not len(which):
        return []
    at = prices.ts[which]
    far = np.where(up[which], prices.high[which], prices.low[which])
    shown = ", ".join(f"{moment(at[n])} ({far[n]:.8g})" for n in range(min(3, len(at))))
    evidence = f"{len(at)} bars leap out of their neighbours and are taken back within two bars: {shown}."
    values = {"prices": far[:200].tolist(), "places": places(at, at)}
    return [Finding("spikes", WARNING, int(at[0]), int(at[-1]), len(at), evidence, values, fix(subject, "spikes"))]


def spikes(prices: Prices) -> tuple[Flags, Flags]:
    """Return which bars have a spike upwards, and downwards."""
    close, high, low = prices.close, prices.high, prices.low
    moves = np.abs(np.diff(np.log(close), prepend=np.log(close[0])))
    usual = float(np.median(moves[moves > 0])) if (moves > 0).any() else 0.0
    if usual == 0.0:
        return np.zeros(len(close), dtype=bool), np.zeros(len(close), dtype=bool)
    near = _nearby(np.log(high / low), AROUND)
    limit = np.maximum(SPIKE * usual, LOCAL * near)
    # What the market itself did around the bar: two bars on either side.
    top, bottom = _beyond(high), -_beyond(-low)
    joined = np.diff(prices.ts, prepend=prices.ts[0]) <= HOUR
    up = np.log(high / top) > limit
    down = np.log(bottom / low) > limit
    # A body that stays away is a move and no spike; one that comes back within two bars is.
    later = np.roll(close, -2)
    later[-2:] = close[-1]
    before = np.roll(close, 1)
    before[:1] = prices.open[0]
    up &= (high - np.maximum(before, later)) > 0.6 * (high - np.minimum(before, low))
    down &= (np.minimum(before, later) - low) > 0.6 * (np.maximum(before, high) - low)
    inside = joined.copy()
    inside[:2], inside[-2:] = False, False
    return up & inside, down & inside


def _beyond(column: Numbers) -> Numbers:
    """Return the second highest of the two bars before and the two after each: one of them may be bad too."""
    found: Numbers = np.sort([np.roll(column, step) for step in (-2, -1, 1, 2)], axis=0)[-2]
    return found


def _nearby(column: Numbers, reach: int) -> Numbers:
    """Return the mean of the bars around each, without those next to it."""
    total = np.concatenate([[0.0], np.cumsum(column)])
    index = np.arange(len(column))
    low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(column))
    inner_low, inner_high = np.maximum(index - 2, 0), np.minimum(index + 3, len(column))
    count = np.maximum((high - low) - (inner_high - inner_low), 1)
    mean: Numbers = ((total[high] - total[low]) - (total[inner_high] - total[inner_low])) / count
    return mean


def check_flat(prices: Prices) -> list[Finding]:
    """Return stretches in which the price did not move at all though bars kept coming."""
    flat = (prices.high == prices.low) & (np.diff(prices.close, prepend=np.nan) == 0)
    flat[1:] &= np.diff(prices.ts) <= 2 * prices.span
    long = [(start, end) for start, end in runs(flat) if end - start >= FLAT_BARS]
    if not long:
        return []
    start = np.array([one for one, _ in long])
    end = np.array([one for _, one in long])
    count = int((end - start).sum())
    longest = int((end - start).argmax())
    evidence = (
        f"{count:,} bars in {len(long)} stretches of {FLAT_BARS} and more repeat one price; the longest has "
        f"{end[longest] - start[longest]} from {moment(prices.ts[start[longest]])}."
    )
    values = {"places": places(prices.ts[start], prices.ts[end - 1])}
    severity = WARNING if count > 0.001 * len(prices.ts) else NOTE
    first, last = int(prices.ts[start[0]]), int(prices.ts[end[-1] - 1])
    return [Finding("flat-run", severity, first, last, count, evidence, values)]


def check_repeats(prices: Prices, subject: Subject) -> list[Finding]:
    """Return stretches of bars that are, price for price, those of another time: copied, not traded."""
    length = STRETCH if prices.seconds <= 300 else COARSE_STRETCH
    if len(prices.ts) < 3 * length:
        return []
    copied = _copied(prices, length)
    long = runs(copied)
    if not long:
        return []
    start = np.array([one for one, _ in long])
    end = np.array([one for _, one in long])
    count = int((end - start).sum())
    evidence = (
        f"{count:,} bars in {len(long)} stretches are price for price those of an earlier time; "
        f"the first from {moment(prices.ts[start[0]])} to {moment(prices.ts[end[0] - 1])}."
    )
    first, last = int(prices.ts[start[0]]), int(prices.ts[end[-1] - 1])
    values = {"places": places(prices.ts[start], prices.ts[end - 1])}
    options = window(first, int(prices.ts[end[0] - 1])) if len(long) == 1 else ""
    return [Finding("repeated-stretch", BLOCKER, first, last, count, evidence, values,
                    fix(subject, "repeated-stretch", options))]  # fmt: skip


def _copied(prices: Prices, length: int) -> Flags:
    """Return which bars belong to a window of `length` bars that was there before."""
    mixed = np.zeros(len(prices.ts), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for number, column in enumerate((prices.open, prices.high, prices.low, prices.close)):
            bits = np.ascontiguousarray(column).view(np.uint64)
            mixed = (mixed ^ (bits >> np.uint64(7))) * np.uint64(0x9E3779B97F4A7C15 + 2 * number) + bits
            mixed ^= mixed >> np.uint64(29)
        window_hash = np.zeros(len(mixed) - length + 1, dtype=np.uint64)
        for step in range(length):
            window_hash = window_hash * np.uint64(0xD1342543DE82EF95) + mixed[step : len(mixed) - length + 1 + step]
    moving = np.concatenate([[0], np.cumsum(prices.high > prices.low)])
    lively = moving[length:] - moving[:-length] >= length // 2
    order = np.argsort(window_hash, kind="stable")
    again = np.zeros(len(window_hash), dtype=bool)
    again[order[1:]] = window_hash[order[1:]] == window_hash[order[:-1]]
    again &= lively
    covered = np.zeros(len(mixed) + 1, dtype=np.int64)
    at = np.flatnonzero(again)
    np.add.at(covered, at, 1)
    np.add.at(covered, at + length, -1)
    copied: Flags = np.cumsum(covered[:-1]) > 0
    return copied


def check_volume(prices: Prices) -> list[Finding]:
    """Return a note where the volume is always zero, or stops or starts being recorded."""
    there = prices.volume > 0
    if there.all() or not len(there):
        return []
    share = float(there.mean())
    if share > 0.9:
        return []
    first, last = int(prices.ts[0]), int(prices.ts[-1])
    evidence = "No bar has a volume." if share == 0 else f"{1 - share:.0%} of bars have no volume."
    return [Finding("zero-volume", NOTE, first, last, int((~there).sum()), evidence, {"share": 1 - share})]
