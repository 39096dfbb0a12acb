"""Is this the journal that was written? Answered before anything is changed, and without changing anything.

Three things can be wrong. A block is not what it was: it does not agree with its checksum or does not follow the one
before it. Where later blocks can still be read the damage is in the middle, and only a person may decide; where
nothing can be read behind it, the end was torn. Or commits are missing without a trace, because the file or its -wal
is older than the journal was: the watermark tells. Or SQLite cannot read the file at all.
"""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.journal import snapshots
from tradewind.adapters.journal.chain import Block, is_whole
from tradewind.adapters.journal.database import (
    COLUMNS,
    NotAJournal,
    block_at,
    blocks_after,
    build,
    check_schema,
    companions,
    connect,
    fault_of_header,
    is_damage,
)
from tradewind.adapters.journal.faults import BadJournal, Damage
from tradewind.adapters.journal.heads import Fault, Head, follow
from tradewind.adapters.journal.watermark import Mark, read_marks

STRUCTURE_BYTES = 64 << 20
"""Up to this size SQLite's own structure is checked whenever a journal is opened."""
LARGEST_PADDING = 1 << 32
CLOSED_HINT = "Stop whoever writes it, then open it for writing: that says how much of it is good."
PAGE = 4096
PROBES = 1_000
"""How many blocks behind a damage are looked at for a whole one."""


class Files(NamedTuple):
    """The files of a journal."""

    database: Path

    def beside(self, ending: str) -> Path:
        """The file or folder beside the database with this ending."""
        return self.database.with_name(self.database.stem + ending)

    @property
    def watermark(self) -> Path:
        """How far it reached."""
        return self.beside(".watermark")

    @property
    def snapshots(self) -> Path:
        """The folder of the snapshots."""
        return self.beside(".snapshots")


class Finding(NamedTuple):
    """What an inspection found."""

    head: Head
    """The end of what is good."""
    damage: Damage | None
    mark: Mark | None


def inspect(files: Files, itemsizes: Mapping[str, int], *, whole: bool = False, alone: bool = False) -> Finding:
    """Return where the journal ends and what is wrong with it.

    Checked from the newest snapshot that fits, or with `whole` from the first block. Errors other than damage (no
    permission, locked) leave as they are. Only where this process is `alone` with the file is one that SQLite refuses
    copied, to see how much of it is good: closing a file gives up all locks that a process has on it.
    """
    mark, unmarked = _mark(files.watermark)
    known = mark.commit if mark else 0
    if not files.database.exists():
        return Finding(Head(), Damage(1, 0, known, "the database is missing"), mark)
    if files.database.stat().st_size == 0:  # SQLite would take it for a new one, and delete the -wal file
        return Finding(Head(), Damage(1, 0, known, "the database is empty"), mark)
    try:
        if alone and (what := fault_of_header(files.database)):
            raise NotAJournal(what)  # noqa: TRY301 - it is answered like what SQLite finds
        with contextlib.closing(connect(files.database, 5.0, readonly=True)) as database:
            finding = _inspect(database, files, itemsizes, whole=whole)
    except Exception as error:
        if not is_damage(error):
            raise
        if not alone:
            raise BadJournal(f"{files.database} cannot be read: {error}.", CLOSED_HINT) from error
        head = _readable(files.database, itemsizes)
        return Finding(head, Damage(head.commit + 1, head.commit, max(known, head.commit), str(error)), mark)
    head, damage = finding.head, finding.damage
    known = max(known, head.commit)
    if damage is not None:
        return Finding(head, damage._replace(known=max(known, damage.known)), mark)
    what = unmarked or _behind(files.database, head, mark)
    return Finding(head, Damage(head.commit + 1, head.commit, known, what) if what else None, mark)


def _mark(path: Path) -> tuple[Mark | None, str]:
    """Return the watermark, or None and why there is none."""
    try:
        marks = read_marks(path)
    except FileNotFoundError:
        return None, "its watermark file is missing, so nobody can say whether commits are missing"
    return (marks[0], "") if marks else (None, "its watermark file is damaged")


def _behind(path: Path, head: Head, mark: Mark | None) -> str:
    """Say what is wrong between a journal and its watermark; nothing where they fit."""
    if mark is None or mark.commit == 0:
        return ""
    if head.commit < mark.commit:
        return f"it ends with commit {head.commit}, but commit {mark.commit} was made: the -wal file or a newer copy"
    with contextlib.closing(connect(path, 5.0, readonly=True)) as database:
        block = block_at(database, mark.seq)
    return "" if block is not None and block.chain == mark.chain else "it is not the one its watermark belongs to"


