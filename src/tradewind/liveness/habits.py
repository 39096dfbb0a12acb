"""How many quotes an instrument's feed usually brings in each minute of the week, by New York time.

Weeks are weighted exponentially, so that a feed which changes its ways is known anew within weeks. Only ordinary dates
count: no holidays, no half days, nothing outside the hours, and no minute in which the feed was found silent. Beside
the counts stands one number for how unevenly they come: the mean of (count - expected)^2 / expected over minutes, which
is 1 for a Poisson process and some tens for quotes (McCullagh and Nelder, Generalized Linear Models, 2nd edition 1989,
9.2.4: over-dispersion by clumps). A recorded bar's volume is a count of quotes where the vendor says so.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import BadData
from tradewind.markets.clock import MINUTE, NEW_YORK, changes, trading_day
from tradewind.markets.hours import FULL, market_hours
from tradewind.markets.instruments import Instrument

FORMAT, VERSION = "tradewind feed habits", 1
WEEK = 7 * 1440
"""Minutes."""
WEIGHT = 0.25
"""Of the newest week, once there are more than four."""
NEAR = 3
"""Minutes on either side that a minute's count is averaged with: one week tells little of one minute."""
LEAST_GAPS = 10_000
LONGEST_GAP = 30 * MINUTE
"""A longer gap between quotes is a closing, or an outage."""
LEVEL_MINUTES = 15.0
"""How long, by half-life, the pace of the last minutes says something of the next."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Habits(NamedTuple):
    """What was learned of one feed."""

    means: Floats
    """Quotes a minute, by minute of the week from Monday 00:00 New York."""
    weeks: Integers
    """How many weeks told of each minute."""
    clump: float
    """How many quotes come for one reason: variance over mean, at least 1."""

    @property
    def known(self) -> bool:
        """Whether enough was learned to judge by: all minutes of an ordinary day at least once."""
        return int(np.count_nonzero(self.weeks)) >= 1000


NOTHING = Habits(np.zeros(WEEK), np.zeros(WEEK, np.int64), 1.0)


def minutes_of_week(ts: Integers) -> Integers:
    """Return the minute of the New York week of each moment, Monday 00:00 being 0."""
    known = changes(NEW_YORK)
    offsets = np.array(known.offsets)[np.searchsorted(np.array(known.instants), ts, side="right") - 1]
    found: Integers = ((ts + offsets) // MINUTE + 3 * 1440) % WEEK
    return found


def ordinary_minutes(instrument: Instrument, first: int, last: int) -> Integers:
    """Return the opening moments of all minutes in [first, last) at which the instrument trades on an ordinary date."""
    hours, found = market_hours(instrument), [np.zeros(0, np.int64)]
    for day in range(trading_day(first), trading_day(last) + 1):
        if hours.day_type(day) == FULL:
            found += [np.arange(-(-opens // MINUTE) * MINUTE, closes, MINUTE) for opens, closes in hours.intervals(day)]
    minutes = np.concatenate(found)
    return minutes[(minutes >= first) & (minutes + MINUTE <= last)]


def counts_of(arrivals: Integers, minutes: Integers) -> Integers:
    """Return how many arrivals lie in each of the minutes; both sorted."""
    found: Integers = np.searchsorted(arrivals, minutes + MINUTE) - np.searchsorted(arrivals, minutes)
    return found


def learn(habits: Habits, minutes: Integers, counts: Integers) -> Habits:
    """Return the habits after more minutes, given by their opening moments with the quotes counted in each.

    The minutes are those of `ordinary_minutes` without those in which the feed was silent, sorted; a week may be given
    in parts.
    """
    means, weeks = habits.means.copy(), habits.weeks.copy()
    slots = minutes_of_week(minutes)
    starts = np.flatnonzero(np.diff(slots, prepend=WEEK) < 0)  # a week begins where the minute of the week falls back
    clumps: list[float] = [habits.clump] if habits.known else []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(slots)], strict=True):
        week, told = slots[start:end], counts[start:end].astype(np.float64)
        weeks[week] += 1
        means[week] += (told - means[week]) * np.maximum(WEIGHT, 1.0 / weeks[week])
        clumps.append(_clump(smoothed(means, weeks)[week], told))
    return Habits(means, weeks, float(np.mean(clumps[-4:])) if clumps else habits.clump)


def with_gaps(habits: Habits, arrivals: Integers) -> Habits:
    """Return the habits with their clump taken from the longest gaps between single quotes, where these are known.

    Gaps are measured in quotes due. Beyond a high threshold their excess is exponential, and its mean is the clump
    (Pickands, Annals of Statistics 3, 1975): what is wanted is the tail, and this is the tail.
    """
    usual = smoothed(habits.means, habits.weeks)[minutes_of_week(arrivals[:-1])] / MINUTE
    gaps = usual * np.diff(arrivals)
    gaps = gaps[np.diff(arrivals) < LONGEST_GAP]
    if len(gaps) < LEAST_GAPS:
        return habits
    threshold = np.quantile(gaps, 0.999)
    excess = gaps[gaps > threshold] - threshold
    return habits._replace(clump=max(1.0, float(excess.mean())) if len(excess) else habits.clump)


def smoothed(means: Floats, weeks: Integers) -> Floats:
    """Return the counts to expect: the smaller of the averages of the minutes before and of those after.

    Where the pace jumps, as at an opening, the slower side is believed: a feed is not silent because it will be busy.
    """
    seen = (weeks > 0).astype(np.float64)
    sums, known = np.zeros((2, WEEK)), np.zeros((2, WEEK))
    for step in range(NEAR + 1):
        for side, shift in enumerate((step, -step)):
            sums[side] += np.roll(means * seen, shift)
            known[side] += np.roll(seen, shift)
    averages = sums / np.maximum(known, 1.0)
    found: Floats = np.where(seen > 0, averages.min(axis=0), 0.0)
    return found


def _clump(expected: Floats, counts: Floats) -> float:
    """Return the mean squared error of counts over what is expected at the pace of the minutes before."""
    keep = 0.5 ** (1.0 / LEVEL_MINUTES)
    came = due = 1.0
    total, number = 0.0, 0
    for count, usual in zip(counts.tolist(), expected.tolist(), strict=True):
        paced = usual * came / due
        if paced > 1.0:
            total += (count - paced) ** 2 / paced
            number += 1
        came, due = came * keep + count, due * keep + usual
    return max(1.0, total / number) if number else 1.0


def save(habits: Habits, path: Path) -> None:
    """The file holds the habits; it is written whole or not at all."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "clump": round(habits.clump, 3),
        "means": [round(value, 2) for value in habits.means.tolist()],
        "weeks": habits.weeks.tolist(),
    }
    beside = path.with_name(path.name + ".tmp")
    beside.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    beside.replace(path)


def load(path: Path) -> Habits:
    """Return the habits in a file that `save` wrote, or raise BadData."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or document["version"] != VERSION:
            raise BadData(f"{path.name} is no file of feed habits of version {VERSION}.", "Learn them again.")
        means = np.array(document["means"], dtype=np.float64)
        weeks = np.array(document["weeks"], dtype=np.int64)
        clump = float(document["clump"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise BadData(f"{path.name} cannot be read as feed habits: {error!r:.100}", "Learn them again.") from None
    sound = means.shape == weeks.shape == (WEEK,) and np.isfinite(means).all() and (means >= 0).all()
    if not (sound and (weeks >= 0).all() and 1.0 <= clump < 1e9):
        raise BadData(f"{path.name} holds numbers that are no feed's habits.", "Learn them again.")
    return Habits(means, weeks, clump)
