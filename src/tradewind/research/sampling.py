"""Which variants are tried: every point of a grid, points by chance, or a Latin hypercube. A seed decides all of it.

Latin hypercube: each axis is cut into as many strata as there are points and every stratum is met once (McKay,
Beckman, Conover 1979, "A Comparison of Three Methods for Selecting Values of Input Variables"). Points that a condition
forbids are replaced by points of further hypercubes, so that with conditions the strata are met about once.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

import numpy as np

from tradewind.errors import TradewindError
from tradewind.research.conditions import Value
from tradewind.research.space import Space

Point = Mapping[str, Value]

METHODS = ("grid", "random", "lhs")
MOST_TRIALS = 1_000_000
TRIES = 200
"""Points drawn in vain for each one wanted before a space is called exhausted."""


def sample(space: Space, method: str, trials: int | None, seed: int) -> list[Point]:
    """Return the points to try, all different and all allowed, in an order that `seed` decides; a grid has its own."""
    if method == "grid":
        return grid(space, trials)
    if trials is None:
        raise TradewindError(f"Method {method} needs a number of trials.", "Say how many with --trials.")
    if not 0 < trials <= MOST_TRIALS:
        raise TradewindError(f"{trials} trials cannot be made.", f"Ask for 1 to {MOST_TRIALS:,}.")
    draws = by_chance(space, seed) if method == "random" else hypercubes(space, trials, seed)
    return _first(space, draws, trials)


def grid(space: Space, trials: int | None = None) -> list[Point]:
    """Return every allowed combination of the axes' values, the last axis fastest."""
    for axis in space.axes:
        if axis.continuous:
            raise TradewindError(f"--vary {axis} has no step, so a grid of it has no end.", "Give LOW:HIGH:STEP.")
    count = prod(len(axis.points) for axis in space.axes)
    if count > MOST_TRIALS:
        raise TradewindError(f"The grid has {count:,} points.", "Use larger steps, or --method random --trials 1000.")
    names = [axis.name for axis in space.axes]
    points = [dict(zip(names, values, strict=True)) for values in product(*(axis.points for axis in space.axes))]
    allowed: list[Point] = [point for point in points if space.allows(point)]
    if not allowed:
        raise TradewindError("No point of the grid meets the conditions.", "Loosen --where or widen --vary.")
    if trials is not None and trials < len(allowed):
        raise TradewindError(
            f"The grid has {len(allowed):,} points, but only {trials:,} trials were asked for.",
            "Leave --trials out, or choose --method random or lhs.",
        )
    return allowed


def by_chance(space: Space, seed: int) -> Iterator[Point]:
    """Yield points for ever, each drawn evenly from its axes."""
    chance = np.random.default_rng(seed)
    while True:
        shares = chance.random(len(space.axes)).tolist()
        yield {axis.name: axis.at(share) for axis, share in zip(space.axes, shares, strict=True)}


def hypercubes(space: Space, count: int, seed: int) -> Iterator[Point]:
    """Yield the points of one Latin hypercube of `count` points after the other."""
    chance = np.random.default_rng(seed)
    while True:
        strata = np.stack([chance.permutation(count) for _ in space.axes], axis=1)
        for row in ((strata + chance.random(strata.shape)) / count).tolist():
            yield {axis.name: axis.at(share) for axis, share in zip(space.axes, row, strict=True)}


def _first(space: Space, draws: Iterator[Point], count: int) -> list[Point]:
    """Return the first `count` different allowed points, or all there seem to be."""
    found: dict[tuple[Value, ...], Point] = {}
    vain = 0
    for point in draws:
        key = tuple(point.values())
        if key in found or not space.allows(point):
            vain += 1
            if vain > TRIES * max(count, 50):
                break
            continue
        found[key] = point
        if len(found) == count:
            break
    if not found:
        raise TradewindError("No point drawn meets the conditions.", "Loosen --where or widen --vary.")
    return list(found.values())
