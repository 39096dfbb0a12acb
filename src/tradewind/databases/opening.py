"""Connections as migrations need them, from an address as the settings write it, or to an SQLite file."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from tradewind.adapters.address import Address
from tradewind.adapters.postgres.connection import translated
from tradewind.databases.sqlite import in_sqlite
from tradewind.errors import BadData

CONNECT_S = 5
LOCK_S = 30
"""Changing tables waits so long for those who use them, and then gives up: behind it everybody else would wait."""


def url_of(address: Address) -> sqlalchemy.URL:
    """Return an address as SQLAlchemy wants it."""
    socket = address.host.startswith("/")
    return sqlalchemy.URL.create(
        "postgresql+psycopg",
        username=address.user or None,
        password=address.password.revealed() if address.password is not None else None,
        host=None if socket else address.host,
        port=address.port,
        database=address.database,
        query={"host": address.host} if socket else {},
    )


@contextlib.contextmanager
def opened(where: Address | Path) -> Iterator[sqlalchemy.Connection]:
    """Give a connection; it is closed afterwards, and what was not committed is gone. Errors are ours."""
    engine = _file(where) if isinstance(where, Path) else _server(where)
    try:
        what = f"The file {where}" if isinstance(where, Path) else f"The database {where}"
        with _ours(what), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.contextmanager
def _ours(what: str) -> Iterator[None]:
    """Errors of the drivers, wrapped by SQLAlchemy or not, leave as ours."""
    with translated(what):
        try:
            yield
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise BadData(f"{what}: {error.orig}.", "Is it a file of Tradewind's tables?") from error
            if not isinstance(error.orig, BaseException):
                raise
            raise error.orig from error


def create_if_missing(address: Address) -> bool:
    """The server has the database; return whether it was made just now."""
    engine = _server(address._replace(database="postgres")).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with _ours(f"The server of {address}"), engine.connect() as connection:
            query = sqlalchemy.text("SELECT 1 FROM pg_database WHERE datname = :name")
            if connection.scalar(query, {"name": address.database}):
                return False
            name = connection.dialect.identifier_preparer.quote(address.database)
            connection.exec_driver_sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
            return True
    finally:
        engine.dispose()


def _server(address: Address) -> sqlalchemy.Engine:
    options = f"-c timezone=UTC -c lock_timeout={LOCK_S}s"
    arguments = {"connect_timeout": CONNECT_S, "application_name": "tradewind db", "options": options}
    return sqlalchemy.create_engine(url_of(address), poolclass=sqlalchemy.NullPool, connect_args=arguments)


def _file(path: Path) -> sqlalchemy.Engine:
    """Return the engine of a file, whose statements are translated and whose changes of tables are in transactions."""
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=sqlalchemy.NullPool)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # Python's driver would commit before it changes a table
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _said(*told: Any) -> tuple[str, Any]:
        return in_sqlite(told[2]), told[3]

    return engine
