"""An account's journal, read block by block as it grows, and positions in it that a reader may come back with."""

import re
import time
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.journal.chain import GENESIS, Block
from tradewind.adapters.journal.faults import BadJournal
from tradewind.errors import BadData
from tradewind.settings import Settings
from tradewind.views.heart import folder_of
from tradewind.views.past import Past, past_of

LOOK_S = 1.0
"""Where nobody wrote by what the disk says, it is looked all the same so often."""
_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{12})", re.ASCII)


class Cursor(NamedTuple):
    """Behind which block somebody is, and the beginning of its hash: another journal of the name has another."""

    seq: int
    mark: str

    def __str__(self) -> str:
        """Return it as people send it back."""
        return f"{self.seq}-{self.mark}"


def cursor_after(block: Block) -> Cursor:
    """Return the position behind a block."""
    return Cursor(block.seq, block.chain.hex()[:12])


BEGINNING = Cursor(0, GENESIS.hex()[:12])


def read_cursor(text: str) -> Cursor:
    """Return a position; BadData where it is none."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise BadData(f"{text[:40]!r} is no position in a journal.", "Give one that the stream told, under `at`.")
    return Cursor(int(match[1]), match[2])


class Tail:
    """One account's journal for readers of a stream; its methods are for one thread at a time."""

    def __init__(self, settings: Settings, account: str) -> None:
        """Nothing is opened yet."""
        self.settings, self.account = settings, account
        self.past: Past | None = None
        self._written, self._looked = 0, -1e9

    def grown(self) -> bool:
        """Whether the journal may have grown since this was asked last; it is known as far as it has."""
        now = time.monotonic()
        if self.past is None or now - self._looked >= LOOK_S:
            self._looked = now
            self.past = past_of(self.settings, folder_of(self.settings.data, self.account))
            return self.past is not None
        written = max(_written(path) for path in self.past.files)
        if written == self._written:
            return False
        self._written = written
        with self.past.lock:
            self.past.journal.refresh()
        return True

    def learn(self) -> None:
        """What a new start or strategy changed is known."""
        if self.past is not None:
            self.past.looked = -1e9
            self.past.refresh()

    @property
    def end(self) -> Cursor:
        """Behind its last block."""
        if self.past is None:
            return BEGINNING
        position = self.past.journal.position
        return Cursor(position.seq, position.chain[:12])

    def after(self, seq: int, most: int) -> list[Block]:
        """Return the next blocks, at most so many."""
        if self.past is None:
            return []
        with self.past.lock:
            return self.past.journal.blocks(seq, most)

    def knows(self, cursor: Cursor) -> bool:
        """Whether somebody was there in this very journal."""
        if cursor in (BEGINNING, self.end):
            return True
        if self.past is None or not 1 <= cursor.seq <= self.end.seq:
            return False
        try:
            return cursor_after(self.after(cursor.seq - 1, 1)[0]) == cursor
        except BadJournal:
            return False


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
