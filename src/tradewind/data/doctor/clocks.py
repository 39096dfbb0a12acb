"""Which clock do these times belong to? The markets themselves say it.

A market is shut at known times (the weekend, and for indices and metals the hour from 17:00 New York) and awake
at known times (09:30 New York, the London morning). Each candidate clock turns the wall times into UTC, and
for every day we ask how likely it then is that these bars are there and those absent, and that the day has
this shape. The logarithms of these likelihoods are added over the days.

No day may count for more than a few nats, because bars of one day depend on each other and because a holiday
nobody told us of must not overrule a year. A clock that changes inside the series is found as the best path of
clocks through the days (Viterbi 1967), where every change costs more than chance could earn.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.doctor.candidates import Choice, Numbers, choices
from tradewind.data.doctor.hypotheses import CLOSED, FIRST, LAST, OPEN, UNSURE, Kind, kinds, slot_shape, slot_states
from tradewind.data.spread import Integers
from tradewind.markets.clock import DAY, HOUR, MINUTE
from tradewind.markets.instruments import Instrument

Flags = np.ndarray[Any, np.dtype[np.bool_]]

PRESENCE_CAP, SHAPE_CAP = 12.0, 6.0
"""How many nats a day may speak against a clock, by its bars and by its shape."""
SHAPE_WEIGHT, SHAPE_NOISE, SHAPE_CLIP = 0.8, 0.45, 1.2
CHANGE_COST = 20.0
CERTAIN = 8.0
"""So many nats must lie between the best clock and the next: odds of 3000 to 1."""
STRANGER = 0.8
"""Nats a day by which the shape must confirm a change of clock where we do not know the instrument's hours."""
FULL_SLOTS = 6
SECONDS_AT_MOST = 3600
OWN_HOURS = 5.0


class Walls(NamedTuple):
    """Bars by the wall times of their opens, sorted; `seconds` is the size of a bar."""

    ts: Integers
    high: Numbers
    low: Numbers
    seconds: int


class Stretch(NamedTuple):
    """From the wall day `first` through `last`, times were of this clock."""

    choice: Choice
    first: int
    last: int


class Reading(NamedTuple):
    """What the times say of their clock."""

    clock: str | None
    """The most usual clock that fits, as `markets.clock` spells it; None where none can be told."""
    certain: bool
    score: float
    """Nats a day by which the best clock is better than the average candidate."""
    runner_up: str | None
    behind: float
    """Nats by which the clock stated is worse than the best; 0 where none was stated or it is the best."""
    margin: float
    """Nats between the best clock and the best that tells other times."""
    equivalents: tuple[str, ...]
    """Clocks that tell the same times over this span."""
    stretches: tuple[Stretch, ...]
    """More than one where the clock changes inside."""
    kind: Kind | None
    """Whose hours fit best."""
    evidence: tuple[str, ...]


class Weighed(NamedTuple):
    """The log-likelihood of each day under each class of clocks."""

    kind: Kind
    nats: Numbers  # days x choices
    shape: Numbers
    """The part of them that comes from the shape of the day."""


def slot_of(seconds: int) -> int:
    """Return the ns of the slots in which bars are looked for: a quarter of an hour, or a larger bar."""
    if seconds <= 900:
        return 15 * MINUTE
    return 30 * MINUTE if 1800 % seconds == 0 else HOUR


