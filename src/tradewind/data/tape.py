"""The tape: recorded prices and the calendar as one ordered stream of events, in blocks.

Order decides results, so it is fixed here and nowhere else: by time; within one instant first the bars that
close, in the order of the instruments, then the calendar (DAY, SESSION, NEWS ...), then the quotes: a bar that
closes at 17:00 belongs to the day that ends then, a quote of 17:00 to the one that begins. The last row is a
TIME event at the last instant, so that the instant is complete. How the rows are cut into blocks means nothing;
the bytes are the same for every size.

Memory holds about a month of each series and one block, however long the tape is. The calendar is told as
far as there are prices, and no further.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tradewind.data.calendar_rows import calendar_rows
from tradewind.data.legs import Leg, leg_rows
from tradewind.data.rows import RAW, Rows, in_order
from tradewind.data.series import History
from tradewind.errors import BadData
from tradewind.kernel.records import BAR, EVENT, TIME

BLOCK_ROWS = 65_536


def tape(
    history: History,
    legs: Sequence[Leg],
    schedule: Iterable[Any],
    start_ns: int,
    end_ns: int,
    *,
    block_rows: int = BLOCK_ROWS,
) -> Iterator[Rows]:
    """Yield blocks of EVENT: the bars that close and the ticks that lie in the period, with the calendar.

    `schedule` is what `markets.schedule.schedule` yields, or anything of its form: named tuples in order of
    time whose `kind` names a kind of event and whose other fields are fields of EVENT.
    """
    if block_rows < 1:
        raise BadData(f"A block cannot have {block_rows} rows.", "Give 1 or more.")
    streams = [leg_rows(history, leg, start_ns, end_ns) for leg in sorted(legs, key=lambda leg: leg.instrument)]
    return _blocks(_told(_merged(streams), iter(schedule)), block_rows)


def _merged(streams: list[Iterator[Rows]]) -> Iterator[Rows]:
    """Yield the rows of several streams by time, those of one instant in the order of the streams."""
    if len(streams) == 1:
        yield from streams[0]
        return
    heads = [next(stream, None) for stream in streams]
    while alive := [head for head in heads if head is not None]:
        # Up to here every stream has told all it has, because a stream never ends an array within an instant.
        horizon = min(head["ts"][-1] for head in alive)
        ready = []
        for place, head in enumerate(heads):
            if head is not None:
                end = int(np.searchsorted(head["ts"], horizon, side="right"))
                ready.append(head[:end])
                heads[place] = head[end:] if end < len(head) else next(streams[place], None)
        yield in_order(ready)


def _told(prices: Iterator[Rows], entries: Iterator[Any]) -> Iterator[Rows]:
    """Yield prices, each calendar entry after the bars and before the quotes of its instant, then a last TIME."""
    pending = next(entries, None)
    last = None
    for rows in prices:
        last = int(rows["ts"][-1])
        batch = []
        while pending is not None and pending.ts <= last:
            batch.append(pending)
            pending = next(entries, None)
        yield from _between(rows, calendar_rows(batch))
    if last is not None:
        end = np.zeros(1, dtype=EVENT)
        end["ts"], end["kind"] = last, TIME
        yield end


def _between(rows: Rows, entries: Rows) -> Iterator[Rows]:
    """Yield the entries at their places among the rows."""
    places = np.searchsorted(rows["ts"], entries["ts"])
    for number, place in enumerate(places.tolist()):
        end = np.searchsorted(rows["ts"], entries["ts"][number], side="right")
        bars = np.flatnonzero(rows["kind"][place:end] == BAR)
        # A bar that closes at 17:00 belongs to the day that ends then, a quote of 17:00 to the one that begins.
        places[number] = place + (bars[-1] + 1 if len(bars) else 0)
    done = 0
    for place in np.unique(places).tolist():
        yield rows[done:place]
        yield entries[places == place]
        done = place
    yield rows[done:]


def _blocks(pieces: Iterator[Rows], block_rows: int) -> Iterator[Rows]:
    """Yield the same rows, `block_rows` at a time; the last block is shorter."""
    block, filled = np.empty(block_rows, dtype=EVENT), 0
    for piece in pieces:
        taken = 0
        while taken < len(piece):
            count = min(len(piece) - taken, block_rows - filled)
            block.view(RAW)[filled : filled + count] = piece[taken : taken + count].view(RAW)
            taken, filled = taken + count, filled + count
            if filled == block_rows:
                yield block
                block, filled = np.empty(block_rows, dtype=EVENT), 0
    if filled:
        yield block[:filled]
