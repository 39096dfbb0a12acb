"""The feed as it should have been beside the feed as it came, and the steps from one to the other.

Prices are paired instrument by instrument, by their own numbers: first the shift between the two clocks is found from
runs of prices that occur once in each, from one to the next, so that a clock set wrongly in the middle of the day is
seen; then rows of equal price at equal time are twins, then rows of equal time, then rows of equal price close in time.
What has no twin was dropped, or came out of nowhere.
"""

from typing import Any, NamedTuple

import numpy as np

from tradewind.kernel.records import ACCEPTED, BAR, OPERATOR
from tradewind.ports import Rows
from tradewind.twin.world import joined

SPREADS = ("spread_open", "spread_high", "spread_low", "spread_close")
BIDS = ("kind", "span", "open", "high", "low", "close")
NEAR = 2_000_000_000
"""How far rows of equal price may lie apart after the shift and still be the same, ns."""
LEAST = 8
"""Of fewer prices than this that occur once, the most frequent difference is taken as it is."""


class Steps(NamedTuple):
    """The feeds of the chain, each one change further from what should have been to what came."""

    reference: Rows
    received: Rows
    """The prices that came, at the times and with the spreads they should have had."""
    wider: Rows
    """The same with the spreads they came with."""
    lived: Rows
    """Everything as it came, times, timers and calendar too."""
    dropped: int
    """Prices of the reference that never came."""
    foreign: int
    """Prices that came and are not in the reference."""
    shift: int
    """The most usual difference of the clocks, received minus reference, ns."""


def steps(reference: Rows, lived: Rows) -> Steps:
    """Return the feeds between `reference`, a tape, and `lived`, what was recorded without the reports."""
    lived, reference = bare(lived), bare(reference)
    if same(reference, lived):
        return Steps(reference, reference, reference, lived, 0, 0, 0)
    priced, expected = np.flatnonzero(lived["kind"] <= BAR), np.flatnonzero(reference["kind"] <= BAR)
    twin = np.full(len(lived), -1, np.int64)
    shifts = np.zeros(len(lived), np.int64)
    for instrument in np.unique(lived["instrument"][priced]).tolist():
        mine = priced[lived["instrument"][priced] == instrument]
        theirs = expected[reference["instrument"][expected] == instrument]
        found, moved = paired(lived[mine], reference[theirs])
        twin[mine] = np.where(found >= 0, theirs[found] if len(theirs) else -1, -1)
        shifts[mine] = moved
    wider = _on_reference_clock(reference, lived, priced, twin, shifts)
    received = wider.rows.copy()
    known = wider.twins >= 0
    for name in SPREADS:
        received[name][known] = reference[name][wider.twins[known]]
    came = twin[priced]
    values, counts = np.unique(shifts[priced], return_counts=True)
    return Steps(
        reference, received, wider.rows, lived, len(expected) - int((came >= 0).sum()), int((came < 0).sum()),
        int(values[counts.argmax()]) if len(values) else 0,
    )  # fmt: skip


def bare(rows: Rows) -> Rows:
    """Return the rows of a feed without reports and without the numbers the journal gave them."""
    kept = rows[rows["kind"] < ACCEPTED].copy()
    kept["number"] = 0
    return kept


def same(one: Rows, other: Rows) -> bool:
    """Return whether two feeds are the same bytes, whatever a person ordered in between."""
    return without_orders(one).tobytes() == without_orders(other).tobytes()


def without_orders(rows: Rows) -> Rows:
    """Return the rows without those of operators."""
    kept: Rows = rows[rows["kind"] != OPERATOR]
    return kept


class _Clocked(NamedTuple):
    rows: Rows
    twins: Any
    """The reference row each was paired with, -1 for none."""


def _on_reference_clock(reference: Rows, lived: Rows, priced: Any, twin: Any, shifts: Any) -> _Clocked:
    """Return the calendar of the reference and the lived prices, each where the reference has it."""
    calendar = np.flatnonzero(reference["kind"] > BAR)
    prices = lived[priced].copy()
    mine = twin[priced]
    known = mine >= 0
    prices["ts"] = np.where(known, reference["ts"][mine], prices["ts"] - shifts[priced])
    # Where nothing says better, a bar stands before the calendar of its instant and a quote after it, as on a tape.
    alone = np.where(prices["kind"] == BAR, -1, len(reference))
    places = np.concatenate([calendar, np.where(known, mine, alone)])
    rows = joined([reference[calendar], prices]) if len(calendar) else prices
    order = np.lexsort((np.arange(len(rows)), places, rows["ts"]))
    twins = np.concatenate([np.full(len(calendar), -1, np.int64), mine])
    return _Clocked(_taken(rows, order), twins[order])


