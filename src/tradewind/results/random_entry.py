"""Is the entry better than chance at the same exits? As many entries, on the same sides and in the same hours, by lot.

Each trade is played again on the bars that the run was made of, bid and ask: from its own entry, and from the opens of
bars drawn from the same hour of New York's day on any date of the run. All are left in the same way: at the stop or the
target, as far from the entry as the trade's own, or when time is up. Time is up at the latest hour at which any trade
of the run was closed, or, where trades were held over 17:00 New York, after the longest time one was held. Exits that a
strategy finds on its way (trailing stops, reversals) are played neither for the trade nor for the drawn ones, so the
mean here is not the run's; what is compared is entries and nothing else. Costs are the spread of the bars and the
trade's own slippage, commission and financing.

A bar that could have met stop and target met the stop; a gap over the stop is filled at the open (domain 7.2, 7.3).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.markets.clock import day_date, day_open, trading_day

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

HOUR = 3_600_000_000_000
AT_ONCE = 400_000
"""Entries played together."""


class Bars(NamedTuple):
    """Bid prices and spreads of one instrument in price units, times in ns UTC; rows in order."""

    opened: Integers
    closed: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    spread_open: Floats
    spread_high: Floats
    spread_low: Floats
    spread_close: Floats


class Entries(NamedTuple):
    """Trades as they were entered; distances and costs in price units."""

    row: Integers
    """The bar of the entry."""
    side: Integers
    """1 long, -1 short."""
    price: Floats
    stop: Floats
    target: Floats
    """Infinite without one."""
    slippage: Floats
    """Paid on entry."""
    later: Floats
    """Slippage of the exit, commission and financing."""
    inside: Booleans
    """Entered inside the bar, by a stop or a limit: only what comes after it is known to follow."""
    held_until: Integers
    """When it was closed, ns UTC."""


class Chance(NamedTuple):
    """The mean R of the entries beside those drawn."""

    trades: int
    mean_r: float
    drawn: Floats
    """The mean R of each draw."""

    @property
    def p_value(self) -> float:
        """How often chance does as well: (1 + as good) / (1 + draws)."""
        return (1 + int((self.drawn >= self.mean_r).sum())) / (1 + len(self.drawn))

    @property
    def p_error(self) -> float:
        """Its standard error, from the number of draws."""
        return math.sqrt(self.p_value * (1 - self.p_value) / len(self.drawn))


def against_chance(parts: list[tuple[Bars, Entries]], *, draws: int, seed: int) -> Chance:
    """Return the entries in each instrument beside `draws` draws of as many."""
    rng = np.random.default_rng(seed)
    total, sums, count = 0.0, np.zeros(draws), 0
    for bars, entries in parts:
        own, drawn = _played(bars, entries, draws, rng)
        total, sums, count = total + float(own.sum()), sums + drawn.sum(axis=0), count + len(own)
    return Chance(count, total / count, sums / count)


def _played(bars: Bars, entries: Entries, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the R of each entry, and entries x draws of those drawn in its place."""
    elapsed = _since_roll(bars.opened)
    last = _last_rows(bars, entries, elapsed)
    own = left(bars, entries, entries.row, last, entries.price)
    hours = elapsed // HOUR
    step = int(np.max(bars.closed - bars.opened))
    usable = np.flatnonzero((last >= np.arange(len(last))) & (elapsed % step == 0))
    made = np.zeros((len(own), draws))
    for hour in np.unique(hours[entries.row]):
        mine = np.flatnonzero(hours[entries.row] == hour)
        there = usable[hours[usable] == hour]
        for some in np.array_split(mine, max(1, len(mine) * draws // AT_ONCE)):
            flat = rng.choice(there if there.size else entries.row[some], len(some) * draws)
            chosen = Entries._make(np.repeat(values[some], draws) for values in entries)
            chosen = chosen._replace(inside=np.zeros(len(flat), np.bool_))
            price = bars.open[flat] + np.where(chosen.side > 0, bars.spread_open[flat], 0.0)
            price += chosen.side * chosen.slippage
            made[some] = left(bars, chosen, flat, last, price).reshape(len(some), draws)
    return own, made


def left(bars: Bars, entries: Entries, rows: Integers, last: Integers, price: Floats) -> Floats:
    """Return the R of entries at `price` in the bars `rows`, left by stop, target or, after the row `last`, time."""
    side, end = entries.side, np.maximum(last[rows], rows)
    gain = np.full(len(rows), np.nan)
    alive, place = np.arange(len(rows)), rows.copy()
    while alive.size:
        at, up = place[alive], side[alive] > 0
        begin, near, far, close = _corners(bars, at, up)
        entered, first = price[alive] * side[alive], at == rows[alive]
        stop, target = entries.stop[alive], entries.target[alive]
        inside = entries.inside[alive] & first
        gapped = ~first & (begin - entered <= -stop)
        stopped = ~inside & (near - entered <= -stop)
        reached = ~inside & (far - entered >= target)
        over = at >= end[alive]
        made = np.where(gapped, begin - entered, np.where(stopped, -stop, np.where(reached, target, close - entered)))
        done = gapped | stopped | reached | over
        gain[alive[done]] = made[done]
        alive = alive[~done]
        place[alive] += 1
    return (gain - entries.later) / entries.stop


def _corners(bars: Bars, at: Integers, up: Booleans) -> tuple[Floats, Floats, Floats, Floats]:
    """Return open, worst, best and close of bars on the side where a trade is left; higher is better for it."""
    begin = np.where(up, bars.open[at], -(bars.open[at] + bars.spread_open[at]))
    near = np.where(up, bars.low[at], -(bars.high[at] + bars.spread_high[at]))
    far = np.where(up, bars.high[at], -(bars.low[at] + bars.spread_low[at]))
    close = np.where(up, bars.close[at], -(bars.close[at] + bars.spread_close[at]))
    return begin, near, far, close


def _since_roll(moments: Integers) -> Integers:
    """Return how long ago the trading date began (17:00 New York) at each moment, ns."""
    first, last = trading_day(int(moments[0])) - 4, trading_day(int(moments[-1])) + 4
    rolls = np.array([day_open(day_date(day)) for day in range(first, last + 1)], np.int64)
    elapsed: Integers = moments - rolls[np.searchsorted(rolls, moments, side="right") - 1]
    return elapsed


def _last_rows(bars: Bars, entries: Entries, elapsed: Integers) -> Integers:
    """Return for an entry in each bar the last bar before time is up; a place before its own where none is left."""
    roll = bars.opened - elapsed
    held = entries.held_until - bars.opened[entries.row]
    over_night = entries.held_until > roll[entries.row] + 24 * HOUR
    limit = bars.opened + int(held.max()) if over_night.any() else roll + int((held + elapsed[entries.row]).max())
    last: Integers = np.searchsorted(bars.closed, limit, side="right") - 1
    return last
