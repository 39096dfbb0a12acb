"""When a kind of market is open and when it is awake: what wall times are compared with.

A kind has weekly hours and a shape of the day. The hours come from the broker profile where it has the
instrument, and from our weekly templates besides, because a feed may keep other hours than its profile says
(a spot-metal feed without the pause at 17:00 New York, say): the data choose. The shape is how wide the half
hours of an average day are, as logarithms around their mean; measured on Dow bars of 2025-26, gold bars of
2024-26, silver bars of 2012-15, EURUSD and GBPUSD bars of 2012, 2014 and 2025-26, and DAX bars of 2019.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.spread import Integers
from tradewind.markets.clock import BERLIN, DAY, NEW_YORK, ROLL, changes, day_number, instant
from tradewind.markets.holidays import Holiday, product_holidays
from tradewind.markets.instruments import Instrument
from tradewind.markets.weekly import WeeklyHours, shipped_templates

CLOSED, OPEN, FIRST, LAST, UNSURE = range(5)
"""What a slot of time is to a market: shut, open, the first or last of a stretch, or open by template only."""

_INDEX = """
    -.7 -.7 -.5 -.5 -.3 -.3  .0 -.1  .0 -.2 -.3 -.3 -.2 -.2 -.1 -.1  .0  .2  .3 1.4 1.0  .9  .8  .7
     .6  .6  .5  .5  .4  .4  .4  .6  .1 -.7 -.8 -.8 -.2 -.3 -.2 -.3  .0 -.2 -.3 -.4 -.5 -.6 -.5 -.7
"""
_METAL = """
    -.4 -.1 -.2 -.0 -.0 -.0  .1  .1  .1 -.0 -.1 -.1 -.1 -.1  .0  .0  .5  .6  .5  .7  .7  .5  .5  .3
     .2  .1  .1  .0 -.1 -.2 -.1 -.1 -.5 -.6 -.8 -.8 -.1 -.4 -.3 -.3  .1 -.1  .1  .0 -.1 -.2 -.3 -.4
"""
_FX = """
    -.6 -.5 -.3 -.2  .2  .3  .4  .3  .3  .4  .3  .2  .2  .2  .3  .3  .4  .7  .5  .5  .7  .7  .5  .3
     .1  .0  .0 -.1 -.2 -.2 -.3 -.3 -.5 -.3 -.2 -.5 -.3 -.5 -.4 -.4  .0 -.1 -.2 -.2 -.3 -.4 -.5 -.4
"""
_EUROPE = """
    -.7 -.7 -.3 -.5 -.3 -.3 -.5 -.5 -.6 -.3 -.8 -.8 -.6 -.3 -.4 -.3  .6  .6 1.0  .9  .7  .6  .6  .5
     .2  .1  .1  .1  .2  .3  .2  .5  .6  .6  .4  .1 -.2 -.5 -.5 -.5  .0  .0 -.3 -.3 -.5 -.6 -.7 -.7
"""

SHAPES: Mapping[str, tuple[str, str]] = {
    "us_index": (NEW_YORK, _INDEX),
    "metals": (NEW_YORK, _METAL),
    "energy": (NEW_YORK, _METAL),
    "fx": (NEW_YORK, _FX),
    "eu_index": (BERLIN, _EUROPE),
}
TEMPLATES = {"us_index": "us_index", "metals": "metals", "energy": "energy", "fx": "fx", "eu_index": "eu_index"}
GROUPS = {"us_index": "us_index", "eu_index": "eu_index", "metal": "metals", "energy": "energy", "fx": "fx"}
"""The product group of an asset class."""


class Kind(NamedTuple):
    """A kind of market: its hours, the dates on which they are cut, the shape of its day."""

    name: str
    group: str
    hours: tuple[WeeklyHours, ...]
    holidays: Mapping[int, Holiday]


def kinds(instrument: Instrument | None) -> list[Kind]:
    """Return what a market may be, likeliest first: the instrument of the profile, then the kinds we know."""
    found = []
    if instrument is not None:
        group = GROUPS[instrument.asset_class]
        found.append(Kind(instrument.symbol, group, instrument.hours, instrument.holidays()))
    groups = [found[0].group, "fx"] if found else ["us_index", "metals", "fx", "eu_index"]
    for group in dict.fromkeys(groups):
        holidays = {row.day: row for row in product_holidays() if row.group == group}
        found.append(Kind(group, group, shipped_templates()[TEMPLATES[group]], holidays))
    return found


def slot_states(kind: Kind, start: int, count: int, step: int) -> Integers:
    """Return what each slot of `step` ns from `start` (ns UTC) is to the market: CLOSED, OPEN, FIRST ..."""
    states = np.full(count, CLOSED, dtype=np.int64)
    for day in range(start // DAY - 2, (start + count * step) // DAY + 3):
        weekday = (day + 3) % 7
        if weekday < 5:
            row = _valid(kind, day)
            for opens, closes in row.intervals(day, weekday):
                _fill(states, (opens - start) // step, -((start - closes) // step))
            after = -((start - closes) // step)
            # Until 2015 metals traded on for some minutes after Friday's close.
            if weekday == 4 and 0 <= after < count and row.hours[0][1] < row.hours[-1][0]:
                states[after] = UNSURE
    for since, until in _shut(kind):
        part = states[max((since - start) // step, 0) : max(-((start - until) // step), 0)]
        part[part != CLOSED] = UNSURE
    return states


def _valid(kind: Kind, day: int) -> WeeklyHours:
    """Return the weekly hours of a date; the earliest for dates before them."""
    return next((row for row in reversed(kind.hours) if day_number(row.valid_from) <= day), kind.hours[0])


def _fill(states: Integers, first: int, end: int) -> None:
    """The slots of one open interval are open, its first and last by name."""
    low, high = max(first, 0), min(end, len(states))
    if low >= high:
        return
    states[low:high] = OPEN
    if first >= 0:
        states[first] = FIRST
    if end <= len(states):
        states[end - 1] = LAST if end - 1 > first else UNSURE


def _shut(kind: Kind) -> list[tuple[int, int]]:
    """Return from when until when the calendar says shut, whatever the week says; brokers differ there."""
    spans = []
    for row in kind.holidays.values():
        since = instant(row.day - 1, ROLL, NEW_YORK) if row.closes is None else row.closes
        spans.append((since, row.reopen))
    return spans


def slot_shape(kind: Kind, start: int, count: int, step: int) -> Numbers:
    """Return how wide prices usually run in each slot of `step` ns (30 or 60 minutes), in logarithms."""
    zone, text = SHAPES[kind.group]
    halves = np.array([float(word) for word in text.split()])
    known = changes(zone)
    times = start + step * np.arange(count, dtype=np.int64)
    places = np.searchsorted(np.array(known.instants), times, side="right") - 1
    wall = times + np.array(known.offsets)[places]
    half = DAY // 48
    at = wall % DAY // half
    shape: Numbers = halves[at] if step == half else np.maximum(halves[at], halves[(at + 1) % 48])
    return shape
