"""How far a journal reached: a file beside it, written after every commit that is durable.

A copy of a database from yesterday is a sound database: nothing in it says that it is not the newest. SQLite itself
goes back in time where its -wal file is missing, or damaged in the middle. A journal that ends before its watermark has
lost commits that were acted upon; the watermark also keeps the epoch, so that no order id is given twice afterwards.

The file is not synced with every commit: killed processes lose nothing that they wrote, and after a power failure it
may be old but never too new. Two slots are written in turn, so one of them is whole at every instant.
"""

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.journal.heads import Head

SLOT = struct.Struct("<8s4q32s")
MAGIC = b"TWMARK1\0"
SPACING = 512
"""Slots lie in different sectors."""


class Mark(NamedTuple):
    """The end of a journal when it was last written."""

    commit: int
    seq: int
    epoch: int
    chain: bytes


def mark_of(head: Head) -> Mark:
    """Return the watermark of a journal that ends there."""
    return Mark(head.commit, head.seq, head.epoch, head.chain)


def read_marks(path: Path) -> list[Mark]:
    """Return the marks in a file that are whole, highest first; raises FileNotFoundError."""
    raw = path.read_bytes()
    marks = []
    for start in (0, SPACING):
        slot = raw[start : start + SLOT.size + 4]
        if len(slot) == SLOT.size + 4 and zlib.crc32(slot[:-4]) == int.from_bytes(slot[-4:], "little"):
            magic, commit, seq, epoch, _, chain = SLOT.unpack(slot[:-4])
            if magic == MAGIC:
                marks.append(Mark(commit, seq, epoch, chain))
    return sorted(marks, reverse=True)


class Watermark:
    """The file, open for writing."""

    def __init__(self, path: Path, mark: Mark) -> None:
        """Both slots hold `mark`, durably."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.advance(mark)
        self.sync()
        self._write(mark, 1 - mark.commit % 2)
        self.sync()

    def advance(self, mark: Mark) -> None:
        """The file holds `mark` and the one before it."""
        self._write(mark, mark.commit % 2)

    def _write(self, mark: Mark, slot: int) -> None:
        raw = SLOT.pack(MAGIC, mark.commit, mark.seq, mark.epoch, 0, mark.chain)
        os.pwrite(self._file, raw + zlib.crc32(raw).to_bytes(4, "little"), slot * SPACING)

    def sync(self) -> None:
        """What was written is on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """The file is closed, and on the disk."""
        try:
            self.sync()
        finally:
            os.close(self._file)
