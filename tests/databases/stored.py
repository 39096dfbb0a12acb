"""The tables as whoever projects reaches them: through the driver's own connection."""

import contextlib
import sqlite3
from pathlib import Path

import psycopg

from tradewind.adapters.projection.picture import KEYS
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened


@contextlib.contextmanager
def tables_at(where):
    """Give a connection of the driver's own to the newest tables, as whoever projects has it."""
    with opened(where) as connection:
        migrate("trading", connection)
    if isinstance(where, Path):
        with contextlib.closing(sqlite3.connect(where)) as connection:
            yield connection
    else:
        with psycopg.connect(host=where.host, user=where.user, dbname=where.database) as connection:
            yield connection


def asked(connection, text):
    """Return the rows of a query."""
    if isinstance(connection, sqlite3.Connection):
        for schema in ("trading", "analytics", "monitoring"):
            text = text.replace(f"{schema}.", f"{schema}_")
    cursor = connection.cursor()
    cursor.execute(text)
    return cursor.fetchall()


def everything(connection):
    """Return every row of every table."""
    text = "SELECT * FROM {}"
    return {table: sorted(map(repr, asked(connection, text.format(table)))) for table in KEYS}
