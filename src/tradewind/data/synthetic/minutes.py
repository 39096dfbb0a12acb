"""A trading date by the minute: how volatile, how far the middle price moves, how many quotes, how wide the spread.

Volatility is the shape of the day, times waves that last minutes to hours, times chance of a single minute, times
what a release does; scaled so that the variances of the date's minutes add up to what the skeleton says. Given the
variances everything is normal, so the date's known move can be divided exactly: each minute gets its own random
move and a share, in proportion to its variance, of what is missing (a Brownian bridge). Moves of minutes are then
uncorrelated, as they would be without the skeleton.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradewind.data.synthetic.calibration import MINUTES, ORDER, Shapes, Waves, constants, shapes, together
from tradewind.data.synthetic.chance import Floats, Integers, normals, uniforms
from tradewind.data.synthetic.days import LOUDEST, Days, Loud, days_of, place_of, reaction, spread_out
from tradewind.data.synthetic.releases import releases
from tradewind.markets.clock import MINUTE, NEW_YORK, ROLL, instant
from tradewind.markets.hours import market_hours
from tradewind.markets.instruments import Instrument

WIDENING = (0.3, 1.0, 0.5, 0.25, 0.12)
"""The share of a release's widening from the minute before it on: market makers step back early (domain 4.3)."""
QUOTES_MOST = 600
"""No minute of the data has more."""


