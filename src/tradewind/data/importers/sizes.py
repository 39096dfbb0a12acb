"""Which bar size a file has, and which of its rows are of it.

A terminal that has no small bars for the early years delivers daily ones in front of them, in the same file.
Bars of two sizes are no series: only those of one size are kept, and the summary says how many were not.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.data.importers.parsed import Part, Reading, Times, utc_column
from tradewind.data.series import BARS, NS, Series, timeframe_name

SIZES = (60, 300, 900, 1800, 3600, 14_400, 86_400)
"""The bar sizes that terminals deliver, in seconds."""

PREFIX = 10
"""So many larger bars in front are no accident of a thin market."""

Ranges = np.ndarray[Any, np.dtype[np.float64]]


class Told(NamedTuple):
    """What is known of the bars of a file; seconds 0 are to be found out from the bars."""

    symbol: str
    seconds: int
    feed: str
    side: str

    def series(self, seconds: int) -> Series:
        """Return the identity of bars of that size."""
        return Series(self.symbol, BARS, seconds, self.feed, self.side)


def usual_step(walls: Times) -> int:
    """Return the whole seconds most often between two rows, at least 1; 60 where nothing can tell."""
    steps = np.diff(walls)
    steps, counts = np.unique(steps[steps > 0], return_counts=True)
    return max(int(steps[counts.argmax()]) // NS, 1) if len(steps) else SIZES[0]


def of_one_size(told: Told, parts: Sequence[tuple[Times, pl.DataFrame]], clock: str, row: int) -> Reading:
    """Return the bars of one size among those of a file whose times are of one clock; `row` is its first row."""
    walls = np.concatenate([part[0] for part in parts])
    frame = pl.concat(part[1] for part in parts)
    seconds = told.seconds or usual_step(walls)
    start, end = stretch(walls, (frame["high"] - frame["low"]).to_numpy(), seconds)
    left_out = len(walls) - (end - start)
    notes = [f"{left_out} bars of another size than {timeframe_name(seconds)} left out"] if left_out else []
    bars = frame[start:end].insert_column(0, utc_column(walls[start:end], clock))
    return Reading(clock, iter([Part(told.series(seconds), bars, row + start)]), left_out, notes)


def sized(told: Told, parts: Iterator[tuple[Times, pl.DataFrame, int]], clock: str) -> Iterator[Part]:
    """Yield (walls, columns, first row) as parts of one series; a size not told is that of the first part."""
    seconds = told.seconds
    for walls, frame, row in parts:
        seconds = seconds or usual_step(walls)
        yield Part(told.series(seconds), frame.insert_column(0, utc_column(walls, clock)), row)


def stretch(walls: Times, ranges: Ranges, seconds: int) -> tuple[int, int]:
    """Return the first row and the end of the bars of the size wanted."""
    steps, usual = np.diff(walls), usual_step(walls)
    for size in reversed(SIZES):
        fits = (walls[:-1] % (size * NS) == 0) & (steps >= size * NS)
        larger = int(fits.argmin()) if not fits.all() else 0
        if size > usual and larger >= PREFIX:
            larger += _belongs(ranges, larger)
            return (0, larger) if seconds == size else (larger, len(walls))
    return 0, len(walls)


def _belongs(ranges: Ranges, row: int) -> bool:
    """Answer whether the row where the size changes is a large bar; only its range can tell."""
    with np.errstate(all="ignore"):  # what is no number is refused later
        large, small = np.median(ranges[:row]), np.median(ranges[row + 1 :])
        return bool(ranges[row] ** 2 > large * small)
