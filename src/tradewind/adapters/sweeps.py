"""Sweeps in a SQLite database, `sweeps.sqlite` in the data folder: what was asked, the plan, every trial as it ends.

A trial is there once it is committed, whole or not at all, and is never written twice: the same number again changes
nothing. So a sweep killed at any instant knows what it has. Daily returns are float32, packed; the trading dates they
belong to are kept once, however many trials share them. Readers are never blocked (WAL).
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.wal import write_ahead
from tradewind.errors import TradewindError, UnknownName

BUSY_S = 10.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS sweeps (
    id          TEXT PRIMARY KEY NOT NULL,
    content     TEXT NOT NULL UNIQUE,
    document    TEXT NOT NULL CHECK (json_valid(document)),
    plan        BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dates (id TEXT PRIMARY KEY NOT NULL, days BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trials (
    sweep       TEXT NOT NULL REFERENCES sweeps (id),
    number      INTEGER NOT NULL,
    params      TEXT NOT NULL CHECK (json_valid(params)),
    figures     TEXT NOT NULL CHECK (json_valid(figures)),
    steps       TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(steps)),
    digest      TEXT NOT NULL,
    error       TEXT NOT NULL DEFAULT '',
    dates       TEXT NOT NULL,
    returns     BLOB NOT NULL,
    finished    INTEGER NOT NULL,
    PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
"""


class Finished(Protocol):
    """What is stored of a trial: the fields of an outcome."""

    @property
    def number(self) -> int:
        """Its place in the plan."""

    @property
    def params(self) -> Mapping[str, str]:
        """What was set."""

    @property
    def figures(self) -> Mapping[str, float | None]:
        """What became of it."""

    @property
    def dates(self) -> NDArray[np.int64]:
        """Trading dates, days since 1970-01-01."""

    @property
    def returns(self) -> NDArray[np.float64]:
        """Daily returns."""

    @property
    def digest(self) -> str:
        """The trial's key."""

    @property
    def error(self) -> str:
        """What went wrong, or nothing."""

    @property
    def steps(self) -> Sequence[float | None]:
        """The objective on the way, where it was asked."""


@dataclass(frozen=True)
class StoredTrial:
    """A finished trial of a sweep."""

    number: int
    params: Mapping[str, str]
    figures: Mapping[str, float | None]
    digest: str
    error: str = ""
    steps: Sequence[float | None] = field(default_factory=list)
    finished: int = 0
    """When, ns UTC."""


