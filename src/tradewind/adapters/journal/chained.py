"""What every journal of blocks does alike, wherever the blocks lie: it collects, chains, reads back and compares.

Rows and notes wait in memory, in order, until they are committed. Whatever goes wrong in a commit ends the life of the
object, except where it is known that nothing was written: nothing is believed that was not read back.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np

from tradewind.adapters.journal.chain import Block, joined_digest, sealed
from tradewind.adapters.journal.faults import Damage, Fenced, JournalBusy, JournalFailed
from tradewind.adapters.journal.heads import NOTES, Head, LogEnd
from tradewind.adapters.journal.layouts import Layouts, layout_of
from tradewind.adapters.journal.reading import (
    Note,
    Shelf,
    block_that_is_whole,
    blocks_after,
    everything_after,
    log_from,
    note_in,
    note_payload,
)
from tradewind.adapters.journal.watermark import Watermark, mark_of
from tradewind.errors import BadData, UnknownName
from tradewind.ports import Rows


class Position(NamedTuple):
    """Where a journal stands."""

    commit: int
    seq: int
    epoch: int
    chain: str
    rows: Mapping[str, int]


class ChainedJournal(ABC):
    """A journal of chained blocks; where they lie is said by those that follow it."""

    troubles: tuple[type[Exception], ...] = (OSError,)
    """What can go wrong with the place where the blocks lie."""

    def __init__(self, name: str, dtypes: Mapping[str, "np.dtype[Any]"], clock: Callable[[], int]) -> None:
        """It has these logs; it is open once its head and its watermark are there."""
        if NOTES in dtypes:
            raise BadData(f"A log cannot be called {NOTES!r}.", "Notes are written with `note`.")
        self.name = name
        """As people call it: a file, or an address and an account."""
        self.cut: Damage | None = None
        """What was cut off when it was opened, None where it was whole."""
        self._dtypes = dict(dtypes)
        self._layouts = Layouts(
            {name: dtype.itemsize for name, dtype in dtypes.items()},
            {name: layout_of(dtype) for name, dtype in dtypes.items()},
        )
        self._clock = clock
        self._readonly = False
        self._pending: list[tuple[str, list[bytes]]] = []
        self._failed = ""
        self._closers = ExitStack()
        self._head = Head()
        self._watermark: Watermark | None = None

    @property
    @abstractmethod
    def _shelf(self) -> Shelf:
        """Where the blocks are read from."""

    @abstractmethod
    def _translated(self) -> AbstractContextManager[None]:
        """Errors while reading leave as ours."""

    @abstractmethod
    def _store(self, blocks: list[Block], epoch: int) -> None:
        """The blocks are durable; raises Fenced, JournalBusy, or one of `troubles`, and then none may be believed."""

    @abstractmethod
    def _fail(self, error: Exception) -> NoReturn:
        """The object is done for; raises JournalFailed."""

    @abstractmethod
    def confirm(self, epoch: int) -> None:
        """No newer leader has written up to this moment; raises Fenced where one has."""

    @abstractmethod
    def refresh(self) -> int:
        """What another process wrote since is known here; return the last commit."""

    @abstractmethod
    def keep_snapshot(self, payload: bytes) -> int:
        """The state after the last commit is kept, durably; return that commit. Failing harms nothing."""

    @abstractmethod
    def newest_snapshot(self) -> tuple[int, bytes] | None:
        """The newest state that is whole and belongs to this journal, with its commit; None where there is none."""

    @abstractmethod
    def check(self) -> Damage | None:
        """Every block from the first is read and compared; return what is wrong, or None."""

    @abstractmethod
    def free_share(self) -> float:
        """The share of the disk with the files of the journal that is free, 0 to 1."""

    def append(self, log: str, rows: Rows) -> None:
        """The rows stand at the end of the log, durably after the next `commit`."""
        self._usable(writing=True)
        wanted = self._dtype(log)
        if rows.dtype != wanted or rows.ndim != 1:
            raise BadData(
                f"Rows for the log {log!r} have another layout.", "Give a one-dimensional array of its dtype."
            )
        if len(rows) == 0:
            return
        # As plain bytes: numpy would lay out a dtype whose fields overlap anew.
        raw = np.ascontiguousarray(rows.view(f"V{wanted.itemsize}")).tobytes()
        if self._pending and self._pending[-1][0] == log:
            self._pending[-1][1].append(raw)
        else:
            self._pending.append((log, [raw]))

    def note(self, kind: str, document: Any) -> int:
        """The document stands behind everything appended so far; return its number."""
        self._usable(writing=True)
        try:
            payload = note_payload(kind, document)
        except (TypeError, ValueError) as error:
            raise BadData(
                f"A note of kind {kind!r} is no JSON: {error}.", "Give numbers, texts, lists, maps."
            ) from error
        self._pending.append((NOTES, [payload]))
        return self._head.logs.get(NOTES, LogEnd()).rows + sum(log == NOTES for log, _ in self._pending)

    def commit(self, epoch: int) -> int:
        """Everything appended is durable together, or nothing is; return the number of the commit.

        Fenced where a newer leader took over; JournalBusy where the database was locked, then it may be tried again;
        JournalFailed after anything else, then this object is done for.
        """
        self._usable(writing=True)
        blocks = self._blocks(epoch)
        self._failed = "a commit was interrupted"
        try:
            self._store(blocks, epoch)
        except (Fenced, JournalBusy):
            self._failed = ""
            raise
        except self.troubles as error:
            self._fail(error)
        for block in blocks:
            self._head.extend(block)
        self._pending.clear()
        try:
            if blocks and self._watermark is not None:
                self._watermark.advance(mark_of(self._head))
        except OSError as error:
            self._fail(error)
        self._failed = ""
        return self._head.commit

    def _blocks(self, epoch: int) -> list[Block]:
        """Return what is pending as the next blocks."""
        head, ends, chain = self._head, dict(self._head.logs), self._head.chain
        ts = self._clock() if self._pending else 0
        blocks = []
        for number, (log, parts) in enumerate(self._pending, 1):
            payload = b"".join(parts)
            count = 1 if log == NOTES else len(payload) // self._layouts.itemsizes[log]
            end = ends.get(log, LogEnd())
            place = (head.seq + number, head.commit + 1, len(self._pending) - number, epoch, ts)
            block = sealed(chain, Block(*place, log, end.last, end.rows, count, 0, b"", payload))
            ends[log], chain = LogEnd(end.rows + count, block.seq), block.chain
            blocks.append(block)
        return blocks

    def _fenced(self, epoch: int) -> Fenced:
        return Fenced(
            f"Another process leads the journal {self.name}: epoch {epoch} may not write any more.",
            "Stop this one; the other one trades.",
        )

    def newest_epoch(self) -> int:
        """The epoch of the newest leader, 0 where nobody led yet."""
        return self._head.epoch

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of a log from position `start` on, with those that are not yet committed."""
        self._usable()
        dtype, end = self._dtype(log), self._head.logs.get(log, LogEnd())
        with self._translated():
            blocks = log_from(self._shelf, end.last, start)
        first = blocks[0].start if blocks else end.rows
        waiting = (part for name, parts in self._pending if name == log for part in parts)
        raw = bytearray().join((*(block.payload for block in blocks), *waiting))
        return np.frombuffer(raw, dtype)[max(0, start - first) :]

    def notes(self, kind: str | None = None, after: int = 0) -> list[Note]:
        """The notes with numbers above `after`, oldest first, of one kind or of all."""
        self._usable()
        end = self._head.logs.get(NOTES, LogEnd())
        with self._translated():
            found = [note_in(block) for block in log_from(self._shelf, end.last, after)]
        waiting = (parts[0] for name, parts in self._pending if name == NOTES)
        for number, payload in enumerate(waiting, end.rows + 1):
            found.append(Note(number, self._head.commit + 1, 0, *json.loads(payload)))
        return [note for note in found if note.number > after and kind in (None, note.kind)]

    def last_note(self, kind: str) -> Note | None:
        """The newest committed note of a kind, or None."""
        self._usable()
        with self._translated():
            seq = self._head.logs.get(NOTES, LogEnd()).last
            while seq:
                block = block_that_is_whole(self._shelf, seq)
                if (note := note_in(block)).kind == kind:
                    return note
                seq = block.before
        return None

    def tail(self, after_commit: int = 0) -> Iterator[tuple[str, Any]]:
        """Everything of the commits after `after_commit` in the order appended: a log and its rows, or "notes", a Note.

        Rows of one log that were appended one after the other, and committed together, come together.
        """
        self._usable()
        with self._translated():
            for block in everything_after(self._shelf, after_commit, self._head.seq):
                if block.log == NOTES:
                    yield NOTES, note_in(block)
                else:
                    yield block.log, np.frombuffer(bytearray(block.payload), self._dtype(block.log))

    def blocks(self, after: int, most: int) -> list[Block]:
        """Return the blocks after number `after`, at most so many, as far as the journal is known here."""
        self._usable()
        with self._translated():
            return blocks_after(self._shelf, after, self._head.seq, most)

    @property
    def position(self) -> Position:
        """Where the journal stands; equal chains are equal histories, commits and times included."""
        head = self._head
        rows = {log: end.rows for log, end in sorted(head.logs.items())}
        return Position(head.commit, head.seq, head.epoch, head.chain.hex(), rows)

    def digest(self, logs: Iterable[str] | None = None) -> str:
        """The hash of the rows committed to these logs or to all: equal rows are equal hashes, however committed."""
        self._usable()
        wanted = self._dtypes if logs is None else logs
        return joined_digest({log: self._head.streams[log] for log in wanted if log in self._head.streams})

    def close(self) -> None:
        """Another process may write; what was not committed is gone."""
        self._failed = self._failed or "it was closed"
        with suppress(*self.troubles):
            self._closers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _dtype(self, log: str) -> "np.dtype[Any]":
        if log not in self._dtypes:
            raise UnknownName("log", log, self._dtypes)
        return self._dtypes[log]

    def _usable(self, *, writing: bool = False) -> None:
        if self._failed:
            raise JournalFailed(f"The journal {self.name} cannot be used: {self._failed}.", "Open it anew.")
        if writing and self._readonly:
            raise BadData(f"The journal {self.name} was opened for reading.", "Open it for writing.")

    def _nothing_waits(self) -> None:
        """A snapshot is the state after a commit; raises BadData while rows wait for one."""
        if self._pending:
            raise BadData("A snapshot was to be kept while rows wait.", "Commit first: it is the state after a commit.")
