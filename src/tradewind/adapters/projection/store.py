"""Reading and writing the tables through a connection of the caller's, in the caller's transaction.

The connection is psycopg's or that of Python's sqlite3; nothing is committed here.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradewind.adapters.projection.picture import CHANGING, KEYS, Picture, Row, picture_of

WATERMARKS = "monitoring.projections"


class Store:
    """The tables behind a connection."""

    def __init__(self, connection: Any) -> None:
        """Nothing is read or written."""
        self._connection = connection
        self._file = isinstance(connection, sqlite3.Connection)

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a query by name of column."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(self._said(text), tuple(values))
            names = [one[0] for one in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def run(self, text: str, values: Iterable[Sequence[Any]]) -> None:
        """The statement has run once with each of the values."""
        cursor = self._connection.cursor()
        try:
            cursor.executemany(self._said(text), list(values))
        finally:
            cursor.close()

    def _said(self, text: str) -> str:
        """Return a statement with names and placeholders as the server or the file has them."""
        if not self._file:
            return text
        for schema in ("trading", "analytics", "monitoring"):
            text = text.replace(f"{schema}.", f"{schema}_")
        return text.replace("%s", "?").replace(" FOR UPDATE", "")

    def commit_of(self, account: str) -> int:
        """Return the last commit of an account that is in the tables, 0 if none is."""
        found = self.rows(f"SELECT commit_number FROM {WATERMARKS} WHERE account = %s", (account,))  # noqa: S608 - our own names
        return int(found[0]["commit_number"]) if found else 0

    def watermark(self, account: str) -> tuple[int, dict[str, int]]:
        """Return the last commit of an account that is in the tables; nobody else may project it meanwhile."""
        new = "INSERT INTO monitoring.projections (account, commit_number, counts) VALUES (%s, 0, '{}')"
        self.run(f"{new} ON CONFLICT (account) DO NOTHING", [(account,)])
        found = self.rows(f"SELECT * FROM {WATERMARKS} WHERE account = %s FOR UPDATE", (account,))[0]  # noqa: S608 - our own names
        return int(found["commit_number"]), _document(found["counts"])

    def picture(self, account: str, watermark: tuple[int, dict[str, int]]) -> Picture:
        """Return what the tables show of an account that still lives."""
        account_rows = self.rows("SELECT * FROM trading.accounts WHERE name = %s", (account,))
        orders = self.rows(
            "SELECT * FROM trading.orders WHERE account = %s AND number IN"
            " (SELECT number FROM trading.orders WHERE account = %s AND living) ORDER BY number, version",
            (account, account),
        )
        positions = self.rows("SELECT * FROM trading.positions WHERE account = %s", (account,))
        for row in (*account_rows, *orders, *positions):
            row["id"] = str(row["id"])
            if isinstance(row.get("start_document"), Mapping):
                row["start_document"] = json.dumps(row["start_document"])
        return picture_of(
            account, watermark, row=account_rows[0] if account_rows else None, orders=orders, positions=positions
        )

    def write(self, picture: Picture) -> int:
        """The tables have what changed, and the watermark; return how many rows were written."""
        count = 0
        for table in KEYS:
            if rows := list(picture.changes.get(table, {}).values()):
                self.run(_upsert(table, rows[0]), [_values(rows[0], row) for row in rows])
                count += len(rows)
        if "trading.account_instruments" in picture.changes:
            self._name_instruments(picture.account)
        done = (picture.commit, json.dumps(picture.counts, sort_keys=True), picture.account)
        self.run(f"UPDATE {WATERMARKS} SET commit_number = %s, counts = %s WHERE account = %s", [done])  # noqa: S608 - our own names
        picture.changes.clear()
        return count

    def _name_instruments(self, account: str) -> None:
        """The account's instruments are the newest of its profile, where we ship that."""
        self.run(
            "UPDATE trading.account_instruments SET instrument ="
            " (SELECT found.id FROM trading.instruments AS found"
            " JOIN trading.accounts AS owner ON owner.profile = found.profile"
            " WHERE owner.name = %s AND found.symbol = trading.account_instruments.symbol"
            " ORDER BY found.valid_from DESC LIMIT 1) WHERE account = %s",
            [(account, account)],
        )

    def forget(self, account: str) -> None:
        """No row of the account's journal is left."""
        for table in reversed(list(KEYS)):
            who = next(iter(set(KEYS[table]) & {"account", "source", "name"}))
            self.run(f"DELETE FROM {table} WHERE {who} = %s", [(account,)])  # noqa: S608 - our own names
        self.run(f"DELETE FROM {WATERMARKS} WHERE account = %s", [(account,)])  # noqa: S608 - our own names

    def beat(self, row: Row) -> None:
        """The latest sign of life of its source is this one, unless a later one is there."""
        changed = ", ".join(f"{name} = excluded.{name}" for name in row if name not in ("id", "source"))
        text = (
            f"INSERT INTO monitoring.heartbeats AS old ({', '.join(row)}) VALUES ({_marks(row)})"  # noqa: S608 - our own names
            f" ON CONFLICT (source) DO UPDATE SET {changed} WHERE old.beat_ns < excluded.beat_ns"
        )
        self.run(text, [tuple(row.values())])


def _upsert(table: str, row: Row) -> str:
    columns = list(row)
    text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(row)}) ON CONFLICT ({', '.join(KEYS[table])})"  # noqa: S608 - our own names
    if table not in CHANGING:
        return f"{text} DO NOTHING"
    changed = [name for name in columns if name not in ("id", *KEYS[table])]
    return f"{text} DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in changed)}"


def _marks(row: Row) -> str:
    return ", ".join(["%s"] * len(row))


def _values(first: Row, row: Row) -> tuple[Any, ...]:
    """Return a row's values in the order of the first row's columns."""
    return tuple(row[name] for name in first)


def _document(value: Any) -> dict[str, int]:
    found: dict[str, int] = json.loads(value) if isinstance(value, str) else dict(value)
    return found