def _inspect(database: sqlite3.Connection, files: Files, itemsizes: Mapping[str, int], *, whole: bool) -> Finding:
    database.execute("BEGIN")  # one moment, whatever a living writer adds meanwhile
    check_schema(database)
    head = Head() if whole else _anchor(database, files.snapshots)
    fault = advance(head, database, itemsizes)
    if fault is not None:
        return Finding(head, _classified(database, head, fault), None)
    broken = _structure(database, files.database, whole=whole)
    if broken:
        return Finding(head, Damage(head.commit + 1, head.commit, head.commit, broken, repairable=True), None)
    return Finding(head, None, None)


def _anchor(database: sqlite3.Connection, folder: Path) -> Head:
    """Return the end of what the newest snapshot that fits this journal saw."""
    for snapshot in snapshots.whole(folder):
        block = block_at(database, snapshot.head.seq)
        if block is not None and is_whole(block) and block.chain == snapshot.head.chain:
            return snapshot.head
    return Head()


def advance(head: Head, database: sqlite3.Connection, itemsizes: Mapping[str, int]) -> Fault | None:
    """`head` is moved to the last commit that is whole; return why it could not be moved further, None at the end."""
    try:
        return follow(head, blocks_after(database, head.seq), itemsizes)
    except Exception as error:
        if not is_damage(error):
            raise
        return Fault(str(error), vanished=False)


def _classified(database: sqlite3.Connection, head: Head, fault: Fault) -> Damage:
    bad = head.commit + 1
    later = max((block.commit_number for block in _behind_damage(database, head.seq)), default=0)
    middle = later > bad
    repairable = not middle and not fault.vanished and head.commit > 0
    return Damage(bad, head.commit, max(later, bad), fault.what, middle, repairable)


def _behind_damage(database: sqlite3.Connection, seq: int) -> Iterator[Block]:
    """Yield the whole blocks behind a damage, as far as any can be reached."""
    for query in (
        f"SELECT {COLUMNS} FROM blocks WHERE seq > ? ORDER BY seq DESC LIMIT {PROBES}",  # noqa: S608 - our own names
        f"SELECT {COLUMNS} FROM blocks WHERE seq > ? + 1 ORDER BY seq LIMIT {PROBES}",  # noqa: S608 - our own names
    ):
        with contextlib.suppress(sqlite3.Error, ValueError, TypeError, OverflowError):
            for row in database.execute(query, (seq,)):
                block = Block._make(row)
                if is_whole(block):
                    yield block


def _structure(database: sqlite3.Connection, path: Path, *, whole: bool) -> str:
    """Say what SQLite finds wrong with its own structure; of a large file only where it is asked for."""
    if not whole and path.stat().st_size > STRUCTURE_BYTES:
        return ""
    verb = "integrity_check" if whole else "quick_check"
    found = [str(text) for (text,) in database.execute(f"PRAGMA {verb}(3)")]
    return "" if found == ["ok"] else "; ".join(" ".join(text.split()) for text in found)


def _readable(path: Path, itemsizes: Mapping[str, int]) -> Head:
    """Return the end of what can be read from the beginning of a file that SQLite refuses as it is."""
    head = Head()
    try:
        with mended_copy(path) as database:
            advance(head, database, itemsizes)
    except Exception as error:
        if not is_damage(error):
            raise
    return head


@contextlib.contextmanager
def mended_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a copy of which as much can be read as there is.

    The first page is the same in every journal, so it is that of a new one, and what is cut off is made of zeros.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        copy, sample = Path(folder) / "copy", Path(folder) / "sample"
        for name, target in zip((path, companions(path)[0]), (copy, companions(copy)[0]), strict=True):
            if name.exists():
                shutil.copyfile(name, target)
        build(sample, {})
        first = bytearray(sample.read_bytes()[:PAGE])
        with copy.open("rb+") as file:
            told = int.from_bytes(file.read(32)[28:], "big")
            there = -(-file.seek(0, 2) // PAGE)
            pages = told if there < told <= there + LARGEST_PADDING // PAGE else max(there, 1)
            first[28:32] = pages.to_bytes(4, "big")
            file.truncate(pages * PAGE)
            file.seek(0)
            file.write(first)
        with contextlib.closing(connect(copy, 5.0, readonly=False)) as database:
            yield database