def read_clock(walls: Walls, instrument: Instrument | None = None, stated: str | None = None) -> Reading:
    """Return the clock that bars of at most an hour were stamped by, as far as they tell.

    The clock stated is one more candidate, as likely beforehand as the most usual.
    """
    if walls.seconds > SECONDS_AT_MOST or len(walls.ts) < 2:
        return _unknown("Bars longer than an hour, or fewer than two, do not show when a market opens.")
    step = slot_of(walls.seconds)
    phase = _phase(walls.ts, step) if step > 15 * MINUTE else 0
    first = int(walls.ts[0] // DAY)
    days = np.arange(first, int(walls.ts[-1] // DAY) + 1)
    filled = np.bincount(walls.ts // DAY - first, minlength=len(days)) > 0
    table = choices(days, filled, (step, phase), stated)
    if not table:
        return _unknown("The bars begin neither on the hour nor a whole number of bars from it.")
    matters = filled | np.append(filled[1:], False) | np.append(False, filled[:-1])
    weighed = [_weigh(walls, kind, table, (first, phase, step), matters) for kind in kinds(instrument)]
    best = max(weighed, key=lambda one: _best_total(one, table) + (OWN_HOURS if one is weighed[0] else 0.0))
    return _reading(best, table, days, (stated, 0.0 if instrument is not None else STRANGER))


def _phase(ts: Integers, step: int) -> int:
    values, counts = np.unique(ts % step, return_counts=True)
    return int(values[counts.argmax()])


def _best_total(weighed: Weighed, table: Sequence[Choice]) -> float:
    return float((weighed.nats.sum(axis=0) + [choice.prior for choice in table]).max())


def _weigh(walls: Walls, kind: Kind, table: Sequence[Choice], grid: tuple[int, int, int], matters: Flags) -> Weighed:
    """Return the nats of each day and choice, each day capped."""
    first, phase, step = grid
    days = len(matters)
    offsets = np.unique(np.concatenate([choice.offsets for choice in table]))
    offsets = offsets[(phase - offsets) % step == 0]
    presence = _presence(walls, kind, offsets, (first, phase, step), days)
    shape = _shape(walls, kind, offsets, (first, phase), days)
    presence = np.maximum(presence, presence.max(axis=1, keepdims=True) - PRESENCE_CAP)
    shape = np.maximum(shape, shape.max(axis=1, keepdims=True) - SHAPE_CAP)
    presence = np.where(matters[:, None], presence, 0.0)
    places = np.searchsorted(offsets, np.stack([choice.offsets for choice in table], axis=1))
    places = np.minimum(places, len(offsets) - 1)
    rows = np.arange(days)[:, None]
    return Weighed(kind, (presence + shape)[rows, places], shape[rows, places])


def _presence(walls: Walls, kind: Kind, offsets: Integers, grid: tuple[int, int, int], days: int) -> Numbers:
    """Return how likely each day's bars and holes are, for each offset of the clock."""
    first, phase, step = grid
    a_day = DAY // step
    slots = (walls.ts - phase) // step - first * a_day
    there = np.zeros(days * a_day, dtype=bool)
    there[np.clip(slots, 0, days * a_day - 1)] = True
    most = int(offsets.max())
    start = first * DAY + phase - most
    count = days * a_day + int(most - offsets.min()) // step + 1
    states = slot_states(kind, start, count, step)
    share = np.clip(there.sum() / max(1, (states != CLOSED).sum()), 0.6, 0.98)
    chances = np.empty(5)
    chances[[CLOSED, OPEN, FIRST, LAST, UNSURE]] = 0.01, share, min(share, 0.75), min(share, 0.9), 0.5
    present, absent = np.log(chances)[states], np.log(1 - chances)[states]
    nats = np.empty((days, len(offsets)))
    for number, offset in enumerate(offsets.tolist()):
        begin = (most - offset) // step
        part = slice(begin, begin + days * a_day)
        nats[:, number] = np.where(there, present[part], absent[part]).reshape(days, a_day).sum(axis=1)
    return nats


def _shape(walls: Walls, kind: Kind, offsets: Integers, grid: tuple[int, int], days: int) -> Numbers:
    """Return how well the width of each day's half hours (or hours) fits the kind's, for each offset."""
    first, phase = grid
    step = HOUR if walls.seconds > 1800 else 30 * MINUTE
    if step == 30 * MINUTE:
        phase = 0
    a_day = DAY // step
    slots = (walls.ts - phase) // step - first * a_day
    edges = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
    high, low = np.maximum.reduceat(walls.high, edges), np.minimum.reduceat(walls.low, edges)
    wide = np.full(days * a_day, np.nan)
    inside = (low > 0) & (high > low) & (slots[edges] >= 0) & (slots[edges] < days * a_day)
    wide[slots[edges][inside]] = np.log(np.log(high[inside] / low[inside]) + 1e-6)
    nats = np.zeros((days, len(offsets)))
    most = int(offsets.max())
    half = 15 * MINUTE  # offsets of a quarter are rounded to the slot
    start = (first * DAY + phase - most) // step * step if step == 30 * MINUTE else first * DAY + phase - most
    count = days * a_day + int(most - offsets.min()) // step + 3
    shape = slot_shape(kind, start, count, step)
    there = np.isfinite(wide).reshape(days, a_day)
    enough = there.sum(axis=1) >= FULL_SLOTS
    filled = np.where(there, wide.reshape(days, a_day), 0.0)
    counts = np.maximum(there.sum(axis=1, keepdims=True), 1)
    for number, offset in enumerate(offsets.tolist()):
        begin = (first * DAY + phase - offset + half - start) // step
        usual = shape[begin : begin + days * a_day].reshape(days, a_day)
        gap = np.where(there, filled - usual, 0.0)
        gap -= gap.sum(axis=1, keepdims=True) / counts
        gap = np.where(there, np.clip(gap, -SHAPE_CLIP, SHAPE_CLIP), 0.0)
        nats[:, number] = -SHAPE_WEIGHT * (gap**2).sum(axis=1) / (2 * SHAPE_NOISE**2)
    return np.where(enough[:, None], nats, 0.0)


def _path(nats: Numbers, priors: Numbers) -> Integers:
    """Return the best choice for each day, where a change costs CHANGE_COST and the new clock's prior."""
    days, count = nats.shape
    came = np.empty((days, count), dtype=np.int64)
    here = np.arange(count)
    total = priors + nats[0]
    came[0] = here
    for day in range(1, days):
        best = int(total.argmax())
        changed = total[best] - CHANGE_COST + priors
        stays = total >= changed
        came[day] = np.where(stays, here, best)
        total = np.where(stays, total, changed) + nats[day]
    path = np.empty(days, dtype=np.int64)
    path[-1] = int(total.argmax())
    for day in range(days - 1, 0, -1):
        path[day - 1] = came[day, path[day]]
    return path


def _stretches(
    weighed: Weighed, table: Sequence[Choice], days: Integers, given: tuple[int, float]
) -> tuple[Stretch, ...]:
    """Return the clocks one after another; nearly always it is one.

    A change is by whole hours, and the shape of the days must confirm it, by so many nats a day as are
    wanted: where only the opening hours say so, a feed has changed its hours and not its clock.
    """
    best, wanted = given
    whole = [n for n, one in enumerate(table) if ((one.offsets - table[best].offsets) % HOUR == 0).all()]
    path = np.array(whole)[_path(weighed.nats[:, whole], np.array([table[n].prior for n in whole]))]
    for start, end in _runs(path):
        part, other = slice(start, end), int(path[start])
        same = (table[other].offsets[part] == table[best].offsets[part]).all()
        gain = weighed.shape[part, other] - weighed.shape[part, best]
        if same or gain.sum() <= wanted * (gain != 0).sum():
            path[part] = best
    return tuple(Stretch(table[path[start]], int(days[start]), int(days[end - 1])) for start, end in _runs(path))


def _runs(path: Integers) -> list[tuple[int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return list(pairwise(edges))


def _reading(weighed: Weighed, table: Sequence[Choice], days: Integers, given: tuple[str | None, float]) -> Reading:
    stated, wanted = given
    priors = np.array([choice.prior for choice in table])
    totals = weighed.nats.sum(axis=0) + priors
    order = np.argsort(-totals, kind="stable")
    best = table[order[0]]
    margin = float(totals[order[0]] - totals[order[1]]) if len(order) > 1 else 0.0
    stretches = _stretches(weighed, table, days, (int(order[0]), wanted))
    score = float(totals[order[0]] - np.median(totals)) / len(days)
    told = [number for number, choice in enumerate(table) if stated in choice.names]
    behind = float(totals[order[0]] - totals[told[0]]) if told else 0.0
    if stated is not None and not told:
        behind = float(totals[order[0]] - totals.min())  # its remainder rules it out
    return Reading(
        best.name, margin >= CERTAIN, score, table[order[1]].name if len(order) > 1 else None, behind, margin,
        best.names[1:], stretches, weighed.kind, (),
    )  # fmt: skip


def _unknown(why: str) -> Reading:
    return Reading(None, False, 0.0, None, 0.0, 0.0, (), (), None, (why,))
