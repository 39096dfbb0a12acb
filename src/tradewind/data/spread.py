"""Spreads as whole columns: New York's minutes and trading dates, decimals as ticks, and what is typical.

The minutes are New York's, because that is where spreads widen. What is typical of an instrument at a time of
day (domain 4.3) is the last resort, for what nobody recorded; `spread_model` tells what comes before it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tradewind import money
from tradewind.markets.clock import DAY, HOUR, MINUTE, NEW_YORK, ROLL, changes, instant
from tradewind.markets.instruments import Instrument
from tradewind.markets.spreads import SpreadStep, spread_steps

Integers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Period = tuple[int, int]
"""From (inclusive) and until (exclusive), ns UTC."""

MINUTES_OF_WEEK = 7 * 1440
UNKNOWN = -1
FOREVER = (-(2**62), 2**62)

MONDAY = 3 * 1440
"""1970-01-01 was a Thursday; minutes of the week count from Monday 00:00."""


Stress = Callable[[Integers], Floats]
"""By how much a usual spread has to be multiplied, at each instant."""


class SpreadSettings(NamedTuple):
    """How the bars of one instrument are priced that have no ask."""

    instrument: Instrument | None = None
    """Says what is typical where nothing was recorded, and which dates are holidays."""
    scale: float = 1.0
    """What every spread is multiplied by, recorded ones too."""
    stress: Stress | None = None
    """Widens a spread that was not recorded: `stress.NewsStress`."""
    feed: str | None = None
    """The feed whose curves are used, instead of those of the prices' own feed."""
    follow: bool = True
    """Whether a curve follows the level of the last recorded days."""
    used: dict[str, str] | None = None
    """Where a model writes which curves priced which series: digests by the series' words."""


def stressed(usual: Integers, factor: Floats, recorded: Floats | None) -> Integers:
    """Return usual spreads times `factor` where none was recorded; a part of a tick is a whole one."""
    if recorded is not None:
        factor = np.where(recorded > 0, 1.0, factor)
    wider: Floats = np.ceil(usual * factor - 1e-9)
    return wider.astype(np.int64)


def typical(instrument: Instrument, ts: Integers, tick_size: money.Number) -> Integers:
    """Return what the profile calls typical at each instant, in ticks; the widest on closed dates."""
    steps = []
    days = trading_days(ts)
    for day in days[np.flatnonzero(np.diff(days, prepend=-1))].tolist():
        closed = SpreadStep(instant(day - 1, ROLL, NEW_YORK), instrument.spread.roll)
        steps += spread_steps(instrument, day) or [closed]
    widths = np.array([money.ticks(step.spread, tick_size) for step in steps], dtype=np.int64)
    places = np.searchsorted([step.ts for step in steps], ts, side="right") - 1
    return widths[places]


def new_york(ts: Integers) -> Integers:
    """Return what a clock in New York shows at each instant, as wall nanoseconds; `ts` need not be sorted."""
    known = changes(NEW_YORK)
    if not len(ts):
        return ts
    first, last = np.searchsorted(known.instants, (ts.min(), ts.max()), side="right") - 1
    if first == last:
        return ts + known.offsets[int(first)]
    places = np.searchsorted(np.array(known.instants), ts, side="right") - 1
    wall: Integers = ts + np.array(known.offsets)[places]
    return wall


def minute_of_week(ts: Integers) -> Integers:
    """Return the minute of New York's week at each instant, 0 on Monday 00:00."""
    minutes: Integers = (new_york(ts) // MINUTE + MONDAY) % MINUTES_OF_WEEK
    return minutes


def trading_days(ts: Integers) -> Integers:
    """Return the day number of the trading date each instant belongs to."""
    return (new_york(ts) + 7 * HOUR) // DAY


def in_ticks(spread: Floats, tick_size: money.Number) -> Integers:
    """Return spreads in price units as ticks, 0 where absent or not recorded."""
    ticks = np.zeros(len(spread), dtype=np.int64)
    known = spread > 0
    if known.any():
        ticks[known] = money.ticks_array(spread[known], tick_size)[0]
    return ticks
