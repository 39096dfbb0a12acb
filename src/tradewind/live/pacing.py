"""A tape at the speed of a clock: rows come when their moment has come, times a factor; closed hours are skipped."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from tradewind.ports import Rows

SECOND = 1_000_000_000
LONGEST_WAIT = 5 * SECOND
"""Of the tape's time at speed 1: a longer gap (a weekend, a break) is passed over."""


PIECE = 2_000
"""Rows after which the caller looks around, where nothing is waited for."""


def paced(
    blocks: Iterable[Rows],
    speed: float,
    clock: Callable[[], int],
    sleep: Callable[[float], None],
    *,
    slice_ns: int = SECOND // 20,
    at_once_until: int = 0,
) -> Iterator[Rows]:
    """Yield the rows of the blocks as their time comes; a speed of 0 does not wait at all.

    `clock` is monotonic ns. Rows whose time has come within the same twentieth of a second come together. Those before
    `at_once_until`, ns of the tape, are not waited for.
    """
    tape_time, wall_time = None, 0
    for block in blocks:
        start = int(np.searchsorted(block["ts"], at_once_until)) if at_once_until else 0
        for first in range(0, start, PIECE):
            yield block[first : min(first + PIECE, start)]
        if speed <= 0:
            yield block[start:]
            continue
        while start < len(block):
            now = int(block["ts"][start])
            if tape_time is None:
                tape_time, wall_time = now, clock()
            due = wall_time + int((now - tape_time) / speed)
            wait = due - clock()
            if wait * speed > max(LONGEST_WAIT, 60 * SECOND) and wait > LONGEST_WAIT:
                tape_time, wall_time, wait = now, clock(), 0
            while wait > 0:
                sleep(min(wait / SECOND, 0.25))
                yield block[:0]  # the caller looks at its clock and its folder meanwhile
                wait = due - clock()
            reached = tape_time + int((clock() + slice_ns - wall_time) * speed)
            end = max(start + 1, int(np.searchsorted(block["ts"], reached, side="right")))
            yield block[start:end]
            start = end
