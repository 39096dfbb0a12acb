"""The database of a journal: one table of blocks that only grows, and triggers that see to it.

Nothing is ever deleted or changed, so the file has no free pages; what an older leader wants to write is refused where
it is written, by a trigger that compares epochs. The text of the schema is checked whenever a journal is opened: one
bit can turn a smaller-than sign into a greater-than sign.
"""

import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.faults import CORRUPT, NOT_A_DATABASE, code_of
from tradewind.adapters.journal.layouts import new_logs

VERSION = 1
APPLICATION = 0x54574A4C
HEADER = {
    0: b"SQLite format 3\0" + bytes.fromhex("1000 02 02 00 40 20 20"),  # pages of 4096, WAL, nothing reserved
    32: bytes(8),  # no free pages
    44: bytes.fromhex("00000004 00000000 00000000 00000001"),  # schema format, no cache size, no vacuum, UTF-8
    64: bytes(4),
    68: APPLICATION.to_bytes(4, "big") + bytes(20),
}
"""What stands in the header of the file, by its first byte."""
COLUMNS = ", ".join(Block._fields)
INSERT = f"INSERT INTO blocks ({COLUMNS}) VALUES ({', '.join('?' * len(Block._fields))})"  # noqa: S608 - our own names
FENCED = "an older leader may not write"
SCHEMA = (
    """CREATE TABLE blocks (
    seq INTEGER PRIMARY KEY NOT NULL,
    commit_number INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    log TEXT NOT NULL,
    before INTEGER NOT NULL,
    start INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    chain BLOB NOT NULL,
    payload BLOB NOT NULL
)""",
    "CREATE TABLE layouts (log TEXT NOT NULL, layout TEXT NOT NULL)",
    "CREATE TRIGGER blocks_no_delete BEFORE DELETE ON blocks BEGIN SELECT RAISE(ABORT, 'a journal only grows'); END",
    "CREATE TRIGGER blocks_no_update BEFORE UPDATE ON blocks BEGIN SELECT RAISE(ABORT, 'a journal only grows'); END",
    """CREATE TRIGGER blocks_of_the_leader BEFORE INSERT ON blocks
    WHEN NEW.epoch < (SELECT epoch FROM blocks ORDER BY seq DESC LIMIT 1)
    BEGIN SELECT RAISE(ABORT, 'an older leader may not write'); END""",
)


class NotAJournal(Exception):  # noqa: N818 - never leaves this package
    """The file is a sound database, but not of this kind or version, or its schema was changed."""


def build(path: Path, layouts: Mapping[str, str], blocks: Iterable[Block] = ()) -> None:
    """A new journal lies at `path`, durable and without a -wal file, holding `blocks`."""
    for name in (path, *companions(path)):
        name.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("PRAGMA page_size = 4096")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA:
            database.execute(statement)
        add_layouts(database, layouts)
        database.executemany(INSERT, blocks)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()
    path.chmod(0o600)
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def add_layouts(database: sqlite3.Connection, layouts: Mapping[str, str]) -> None:
    """The layouts of these logs are known to the journal."""
    rows = [(log, _with_checksum(log, layout)) for log, layout in sorted(layouts.items())]
    database.executemany("INSERT INTO layouts VALUES (?, ?)", rows)


def _with_checksum(log: str, layout: str) -> str:
    """Return a layout as it is stored: what is damaged is told from what is different."""
    return f"{layout} {zlib.crc32(f'{log} {layout}'.encode()):08x}"


def companions(path: Path) -> tuple[Path, Path]:
    """Return the -wal and -shm files of a database."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def connect(path: Path, busy_s: float, *, readonly: bool) -> sqlite3.Connection:
    """Return a connection to an existing database; a reading one changes nothing, not even when it is closed."""
    mode = "ro" if readonly else "rw"
    database = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        if not readonly:
            database.execute("PRAGMA synchronous = FULL")
    except BaseException:
        database.close()
        raise
    return database


def check_schema(database: sqlite3.Connection) -> None:
    """Raise NotAJournal where the database is not as `build` made it."""
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        raise NotAJournal("it is not a journal of Tradewind")
    if version != VERSION:
        raise NotAJournal(f"it has format {version}, this version knows {VERSION}")
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql"
    if [text for (text,) in database.execute(query)] != sorted(SCHEMA):
        raise NotAJournal("its schema was changed")
    if database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raise NotAJournal("it is not in WAL mode")
    if database.execute("PRAGMA freelist_count").fetchone()[0]:
        raise NotAJournal("it has free pages, as if something had been deleted")
    for log, layout in database.execute("SELECT log, layout FROM layouts"):
        if layout != _with_checksum(log, layout.split()[0]):
            raise NotAJournal("its list of layouts was changed")


def check_layouts(database: sqlite3.Connection, layouts: Mapping[str, str]) -> list[str]:
    """Return the logs that are new; raise OtherLayout where rows were written in another layout than now."""
    stored = {log: text.split()[0] for log, text in database.execute("SELECT log, layout FROM layouts")}
    return new_logs(stored, layouts)


def fault_of_header(path: Path) -> str:
    """Say what is wrong with the part of a file's header that never changes; nothing where it is as it should be.

    SQLite itself would open some of these for reading only. https://www.sqlite.org/fileformat2.html#the_database_header
    """
    with path.open("rb") as file:
        header = file.read(100)
    for start, wanted in HEADER.items():
        if header[start : start + len(wanted)] != wanted:
            return f"byte {start} and following of its header are not those of a journal"
    return ""


def blocks_after(database: sqlite3.Connection, seq: int) -> Iterator[Block]:
    """Yield the blocks after `seq`, as they are stored."""
    query = f"SELECT {COLUMNS} FROM blocks WHERE seq > ? ORDER BY seq"  # noqa: S608 - our own names
    return map(Block._make, database.execute(query, (seq,)))


def block_at(database: sqlite3.Connection, seq: int) -> Block | None:
    """Return one block, or None."""
    row = database.execute(f"SELECT {COLUMNS} FROM blocks WHERE seq = ?", (seq,)).fetchone()  # noqa: S608 - our own names
    return None if row is None else Block._make(row)


class Blocks:
    """The blocks behind a connection, to be read."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """They lie in this database."""
        self._database = database

    def block_at(self, seq: int) -> Block | None:
        """Return one block, or None."""
        return block_at(self._database, seq)

    def blocks_between(self, after: int, until: int, most: int) -> list[Block]:
        """Return the first blocks after `after` up to `until`, as they are stored."""
        query = f"SELECT {COLUMNS} FROM blocks WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {most}"  # noqa: S608 - our own names
        return [Block._make(row) for row in self._database.execute(query, (after, until)).fetchall()]


def last_block(database: sqlite3.Connection) -> Block | None:
    """Return the last block, or None."""
    query = f"SELECT {COLUMNS} FROM blocks ORDER BY seq DESC LIMIT 1"  # noqa: S608 - our own names
    row = database.execute(query).fetchone()
    return None if row is None else Block._make(row)


def is_damage(error: Exception) -> bool:
    """Whether an error means that the file is not what was written, rather than that it cannot be had now."""
    if isinstance(error, sqlite3.Error):
        # Rows and texts that cannot be decoded have no code of their own.
        return code_of(error) in (0, 1, CORRUPT, NOT_A_DATABASE) or isinstance(error, sqlite3.DataError)
    return isinstance(error, (NotAJournal, ValueError, TypeError, OverflowError, AttributeError, IndexError))
