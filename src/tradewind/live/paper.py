"""Paper trading on a recorded or made-up tape: the simulated venue, the live desk, the tape's own time.

The bytes it writes are those of a backtest of the same tape: neither its speed nor a crash in the middle changes one.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from tradewind.live.desk import Desk
from tradewind.live.pacing import paced
from tradewind.live.status import status_of
from tradewind.ports import Rows
from tradewind.watchdog.beats import write_beat

SECOND = 1_000_000_000


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
) -> None:
    """The tape has been traded from where the desk stands to its end, or until somebody stopped it."""
    beaten = 0
    more: dict[str, Any] = {"synthetic": synthetic, "speed": speed}
    for rows in paced(_beyond(blocks, desk.tape_rows), speed, clock, sleep):
        if len(rows):
            desk.block(rows)
        desk.turns += 1
        desk.settle(desk.core.now)
        desk.finished.clear()
        now = clock()
        if now - beaten >= SECOND or speed <= 0:
            beaten = now
            desk.look_at_kill()
            desk.people()
            write_beat(desk.folder.status, desk.turns, status_of(desk, "paper", leader=True, **more))
            if on_turn is not None:
                on_turn(desk)
        if desk.stopping or desk.killed == 4:
            break
    desk.settle(desk.core.now, at_once=True)
    desk.snapshot()
    write_beat(desk.folder.status, desk.turns, status_of(desk, "paper", leader=True, ended=True, **more))


def _beyond(blocks: Iterable[Rows], rows: int) -> Iterator[Rows]:
    """Yield what lies behind the first `rows` rows."""
    for block in blocks:
        if rows >= len(block):
            rows -= len(block)
            continue
        yield block[rows:]
        rows = 0
