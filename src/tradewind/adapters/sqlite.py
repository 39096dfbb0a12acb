"""Runs in a folder: a SQLite database of documents, and the tables of each run as Parquet files.

    root/runs.sqlite
    root/runs/20251122-113045123-9f3ac1d2e0/trades.parquet
                                            equity.parquet
                                            document.json

A run exists when the database has its row, and the row comes last. The files are written to a folder with
another name and made durable, the folder is renamed, the row is committed: killed at any instant before that,
there is no run and nothing in anyone's way; after it, the run is whole. Folders without a row are what a
killed save left; they are deleted once they are a day old, because a younger one may be a save at work.
Readers are never blocked (WAL).

The document is stored once, as JSON. The other columns are computed from it by SQLite, for people who like
SQL.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tradewind.adapters.memory_runs import LATEST, check_same, choose_run, identified, no_such_run
from tradewind.adapters.wal import write_ahead
from tradewind.errors import TradewindError, UnknownName

if TYPE_CHECKING:
    import polars as pl

VERSION = 1
BUSY_S = 10.0
ABANDONED_AFTER_S = 86_400
UNFINISHED = ".unfinished-"

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id          TEXT PRIMARY KEY NOT NULL,
    document    TEXT NOT NULL CHECK (json_valid(document)),
    tables      TEXT NOT NULL CHECK (json_valid(tables)),
    created     TEXT GENERATED ALWAYS AS (json_extract(document, '$.created')) VIRTUAL,
    kind        TEXT GENERATED ALWAYS AS (json_extract(document, '$.kind')) VIRTUAL,
    synthetic   INTEGER GENERATED ALWAYS AS (json_extract(document, '$.synthetic')) VIRTUAL,
    strategies  TEXT GENERATED ALWAYS AS (json_extract(document, '$.strategies')) VIRTUAL,
    instruments TEXT GENERATED ALWAYS AS (json_extract(document, '$.instruments')) VIRTUAL,
    starts      TEXT GENERATED ALWAYS AS (json_extract(document, '$.from')) VIRTUAL,
    ends        TEXT GENERATED ALWAYS AS (json_extract(document, '$.to')) VIRTUAL,
    parameters  TEXT GENERATED ALWAYS AS (json_extract(document, '$.parameters')) VIRTUAL,
    account     TEXT GENERATED ALWAYS AS (json_extract(document, '$.account')) VIRTUAL,
    hashes      TEXT GENERATED ALWAYS AS (json_extract(document, '$.hashes')) VIRTUAL,
    content     TEXT GENERATED ALWAYS AS (json_extract(document, '$.hashes.content')) VIRTUAL,
    summary     TEXT GENERATED ALWAYS AS (json_extract(document, '$.summary')) VIRTUAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_by_content ON runs (content);
"""


