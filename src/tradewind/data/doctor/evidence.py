"""What a clock makes of the bars, in a trader's words: when the week opens, when it pauses, when it moves."""

import numpy as np

from tradewind.data.doctor.clocks import Walls
from tradewind.data.spread import Integers, new_york
from tradewind.markets.clock import DAY, HOUR, MINUTE, Clock, changes, clock

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def utc_of(walls: Integers, which: Clock | str) -> Integers:
    """Return wall times as ns UTC; skipped and repeated hours go as `markets.clock` says."""
    reading = clock(which) if isinstance(which, str) else which
    known = changes(reading.zone)
    zone_walls = walls - reading.shift
    places = np.searchsorted(np.array(known.walls), zone_walls, side="right") - 1
    utc: Integers = zone_walls - np.array(known.offsets)[places]
    return utc


def walls_of(ts: Integers, which: Clock | str) -> Integers:
    """Return what a clock shows at each instant, as wall ns."""
    reading = clock(which) if isinstance(which, str) else which
    known = changes(reading.zone)
    places = np.searchsorted(np.array(known.instants), ts, side="right") - 1
    walls: Integers = ts + np.array(known.offsets)[places] + reading.shift
    return walls


def sentence(walls: Walls, name: str) -> str:
    """Return what the bars look like if their times are those of the clock `name`; all times of it New York."""
    ts = utc_of(walls.ts, name)
    gap = np.diff(ts)
    told = []
    weekend = np.flatnonzero((gap > DAY) & (gap < 4 * DAY))
    if len(weekend) >= 1:
        opens, share = _commonest(ts[weekend + 1], week=True)
        closes, _ = _commonest(ts[weekend], week=True)
        told.append(f"the week opens {opens} ({share} of {len(weekend)}) and its last bar begins {closes}")
    span = walls.seconds * 1_000_000_000
    pause = np.flatnonzero((gap >= max(15 * MINUTE, 2 * span)) & (gap < 6 * HOUR))
    days = len(np.unique(ts // DAY))
    if len(pause) > 0.3 * days:
        opens, share = _commonest(ts[pause + 1], week=False)
        if share > 0.3 * days:
            told.append(f"the day's pause ends at {opens} ({share} times)")
    told.append(f"the widest half hour begins {_widest(walls, ts)}")
    return f"By {name}, in New York: {', '.join(told)}."


def _commonest(ts: Integers, *, week: bool) -> tuple[str, int]:
    minutes = new_york(ts) // MINUTE
    minutes = (minutes + 3 * 1440) % 10_080 if week else minutes % 1440
    values, tally = np.unique(minutes, return_counts=True)
    best = int(values[tally.argmax()])
    day = f"{WEEKDAYS[best // 1440]} " if week else ""
    return f"{day}{best % 1440 // 60:02d}:{best % 60:02d}", int(tally.max())


def _widest(walls: Walls, ts: Integers) -> str:
    step = max(30 * MINUTE, walls.seconds * 1_000_000_000)
    slots = (new_york(ts) % DAY) // step
    share = np.log(np.maximum(walls.high, 1e-12) / np.maximum(walls.low, 1e-12))
    total = np.bincount(slots, weights=share, minlength=DAY // step)
    count = np.bincount(slots, minlength=DAY // step)
    mean = np.where(count > 0.2 * count.max(), total / np.maximum(count, 1), 0.0)
    at = int(mean.argmax()) * step // MINUTE
    return f"{at // 60:02d}:{at % 60:02d}"