class SqliteSweeps:
    """Sweeps under `root`; any number of processes may read and add."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """The database is made when the first sweep begins."""
        self.root = Path(root)
        self._path = self.root / "sweeps.sqlite"

    def begin(self, document: Mapping[str, Any], plan: Sequence[Mapping[str, str]] | None) -> str:
        """A sweep of this content is stored; return its id, that of an earlier one with the same content if any.

        `document` is plain data with `id` and `content`; `plan` the parameters of every trial, where it is known.
        """
        packed = None if plan is None else zlib.compress(json.dumps([dict(one) for one in plan]).encode(), 6)
        values = (document["id"], document["content"], json.dumps(dict(document)), packed)
        with self._open(make=True) as database:
            database.execute("INSERT OR IGNORE INTO sweeps (id, content, document, plan) VALUES (?, ?, ?, ?)", values)
            row = database.execute("SELECT id FROM sweeps WHERE content = ?", (document["content"],)).fetchone()
        return str(row[0])

    def add(self, sweep: str, trials: Sequence[Finished]) -> int:
        """The finished trials are stored, all or none; return how many were new."""
        if not trials:
            return 0
        now = time.time_ns()
        rows, days = [], {}
        for one in trials:
            dates = np.ascontiguousarray(one.dates, "<i4").tobytes()
            name = hashlib.sha256(dates).hexdigest()[:20]
            days[name] = zlib.compress(dates, 6)
            returns = zlib.compress(np.ascontiguousarray(one.returns, "<f4").tobytes(), 1)
            rows.append(
                (sweep, one.number, json.dumps(dict(one.params)), json.dumps(dict(one.figures)),
                 json.dumps(list(one.steps)), one.digest, one.error, name, returns, now)
            )  # fmt: skip
        with self._open(make=True) as database:
            database.executemany("INSERT OR IGNORE INTO dates (id, days) VALUES (?, ?)", list(days.items()))
            middle = database.total_changes
            database.executemany(
                "INSERT OR IGNORE INTO trials (sweep, number, params, figures, steps, digest, error, dates, returns,"
                " finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            return database.total_changes - middle

    def get(self, sweep: str) -> dict[str, Any]:
        """Return the document of a sweep."""
        with self._open() as database:
            row = database.execute("SELECT document FROM sweeps WHERE id = ?", (sweep,)).fetchone()
            if row is None:
                raise self._unknown(database, sweep)
        document: dict[str, Any] = json.loads(row[0])
        return document

    def plan(self, sweep: str) -> list[dict[str, str]] | None:
        """Return the parameters of every trial planned; None where the plan is made on the way."""
        with self._open() as database:
            row = database.execute("SELECT plan FROM sweeps WHERE id = ?", (sweep,)).fetchone()
        if row is None or row[0] is None:
            return None
        plan: list[dict[str, str]] = json.loads(zlib.decompress(row[0]))
        return plan

    def find(self, text: str) -> str:
        """Return the id of the sweep that `text` names: an id, the beginning or end of one, or "latest"."""
        with self._open() as database:
            names = [row[0] for row in database.execute("SELECT id FROM sweeps ORDER BY id DESC")]
            found = names[:1] if text == "latest" else [one for one in names if text in (one, one.split("-")[-1])]
            found = found or [one for one in names if one.startswith(text) or one.split("-")[-1].startswith(text)]
            if not found:
                raise self._unknown(database, text)
        if len(found) > 1:
            raise TradewindError(f"{text!r} fits {len(found)} sweeps.", f"Write more of one: {', '.join(found[:5])}.")
        return str(found[0])

    def done(self, sweep: str) -> set[int]:
        """Return the numbers of the trials that are finished."""
        with self._open() as database:
            return {row[0] for row in database.execute("SELECT number FROM trials WHERE sweep = ?", (sweep,))}

    def trials(self, sweep: str) -> Iterator[StoredTrial]:
        """Yield the finished trials by number, without their returns."""
        columns = "number, params, figures, digest, error, steps, finished"
        with self._open() as database:
            for row in database.execute(f"SELECT {columns} FROM trials WHERE sweep = ? ORDER BY number", (sweep,)):  # noqa: S608  our own column names
                number, params, figures, digest, error, steps, finished = row
                yield StoredTrial(
                    number, json.loads(params), json.loads(figures), digest, error, json.loads(steps), finished
                )

    def returns(self, sweep: str, number: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the trading dates and the daily returns of a trial."""
        with self._open() as database:
            row = database.execute(
                "SELECT days, returns FROM trials JOIN dates ON dates.id = trials.dates WHERE sweep = ? AND number = ?",
                (sweep, number),
            ).fetchone()
        if row is None:
            raise UnknownName(f"trial of sweep {sweep}", number, ())
        days, returns = (zlib.decompress(one) for one in row)
        return np.frombuffer(days, "<i4").astype(np.int64), np.frombuffer(returns, "<f4").astype(np.float64)

    def list(self) -> list[dict[str, Any]]:
        """Return the documents of all sweeps, newest first, each with `done`, the number of finished trials."""
        with self._open() as database:
            rows = database.execute(
                "SELECT document, (SELECT count(*) FROM trials WHERE sweep = sweeps.id) FROM sweeps ORDER BY id DESC"
            ).fetchall()
        return [json.loads(document) | {"done": done} for document, done in rows]

    def _unknown(self, database: sqlite3.Connection, text: str) -> TradewindError:
        names = [row[0] for row in database.execute("SELECT id FROM sweeps ORDER BY id DESC LIMIT 5")]
        return UnknownName("sweep", text, names)

    @contextlib.contextmanager
    def _open(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """Give the database inside one transaction; sqlite's and the disk's errors leave as ours."""
        try:
            if make:
                self.root.mkdir(parents=True, exist_ok=True)
            # Without a file there is nothing to read, and reading makes none.
            where = str(self._path) if make or self._path.exists() else ":memory:"
            database = sqlite3.connect(where, timeout=BUSY_S, isolation_level=None)
            try:
                write_ahead(database, BUSY_S)
                database.execute("PRAGMA synchronous = NORMAL")
                database.executescript(SCHEMA)
                database.execute("BEGIN IMMEDIATE" if make else "BEGIN")
                yield database
                database.execute("COMMIT")
            finally:
                database.close()
        except (OSError, sqlite3.Error) as error:
            raise TradewindError(f"{self._path}: {error}.", "Free some space or mend the folder.") from error
