"""Connections of a history: some are kept for the next question, and none outlives the process that made it."""

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator

import psycopg

from tradewind.adapters.address import Address
from tradewind.adapters.postgres.connection import connect, translated

KEPT = 4
STATEMENT_S = 600
"""A month of ticks takes its time."""
REST_S = 3600
"""So long a reader may rest between two months, or an importer between two parts."""

_SESSION = f"SET idle_in_transaction_session_timeout = '{REST_S}s'"


class Connections:
    """Opened as they are needed; whoever has one has it alone."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._idle: list[psycopg.Connection] = []
        self._lock = threading.Lock()
        self._process = os.getpid()
        weakref.finalize(self, _close, self._idle, self._process)  # nobody has to say that a history is done with

    def take(self) -> psycopg.Connection:
        """Return a connection that answers, outside of any transaction; `give` it back."""
        with self._lock:
            if self._process != os.getpid():  # those of the process we were copied from are not ours to use
                self._idle, self._process = [], os.getpid()
                weakref.finalize(self, _close, self._idle, self._process)
        while self._idle:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is not None and _answers(connection):
                return connection
        connection = connect(self.address, name="tradewind history", statement_s=STATEMENT_S)
        with translated(f"No connection to {self.address}"):
            connection.autocommit = True
            connection.execute(_SESSION)
        return connection

    def give(self, connection: psycopg.Connection) -> None:
        """The connection waits for the next who needs one, or is closed; what was not committed is gone."""
        try:
            connection.rollback()
        except psycopg.Error:
            connection.close()
        with self._lock:
            keep = not connection.closed and len(self._idle) < KEPT and self._process == os.getpid()
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    @contextlib.contextmanager
    def one(self) -> Iterator[psycopg.Connection]:
        """Lend a connection that commits each statement; errors leave as ours."""
        connection = self.take()
        try:
            with translated(f"Market data at {self.address}"):
                yield connection
        finally:
            self.give(connection)

    def close(self) -> None:
        """None is kept any longer."""
        with self._lock:
            _close(self._idle, self._process)


def _close(idle: list[psycopg.Connection], process: int) -> None:
    """They are closed, by the process whose they are."""
    while idle and process == os.getpid():
        idle.pop().close()


def _answers(connection: psycopg.Connection) -> bool:
    """Whether the server is still there."""
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        connection.close()
        return False
    return True
