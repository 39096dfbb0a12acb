"""The trial ledger: every variant that was ever tried, counted, in a SQLite database that only grows.

    root/trials.sqlite

A row is one time a variant ran. The first row of a digest in a family is a trial; later rows of the same digest are
repeats, because looking at the same numbers again is no new chance to be lucky. Rows are never changed: triggers
refuse it, and each row carries a hash of itself and of the row before, so that a row changed or taken out by other
means is noticed. The last rows cannot be cut off unnoticed either: SQLite keeps the highest number it ever gave.
None of this stops somebody who wants to fool himself; it stops him from doing so by accident.

Any number of processes may add at once (WAL, and one writes while the others wait). A commit is durable before `add`
returns; killed before that, nothing was added. Dates are stored once for all trials that share them. Daily returns
are 32-bit, which is enough for correlations; the moments beside them were taken of the full numbers.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.wal import write_ahead
from tradewind.errors import BadLedger

VERSION = 1
BUSY_S = 10.0
FILE = "trials.sqlite"
GENESIS = "0" * 64
"""What stands for the hash of the row before the first."""

SCHEMA = """
CREATE TABLE calendars (
    hash  TEXT PRIMARY KEY NOT NULL,
    dates BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE trials (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    family     TEXT NOT NULL,
    digest     TEXT NOT NULL,
    again      INTEGER NOT NULL CHECK (again IN (0, 1)),
    strategy   TEXT NOT NULL,
    params     TEXT NOT NULL CHECK (json_valid(params)),
    symbols    TEXT NOT NULL CHECK (json_valid(symbols)),
    starts     INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    sharpe_day REAL,
    days       INTEGER NOT NULL,
    skew       REAL,
    kurtosis   REAL,
    calendar   TEXT NOT NULL REFERENCES calendars (hash),
    returns    BLOB,
    source     TEXT NOT NULL,
    run        TEXT NOT NULL,
    chain      TEXT NOT NULL
);
CREATE UNIQUE INDEX trials_once ON trials (family, digest) WHERE again = 0;
CREATE INDEX trials_by_family ON trials (family, again);
"""
GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the trial ledger only grows'); END;
"""
COLUMNS = (
    "family", "digest", "again", "strategy", "params", "symbols", "starts", "ends", "created", "sharpe_day", "days",
    "skew", "kurtosis", "calendar", "returns", "source", "run",
)  # fmt: skip
RETURNS = COLUMNS.index("returns")
INSERT = f"INSERT INTO trials (number, {', '.join(COLUMNS)}, chain) VALUES ({', '.join('?' * (len(COLUMNS) + 2))})"  # noqa: S608 - our own names


@dataclass(frozen=True, eq=False)
class Trial:
    """One variant that was run: what it was, and its daily returns."""

    family: str
    digest: str
    """Hash of the strategy file, its parameters, the data and the settings: the same digest is the same trial."""
    strategy: str
    params: Mapping[str, str]
    symbols: Sequence[str]
    start: int
    end: int
    created: int
    """Moments, ns UTC."""
    sharpe_day: float | None
    """Of the daily returns, never annualised; None where it cannot be said."""
    days: int
    skew: float | None
    kurtosis: float | None
    """Raw: 3 for a normal distribution."""
    returns: NDArray[np.float32] = field(repr=False)
    dates: NDArray[np.int32] = field(repr=False)
    """Trading dates, days since 1970-01-01."""
    source: str
    """What ran it: "backtest", "demo", "sweep", "walk-forward" ..."""
    run: str = ""
    """The id of the run, whether it was kept or not; empty where it had none."""
    number: int = 0
    """Its place in the ledger; 0 before it stands there."""


class Entry(NamedTuple):
    """A place in the ledger, by which a run can prove later that the ledger still has it."""

    number: int
    chain: str


class Mark(NamedTuple):
    """How a trial did, in short."""

    digest: str
    sharpe_day: float | None
    days: int


class Family(NamedTuple):
    """What the ledger holds of a family."""

    name: str
    trials: int
    repeats: int
    first: int
    last: int
    """When the first and the last row was added, ns UTC."""


class Trials:
    """The ledger under `root`."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """The file is made when the first trial is added."""
        self.path = Path(root) / FILE

    def add(self, trials: Sequence[Trial]) -> int:
        """All of the trials stand in the ledger, or none of them; return how many of them are new."""
        new = 0
        with self._translated("cannot be written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as database, _transaction(database):
                number, chain = self._checked_tail(database)
                for trial in trials:
                    number += 1
                    row = _row(database, trial)
                    chain = _chained(chain, number, row)
                    database.execute(INSERT, (number, *row, chain))
                    new += row[2] == 0
        return new

    def of_family(self, family: str, most: int | None = None) -> list[Trial]:
        """Every trial of a family, oldest first; what ran again is not repeated.

        With `most` a fair sample of so many: those whose hashes are lowest, which is chance that repeats itself.
        """
        query = (
            f"SELECT number, {', '.join(COLUMNS)}, calendars.dates FROM trials "  # noqa: S608 - our own names
            "LEFT JOIN calendars ON calendars.hash = trials.calendar WHERE family = ? AND again = 0 "
            "ORDER BY digest LIMIT ?"
        )
        calendars: dict[str, NDArray[np.int32]] = {}
        rows = self._select(query, family, -1 if most is None else most)
        with self._translated("cannot be read"):
            return sorted((_trial(row, calendars) for row in rows), key=lambda trial: trial.number)

    def marks(self, family: str) -> list[Mark]:
        """The Sharpe ratio and the days of every trial of a family, oldest first, without its returns."""
        query = "SELECT digest, sharpe_day, days FROM trials WHERE family = ? AND again = 0 ORDER BY number"
        return [Mark(*row) for row in self._select(query, family)]

    def families(self) -> list[Family]:
        """What the ledger holds, a family a row, by name."""
        query = (
            "SELECT family, sum(again = 0), sum(again = 1), min(created), max(created) FROM trials "
            "GROUP BY family ORDER BY family"
        )
        return [Family(*row) for row in self._select(query)]

    def repeats(self, family: str) -> dict[str, int]:
        """How often the trials of a family were run again, by digest; those that were not are left out."""
        query = "SELECT digest, count(*) FROM trials WHERE family = ? AND again = 1 GROUP BY digest"
        return dict(self._select(query, family))

    def entry_of(self, family: str, digest: str) -> Entry | None:
        """The place of a trial, or None."""
        query = "SELECT number, chain FROM trials WHERE family = ? AND digest = ? AND again = 0"
        rows = self._select(query, family, digest)
        return Entry(*rows[0]) if rows else None

    def holds(self, entry: Entry) -> bool:
        """Whether the ledger has the row that was once at that place."""
        rows = self._select("SELECT chain FROM trials WHERE number = ?", entry.number)
        return [tuple(row) for row in rows] == [(entry.chain,)]

    def verify(self) -> int:
        """Every row is as it was added and none is missing; return how many there are, or raise BadLedger."""
        chain, number = GENESIS, 0
        with self._translated("cannot be read"):
            if not self.path.exists():
                return 0
            with self._open() as database:
                known = {hashed for (hashed,) in database.execute("SELECT hash FROM calendars")}
                query = f"SELECT number, {', '.join(COLUMNS)}, chain FROM trials ORDER BY number"  # noqa: S608 - our own names
                for found, *row, stored in database.execute(query):
                    number += 1
                    chain = _chained(chain, number, row)
                    if found != number or stored != chain or row[COLUMNS.index("calendar")] not in known:
                        raise self._tampered(f"row {number} is missing or was changed")
                self._checked_tail(database)
        return number

    def _checked_tail(self, database: sqlite3.Connection) -> Entry:
        """Return the last row's place; raise BadLedger where rows are missing."""
        count, last = database.execute("SELECT count(*), coalesce(max(number), 0) FROM trials").fetchone()
        given = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'trials'").fetchone()
        highest = given[0] if given else 0
        if not count == last == highest:
            raise self._tampered(f"it gave {highest} numbers and has {count} rows")
        rows = database.execute("SELECT chain FROM trials WHERE number = ?", (last,)).fetchall()
        return Entry(last, rows[0][0] if rows else GENESIS)

    def _tampered(self, what: str) -> BadLedger:
        return BadLedger(
            f"The trial ledger {self.path} was tampered with: {what}.",
            "Restore a copy of it, or move it away and know that the count of trials begins again.",
        )

    def _select(self, query: str, *values: object) -> Any:
        """Return the rows of a query; none where nothing was ever added."""
        with self._translated("cannot be read"):
            if not self.path.exists():
                return []
            with self._open() as database:
                return database.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in which every commit is durable before it returns."""
        connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        with contextlib.closing(connection) as database:
            database.execute("PRAGMA synchronous = FULL")
            if _version(database) < VERSION:
                write_ahead(database, BUSY_S)
                with _transaction(database):
                    if _version(database) < VERSION:
                        _make(database)
            if (version := _version(database)) > VERSION:
                raise BadLedger(
                    f"{self.path} has format {version}, this version knows {VERSION}.", "Upgrade Tradewind."
                )
            yield database

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Errors of files and SQLite leave as BadLedger."""
        try:
            yield
        except BadLedger:
            raise
        except (OSError, sqlite3.Error, zlib.error, ValueError) as error:
            busy = "locked" in str(error)
            hint = "Wait for what holds it, then run again." if busy else "Mend the folder, or restore a copy of it."
            raise BadLedger(f"The trial ledger {self.path} {what}: {error}.", hint) from error


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _make(database: sqlite3.Connection) -> None:
    """The tables exist, and nothing in them can be changed."""
    for statement in SCHEMA.split(";"):
        database.execute(statement)
    for table in ("trials", "calendars"):
        for verb in ("update", "delete"):
            database.execute(GUARD.format(table=table, verb=verb))
    database.execute(f"PRAGMA user_version = {VERSION}")


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """What is done inside is committed together, or not at all; no other process writes meanwhile."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _row(database: sqlite3.Connection, trial: Trial) -> list[Any]:
    """Return the values of COLUMNS; the dates are stored."""
    query = "SELECT 1 FROM trials WHERE family = ? AND digest = ? AND again = 0"
    again = int(database.execute(query, (trial.family, trial.digest)).fetchone() is not None)
    dates = zlib.compress(np.ascontiguousarray(trial.dates, "<i4").tobytes())
    calendar = hashlib.sha256(dates).hexdigest()
    database.execute("INSERT INTO calendars VALUES (?, ?) ON CONFLICT DO NOTHING", (calendar, dates))
    returns = None if again else zlib.compress(np.ascontiguousarray(trial.returns, "<f4").tobytes(), 1)
    params = json.dumps({name: str(value) for name, value in trial.params.items()}, sort_keys=True)
    return [
        trial.family, trial.digest, again, trial.strategy, params, json.dumps(list(trial.symbols)),
        int(trial.start), int(trial.end), int(trial.created), _number(trial.sharpe_day), int(trial.days),
        _number(trial.skew), _number(trial.kurtosis), calendar, returns, trial.source, trial.run,
    ]  # fmt: skip


def _number(value: float | None) -> float | None:
    """Return a number that SQLite gives back as it was; what is none is null."""
    return None if value is None or not np.isfinite(value) else float(value)


def _chained(before: str, number: int, row: Sequence[Any]) -> str:
    """Return the hash of a row and of the one before it."""
    plain = [number, *row]
    returns = row[RETURNS]
    plain[1 + RETURNS] = None if returns is None else hashlib.sha256(returns).hexdigest()
    return hashlib.sha256((before + json.dumps(plain)).encode()).hexdigest()


def _trial(row: Sequence[Any], calendars: dict[str, NDArray[np.int32]]) -> Trial:
    """Return the trial in a row; dates that many share are one array."""
    number, *values, dates = row
    one = dict(zip(COLUMNS, values, strict=True))
    if one["calendar"] not in calendars:
        calendars[one["calendar"]] = np.frombuffer(zlib.decompress(dates or b""), "<i4")
    return Trial(
        one["family"], one["digest"], one["strategy"], json.loads(one["params"]), json.loads(one["symbols"]),
        one["starts"], one["ends"], one["created"], one["sharpe_day"], one["days"], one["skew"], one["kurtosis"],
        np.frombuffer(zlib.decompress(one["returns"]), "<f4"), calendars[one["calendar"]],
        one["source"], one["run"], number,
    )  # fmt: skip
