"""Which moments are tried: evenly over the tape, at the edges of every timeframe, and by chance."""

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
HOUR = 3_600_000_000_000
EDGES = (HOUR // 4, HOUR, 4 * HOUR, 24 * HOUR, 168 * HOUR)
"""Lengths whose edges are tried: M15, H1, H4, the day and the week of UTC, in ns."""


def rows_to_try(closes: Times, count: int, seed: int = 1) -> list[int]:
    """Return about `count` rows of a tape whose bars close at `closes` (ns UTC, rising), in order.

    The first eighth is left out, where indicators are not settled, and the last row, after which nothing comes. Half
    are spread evenly, a quarter stand at and beside the edges of timeframes, the rest are drawn.
    """
    first, last = max(2, len(closes) // 8), len(closes) - 2
    if last <= first:
        return list(range(max(0, last), max(0, last) + 1))
    chosen = set(np.linspace(first, last, max(2, count // 2)).astype(int).tolist())
    draw = np.random.default_rng(seed)
    at_edges = [_near_edges(closes, length, first, last) for length in EDGES]
    each = max(1, count // 4 // len(EDGES))
    for places in at_edges:
        if len(places):
            chosen.update(draw.choice(places, min(each, len(places)), replace=False).tolist())
    spare = count - len(chosen)
    if spare > 0:
        chosen.update(draw.integers(first, last + 1, spare).tolist())
    return sorted(chosen)


def _near_edges(closes: Times, length: int, first: int, last: int) -> NDArray[np.int64]:
    """Return the rows beside which an interval of `length` ns begins: the one that ends it, before and after."""
    crossed = np.flatnonzero(np.diff(closes // length) > 0)
    near = np.unique(np.concatenate([crossed - 1, crossed, crossed + 1]))
    return near[(near >= first) & (near <= last)]
