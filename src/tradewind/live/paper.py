"""Paper trading on a recorded or made-up tape: the simulated venue, the live desk, the tape's own time.

The bytes it writes are those of a backtest of the same tape: neither its speed nor a crash in the middle changes one.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tradewind.kernel.records import SESSION_CLOSE, SESSION_OPEN
from tradewind.kernel.refusals import WARMING_UP
from tradewind.live.desk import Desk
from tradewind.live.pacing import paced
from tradewind.live.status import status_of
from tradewind.ports import Rows
from tradewind.watchdog.beats import write_beat

SECOND = 1_000_000_000
SOON = SECOND // 20
"""So long after a look at people another one follows at the soonest, because of what happened."""


class Progress(NamedTuple):
    """How far a paper run has come."""

    rows: int
    ts: int


def run_tape(
    desk: Desk,
    blocks: Iterable[Rows],
    *,
    speed: float = 0.0,
    on_turn: Callable[[Desk], None] | None = None,
    clock: Callable[[], int] = time.monotonic_ns,
    sleep: Callable[[float], None] = time.sleep,
    synthetic: bool = False,
    at_once_until: int = 0,
    shown: Callable[[dict[str, Any]], None] = lambda _status: None,
) -> None:
    """The tape has been traded from where the desk stands to its end, or until somebody stopped it.

    What lies before `at_once_until`, ns of the tape, passes without waiting whatever the speed, and nothing is opened
    in it: it fills indicators, and limits learn how the market usually moves.
    """
    beaten = happened = 0
    more: dict[str, Any] = {"synthetic": synthetic, "speed": speed}
    beyond = _beyond(blocks, desk.tape_rows, desk.edgeless)
    for rows in paced(beyond, speed, clock, sleep, at_once_until=at_once_until):
        if len(rows):
            desk.hold(WARMING_UP, on=int(rows["ts"][0]) < at_once_until)
            desk.block(rows)
        desk.turns += 1
        desk.settle(desk.core.now)
        desk.finished.clear()
        now = clock()
        soon = desk.happened != happened and now - beaten >= SOON
        if soon or now - beaten >= SECOND or speed <= 0:
            beaten, happened = now, desk.happened
            desk.look_at_kill()
            desk.people()
            status = status_of(desk, "paper", leader=True, **more)
            write_beat(desk.folder.status, desk.turns, status)
            shown(status)
            if on_turn is not None:
                on_turn(desk)
        if desk.stopping or desk.killed == 4:
            break
    desk.settle(desk.core.now, at_once=True)
    desk.snapshot()
    write_beat(desk.folder.status, desk.turns, status_of(desk, "paper", leader=True, ended=True, **more))


def _beyond(blocks: Iterable[Rows], rows: int, edgeless: int = 0) -> Iterator[Rows]:
    """Yield what lies behind the first `rows` rows, of which `edgeless` were counted without edges of sessions."""
    for block in blocks:
        rest = block
        if edgeless:
            counted = np.flatnonzero(~np.isin(block["kind"], (SESSION_OPEN, SESSION_CLOSE)))
            skipped = min(edgeless, len(counted))
            edgeless, rows = edgeless - skipped, rows - skipped
            if edgeless:
                continue
            rest = block[int(counted[skipped - 1]) + 1 :]
        if rows >= len(rest):
            rows -= len(rest)
            continue
        yield rest[rows:]
        rows = 0
