"""Runs in PostgreSQL: documents, their tables as Parquet files, and notes; each run whole or absent.

The document is stored as the text it was, which is what is given back, and once more as jsonb for people who like SQL:
`SELECT id, fields -> 'summary' FROM analytics.runs ORDER BY id DESC`.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg

from tradewind.adapters.address import Address
from tradewind.adapters.memory_runs import LATEST, check_same, choose_run, identified, no_such_run
from tradewind.adapters.postgres.connection import connect, translated
from tradewind.errors import TradewindError, UnknownName

Cursor = psycopg.Cursor[tuple[Any, ...]]


class PostgresRuns:
    """Runs in one database; any number of processes may read and save."""

    def __init__(self, address: Address) -> None:
        """Nothing is connected to before it is needed."""
        self.address = address

    def save(self, summary: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
        """The run is stored whole or not at all; return its id, which the document `summary` names.

        Saving the same run again changes nothing; another run with the same id is refused.
        """
        run, text = identified(summary)
        for name in tables:
            if not name.isidentifier():
                raise TradewindError(f"{name!r} cannot name a table.", "Use letters, digits and _.")
        from tradewind.adapters.table_bytes import bytes_of  # noqa: PLC0415 - listing runs should not wait for Polars

        files = [(run, name, bytes_of(table)) for name, table in tables.items()]
        with self._open(f"Run {run} was not saved") as cursor:
            query = "INSERT INTO analytics.runs (id, document, fields) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
            cursor.execute(query, (run, text, _fields(summary)))
            if cursor.rowcount:
                cursor.executemany("INSERT INTO analytics.run_tables VALUES (%s, %s, %s)", files)
            else:
                stored = cursor.execute("SELECT document::text FROM analytics.runs WHERE id = %s", (run,)).fetchall()
                check_same(run, stored[0][0], text)
        return run

    def get(self, run: str) -> Mapping[str, Any]:
        """The document of a run."""
        with self._open(f"Run {run} cannot be read") as cursor:
            document: dict[str, Any] = json.loads(_stored(cursor, run))
        return document

    def table(self, run: str, name: str) -> Any:
        """One table of a run."""
        from tradewind.adapters.table_bytes import table_in  # noqa: PLC0415 - listing runs should not wait for Polars

        with self._open(f"Run {run} cannot be read") as cursor:
            query = "SELECT parquet FROM analytics.run_tables WHERE run = %s AND name = %s"
            found = cursor.execute(query, (run, name)).fetchall()
            if not found:
                _stored(cursor, run)
                names = cursor.execute("SELECT name FROM analytics.run_tables WHERE run = %s", (run,)).fetchall()
                raise UnknownName(f"table of run {run}", name, [one for (one,) in names])
        return table_in(found[0][0])

    def list(self) -> Iterable[Mapping[str, Any]]:
        """Documents, newest first."""
        with self._open("Runs cannot be read") as cursor:
            query = 'SELECT document::text FROM analytics.runs ORDER BY id COLLATE "C" DESC'
            return [json.loads(text) for (text,) in cursor.execute(query).fetchall()]

    def find(self, wanted: str) -> str:
        """The id of the run meant by `wanted`: an id, the beginning of either half of one, or "latest".

        The latest is the newest that has a summary, which a walk-forward has not: nearly every verb asks for one.
        """
        with self._open("Runs cannot be read") as cursor:
            return choose_run(_ids(cursor, with_summary=wanted == LATEST), wanted)

    def append(self, run: str, name: str, record: Mapping[str, Any]) -> None:
        """The record stands at the end of what was noted beside a run under `name`, durably; nothing there changes."""
        text = json.dumps(record, allow_nan=False)
        with self._open(f"Nothing was noted beside run {run}") as cursor:
            _stored(cursor, run)
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"note {run} {name}",))
            query = """INSERT INTO analytics.run_notes SELECT %s, %s, coalesce(max(number), 0) + 1, %s
            FROM analytics.run_notes WHERE run = %s AND name = %s"""
            cursor.execute(query, (run, name, text, run, name))

    def appended(self, run: str, name: str) -> "Sequence[Mapping[str, Any]]":
        """What was noted beside a run under `name`, oldest first."""
        with self._open(f"Run {run} cannot be read") as cursor:
            _stored(cursor, run)
            query = "SELECT record::text FROM analytics.run_notes WHERE run = %s AND name = %s ORDER BY number"
            return [json.loads(text) for (text,) in cursor.execute(query, (run, name)).fetchall()]

    @contextlib.contextmanager
    def _open(self, what: str) -> Iterator[Cursor]:
        """Give a cursor within a transaction that is durable once it is left, and undone where that fails."""
        with (
            contextlib.closing(connect(self.address, name="tradewind runs")) as connection,
            translated(f"{what} in {self.address}"),
            connection.transaction(),
            connection.cursor(binary=True) as cursor,
        ):
            cursor.execute("SET LOCAL synchronous_commit = on")
            yield cursor


def _fields(document: Mapping[str, Any]) -> str:
    """Return a document for jsonb, which has no place for zero characters and halves of characters."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode().replace("\\u0000", "\\ufffd")


def _stored(cursor: Cursor, run: str) -> str:
    """Return the text of a run's document; an error with the nearest id where there is none."""
    found = cursor.execute("SELECT document::text FROM analytics.runs WHERE id = %s", (run,)).fetchall()
    if not found:
        raise no_such_run(run, _ids(cursor))
    return str(found[0][0])


def _ids(cursor: Cursor, *, with_summary: bool = False) -> "Sequence[str]":
    """Return the ids, newest first; of those with a summary, or of all."""
    where = "WHERE fields -> 'summary' IS DISTINCT FROM 'null'::jsonb" if with_summary else ""
    query = f'SELECT id FROM analytics.runs {where} ORDER BY id COLLATE "C" DESC'  # noqa: S608 - our own words
    return [run for (run,) in cursor.execute(query).fetchall()]