class SqliteRuns:
    """Runs under `root`; any number of processes may read and save."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        """The folder is made when the first run is saved."""
        self.root = Path(root)
        self._database = self.root / "runs.sqlite"
        self._folder = self.root / "runs"

    def save(self, summary: Mapping[str, Any], tables: Mapping[str, "pl.DataFrame"]) -> str:
        """The run is stored whole or not at all; return its id, which the document `summary` names.

        Saving the same run again changes nothing; another run with the same id is refused.
        """
        run, text = identified(summary)
        for name in tables:
            if not name.isidentifier():
                raise TradewindError(f"{name!r} cannot name a table.", "Use letters, digits and _.")
        with _translated(f"Run {run} was not saved in {self.root}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._open() as database:
                self._sweep(database)
                temporary = self._write_files(run, text, tables)
                try:
                    with _transaction(database):
                        self._commit(database, run, text, (temporary, sorted(tables)))
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
        return run

    def get(self, run: str) -> Mapping[str, Any]:
        """The document of a run."""
        document: dict[str, Any] = json.loads(self._stored(run)[0])
        return document

    def table(self, run: str, name: str) -> "pl.DataFrame":
        """One table of a run."""
        import polars as pl  # noqa: PLC0415 - listing runs should not wait for it

        names = json.loads(self._stored(run)[1])
        if name not in names:
            raise UnknownName(f"table of run {run}", name, names)
        path = self._folder / run / f"{name}.parquet"
        with _translated(f"{path} cannot be read"):
            return pl.read_parquet(path)

    def list(self) -> Iterable[Mapping[str, Any]]:
        """Documents, newest first."""
        return [json.loads(text) for (text,) in self._select("SELECT document FROM runs ORDER BY id DESC")]

    def find(self, wanted: str) -> str:
        """The id of the run meant by `wanted`: an id, the beginning of either half of one, or "latest".

        The latest is the newest that has a summary, which a walk-forward has not: nearly every verb asks for one.
        """
        if wanted != LATEST:
            return choose_run(self._ids(), wanted)
        query = "SELECT id FROM runs WHERE json_type(document, '$.summary') IS NOT 'null' ORDER BY id DESC"
        return choose_run([run for (run,) in self._select(query)], wanted)

    def append(self, run: str, name: str, record: Mapping[str, Any]) -> None:
        """The record stands at the end of what was noted beside a run under `name`, durably; nothing there changes."""
        self._stored(run)
        path = self._folder / run / f"{name}.jsonl"
        with _translated(f"{path} cannot be written"), path.open("ab") as file:
            # A line of its own, whatever a kill left before it.
            file.write(b"\n" + json.dumps(record, allow_nan=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def appended(self, run: str, name: str) -> "Sequence[Mapping[str, Any]]":
        """What was noted beside a run under `name`, oldest first; a line that a kill cut short is left out."""
        self._stored(run)
        path = self._folder / run / f"{name}.jsonl"
        with _translated(f"{path} cannot be read"):
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        found = []
        for line in filter(None, lines):
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return found

    def _ids(self) -> Sequence[str]:
        return [run for (run,) in self._select("SELECT id FROM runs ORDER BY id DESC")]

    def _stored(self, run: str) -> tuple[str, str]:
        rows = self._select("SELECT document, tables FROM runs WHERE id = ?", run)
        if not rows:
            raise no_such_run(run, self._ids())
        document, tables = rows[0]
        return document, tables

    def _select(self, query: str, *values: str) -> Any:
        """Return the rows of a query; none where no run was ever saved."""
        if not self._database.exists():
            return []
        with _translated(f"Runs in {self.root} cannot be read"), self._open() as database:
            return database.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in which every commit is durable before it returns."""
        connection = sqlite3.connect(self._database, timeout=BUSY_S, isolation_level=None)
        with contextlib.closing(connection) as database:
            database.execute("PRAGMA synchronous = FULL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise TradewindError(
                    f"{self._database} has format {version}, this version knows {VERSION}.",
                    "Upgrade Tradewind.",
                )
            if version < VERSION:
                write_ahead(database, BUSY_S)
                database.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
            yield database

    def _write_files(self, run: str, text: str, tables: Mapping[str, "pl.DataFrame"]) -> Path:
        """Return a folder with the files of the run, durable, under a name that nobody reads."""
        temporary = self._folder / f"{UNFINISHED}{run}-{uuid.uuid4().hex}"
        try:
            temporary.mkdir()
            for name, table in tables.items():
                with _durable(temporary / f"{name}.parquet") as file:
                    table.write_parquet(file)
            with _durable(temporary / "document.json") as file:
                file.write(text.encode())
            _sync(temporary)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return temporary

    def _commit(self, database: sqlite3.Connection, run: str, text: str, written: "tuple[Path, Sequence[str]]") -> None:
        """The folder has its name and the database its row, once the transaction around this is committed."""
        stored = _row(database, run)
        if stored is not None:
            check_same(run, stored[0], text)
            return
        temporary, names = written
        final = self._folder / run
        if final.exists():  # left by a save that was killed before its row
            shutil.rmtree(final)
        try:
            temporary.replace(final)
            _sync(self._folder)
            values = (run, text, json.dumps(names))
            database.execute("INSERT INTO runs (id, document, tables) VALUES (?, ?, ?)", values)
        except BaseException:
            shutil.rmtree(final, ignore_errors=True)
            raise

    def _sweep(self, database: sqlite3.Connection) -> None:
        """Folders that no row has named for a day are gone."""
        named = {run for (run,) in database.execute("SELECT id FROM runs")}
        oldest = time.time() - ABANDONED_AFTER_S
        with contextlib.suppress(OSError):
            for folder in self._folder.iterdir():
                if folder.name not in named and folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)


def _row(database: sqlite3.Connection, run: str) -> tuple[str] | None:
    row: tuple[str] | None = database.execute("SELECT document FROM runs WHERE id = ?", (run,)).fetchone()
    return row


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


@contextlib.contextmanager
def _durable(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file that is on the disk once it is closed."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """The names in a folder are on the disk."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    """Errors of files, SQLite and Parquet leave as one of ours that begins with `what`."""
    try:
        yield
    except TradewindError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise TradewindError(f"{what}: {error}.", "Free some space or mend the folder.") from error
    except Exception as error:
        if type(error).__module__.startswith("polars"):
            raise TradewindError(f"{what}: {error}.", "Restore the file, or run it again.") from error
        raise
