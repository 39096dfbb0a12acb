"""Inside a minute: the middle price at thirteen moments, what of it is quoted, and the bars that makes.

A minute has twelve slots of five seconds. The middle price at their ends is a Brownian bridge from where the minute
begins to where it must end; how far it went within a slot is drawn from the exact law of a bridge's maximum,
P(max > m) = exp(-2 (m - a)(m - b) / variance), for highs and lows apart. The market sees it only when somebody
quotes: a slot without a quote keeps the last price, and a minute without one has no bar. Every slot has its own
spread, half of it on either side of the middle, so a spread that widens lowers the bid.

Bars are made here and ticks in `ticks`, of the same slots: the bars of the ticks are these bars, to the tick.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.synthetic.calibration import MINUTES, constants
from tradewind.data.synthetic.chance import Floats, Integers, normals, uniforms
from tradewind.data.synthetic.minutes import Minutes, minutes_of
from tradewind.markets.instruments import Instrument

SLOTS = 12
ENOUGH = 3
"""Quotes in a slot from which on its own high and low are quoted."""

BETWEEN_QUOTES = 0.5826
"""A path seen at moments so far apart hides so many standard deviations of a step from its maximum (Broadie,
Glasserman, Kou, "A continuity correction for discrete barrier options", 1997)."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Quoted(NamedTuple):
    """Minutes with quotes; arrays are (minutes, 13): the opening, then the slots. Prices in ticks."""

    minutes: Minutes
    counts: Integers
    """Quotes of each slot; the first column is 1, the opening quote."""
    bid: Integers
    """The last bid of each slot."""
    spread: Integers
    high: Integers
    """The highest bid of each slot."""
    low: Integers


def quoted(instrument: Instrument, days: Sequence[int], seed: int) -> Quoted:
    """Return what is quoted on some trading dates."""
    every = minutes_of(instrument, days, seed)
    kept = every.quotes > 0
    minutes = every.where(kept)
    counts = _counts(minutes.quotes, minutes.ts)
    drawn = _Drawn(instrument, days, seed, minutes)
    middle, shares = _middle(instrument, minutes, drawn.knots())
    spread = _spreads(instrument, minutes, drawn.spreads())
    half = spread / 2.0
    step = grid_of(instrument)
    high, low = middle.copy(), middle.copy()
    reach = minutes.size[:, None] ** 2 * shares[1:]
    before, after = middle[:, :-1], middle[:, 1:]
    unseen = BETWEEN_QUOTES * np.sqrt(reach / np.maximum(counts[:, 1:], 1))
    for way, edge in ((1, high), (-1, low)):
        tail = np.sqrt((before - after) ** 2 - 2.0 * reach * np.log(drawn.edges(way))) / 2.0
        tail = np.maximum(tail - unseen, np.abs(before - after) / 2.0)
        edge[:, 1:] = (before + after) / 2.0 + way * tail
    seen = counts > 0
    alone = counts < ENOUGH
    bid = on_grid(middle - half, step)
    highs = np.where(alone, bid, on_grid(high - half, step))
    lows = np.where(alone, bid, on_grid(low - half, step))
    return Quoted(minutes, counts, *(_carried(values, seen) for values in (bid, spread, highs, lows)))


class _Drawn:
    """The chance within the minutes kept; drawn for whole dates, so that hours do not matter."""

    def __init__(self, instrument: Instrument, days: Sequence[int], seed: int, minutes: Minutes) -> None:
        self._given = (seed, instrument.symbol, days)
        self._rows = (minutes.date, minutes.minute)

    def knots(self) -> Floats:
        seed, symbol, days = self._given
        return normals(seed, f"knots {symbol}", days, (MINUTES, SLOTS + 1))[self._rows]

    def spreads(self) -> Floats:
        seed, symbol, days = self._given
        return normals(seed, f"spreads {symbol}", days, (MINUTES, SLOTS + 1))[self._rows]

    def edges(self, way: int) -> Floats:
        seed, symbol, days = self._given
        return uniforms(seed, f"edges {way} {symbol}", days, (MINUTES, SLOTS))[self._rows]


def _counts(quotes: Integers, ts: Integers) -> Integers:
    """Return how many quotes fall into each slot: the opening one, and the rest evenly, beginning anywhere."""
    rest = quotes - 1
    counts = np.empty((len(quotes), SLOTS + 1), dtype=np.int64)
    counts[:, 0] = 1
    counts[:, 1:] = (rest // SLOTS)[:, None]
    left = (rest % SLOTS)[:, None]
    # Evenly spaced, the first place changing from minute to minute.
    turn = (ts // 60_000_000_000 * 7 % SLOTS)[:, None]
    counts[:, 1:] += (np.arange(SLOTS) * left + turn) % SLOTS < left
    return counts


def _middle(instrument: Instrument, minutes: Minutes, chance: Floats) -> tuple[Floats, Floats]:
    """Return the middle price at the thirteen moments, and the share of the variance before each."""
    opening = constants(instrument.symbol).opening
    shares = np.array([opening, *([(1.0 - opening) / SLOTS] * SLOTS)])
    steps = chance * np.sqrt(shares)
    steps -= shares * steps.sum(axis=1)[:, None]
    path = minutes.size[:, None] * np.cumsum(steps, axis=1)
    path += minutes.begins[:, None] + minutes.move[:, None] * np.cumsum(shares)
    return path, shares


def _spreads(instrument: Instrument, minutes: Minutes, chance: Floats) -> Integers:
    fast = constants(instrument.symbol).spread_varies.sizes[1]
    width = np.maximum(np.rint(minutes.spread[:, None] * np.exp(fast * chance)), 1.0)
    return width.astype(np.int64)


def grid_of(instrument: Instrument) -> int:
    """Return how many ticks the bid moves at once: a market's own step may be coarser than the broker's tick."""
    return max(round(constants(instrument.symbol).step / float(instrument.tick_size)), 1)


def on_grid(prices: Floats, step: int) -> Integers:
    """Return prices in ticks, on the grid that the market really moves in."""
    return np.rint(prices / step).astype(np.int64) * step


def _carried(values: Integers, seen: Flags) -> Integers:
    """Return the values with the last one seen where nothing is; the first column is always seen."""
    carried = values.copy()
    for slot in range(1, values.shape[1]):
        carried[:, slot] = np.where(seen[:, slot], values[:, slot], carried[:, slot - 1])
    return carried


class Sides(NamedTuple):
    """Bars of both sides, one a minute, in ticks: open, high, low, close."""

    ts: Integers
    bid: tuple[Integers, Integers, Integers, Integers]
    ask: tuple[Integers, Integers, Integers, Integers]
    volume: Integers


def bars_of(made: Quoted) -> Sides:
    """Return the bars of what is quoted."""
    bid = made.bid[:, 0], made.high.max(axis=1), made.low.min(axis=1), made.bid[:, -1]
    last = made.bid + made.spread
    highs, lows = made.high + made.spread, made.low + made.spread
    ask = last[:, 0], highs.max(axis=1), lows.min(axis=1), last[:, -1]
    return Sides(made.minutes.ts, bid, ask, made.minutes.quotes)
