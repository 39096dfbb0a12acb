"""Connections as migrations need them, from an address as the settings write it."""

import contextlib
from collections.abc import Iterator

import sqlalchemy

from tradewind.adapters.address import Address


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
def opened(address: Address) -> Iterator[sqlalchemy.Connection]:
    """Give a connection; it is closed afterwards, and what was not committed is gone."""
    engine = sqlalchemy.create_engine(url_of(address), poolclass=sqlalchemy.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