class Minutes(NamedTuple):
    """The open minutes of some trading dates, in order of time; prices in ticks of the middle price."""

    date: Integers
    """Which of the dates, from 0."""
    minute: Integers
    """After 17:00 New York."""
    ts: Integers
    begins: Floats
    move: Floats
    size: Floats
    """The standard deviation of the move."""
    quotes: Integers
    spread: Floats
    """What is usual just now, in ticks; not rounded."""

    def where(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> "Minutes":
        """Return some of the minutes."""
        return Minutes(
            self.date[chosen],
            self.minute[chosen],
            self.ts[chosen],
            self.begins[chosen],
            self.move[chosen],
            self.size[chosen],
            self.quotes[chosen],
            self.spread[chosen],
        )


def minutes_of(instrument: Instrument, days: Sequence[int], seed: int) -> Minutes:
    """Return the open minutes of trading dates, which are the same whatever other dates are asked for."""
    skeleton = days_of(instrument, seed)
    places = np.array([place_of(day) for day in days], dtype=np.int64)
    is_open = _open(instrument, days)
    unusual = _unusual(instrument, days, seed) + np.log(_reactions(skeleton, days))
    shape = shapes(instrument.symbol)
    variance = np.where(is_open, np.minimum(shape.volatility * np.exp(unusual), LOUDEST) ** 2, 0.0)
    total = np.maximum(variance.sum(axis=1), 1e-300)
    variance *= (skeleton.variance[places] / total)[:, None]
    moves, gap = _moves(instrument, days, seed, variance)
    begins = skeleton.prior[places, None] * (1.0 + gap[:, None] + np.cumsum(moves, axis=1) - moves)
    ticks = skeleton.prior[places, None] / float(instrument.tick_size)
    date, minute = np.nonzero(is_open)
    opens = np.array([instant(day - 1, ROLL, NEW_YORK) for day in days], dtype=np.int64)
    # What a quote or a spread feels is how volatile it is now beside what is usual at this minute.
    usual = np.maximum(shape.volatility * constants(instrument.symbol).day, 1e-12)
    felt = np.clip(np.log(np.sqrt(np.maximum(variance, 1e-300)) / usual), -1.5, 2.0)
    return Minutes(
        date,
        minute,
        opens[date] + minute * MINUTE,
        (begins / float(instrument.tick_size))[is_open],
        (moves * ticks)[is_open],
        (np.sqrt(variance) * ticks)[is_open],
        _quotes(instrument, days, seed, felt)[is_open],
        _spread(instrument, days, seed, felt)[is_open],
    )


def _open(instrument: Instrument, days: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    hours = market_hours(instrument)
    is_open = np.zeros((len(days), MINUTES), dtype=np.bool_)
    for place, day in enumerate(days):
        for first, last in spread_out(day, hours.intervals(day)):
            is_open[place, first:last] = True
    return is_open


def _reactions(skeleton: Days, days: Sequence[int]) -> Floats:
    loud = Loud(skeleton.strength, skeleton.headline, skeleton.shock)
    factor = np.ones((len(days), MINUTES))
    for place, day in enumerate(days):
        reacted = reaction(loud, day)
        if reacted is not None:
            factor[place] = reacted
    return factor


def _unusual(instrument: Instrument, days: Sequence[int], seed: int) -> Floats:
    """Return by how much, as a logarithm, each minute is more volatile than the shape of the day."""
    known = constants(instrument.symbol)
    wandering = waves(known.minutes, days, seed, f"volatility {instrument.symbol}")
    return wandering + known.surprise * normals(seed, f"surprise {instrument.symbol}", days, (MINUTES,))


def waves(waves: Waves, days: Sequence[int], seed: int, purpose: str) -> Floats:
    """Return the sum of the waves through each date; a date begins anew."""
    chance = normals(seed, purpose, days, (MINUTES, len(waves.spans)))
    keep = np.array([np.exp(-1.0 / span) if span else 0.0 for span in waves.spans])
    fresh = np.sqrt(1.0 - keep**2)
    state = chance[:, 0]
    chance[:, 1:] *= fresh
    for minute in range(1, MINUTES):
        state = keep * state + chance[:, minute]
        chance[:, minute] = state
    total = np.zeros((len(days), MINUTES))
    for number, size in enumerate(waves.sizes):
        total += size * chance[:, :, number]
    return total


def _moves(instrument: Instrument, days: Sequence[int], seed: int, variance: Floats) -> tuple[Floats, Floats]:
    """Return the move of each minute and of the gap before the date, as shares of the previous close."""
    skeleton = days_of(instrument, seed)
    places = np.array([place_of(day) for day in days], dtype=np.int64)
    chance = np.zeros(variance.shape)
    for source, weight in zip(ORDER, together().returns[ORDER.index(instrument.symbol)], strict=True):
        if weight:
            chance += weight * normals(seed, f"shared minutes {source}", days, (MINUTES,))
    free = np.sqrt(variance) * chance
    gap_variance = skeleton.gap[places]
    gap = np.sqrt(gap_variance) * skeleton.gap_chance[places]
    missing = skeleton.move[places] - gap - free.sum(axis=1)
    missing /= np.maximum(gap_variance + variance.sum(axis=1), 1e-300)
    return free + variance * missing[:, None], gap + gap_variance * missing


def _quotes(instrument: Instrument, days: Sequence[int], seed: int, felt: Floats) -> Integers:
    """Return how many quotes each minute has: more when more happens."""
    known = constants(instrument.symbol)
    chance = normals(seed, f"quotes {instrument.symbol}", days, (MINUTES,))
    rounding = uniforms(seed, f"quotes rounded {instrument.symbol}", days, (MINUTES,))
    usual = shapes(instrument.symbol).quotes
    expected = usual * np.exp(known.quotes_follow * felt + known.quotes_vary * chance)
    counted = np.floor(np.minimum(expected, QUOTES_MOST) + rounding)
    return counted.astype(np.int64)


def _spread(instrument: Instrument, days: Sequence[int], seed: int, felt: Floats) -> Floats:
    """Return the spread of each minute in ticks, before the noise of single quotes."""
    known = constants(instrument.symbol)
    shape: Shapes = shapes(instrument.symbol)
    slow = Waves(known.spread_varies.spans[:1], known.spread_varies.sizes[:1])
    noise = waves(slow, days, seed, f"spread {instrument.symbol}")
    wide = np.zeros((len(days), MINUTES))
    for place, day in enumerate(days):
        for _, minute in releases(day):
            after = slice(minute - 1, minute - 1 + len(WIDENING))
            wide[place, after] = np.maximum(wide[place, after], WIDENING)
    width = shape.spread * np.exp(known.spread_follows * felt + noise) * (1.0 + (known.widest - 1.0) * wide)
    ticks: Floats = width / float(instrument.tick_size)
    return ticks
