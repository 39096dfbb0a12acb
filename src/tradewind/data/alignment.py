"""Does a calendar fit the prices? Where releases are, prices move; a calendar read by a wrong clock misses them.

For each release the range of the bar it falls into is divided by the median range of bars at the same New York minute
of all days, so that the opening of a session is no release. The score of a calendar is the geometric mean of these over
its releases; it is taken again with the whole calendar shifted by up to twelve hours. A calendar whose score is far
better at some other shift has the wrong clock, or the prices have.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.series import BARS, NS, Held, History, Series
from tradewind.data.spread import Floats, Integers, new_york
from tradewind.errors import BadData
from tradewind.markets.clock import DAY, HOUR, MINUTE

FARTHEST = 12 * HOUR
STEP = HOUR
"""Clocks are wrong by whole hours; half an hour after a decision stands its press conference, which moves as much."""
COARSEST = 3600
"""Seconds: in longer bars a release is not seen."""
FEWEST = 3
MOVING = 1.5
"""A score below this, at every shift, says nothing."""
BETTER = 1.25
"""Another shift must be this many times better than none."""


class Alignment(NamedTuple):
    """How well a calendar fits a series of prices."""

    series: Series
    releases: int
    """Those that fall into a bar."""
    score: float
    """Range of the bar of the release over the usual one at that minute; 1 is nothing special."""
    best_shift: int
    """What has to be added to the calendar to fit best, ns."""
    best_score: float

    @property
    def verdict(self) -> str:
        """`fits`, `shifted` or `unclear`."""
        if self.releases < FEWEST or self.best_score < MOVING:
            return "unclear"
        return "shifted" if self.best_shift and self.best_score > BETTER * self.score else "fits"


def align(history: History, symbol: str, feed: str | None, moments: Sequence[int]) -> Alignment:
    """Return how releases at these instants fit the finest bars held of a symbol, of one feed or the longest."""
    series = _series(history.find(symbol, feed), symbol)
    span = series.timeframe * NS
    ts, surprise = _surprise(history, series)
    due = np.array(sorted(moments), dtype=np.int64)
    step = max(STEP, span)
    shifts = np.arange(-(FARTHEST // step), FARTHEST // step + 1) * step
    scores = {int(shift): _score(ts, surprise, due + shift, span) for shift in shifts}
    score, count = scores[0]
    best = max((shift for shift in scores if scores[shift][1] >= FEWEST), key=lambda shift: scores[shift][0], default=0)
    return Alignment(series, count, score, best, scores[best][0])


def _series(held: Sequence[Held], symbol: str) -> Series:
    """Return the bars to look at: of the feed that covers most time the finest."""
    found = [one for one in held if one.series[1] == BARS and one.series[2] <= COARSEST and one.series[4] != "ask"]
    if not found:
        raise BadData(f"The history has no bars of {symbol} of an hour or less.", "Import some first.")
    best = max(found, key=lambda one: (one.last - one.first, -one.series[2]))
    return Series(*best.series)


def _surprise(history: History, series: Series) -> tuple[Integers, Floats]:
    """Return when bars open and their range over the median one of their New York minute."""
    whole = pl.concat(history.bars(series, -(2**62), 2**62, ("ts", "high", "low")))
    ts: Integers = whole["ts"].to_physical().to_numpy()
    frame = pl.DataFrame({"minute": new_york(ts) % DAY // MINUTE, "range": whole["high"] - whole["low"]})
    usual = frame.select(pl.col("range").median().over("minute"))["range"].to_numpy()
    # Where nights stand still the usual range is nothing, and anything would be a surprise.
    quiet = max(float(np.median(frame["range"].to_numpy())) / 4, 1e-12)
    usual = np.maximum(usual, quiet)
    ratio: Floats = np.maximum(frame["range"].to_numpy(), usual / 10) / usual
    return ts, ratio


def _score(ts: Integers, surprise: Floats, moments: Integers, span: int) -> tuple[float, int]:
    """Return the geometric mean surprise of the bars the moments fall into, and how many there are."""
    places = np.searchsorted(ts, moments, side="right") - 1
    inside = (places >= 0) & (moments < ts[places] + span)
    found = surprise[places[inside]]
    return (float(np.exp(np.log(found).mean())), len(found)) if len(found) else (0.0, 0)
