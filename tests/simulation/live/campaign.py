"""Many runs: from a number follow the broker's class, how much goes wrong, and how often the desk is killed."""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from promises import replayed_alike
from virtual_desk import recovered
from virtual_world import LEVELS, World, every

SCOPES = ("forever", "window", "open", "echo", "none")
GAPS = ((8, 25), (1, 50), (1, 15), (20, 90))
"""The fewest and the most steps between two kills."""


class Tally(NamedTuple):
    """What came of some runs."""

    runs: int
    crashes: int
    broken: tuple
    """(seed, sentences) of runs in which a promise was broken."""
    seen: Counter
    slowest: float
    """Virtual seconds until all was well after the last fault, at most."""

    def __add__(self, other):
        """Return both."""
        return Tally(self.runs + other.runs, self.crashes + other.crashes, self.broken + other.broken,
                     self.seen + other.seen, max(self.slowest, other.slowest))  # fmt: skip

    def __str__(self):
        """The figures in a line."""
        rare = ", ".join(f"{name} {times}" for name, times in sorted(self.seen.items()))
        return f"{self.runs} runs, {self.crashes} crashes, well within {self.slowest:.0f} s; {rare}"


NOTHING = Tally(0, 0, (), Counter(), 0.0)


def world_of(seed, **more):
    """Return the world of a seed before it runs."""
    chosen = {
        "scope": SCOPES[seed % 5],
        "faults": LEVELS[seed // 5 % 3],
        "crashes": every(seed, *GAPS[seed // 15 % 4]),
    }
    return World(seed, **{**chosen, **more})


def sail(seed, *, replay=True, **more):
    """Return what came of the world of a seed."""
    world = world_of(seed, **more).run()
    found = world.promises()
    if not found and replay:
        found = replayed_alike(world, recovered)
    tally = Tally(1, world.crashes, ((seed, found),) if found else (), Counter(world.seen), world.well)
    world.close()
    return tally


def voyage(first, crashes):
    """Return what came of worlds from a seed on until the desk was killed so often."""
    total, seed = NOTHING, first
    while total.crashes < crashes and not total.broken:
        total += sail(seed)
        seed += 1
    return total


def fleet(crashes, portions):
    """Return what came of many voyages, on all processors; each portion has its own seeds."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(voyage, 1_000_000 * (1 + one), crashes // portions) for one in range(portions)]
        total = NOTHING
        for job in jobs:
            total += job.result()
            if total.broken:
                pool.shutdown(cancel_futures=True)
                break
    return total
