"""Columns of numbers as text for a page: whole numbers in the fewest bytes, differences where smaller, deflated.

A column of 200,000 trades is some tens to hundreds of kilobytes so. Bytes of one weight lie together, which deflate
likes. The page gives every column back as float64: value = (start + unit x integer) / scale, the lowest
integer standing for "none".
"""

import base64
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 6
"""Of deflate; 9 saves a hundredth and takes up to a hundred times as long on columns of noise."""
WIDTHS = (1, 2, 4)


class Packed(NamedTuple):
    """One column as the page reads it."""

    plain: dict[str, Any]
    """Ready for JSON: width, delta, scale, unit, start, data."""

    @property
    def size(self) -> int:
        """Characters it takes in the page."""
        return len(self.plain["data"])


def pack(values: ArrayLike, scale: float = 1) -> Packed:
    """Return a column rounded to 1 / scale; NaN stays "none"; the smaller of values and differences is kept."""
    column = np.asarray(values, np.float64)
    missing = ~np.isfinite(column)
    whole = np.rint(np.where(missing, 0, column) * scale).astype(np.int64)
    ways = [_packed(whole, missing, scale, delta=False)]
    if not missing.any() and whole.size > 1:
        ways.append(_packed(whole, missing, scale, delta=True))
    return min(ways, key=lambda each: each.size)


def _packed(whole: NDArray[np.int64], missing: NDArray[np.bool_], scale: float, *, delta: bool) -> Packed:
    start = int(whole[0]) if whole.size else 0
    numbers = np.diff(whole, prepend=whole[:1]) if delta else np.where(missing, 0, whole - start)
    unit = int(np.gcd.reduce(numbers)) if numbers.size else 0
    if unit > 1:
        numbers //= unit
    largest = int(np.abs(numbers).max(initial=0))
    width = next((each for each in WIDTHS if largest < 2 ** (8 * each - 1) - 1), 8)
    small = numbers.astype(f"<i{width}")
    small[missing] = np.iinfo(small.dtype).min
    planes = small.view(np.uint8).reshape(-1, width).T
    data = base64.b64encode(zlib.compress(np.ascontiguousarray(planes).tobytes(), LEVEL)).decode()
    return Packed({"width": width, "delta": delta, "scale": scale, "unit": max(unit, 1), "start": start, "data": data})


def within(columns: Mapping[str, Packed], budget: int) -> tuple[dict[str, Any], list[str]]:
    """Return the columns, in their order, that fit in `budget` characters together, and the names of the others."""
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for name, column in columns.items():
        if column.size <= budget:
            kept[name] = column.plain
            budget -= column.size
        else:
            left_out.append(name)
    return kept, left_out


def coded(values: Sequence[str | None]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different words, sorted, and the number of each value; none is the empty word."""
    texts = np.array(["" if each is None else each for each in values], dtype=object)
    known = sorted(set(texts.tolist()))
    place = {word: number for number, word in enumerate(known)}
    return known, np.array([place[word] for word in texts.tolist()], np.int64)
