"""The skeleton: for each trading date how volatile it is, how far the price moves, and where it begins.

All dates from 2006 to 2027 are laid out at once, which takes milliseconds, so that the price on a date does not
depend on where a span begins. The logarithm of a date's volatility is a sum of waves of days, weeks and months;
its move is normal with that volatility, so that moves over all dates have fat tails. The expected move is
exactly zero: the price is a martingale, and nothing can be earned on it but luck.

A date's variance is what its open minutes have in `shapes`, more on a date of a release, less when New York is
closed, and that of the gap before it. `minutes` divides the move among these.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tradewind.data.synthetic.calibration import (
    MINUTES,
    ORDER,
    Constants,
    Waves,
    constants,
    headlines,
    news,
    shapes,
    surprise_of_news,
    together,
)
from tradewind.data.synthetic.chance import WHOLE, Floats, Integers, checked_seed, stream
from tradewind.data.synthetic.releases import releases
from tradewind.errors import BadData
from tradewind.markets.cash import FIRST_YEAR, LAST_YEAR, cash_session
from tradewind.markets.clock import HOUR, MINUTE, NEW_YORK, ROLL, day_date, instant
from tradewind.markets.hours import market_hours
from tradewind.markets.instruments import Instrument

FIRST_DAY = int((np.datetime64(f"{FIRST_YEAR}-01-01") - np.datetime64("1970-01-01")).astype(int))
LAST_DAY = int((np.datetime64(f"{LAST_YEAR}-12-31") - np.datetime64("1970-01-01")).astype(int))
ANCHORED = int((np.datetime64("2025-10-01") - np.datetime64("1970-01-01")).astype(int))
"""The date that begins at the anchor."""

ORDINARY = int((np.datetime64("2025-11-15") - np.datetime64("1970-01-01")).astype(int))
"""The middle of the months whose volatility was measured: then it is what was measured, and wanders from there."""

FARTHEST = 0.25
"""No date moves the price by a larger share."""


LOUDEST = 0.5
"""No single minute is more volatile than this share of an ordinary date, whatever comes together in it."""

NEVER = -1


class Loud(NamedTuple):
    """How strong the news of each date are; see `Days`."""

    strength: Floats
    headline: Integers
    shock: Floats


class Days(NamedTuple):
    """One instrument's dates, indexed by day number - FIRST_DAY."""

    variance: Floats
    """Of the open minutes together; 0 on closed dates."""
    gap: Floats
    """The variance of the move between the previous close and the first minute."""
    gap_chance: Floats
    """The standard normal number of that move, before the date's own move is known."""
    move: Floats
    """From close to close, as a share of the previous close."""
    prior: Floats
    """The previous close, in price units."""
    strength: Floats
    """How strong the date's releases are, times what is usual."""
    headline: Integers
    """The minute after 17:00 New York of unexpected news, or NEVER."""
    shock: Floats
    """How strong that is."""


@lru_cache(maxsize=64)
def days_of(instrument: Instrument, seed: int) -> Days:
    """Return every trading date of an instrument from 2006 to 2027; the seed decides all."""
    known = constants(instrument.symbol)
    count = LAST_DAY - FIRST_DAY + 1
    chance = stream(checked_seed(seed), f"days {instrument.symbol}", WHOLE).standard_normal((count, 3))
    wave = _waves(known.days, instrument.symbol, seed, count)
    loud = Loud(np.exp(surprise_of_news() * chance[:, 0]), *_headlines(seed, count))
    weight, gaps = _weights(instrument, loud)
    weekday = (np.arange(FIRST_DAY, LAST_DAY + 1) + 3) % 7
    pace = np.array([*known.weekdays, 1.0, 1.0])[weekday] * known.day * np.exp(wave)
    variance = weight * pace**2
    # A weekend's gap is not a Monday's: it has the size of the week, not of the weekday.
    gap = (gaps[:, 0] * known.day * np.exp(wave + gaps[:, 1] * chance[:, 1])) ** 2
    moves = np.sqrt(variance + gap) * _together(seed, "days", together().returns, instrument.symbol, count)
    moves = np.where(variance > 0, np.clip(moves, -FARTHEST, FARTHEST), 0.0)
    return Days(variance, gap, chance[:, 2], moves, _prices(moves, known.anchor), *loud)


def _prices(moves: Floats, anchor: float) -> Floats:
    """Return the price at which each date begins, so that one of them begins at the anchor."""
    level = np.concatenate([[1.0], np.cumprod(1.0 + moves)[:-1]])
    prices: Floats = anchor * level / level[ANCHORED - FIRST_DAY]
    return prices


