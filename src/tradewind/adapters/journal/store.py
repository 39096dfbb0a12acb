"""A journal on SQLite: what was appended is durable together when `commit` returns, or not at all.

One process writes and any number read. Rows and notes wait in memory, in order, until they are committed; a commit is
one transaction of a write-ahead log that is synced before it returns. Whatever goes wrong with the disk in a commit
ends the life of the object: after a failed sync nobody knows what the disk has, so nothing is tried again (LWN 752063,
"PostgreSQL's fsync() surprise") and a new process starts from the file. The one exception is a full disk, where
nothing was synced: a reserve is given back to it and the same transaction is tried once more, so that the last words
fit; whoever trades sees `low_on_disk` and opens nothing new.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np  # noqa: TC002 - a type, cheap because everybody has it loaded

from tradewind.adapters.journal import snapshots
from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.chained import ChainedJournal
from tradewind.adapters.journal.database import (
    FENCED,
    INSERT,
    Blocks,
    add_layouts,
    block_at,
    check_layouts,
    connect,
)
from tradewind.adapters.journal.faults import (
    BUSY,
    FULL,
    LOCKED,
    Damage,
    JournalBusy,
    JournalFailed,
    bad,
    code_of,
    translated,
)
from tradewind.adapters.journal.inspection import Files, advance, inspect
from tradewind.adapters.journal.opening import Options, lock, sound
from tradewind.adapters.journal.reserve import Reserve, free_share
from tradewind.adapters.journal.salvage import copy_online
from tradewind.adapters.journal.watermark import Watermark, mark_of
from tradewind.errors import BadData

NEWEST = "SELECT seq, epoch FROM blocks ORDER BY seq DESC LIMIT 1"


class SqliteJournal(ChainedJournal):
    """A journal in one file; see `open`."""

    troubles = (sqlite3.Error, OSError)

    def __init__(self, files: Files, dtypes: Mapping[str, "np.dtype[Any]"], options: Options) -> None:
        """Made by `open`."""
        super().__init__(str(files.database), dtypes, options.clock)
        self.files = files
        self.low_on_disk = False
        """The disk was full: the reserve is spent, and the next time it is full the journal fails."""
        self._options = options
        self._readonly = options.readonly

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

    @property
    def _shelf(self) -> Blocks:
        return Blocks(self._database)

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.files.database)

    def confirm(self, epoch: int) -> None:
        """No newer leader has written up to this moment; raises Fenced where one has."""
        self._usable()
        with translated(self.files.database):
            last = self._database.execute(NEWEST).fetchone()
        if last is not None and (last[1] > epoch or last[0] != self._head.seq):
            raise self._fenced(epoch)

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

    def keep_snapshot(self, payload: bytes) -> int:
        """The state after the last commit is kept, durably; return that commit. Failing harms nothing."""
        self._usable(writing=True)
        self._nothing_waits()
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
            if self._watermark is not None:
                self._watermark.sync()
        except (sqlite3.Error, OSError) as error:
            self._fail(error)

    def free_share(self) -> float:
        """The share of the disk with the files of the journal that is free, 0 to 1."""
        return free_share(self.files.database.parent)
