"""A journal on SQLite: what was appended is durable together when `commit` returns, or not at all.

One process writes and any number read. Rows and notes wait in memory, in order, until they are committed; a commit is
one transaction of a write-ahead log that is synced before it returns. Whatever goes wrong with the disk in a commit
ends the life of the object: after a failed sync nobody knows what the disk has, so nothing is tried again (LWN 752063,
"PostgreSQL's fsync() surprise") and a new process starts from the file. The one exception is a full disk, where
nothing was synced: a reserve is given back to it and the same transaction is tried once more, so that the last words
fit; whoever trades sees `low_on_disk` and opens nothing new.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np

from tradewind.adapters.journal import snapshots
from tradewind.adapters.journal.chain import Block, joined_digest, sealed
from tradewind.adapters.journal.database import (
    FENCED,
    INSERT,
    add_layouts,
    block_at,
    check_layouts,
    connect,
    layout_of,
)
from tradewind.adapters.journal.faults import (
    BUSY,
    FULL,
    LOCKED,
    Damage,
    Fenced,
    JournalBusy,
    JournalFailed,
    bad,
    code_of,
    translated,
)
from tradewind.adapters.journal.heads import NOTES, Head, LogEnd
from tradewind.adapters.journal.inspection import Files, advance, inspect
from tradewind.adapters.journal.opening import Options, lock, mark_of, sound
from tradewind.adapters.journal.reading import Note, block_that_is_whole, everything_after, log_from, note_in
from tradewind.adapters.journal.reserve import Reserve, free_share
from tradewind.adapters.journal.salvage import Layouts, copy_online, note_payload
from tradewind.adapters.journal.watermark import Watermark
from tradewind.errors import BadData, UnknownName
from tradewind.ports import Rows

NEWEST = "SELECT seq, epoch FROM blocks ORDER BY seq DESC LIMIT 1"


class Position(NamedTuple):
    """Where a journal stands."""

    commit: int
    seq: int
    epoch: int
    chain: str
    rows: Mapping[str, int]


class SqliteJournal:
    """A journal in one file; see `open`."""

    def __init__(self, files: Files, dtypes: Mapping[str, "np.dtype[Any]"], options: Options) -> None:
        """Made by `open`."""
        self.files = files
        self.low_on_disk = False
        """The disk was full: the reserve is spent, and the next time it is full the journal fails."""
        self.cut: Damage | None = None
        """What was cut off when it was opened, None where it was whole."""
        self._dtypes = dict(dtypes)
        self._layouts = Layouts(
            {name: dtype.itemsize for name, dtype in dtypes.items()},
            {name: layout_of(dtype) for name, dtype in dtypes.items()},
        )
        self._options = options
        self._pending: list[tuple[str, list[bytes]]] = []
        self._failed = ""
        self._closers = ExitStack()
        self._head = Head()

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        dtypes: Mapping[str, "np.dtype[Any]"],
        clock: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> Self:
        """The journal at `path` is open and what it holds since its newest snapshot is as it was written.

        A torn end is cut off and kept aside, with a note; `cut` tells. Any other damage raises BadJournal and changes
        nothing, unless a person says `accept=True`: then what stands before it is kept. The other `options` are those
        of `Options`. Raises LockHeld where another process writes.
        """
        if NOTES in dtypes:
            raise BadData(f"A log cannot be called {NOTES!r}.", "Notes are written with `note`.")
        journal = cls(Files(Path(path)), dtypes, Options(clock, **options))
        try:
            with translated(journal.files.database):
                journal._open()
        except BaseException:
            journal.close()
            raise
        return journal

    def _open(self) -> None:
        options, files = self._options, self.files
        if not options.readonly:
            files.database.parent.mkdir(parents=True, exist_ok=True)
            if options.exclusive:
                self._closers.callback(lock(files, options.clock()).release)
        self._head, self.cut = sound(files, self._layouts, options)
        self._database = connect(files.database, options.busy_s, readonly=options.readonly)
        self._closers.callback(self._database.close)
        new = check_layouts(self._database, self._layouts.hashes)
        if not options.readonly:
            add_layouts(self._database, {log: self._layouts.hashes[log] for log in new})
            self._reserve = Reserve(files.beside(".reserve"), options.reserve_bytes)
            self.low_on_disk = not self._reserve.held
            self._watermark = Watermark(files.watermark, mark_of(self._head))
            self._closers.callback(self._watermark.close)

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
        except (sqlite3.Error, OSError) as error:
            self._fail(error)
        for block in blocks:
            self._head.extend(block)
        self._pending.clear()
        try:
            if blocks:
                self._watermark.advance(mark_of(self._head))
        except OSError as error:
            self._fail(error)
        self._failed = ""
        return self._head.commit

    def newest_epoch(self) -> int:
        """The epoch of the newest leader, 0 where nobody led yet."""
        return self._head.epoch

    def confirm(self, epoch: int) -> None:
        """No newer leader has written up to this moment; raises Fenced where one has."""
        self._usable()
        with translated(self.files.database):
            last = self._database.execute(NEWEST).fetchone()
        if last is not None and (last[1] > epoch or last[0] != self._head.seq):
            raise self._fenced(epoch)

    def _blocks(self, epoch: int) -> list[Block]:
        """Return what is pending as the next blocks."""
        head, ends, chain = self._head, dict(self._head.logs), self._head.chain
        ts = self._options.clock() if self._pending else 0
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

    def _store(self, blocks: list[Block], epoch: int) -> None:
        try:
            self._transaction(blocks, epoch)
        except sqlite3.Error as error:
            self._roll_back()
            if FENCED in str(error):
                raise self._fenced(epoch) from error
            if code_of(error) in (BUSY, LOCKED):
                raise JournalBusy(
                    f"The journal {self.files.database} was locked for {self._options.busy_s:g} s.",
                    "Find what holds it; nothing was written, and nothing is lost.",
                ) from error
            if code_of(error) != FULL or not self._reserve.free():
                raise
            self.low_on_disk = True
            self._transaction(blocks, epoch)

    def _transaction(self, blocks: list[Block], epoch: int) -> None:
        self._database.execute("BEGIN IMMEDIATE" if blocks else "BEGIN")
        last = self._database.execute(NEWEST).fetchone()
        seq, newest = last or (0, 0)
        if newest > epoch or seq != self._head.seq:
            self._roll_back()
            raise self._fenced(epoch)
        self._database.executemany(INSERT, blocks)
        self._database.execute("COMMIT")

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def _fenced(self, epoch: int) -> Fenced:
        return Fenced(
            f"Another process leads the journal {self.files.database}: epoch {epoch} may not write any more.",
            "Stop this one; the other one trades.",
        )

    def _fail(self, error: Exception) -> NoReturn:
        self._roll_back()
        self._failed = f"{error}"
        raise JournalFailed(
            f"The journal {self.files.database} could not be written: {error}.",
            "Nothing is tried again; free the disk and start anew from the file.",
        ) from error

    def refresh(self) -> int:
        """What another process wrote since is known here; return the last commit."""
        self._usable()
        with translated(self.files.database):
            fault = advance(self._head, self._database, self._layouts.itemsizes)
        if fault is not None:
            commit = self._head.commit
            raise bad(self.files.database, Damage(commit + 1, commit, commit + 1, fault.what))
        return self._head.commit

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of a log from position `start` on, with those that are not yet committed."""
        self._usable()
        dtype, end = self._dtype(log), self._head.logs.get(log, LogEnd())
        with translated(self.files.database):
            blocks = log_from(self._database, end.last, start)
        first = blocks[0].start if blocks else end.rows
        waiting = (part for name, parts in self._pending if name == log for part in parts)
        raw = bytearray().join((*(block.payload for block in blocks), *waiting))
        return np.frombuffer(raw, dtype)[max(0, start - first) :]

    def notes(self, kind: str | None = None, after: int = 0) -> list[Note]:
        """The notes with numbers above `after`, oldest first, of one kind or of all."""
        self._usable()
        end = self._head.logs.get(NOTES, LogEnd())
        with translated(self.files.database):
            found = [note_in(block) for block in log_from(self._database, end.last, after)]
        waiting = (parts[0] for name, parts in self._pending if name == NOTES)
        for number, payload in enumerate(waiting, end.rows + 1):
            found.append(Note(number, self._head.commit + 1, 0, *json.loads(payload)))
        return [note for note in found if note.number > after and kind in (None, note.kind)]

    def last_note(self, kind: str) -> Note | None:
        """The newest committed note of a kind, or None."""
        self._usable()
        with translated(self.files.database):
            seq = self._head.logs.get(NOTES, LogEnd()).last
            while seq:
                block = block_that_is_whole(self._database, seq)
                if (note := note_in(block)).kind == kind:
                    return note
                seq = block.before
        return None

    def tail(self, after_commit: int = 0) -> Iterator[tuple[str, Any]]:
        """Everything of the commits after `after_commit` in the order appended: a log and its rows, or "notes", a Note.

        Rows of one log that were appended one after the other, and committed together, come together.
        """
        self._usable()
        with translated(self.files.database):
            for block in everything_after(self._database, after_commit, self._head.seq):
                if block.log == NOTES:
                    yield NOTES, note_in(block)
                else:
                    yield block.log, np.frombuffer(bytearray(block.payload), self._dtype(block.log))

    def keep_snapshot(self, payload: bytes) -> int:
        """The state after the last commit is kept, durably; return that commit. Failing harms nothing."""
        self._usable(writing=True)
        if self._pending:
            raise BadData("A snapshot was to be kept while rows wait.", "Commit first: it is the state after a commit.")
        with translated(self.files.snapshots):
            snapshots.keep(self.files.snapshots, self._head, payload)
        return self._head.commit

    def newest_snapshot(self) -> tuple[int, bytes] | None:
        """The newest state that is whole and belongs to this journal, with its commit; None where there is none."""
        self._usable()
        with translated(self.files.database):
            for snapshot in snapshots.whole(self.files.snapshots):
                block = block_at(self._database, snapshot.head.seq)
                if block is not None and block.chain == snapshot.head.chain:
                    return snapshot.head.commit, snapshot.payload
        return None

    def check(self) -> Damage | None:
        """Every block from the first is read and compared; return what is wrong, or None."""
        self._usable()
        with translated(self.files.database):
            return inspect(self.files, self._layouts.itemsizes, whole=True).damage

    def backup(self, target: str | os.PathLike[str]) -> None:
        """A copy of everything committed lies at `target`, whole, with its watermark; trading may go on meanwhile."""
        self._usable()
        copy = Files(Path(target))
        if copy.database.exists() or copy.watermark.exists():
            raise BadData(f"{copy.database} is there already.", "Name a new file.")
        with translated(copy.database):
            copy_online(self.files, copy)

    def checkpoint(self) -> None:
        """The write-ahead log is folded into the database, as far as nobody reads it: for a quiet minute."""
        self._usable(writing=True)
        try:
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._watermark.sync()
        except (sqlite3.Error, OSError) as error:
            self._fail(error)

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

    def free_share(self) -> float:
        """The share of the journal's disk that is free, 0 to 1."""
        return free_share(self.files.database.parent)

    def close(self) -> None:
        """The files are closed and another process may write; what was not committed is gone."""
        self._failed = self._failed or "it was closed"
        with suppress(sqlite3.Error, OSError):
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
            raise JournalFailed(f"The journal {self.files.database} cannot be used: {self._failed}.", "Open it anew.")
        if writing and self._options.readonly:
            raise BadData(f"The journal {self.files.database} was opened for reading.", "Open it for writing.")