def _together(seed: int, purpose: str, weights: tuple[tuple[float, ...], ...], symbol: str, count: int) -> Floats:
    """Return standard normal numbers that are correlated with those of the other instruments."""
    mixed = np.zeros(count)
    for source, weight in zip(ORDER, weights[ORDER.index(symbol)], strict=True):
        if weight:
            mixed += weight * stream(seed, f"shared {purpose} {source}", WHOLE).standard_normal(count)
    return mixed


def _waves(waves: Waves, symbol: str, seed: int, count: int) -> Floats:
    """Return the logarithm of each date's volatility; weekends do not count."""
    weights = together().volatility
    news_of_day = np.stack(
        [_together(seed, f"volatility {span}", weights, symbol, count) for span in range(len(waves.spans))], axis=1
    )
    keep = np.exp(-1.0 / np.array(waves.spans))
    fresh = np.sqrt(1.0 - keep**2)
    wandered = np.zeros((count, len(keep)))
    trading = np.cumsum((np.arange(FIRST_DAY, FIRST_DAY + count) + 3) % 7 < 5)
    state = news_of_day[0]
    for place in range(count):
        if (FIRST_DAY + place + 3) % 7 < 5:
            state = keep * state + fresh * news_of_day[place]
        wandered[place] = state
    # A wave that forgets exponentially, given that it is 0 on one date: what it still remembers of that date is gone.
    known = ORDINARY - FIRST_DAY
    remembered = keep ** np.abs(trading - trading[known])[:, None]
    wandered -= remembered * wandered[known]
    level = np.zeros(count)
    for number, size in enumerate(waves.sizes):
        level += size * wandered[:, number]
    return level


def _headlines(seed: int, count: int) -> tuple[Integers, Floats]:
    """Return when each date has unexpected news, the same for all instruments, and how strong they are."""
    chance = stream(seed, "headlines", WHOLE)
    often, varies = headlines()
    minute = (chance.random(count) * MINUTES).astype(np.int64)
    minute[chance.random(count) >= often] = NEVER
    return minute, np.exp(varies * chance.standard_normal(count))


def _weights(instrument: Instrument, loud: Loud) -> tuple[Floats, Floats]:
    """Return the variance of each date's open minutes, 1 for an ordinary one, and the size and spread of its gap."""
    hours = market_hours(instrument)
    known = constants(instrument.symbol)
    usual = shapes(instrument.symbol).volatility ** 2
    summed = np.concatenate([[0.0], np.cumsum(usual)])
    weight = np.zeros(len(loud.strength))
    gaps = np.zeros((len(loud.strength), 2))
    closed_at: int | None = None
    for place in range(len(weight)):
        day = FIRST_DAY + place
        spans = hours.intervals(day)
        if not spans:
            continue
        calm = known.quiet**2 if cash_session("XNYS", day) is None else 1.0
        factor = reaction(loud, day)
        louder = None if factor is None else np.minimum(usual * factor**2, LOUDEST**2)
        for first, last in spread_out(day, spans):
            share = summed[last] - summed[first] if louder is None else louder[first:last].sum()
            weight[place] += calm * share
        closed = 0 if closed_at is None else spans[0][0] - closed_at
        gaps[place] = _gap(known, closed)
        closed_at = spans[-1][1]
    return weight, gaps


def _gap(known: Constants, closed: int) -> tuple[float, float]:
    """Return the size of the gap after so many nanoseconds, and how unequal such gaps are."""
    if closed < HOUR // 2:
        return 0.0, 0.0
    return known.pause if closed < 20 * HOUR else known.weekend


def spread_out(day: int, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return intervals of a trading date as minutes after its 17:00 New York."""
    begins = instant(day - 1, ROLL, NEW_YORK)
    return [((opens - begins) // MINUTE, (closes - begins) // MINUTE) for opens, closes in spans]


def reaction(loud: Loud, day: int) -> Floats | None:
    """Return by how much news of a date multiply the volatility of each minute, or None where there are none."""
    place = place_of(day)
    heard = [(kind, minute, float(loud.strength[place])) for kind, minute in releases(day)]
    if loud.headline[place] != NEVER:
        heard.append(("headline", int(loud.headline[place]), float(loud.shock[place])))
    if not heard:
        return None
    factor = np.ones(MINUTES)
    for kind, minute, strength in heard:
        how = news(kind)
        after = np.arange(MINUTES - minute)
        response = 1.0 + strength * how.tail * np.exp(-after / how.fade)
        response[0] = 1.0 + strength * (how.first - 1.0)
        factor[minute:] = np.maximum(factor[minute:], response)
    return factor


def place_of(day: int) -> int:
    """Return where a day number stands among all dates, or refuse one outside the calendars."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadData(f"There is no synthetic market on {day_date(day)}.", f"It covers {FIRST_YEAR} to {LAST_YEAR}.")
    return day - FIRST_DAY
