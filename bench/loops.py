"""The bare Numba loops: the least work that gives the answer, with no realism at all.

No orders, no risk checks, no journal, no state that could be saved: only the indicator computed in a
stream, the position, fills, and equity marked on every row with its worst drawdown. They are the floor
every engine is measured against. Each returns (profit in ticks, number of fills, worst drawdown in ticks).
"""

import numba
import numpy as np

from bench.works import PAIRS, SETTINGS


@numba.njit(cache=True)
def w1(opens, close, fast, slow):
    """W1: long while the fast average is above the slow one, else short; filled at the next open."""
    fast_sum = 0
    slow_sum = 0
    cash = 0
    position = 0
    target = 0
    fills = 0
    peak = 0
    worst = 0
    for i in range(len(close)):
        price = close[i]
        if target != position:
            cash -= (target - position) * opens[i]
            position = target
            fills += 1
        fast_sum += price
        slow_sum += price
        if i >= fast:
            fast_sum -= close[i - fast]
        if i >= slow:
            slow_sum -= close[i - slow]
        if i >= slow - 1:
            target = 1 if fast_sum * slow > slow_sum * fast else -1
        equity = cash + position * price
        peak = max(peak, equity)
        worst = max(worst, peak - equity)
    return cash + position * close[-1], fills, worst


@numba.njit(cache=True, parallel=True)
def w3(opens, close, pairs):
    """W3: W1 for every pair of lengths, on all cores; the sums over them."""
    count = len(pairs)
    found = np.zeros((count, 2), np.int64)
    for place in numba.prange(count):
        profit, fills, _ = w1(opens, close, pairs[place, 0], pairs[place, 1])
        found[place, 0] = profit
        found[place, 1] = fills
    return found[:, 0].sum(), found[:, 1].sum()


@numba.njit(cache=True)
def w2(ts, opens, high, low, close, first, minutes, flat):
    """W2: the day's opening range, broken by a close, entered at the next open, stop and target as a bracket.

    `first` is the minute of the day at which the range starts, `minutes` its length, and the position is
    closed at the open of minute `flat`. The stop is the other side of the range, the target one range
    beyond the break.
    """
    day_ns = 86_400_000_000_000
    minute_ns = 60_000_000_000
    cash = 0
    position = 0
    pending = 0
    fills = 0
    traded = False
    top = 0
    bottom = 0
    stop = 0
    target = 0
    peak = 0
    worst = 0
    for i in range(len(ts)):
        minute = (ts[i] % day_ns) // minute_ns
        if pending != position:
            cash -= (pending - position) * opens[i]
            position = pending
            fills += 1
        if position != 0:
            stopped = low[i] <= stop if position > 0 else high[i] >= stop
            reached = high[i] >= target if position > 0 else low[i] <= target
            if stopped or reached:
                level = stop if stopped else target
                through = opens[i] < level if (position > 0) == stopped else opens[i] > level
                cash += position * (opens[i] if through else level)
                position = 0
                pending = 0
                fills += 1
        if minute == first:
            top = high[i]
            bottom = low[i]
            traded = False
        elif first < minute < first + minutes:
            top = max(top, high[i])
            bottom = min(bottom, low[i])
        elif not traded and first + minutes <= minute < flat - 1:
            if close[i] > top or close[i] < bottom:
                pending = 1 if close[i] > top else -1
                stop = bottom if pending > 0 else top
                target = 2 * top - bottom if pending > 0 else 2 * bottom - top
                traded = True
        elif minute == flat - 1:
            pending = 0
        equity = cash + position * close[i]
        peak = max(peak, equity)
        worst = max(worst, peak - equity)
    return cash + position * close[-1], fills, worst


@numba.njit(cache=True)
def w4(bid, ask, length, every, limit):
    """W4: an average of the mid on every quote; every `every`-th one a market order filled at that quote.

    Buy above the average, sell below, the other way round where the position would pass `limit`.
    Returns profit, fills and drawdown in half ticks, since a mid may lie between two ticks.
    """
    alpha = 2.0 / (length + 1.0)
    average = float(bid[0] + ask[0])
    cash = 0
    position = 0
    fills = 0
    peak = 0
    worst = 0
    due = every
    for i in range(len(bid)):
        middle = bid[i] + ask[i]
        average += alpha * (middle - average)
        due -= 1
        if due == 0:
            due = every
            side = 1 if middle > average else -1
            if position * side >= limit:
                side = -side
            cash -= 2 * side * (ask[i] if side > 0 else bid[i])
            position += side
            fills += 1
        equity = cash + position * middle
        peak = max(peak, equity)
        worst = max(worst, peak - equity)
    return cash + position * (bid[-1] + ask[-1]), fills, worst


@numba.njit(cache=True)
def w4_next(bid, ask, length, every, limit):
    """W4 as an engine may do it: the order is filled at the quote after the one it answers. Not timed."""
    alpha = 2.0 / (length + 1.0)
    average = float(bid[0] + ask[0])
    cash = 0
    position = 0
    fills = 0
    side = 0
    for i in range(len(bid)):
        if side != 0:
            cash -= 2 * side * (ask[i] if side > 0 else bid[i])
            position += side
            fills += 1
            side = 0
        middle = bid[i] + ask[i]
        average += alpha * (middle - average)
        if (i + 1) % every == 0:
            side = 1 if middle > average else -1
            if position * side >= limit:
                side = -side
    # What is open is worth its exit side, as our account has it.
    return cash + 2 * position * (bid[-1] if position > 0 else ask[-1]), fills


def run(work, tape):
    """Return (profit in ticks, fills) of one workload on its tape."""
    if work == "W1":
        profit, fills, _ = w1(tape.open, tape.close, **_numbers(work))
        return float(profit), fills
    if work == "W3":
        profit, fills = w3(tape.open, tape.close, np.array(PAIRS, np.int64))
        return float(profit), int(fills)
    if work == "W2":
        profit, fills, _ = w2(*tape, **_numbers(work))
        return float(profit), fills
    if work == "W4 next quote":
        profit, fills = w4_next(tape.bid, tape.ask, **_numbers("W4"))
        return profit / 2.0, fills
    profit, fills, _ = w4(tape.bid, tape.ask, **_numbers(work))
    return profit / 2.0, fills


def _numbers(work):
    return {name: np.int64(value) for name, value in SETTINGS[work].items()}
