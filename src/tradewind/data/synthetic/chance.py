"""Where chance comes from: one independent stream for each seed, purpose and trading date.

A date must come out the same wherever a span begins, in whatever order and on whatever machine. So nothing is
drawn from one long sequence: Philox (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) makes
numbers from a key and a counter. The key is the seed and the purpose, the upper part of the counter the date.

Of numpy's distributions only `random` (53 bits of one raw number) and `standard_normal` (the ziggurat) are used,
which have not changed since Generator exists; everything else is arithmetic. Prices are rounded to ticks, so the
last bit of an exponential, which may differ between processors, practically never shows.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from tradewind.errors import BadData

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

LARGEST_SEED = 2**63 - 1
WHOLE = 0
"""The date of a stream that serves all dates."""


@cache
def _stream(purpose: str) -> int:
    return int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")


def checked_seed(seed: int) -> int:
    """Return the seed, or refuse one that is not between 0 and 2**63 - 1."""
    if not 0 <= seed <= LARGEST_SEED:
        raise BadData(f"{seed} is no seed.", f"Give a whole number from 0 to {LARGEST_SEED}.")
    return seed


def stream(seed: int, purpose: str, day: int) -> np.random.Generator:
    """Return the numbers of one purpose on one day number, from their beginning."""
    key = np.array([seed, _stream(purpose)], dtype=np.uint64)
    counter = np.array([0, 0, 0, day], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def normals(seed: int, purpose: str, days: Sequence[int], shape: tuple[int, ...]) -> Floats:
    """Return standard normal numbers, an array of `shape` for each date."""
    drawn = np.empty((len(days), *shape))
    for place, day in enumerate(days):
        stream(seed, purpose, day).standard_normal(out=drawn[place])
    return drawn


def uniforms(seed: int, purpose: str, days: Sequence[int], shape: tuple[int, ...]) -> Floats:
    """Return numbers in (0, 1], an array of `shape` for each date."""
    drawn = np.empty((len(days), *shape))
    for place, day in enumerate(days):
        stream(seed, purpose, day).random(out=drawn[place])
    return 1.0 - drawn
