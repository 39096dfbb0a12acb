"""Reading back: a log from its end, everything from a commit on. What is not as it was written is never returned.

Each block knows the one before it in its log, so a log is read from its last block backwards without an index, and a
commit is found by halving, because commit numbers grow with the numbers of blocks.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from tradewind.adapters.journal.chain import Block, is_whole
from tradewind.adapters.journal.faults import BadJournal, Damage

CHUNK = 512
"""Blocks read at once."""


class Shelf(Protocol):
    """Where blocks lie, to be read."""

    def block_at(self, seq: int) -> Block | None:
        """Return one block, or None."""

    def blocks_between(self, after: int, until: int, most: int) -> list[Block]:
        """Return the first blocks after `after` up to `until`, at most so many, as they are stored."""


class Note(NamedTuple):
    """A document in the journal."""

    number: int
    """From 1, in order."""
    commit: int
    """The commit that makes it durable."""
    ts: int
    """When that was, ns UTC; 0 while it is not."""
    kind: str
    document: Any


def note_payload(kind: str, document: object) -> bytes:
    """Return a note as it is stored; raises ValueError or TypeError where it is no JSON."""
    return json.dumps([kind, document], allow_nan=False, separators=(",", ":")).encode()


def note_in(block: Block) -> Note:
    """Return the note that a block is."""
    kind, document = json.loads(block.payload)
    return Note(block.start + 1, block.commit_number, block.ts, kind, document)


def log_from(shelf: Shelf, last: int, start: int) -> list[Block]:
    """Return the blocks of a log that ends with block `last`, from the one that holds row `start` on."""
    blocks: list[Block] = []
    while last:
        block = block_that_is_whole(shelf, last)
        if block.start + block.rows <= start:
            break
        blocks.append(block)
        last = block.before
    return blocks[::-1]


def everything_after(shelf: Shelf, commit: int, until: int) -> Iterator[Block]:
    """Yield every block of the commits after `commit`, up to block `until`, in the order they were written."""
    seq = _end_of_commit(shelf, commit, until)
    while seq < until:
        # In pieces: the connection is free to write while somebody walks along.
        for block in shelf.blocks_between(seq, until, CHUNK):
            if block.seq != seq + 1 or not is_whole(block):
                raise _changed(seq + 1)
            seq = block.seq
            yield block
        if seq < until and shelf.block_at(seq + 1) is None:
            raise _changed(seq + 1)


def blocks_after(shelf: Shelf, after: int, until: int, most: int) -> list[Block]:
    """Return the blocks after `after` up to `until`, at most so many, in the order they were written."""
    found = shelf.blocks_between(after, until, most)
    for seq, block in enumerate(found, after + 1):
        if block.seq != seq or not is_whole(block):
            raise _changed(seq)
    if not found and after < until:
        raise _changed(after + 1)
    return found


def _end_of_commit(shelf: Shelf, commit: int, until: int) -> int:
    """Return the seq of the last block of a commit, 0 before the first."""
    low, high = 0, until
    while low < high:
        middle = (low + high + 1) // 2
        if block_that_is_whole(shelf, middle).commit_number <= commit:
            low = middle
        else:
            high = middle - 1
    return low


def block_that_is_whole(shelf: Shelf, seq: int) -> Block:
    """Return a block, or raise BadJournal."""
    block = shelf.block_at(seq)
    if block is None or not is_whole(block) or block.seq != seq:
        raise _changed(seq)
    return block


def _changed(seq: int) -> BadJournal:
    return BadJournal(
        f"Block {seq} of the journal is not what was written.",
        "Stop, and open it again: that says what is good.",
        Damage(0, 0, 0, f"block {seq} is not what was written"),
    )
