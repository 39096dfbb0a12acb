"""Heavy work that waits, runs or has ended: one row a job in `jobs.sqlite`, which outlives whoever asked for it."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.adapters.wal import write_ahead
from tradewind.errors import BadData, TradewindError, UnknownName

BUSY_S = 10.0
NEWEST = (2**63 - 1, "")
"""A place before which every job lies."""
VERSION = 1
STATES = ("queued", "running", "done", "failed", "cancelled")
SCHEMA = """
CREATE TABLE jobs (
    id        TEXT PRIMARY KEY NOT NULL,
    kind      TEXT NOT NULL,
    wanted    TEXT NOT NULL CHECK (json_valid(wanted)),
    command   TEXT NOT NULL CHECK (json_valid(command)),
    owner     TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    made_ns   INTEGER NOT NULL,
    began_ns  INTEGER NOT NULL DEFAULT 0,
    ended_ns  INTEGER NOT NULL DEFAULT 0,
    done      INTEGER NOT NULL DEFAULT 0,
    total     INTEGER NOT NULL DEFAULT 0,
    cancel    INTEGER NOT NULL DEFAULT 0,
    worker    TEXT NOT NULL DEFAULT '',
    result    TEXT CHECK (result IS NULL OR json_valid(result)),
    error     TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX jobs_by_state ON jobs (state, made_ns);
"""


class Job(NamedTuple):
    """One piece of work."""

    id: str
    kind: str
    wanted: Mapping[str, Any]
    command: Sequence[str]
    """Of the command line; what is wanted, as it is run."""
    owner: str
    state: str
    made_ns: int
    began_ns: int
    ended_ns: int
    done: int
    total: int
    """Of the work, in its own units; 0: not known."""
    cancel: bool
    worker: str
    result: Any
    error: str


class JobStore:
    """The jobs of a data folder."""

    def __init__(self, data: Path) -> None:
        """The file is made with the first job."""
        self.path = data / "jobs.sqlite"

    def add(self, job: tuple[str, str, Mapping[str, Any], Sequence[str], str], now: int, most: int) -> Job:
        """(id, kind, wanted, command, owner) waits; an owner has at most `most` that have not ended."""
        identity, kind, wanted, command, owner = job
        with self._opened() as database:
            query = "SELECT count(*) FROM jobs WHERE owner = ? AND state IN ('queued', 'running')"
            count = database.execute(query, (owner,)).fetchone()[0]
            if count >= most:
                raise TradewindError(f"{owner} has {count} jobs that have not ended.", "Wait for one, or cancel one.")
            row = (identity, kind, json.dumps(wanted), json.dumps(list(command)), owner, now)
            columns = "id, kind, wanted, command, owner, state, made_ns"
            database.execute(f"INSERT INTO jobs ({columns}) VALUES (?, ?, ?, ?, ?, 'queued', ?)", row)  # noqa: S608 - our own names
        return self.get(identity)

    def get(self, job: str) -> Job:
        """Return a job."""
        with self._opened() as database:
            row = database.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone()
            if row is None:
                raise UnknownName("job", job, [one for (one,) in database.execute("SELECT id FROM jobs")])
        return _job(row)

    def list(self, before: tuple[int, str] = NEWEST, most: int = 50) -> "Sequence[Job]":
        """Return the jobs before one, newest first: its moment and its id, since two may be made in one moment."""
        query = "SELECT * FROM jobs WHERE (made_ns, id) < (?, ?) ORDER BY made_ns DESC, id DESC LIMIT ?"
        with self._opened() as database:
            return [_job(row) for row in database.execute(query, (*before, most))]

    def take(self, worker: str, now: int) -> Job | None:
        """Return the oldest job that waits, which is this worker's from now on; None where none waits."""
        with self._opened() as database:
            query = "SELECT id FROM jobs WHERE state = 'queued' ORDER BY made_ns, id LIMIT 1"
            found = database.execute(query).fetchone()
            if found is None:
                return None
            sets = "state = 'running', worker = ?, began_ns = ?"
            database.execute(f"UPDATE jobs SET {sets} WHERE id = ?", (worker, now, found[0]))  # noqa: S608 - our own names
        return self.get(found[0])

    def progress(self, job: str, done: int, total: int) -> bool:
        """So much is done; return whether somebody wants it cancelled."""
        with self._opened() as database:
            database.execute("UPDATE jobs SET done = ?, total = ? WHERE id = ?", (done, total, job))
            return bool(database.execute("SELECT cancel FROM jobs WHERE id = ?", (job,)).fetchone()[0])

    def end(self, job: str, state: str, now: int, result: Any = None, error: str = "") -> None:
        """It has ended so."""
        text = None if result is None else json.dumps(result)
        with self._opened() as database:
            sets = "state = ?, ended_ns = ?, result = ?, error = ?"
            database.execute(f"UPDATE jobs SET {sets} WHERE id = ?", (state, now, text, error, job))  # noqa: S608 - our own names

    def cancel(self, job: str, now: int) -> Job:
        """It does not begin, or ends soon; one that has ended stays as it is."""
        found = self.get(job)
        with self._opened() as database:
            sets = "state = 'cancelled', ended_ns = ?"
            query = f"UPDATE jobs SET {sets} WHERE id = ? AND state = 'queued'"  # noqa: S608 - our own names
            database.execute(query, (now, found.id))
            database.execute("UPDATE jobs SET cancel = 1 WHERE id = ? AND state = 'running'", (found.id,))
        return self.get(job)

    def give_back(self, worker: str) -> int:
        """What a worker that died was doing waits again, unless it was to be cancelled; return how many."""
        with self._opened() as database:
            query = "UPDATE jobs SET state = 'cancelled' WHERE worker = ? AND state = 'running' AND cancel = 1"
            database.execute(query, (worker,))
            query = "UPDATE jobs SET state = 'queued', worker = '', done = 0 WHERE worker = ? AND state = 'running'"
            return database.execute(query, (worker,)).rowcount

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            with contextlib.closing(connection) as database:
                _make(database)
                database.execute("BEGIN IMMEDIATE")
                try:
                    yield database
                    database.execute("COMMIT")
                except BaseException:
                    if database.in_transaction:
                        database.execute("ROLLBACK")
                    raise
        except (OSError, sqlite3.Error) as error:
            raise TradewindError(f"{self.path}: {error}.", "Free some space or mend the file.") from error


def _make(database: sqlite3.Connection) -> None:
    there = int(database.execute("PRAGMA user_version").fetchone()[0])
    if there > VERSION:
        raise BadData(f"jobs.sqlite has format {there}, this version knows {VERSION}.", "Upgrade Tradewind.")
    if there == VERSION:
        return
    write_ahead(database, BUSY_S)
    database.execute("BEGIN IMMEDIATE")
    if database.execute("PRAGMA user_version").fetchone()[0] < VERSION:
        for statement in SCHEMA.split(";\n"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


def _job(row: tuple[Any, ...]) -> Job:
    told = dict(zip(Job._fields, row, strict=True))
    result = told["result"]
    told |= {
        "wanted": json.loads(told["wanted"]),
        "command": json.loads(told["command"]),
        "cancel": bool(told["cancel"]),
    }
    return Job(**{**told, "result": None if result is None else json.loads(result)})
