"""A curve with its papers, and the plain document it is kept as.

A document says of which feed and instrument the curve is, from which series, span and samples it was learned
(with their hash), in which ticks it counts, for which span it is meant, and when it was made. The minutes are
text such as `18*300 25*1`, three lines for a week. The digest covers everything but the moment it was made: two
curves that price alike and come from the same samples have the same.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from tradewind import money
from tradewind.data.series import Series
from tradewind.data.spread import MINUTES_OF_WEEK, UNKNOWN, Integers, Period
from tradewind.data.spread_curve import Shape
from tradewind.errors import BadData

_COLUMNS = ("median", "ninety", "counts")
_FACTS = ("samples", "days", "left_out", "first", "last", "digest")


class Curve(NamedTuple):
    """What was usual in one span of a feed, and in which span it is meant to be used."""

    series: Series
    """What it was learned from."""
    told_by: str
    """Ticks, both sides, or the recorded field."""
    tick_size: Decimal
    learned: Period
    valid: Period
    created: str
    """ISO 8601, UTC."""
    shape: Shape

    @property
    def digest(self) -> str:
        """The hash of the curve and its papers, without the moment it was made."""
        shape = self.shape
        papers = [*self.series, self.told_by, str(self.tick_size), *self.learned, *self.valid, shape.digest]
        total = hashlib.sha256(json.dumps(papers).encode())
        for name in _COLUMNS:
            total.update(getattr(shape, name).astype("<i8", copy=False).tobytes())
        return total.hexdigest()

    def ticks(self, tick_size: money.Number) -> Integers:
        """Return the medians in ticks of another size, to the nearest; UNKNOWN stays."""
        size = money.decimal(tick_size)
        if size == self.tick_size:
            return self.shape.median
        nearest = np.floor(self.shape.median * float(self.tick_size / size) + 0.5).astype(np.int64)
        return np.where(self.shape.median == UNKNOWN, UNKNOWN, nearest)


def written(curve: Curve) -> dict[str, Any]:
    """Return a curve as plain data."""
    shape = curve.shape
    return {
        "series": list(curve.series),
        "told_by": curve.told_by,
        "tick_size": str(curve.tick_size),
        "learned": list(curve.learned),
        "valid": list(curve.valid),
        "created": curve.created,
        **{name: getattr(shape, name) for name in _FACTS},
        **{name: packed(getattr(shape, name)) for name in _COLUMNS},
    }


def read(document: Mapping[str, Any]) -> Curve:
    """Return the curve that was written, or raise BadData where it is no such document."""
    try:
        symbol, kind, timeframe, feed, side = document["series"]
        columns = {name: unpacked(document[name]) for name in _COLUMNS}
        wrong = {len(column) for column in columns.values()} - {MINUTES_OF_WEEK}
        start, end = document["learned"]
        begins, ends = document["valid"]
        curve = Curve(
            Series(symbol, kind, int(timeframe), feed, side),
            document["told_by"],
            Decimal(document["tick_size"]),
            (int(start), int(end)),
            (int(begins), int(ends)),
            document["created"],
            Shape(
                columns["median"],
                columns["ninety"],
                columns["counts"],
                *(document[name] for name in _FACTS),
            ),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise BadData(f"A kept spread curve cannot be read ({error}).", "Learn it again.") from error
    if wrong:
        raise BadData(f"A kept spread curve has {min(wrong)} minutes and not {MINUTES_OF_WEEK}.", "Learn it again.")
    return curve


def packed(values: Integers) -> str:
    """Return numbers and how often each stands there, as text that a person can read: `18*300 25*1 -1*60`."""
    if not len(values):
        return ""
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    lengths = np.diff(starts, append=len(values)).tolist()
    return " ".join(f"{value}*{length}" for value, length in zip(values[starts].tolist(), lengths, strict=True))


def unpacked(text: str) -> Integers:
    """Return the numbers that `packed` wrote; ValueError for any other text."""
    # As JSON they are read ten times faster than number by number.
    runs = np.array(json.loads(f"[{text.replace('*', ',').replace(' ', ',')}]"), dtype=np.int64).reshape(-1, 2)
    return np.repeat(runs[:, 0], runs[:, 1])
