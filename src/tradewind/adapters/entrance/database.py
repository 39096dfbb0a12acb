"""The database of the entrance: one file, opened for every piece of work and closed after it."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tradewind.adapters.wal import write_ahead
from tradewind.errors import TradewindError

VERSION = 2
BUSY_S = 10.0
SCHEMA = """
CREATE TABLE users (
    name      TEXT PRIMARY KEY NOT NULL,
    password  TEXT NOT NULL,
    scopes    TEXT NOT NULL,
    disabled  INTEGER NOT NULL DEFAULT 0,
    made_ns   INTEGER NOT NULL,
    failures  INTEGER NOT NULL DEFAULT 0,
    locked_ns INTEGER NOT NULL DEFAULT 0,
    once      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE keys (
    prefix     TEXT PRIMARY KEY NOT NULL,
    digest     BLOB NOT NULL,
    name       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    made_ns    INTEGER NOT NULL,
    expires_ns INTEGER NOT NULL,
    used_ns    INTEGER NOT NULL DEFAULT 0,
    revoked    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE sessions (
    family     TEXT NOT NULL,
    digest     BLOB PRIMARY KEY NOT NULL,
    user       TEXT NOT NULL,
    expires_ns INTEGER NOT NULL,
    used       INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX sessions_by_family ON sessions (family);
CREATE TABLE answers (
    who     TEXT NOT NULL,
    route   TEXT NOT NULL,
    key     TEXT NOT NULL,
    body    BLOB NOT NULL,
    status  INTEGER,
    answer  BLOB,
    made_ns INTEGER NOT NULL,
    PRIMARY KEY (who, route, key)
) WITHOUT ROWID;
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY NOT NULL,
    ts_ns   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    outcome TEXT NOT NULL,
    about   TEXT NOT NULL CHECK (json_valid(about)),
    chain   BLOB NOT NULL
);
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
"""

SINCE_1 = "ALTER TABLE users ADD COLUMN once INTEGER NOT NULL DEFAULT 0"
"""Whether the password is good for one log-in, in which another is chosen."""


class Entrance:
    """The database at a path; it is made when it is first opened."""

    def __init__(self, data: Path) -> None:
        """Nothing is made yet."""
        self.path = data / "entrance.sqlite"

    @contextlib.contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Give the database inside one transaction, which is durable afterwards or did not take place."""
        try:
            connection = self._connected()
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        with contextlib.closing(connection) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            except (OSError, sqlite3.Error) as error:
                raise self._unusable(error) from error

    def _connected(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
        database = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous = FULL")
            if _version(database) < VERSION:
                write_ahead(database, BUSY_S)
                database.execute("BEGIN IMMEDIATE")
                for statement in {0: SCHEMA.split(";\n"), 1: [SINCE_1]}.get(_version(database), []):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {max(VERSION, _version(database))}")
                database.execute("COMMIT")
            self._check(_version(database))
        except BaseException:
            database.close()
            raise
        return database

    def _check(self, version: int) -> None:
        if version > VERSION:
            raise TradewindError(f"{self.path} has format {version}, this version knows {VERSION}.", "Upgrade.")

    def _unusable(self, error: Exception) -> TradewindError:
        return TradewindError(f"{self.path}: {error}.", "Free some space or mend the file; nothing was changed.")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
