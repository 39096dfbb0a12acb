"""Time as the market counts it: how long it was open, and for how much of that something was held.

A position over a weekend is held for an hour or two of it, not for two days; a share of the open time is never above 1.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tradewind.results.statistics import time_covered

Integers = NDArray[np.int64]
Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> Integers:
    """Return intervals [opens, closes) in order, those that touch or overlap joined: an array of two columns."""
    found: list[list[int]] = []
    for opens, closes in sorted(spans):
        if found and opens <= found[-1][1]:
            found[-1][1] = max(found[-1][1], closes)
        else:
            found.append([opens, closes])
    return np.array(found, np.int64).reshape(-1, 2)


def open_before(moments: Integers, spans: Integers) -> Integers:
    """Return how long the market had been open at each moment since the first of the merged `spans`."""
    if not len(spans):
        return np.zeros(len(moments), np.int64)
    opens, closes = spans[:, 0], spans[:, 1]
    passed = np.concatenate(([0], np.cumsum(closes - opens)))
    place = np.searchsorted(opens, moments, "right")
    last = np.maximum(place - 1, 0)
    within = np.minimum(moments, closes[last]) - opens[last]
    found: Integers = np.where(place > 0, passed[last] + within, 0)
    return found


def share_held(opened: Integers, closed: Integers, spans: Integers) -> float | None:
    """Return for which share of the open time one of the intervals [opened, closed) lasted; None without open time."""
    total = int((spans[:, 1] - spans[:, 0]).sum())
    return time_covered(open_before(opened, spans), open_before(closed, spans)) / total if total > 0 else None
