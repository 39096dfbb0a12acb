"""Stores of market data that tests start: a folder, a PostgreSQL of their own, and a TimescaleDB that was named."""

import os
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "data"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "research"))

from postgres import programs, server
from tradewind.adapters.address import read_address
from tradewind.adapters.postgres.connection import connect
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened

TIMESCALE = os.environ.get("TRADEWIND_TEST_TIMESCALE_URL")
"""timescale://user@host:port/database of a server on which databases may be made and dropped."""
DATABASES = ["postgresql", *(["timescale"] if TIMESCALE else [])]
TABLES = "market.series, market.months, market.sources, market.documents, market.bars, market.ticks"


@contextmanager
def database(kind):
    """Give the address of an empty database with the newest market tables; it is gone afterwards."""
    if kind == "timescale":
        with made(read_address(TIMESCALE)) as address:
            yield address
        return
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with TemporaryDirectory(prefix="tw") as folder:
        near = read_address(f"timescale://tradewind@:5432/postgres?host={folder}/postgres")
        with server(Path(folder) / "postgres"), made(near) as address:
            yield address


@contextmanager
def made(near):
    """Give the address of a new database beside another one."""
    name = f"market_{uuid.uuid4().hex[:12]}"
    with connect(near) as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {name}")
        try:
            address = near._replace(database=name)
            with opened(address) as migrating:
                migrate("market", migrating)
            yield address
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def emptied(address, tables=TABLES):
    """Return the address of a database whose tables hold nothing."""
    with connect(address) as connection:
        connection.execute(f"TRUNCATE {tables} CASCADE")
    return address
