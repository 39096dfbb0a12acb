"""The live journal on PostgreSQL: the same blocks, the same chain and the same promises as the one on SQLite.

A commit is one statement, durable on the server when it returns. Where the connection is lost in the middle of one,
nobody knows whether it took place; then the server is waited for, the blocks are looked up by their number and hash,
and only what is not there is sent again. The primary key sees to it that no block is there twice.

One process writes: the one with the lease on the account (`adapters.postgres.lease`), which the server asks for with
every block. Beside the account's folder lies a watermark, as beside a journal on SQLite: a database that was restored
from an older copy is not taken for the newest by a machine that has seen more.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np  # noqa: TC002 - a type, cheap because everybody has it loaded
import psycopg

from tradewind.adapters.address import Address
from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.chained import ChainedJournal
from tradewind.adapters.journal.faults import BadJournal, Damage, JournalBusy, JournalFailed, bad
from tradewind.adapters.journal.heads import Fault, Head, follow
from tradewind.adapters.journal.layouts import new_logs
from tradewind.adapters.journal.reserve import free_share
from tradewind.adapters.journal.salvage import CUT
from tradewind.adapters.journal.watermark import Mark, Watermark, mark_of, read_marks
from tradewind.adapters.lease import lock_account
from tradewind.adapters.postgres import journal_snapshots
from tradewind.adapters.postgres.connection import DatabaseRefused, DatabaseUnreachable, translated
from tradewind.adapters.postgres.journal_blocks import FENCED, PostgresBlocks
from tradewind.adapters.postgres.lease import PostgresLease
from tradewind.adapters.postgres.session import Patience, Session, is_busy, is_lost, said

WATERMARK = "journal-postgresql.watermark"
RESTORE = "restore the newest backup"
ACCEPT = "restore the newest backup, or accept what is there"


class Options(NamedTuple):
    """How a journal is opened."""

    readonly: bool = False
    """Nothing is written; another process may be writing."""
    lease: PostgresLease | None = None
    """Held by the caller; without one the journal takes its own, and releases it when it is closed."""
    exclusive: bool = True
    """A second writer is refused; without it only fencing stands between two, and no lease was ever taken."""
    accept: bool = False
    """A person has seen that commits are missing from the database: it is gone on with."""
    patience: Patience = Patience()
    lease_s: float = 10.0


class PostgresJournal(ChainedJournal):
    """The journal of one account; see `open`."""

    troubles = (psycopg.Error, OSError, DatabaseUnreachable, DatabaseRefused)

    def __init__(
        self,
        place: tuple[Address, str, Path],
        dtypes: Mapping[str, "np.dtype[Any]"],
        clock: Callable[[], int],
        options: Options,
    ) -> None:
        """Made by `open`."""
        self.address, self.account, self.folder = place
        super().__init__(f"{self.account} at {self.address}", dtypes, clock)
        self._options = options
        self._readonly = options.readonly
        self._lease: PostgresLease | None = options.lease

    @classmethod
    def open(
        cls,
        address: Address,
        folder: str | os.PathLike[str],
        dtypes: Mapping[str, "np.dtype[Any]"],
        clock: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> Self:
        """The journal of the account with that folder is open; what it holds since its newest snapshot is as written.

        Raises BadJournal where it is not, or where it ends before the watermark in the folder; then a person may say
        `accept=True`. Raises LockHeld where another process writes, here or elsewhere, and DatabaseUnreachable or
        DatabaseRefused where there is no way to the server. The other `options` are those of `Options`.
        """
        place = Path(folder)
        journal = cls((address, place.name, place), dtypes, clock, Options(**options))
        try:
            with translated(f"The journal {journal.name} cannot be opened"):
                journal._open()
        except BaseException:
            journal.close()
            raise
        return journal

    def _open(self) -> None:
        options = self._options
        if not options.readonly:
            self.folder.mkdir(parents=True, exist_ok=True)
            if options.exclusive and self._lease is None:
                lock = lock_account(self.folder, self._clock())
                self._closers.callback(lock.release)
                self._lease = PostgresLease.take(self.address, self.account, lock, ttl_s=options.lease_s)
                self._closers.callback(self._lease.release)
        settings = {} if self._lease is None else self._lease.settings
        session = Session(self.address, f"tradewind journal {self.account}", settings, options.patience)
        self._closers.callback(session.close)
        self._stored = PostgresBlocks(session, self.account)
        new = new_logs(self._stored.layouts(), self._layouts.hashes)
        self._head, damage = self._inspected()
        if damage is not None and not (options.accept and not damage.later and not options.readonly):
            raise bad(self.name, damage, RESTORE if damage.later else ACCEPT)
        if options.readonly:
            return
        self._stored.add_layouts({log: self._layouts.hashes[log] for log in new})
        known = self._mark()
        self._watermark = Watermark(self.folder / WATERMARK, mark_of(self._head))
        self._closers.callback(self._watermark.close)
        if damage is not None:
            self._accept(damage, known)

    def _inspected(self, *, whole: bool = False) -> tuple[Head, Damage | None]:
        """Return where the journal ends, read from its newest snapshot or from its beginning, and what is wrong."""
        anchor = None if whole else next(journal_snapshots.fitting(self._stored), None)
        head = Head() if anchor is None else anchor.head
        if fault := follow(head, self._stored.blocks_after(head.seq), self._layouts.itemsizes):
            return head, self._damage(head, fault)
        mark = self._mark()
        if mark is None or mark.commit == 0:
            return head, None
        what = ""
        if head.commit < mark.commit:
            what = f"it ends with commit {head.commit}, but commit {mark.commit} was made: an older copy was restored"
        elif (block := self._stored.block_at(mark.seq)) is None or block.chain != mark.chain:
            what = f"it is not the one that {self.folder / WATERMARK} belongs to"
        known = max(head.commit, mark.commit)
        return head, Damage(head.commit + 1, head.commit, known, what) if what else None

    def _damage(self, head: Head, fault: Fault) -> Damage:
        newest = self._stored.newest()[0]
        last = self._stored.block_at(newest)
        known = max(head.commit + 1, last.commit_number if last is not None else 0)
        return Damage(head.commit + 1, head.commit, known, fault.what, later=True)

    def _mark(self) -> Mark | None:
        """Return what this machine last saw of the journal; None where it never saw it."""
        path = self.folder / WATERMARK
        if not path.exists():
            return None
        marks = read_marks(path)
        if not marks:
            raise BadJournal(f"{path} is damaged.", "Nobody can say whether commits are missing: look, then remove it.")
        return marks[0]

    def _accept(self, damage: Damage, known: Mark | None) -> None:
        """The journal goes on, with a note of what is missing and with an epoch nobody had."""
        told = {"good": damage.good, "lost": damage.known - damage.good, "known": damage.known, "what": damage.what}
        self.note(CUT, told)
        self.commit(max(self._head.epoch, known.epoch if known else 0))
        self.cut = damage

    @property
    def _shelf(self) -> PostgresBlocks:
        return self._stored

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except DatabaseUnreachable as error:
            self._fail(error)
        except psycopg.Error as error:
            if is_busy(error):
                raise JournalBusy(f"The journal {self.name} is locked: {said(error)}.", "Try again.") from error
            raise BadJournal(
                f"The journal {self.name} cannot be read: {said(error)}.", "See `tradewind db check`."
            ) from error

    def _translated(self) -> AbstractContextManager[None]:
        return self._reading()

    def confirm(self, epoch: int) -> None:
        """No newer leader has written up to this moment, and nobody took the lease; raises Fenced where one has."""
        self._usable()
        with self._translated():
            seq, newest, leading = self._stored.newest()
        if seq < self._head.seq:
            self._fail(DatabaseRefused(f"it ends with block {seq}, but block {self._head.seq} was made"))
        taken = self._lease is not None and leading != self._lease.epoch
        if newest > epoch or seq != self._head.seq or taken:
            raise self._fenced(epoch)

    def _store(self, blocks: list[Block], epoch: int) -> None:
        if not blocks:
            self._failed = ""
            self.confirm(epoch)
            return
        sent = 0
        while True:
            sent += 1
            try:
                self._stored.insert(blocks)
            except psycopg.Error as error:
                if not is_lost(error):
                    if self._is_there(blocks[-1]):  # the answer to an earlier attempt was lost
                        return
                    raise self._refused(error, epoch, sent) from error
                self._stored.session.come_back(error)
                if self._is_there(blocks[-1]):
                    return
                self._goes_on()
            else:
                return

    def _is_there(self, block: Block) -> bool:
        """Whether the block is in the database: this very one."""
        found = self._stored.block_at(block.seq)
        return found is not None and found.chain == block.chain

    def _goes_on(self) -> None:
        """Nothing that was durable is missing; else the server came back as it was before."""
        last = self._stored.block_at(self._head.seq) if self._head.seq else None
        if self._head.seq and (last is None or last.chain != self._head.chain):
            raise DatabaseRefused(
                f"the server came back without commit {self._head.commit}, which was durable", "Do not go on with it."
            )

    def _refused(self, error: psycopg.Error, epoch: int, sent: int) -> Exception:
        """Return what a clear no of the server means."""
        if (error.sqlstate or "") in FENCED:
            return self._fenced(epoch)
        if is_busy(error) and sent == 1:
            return JournalBusy(
                f"The journal {self.name} was locked: {said(error)}.",
                "Find what holds it; nothing was written, and nothing is lost.",
            )
        return error

    def _fail(self, error: Exception) -> NoReturn:
        self._failed = said(error)
        raise JournalFailed(
            f"The journal {self.name} cannot be used any more: {said(error)}.",
            "Whether the last commit took place is in the database: start anew from there.",
        ) from error

    def refresh(self) -> int:
        """What another process wrote since is known here; return the last commit."""
        self._usable()
        with self._translated():
            fault = follow(self._head, self._stored.blocks_after(self._head.seq), self._layouts.itemsizes)
        if fault is not None:
            raise bad(self.name, self._damage(self._head, fault), RESTORE)
        return self._head.commit

    def keep_snapshot(self, payload: bytes) -> int:
        """The state after the last commit is kept, durably; return that commit. Failing harms nothing."""
        self._usable(writing=True)
        self._nothing_waits()
        with self._translated():
            journal_snapshots.keep(self._stored, self._head, payload)
        return self._head.commit

    def newest_snapshot(self) -> tuple[int, bytes] | None:
        """The newest state that is whole and belongs to this journal, with its commit; None where there is none."""
        self._usable()
        with self._translated():
            found = next(journal_snapshots.fitting(self._stored), None)
        return None if found is None else (found.head.commit, found.payload)

    def check(self) -> Damage | None:
        """Every block from the first is read and compared; return what is wrong, or None."""
        self._usable()
        with self._translated():
            return self._inspected(whole=True)[1]

    def free_share(self) -> float:
        """The share of the disk with the account's folder that is free, 0 to 1; the server watches its own."""
        return free_share(self.folder)