def _taken(rows: Rows, order: Any) -> Rows:
    """Return the rows in that order, byte for byte."""
    taken: Rows = np.ascontiguousarray(rows).view(f"V{rows.itemsize}")[order].view(rows.dtype)
    return taken


def paired(mine: Rows, theirs: Rows) -> tuple[Any, Any]:
    """Return for each row the place of its twin, -1 for none, and the shift of its clock in ns."""
    shifts = clock_shifts(mine, theirs)
    twins = np.full(len(mine), -1, np.int64)
    free = np.ones(len(theirs), bool)
    times = mine["ts"] - shifts
    prices, wanted = _hashes(mine), _hashes(theirs)
    _pair(twins, free, _keys(prices, times), _keys(wanted, theirs["ts"]))
    _pair(twins, free, _keys(mine["span"], times), _keys(theirs["span"], theirs["ts"]))
    _pair_near(twins, free, (prices, times), (wanted, theirs["ts"]))
    return twins, shifts


def _keys(numbers: Any, times: Any) -> list[tuple[int, int]]:
    return list(zip(numbers.tolist(), times.tolist(), strict=True))


def _pair(twins: Any, free: Any, mine: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> None:
    """Rows that have no twin yet have those of equal key, in order."""
    waiting: dict[tuple[int, int], list[int]] = {}
    for place in np.flatnonzero(free)[::-1].tolist():
        waiting.setdefault(theirs[place], []).append(place)
    for place in np.flatnonzero(twins < 0).tolist():
        found = waiting.get(mine[place])
        if found:
            twins[place] = found.pop()
            free[twins[place]] = False


def _pair_near(twins: Any, free: Any, mine: tuple[Any, Any], theirs: tuple[Any, Any]) -> None:
    """Rows that have no twin yet have the nearest in time of equal price, never across another pair."""
    (prices, times), (wanted, moments) = mine, theirs
    for place in np.flatnonzero(twins < 0).tolist():
        first, end = np.searchsorted(moments, (times[place] - NEAR, times[place] + NEAR + 1))
        near = [row for row in range(first, end) if free[row] and wanted[row] == prices[place]]
        if near:
            twins[place] = min(near, key=lambda row: abs(int(moments[row]) - int(times[place])))
            free[twins[place]] = False


def clock_shifts(mine: Rows, theirs: Rows) -> Any:
    """Return by how much the clock of each row is ahead of the reference's, ns."""
    if len(mine) == 0 or len(theirs) == 0:
        return np.zeros(len(mine), np.int64)
    own, other = _runs(mine), _runs(theirs)
    values, first, counts = np.unique(own, return_index=True, return_counts=True)
    known, place, times = np.unique(other, return_index=True, return_counts=True)
    once, unique = values[counts == 1], known[times == 1]
    _, left, right = np.intersect1d(once, unique, assume_unique=True, return_indices=True)
    here, there = first[counts == 1][left], place[times == 1][right]
    apart = mine["ts"][here] - theirs["ts"][there]
    if len(apart) == 0:
        return np.zeros(len(mine), np.int64)
    order = np.argsort(here)
    here, apart = here[order], apart[order]
    # A clock that is wrong is wrong for a while: a difference its neighbour has too is one of the clocks.
    like_next = np.append(apart[1:] == apart[:-1], [False])
    steady = like_next | np.append([False], like_next[:-1])
    if int(steady.sum()) * 2 > len(apart):
        before = np.searchsorted(here[steady], np.arange(len(mine)), "right") - 1
        shifts: Any = apart[steady][np.maximum(before, 0)]
        return shifts
    return np.full(len(mine), _most(apart), np.int64)


def _most(apart: Any) -> int:
    """Return the most frequent difference, or the median where hardly any two agree."""
    values, counts = np.unique(apart, return_counts=True)
    best = int(counts.argmax())
    return int(values[best]) if counts[best] * 4 >= len(apart) or len(apart) < LEAST else int(np.median(apart))


def _hashes(rows: Rows) -> Any:
    """Return a number for each row that its kind, span and bids make."""
    total = np.zeros(len(rows), np.uint64)
    for name in BIDS:
        total = total * np.uint64(0x9E3779B97F4A7C15) + rows[name].astype(np.int64).view(np.uint64)
        total ^= total >> np.uint64(29)
    return total.view(np.int64)


def _runs(rows: Rows) -> Any:
    """Return a number for each row that it and the two after it make: single prices repeat, runs hardly do."""
    one = _hashes(rows).view(np.uint64)
    two, three = np.roll(one, -1), np.roll(one, -2)
    return (one * np.uint64(3) + two * np.uint64(0xC2B2AE3D27D4EB4F) + three * np.uint64(0x165667B19E3779F9)).view(
        np.int64
    )
