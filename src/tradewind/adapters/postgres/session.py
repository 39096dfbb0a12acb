"""A connection that comes back: to a server that was started again, or over a network that was away for a moment.

Each statement is a transaction of its own, so nothing is half done on the server while we are stopped or away. Where
the connection was lost, whoever asked may ask again once it is back; whether what was asked took place then has to be
looked up by its key.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from tradewind.adapters.address import Address
from tradewind.adapters.postgres.connection import DatabaseUnreachable, connect, first_line, translated

OUTAGE_S = 8.0
"""So long a server may be away before whoever waits for it gives up: less than a lease, more than a restart."""
PAUSE_S = 0.05
DISK_FULL = "53100"
BUSY_STATES = ("55P03", "57014", "40001", "40P01")
"""Lock not available, statement cancelled, serialization failure, deadlock: nothing was done."""
DURABLE = {"synchronous_commit": "on", "idle_in_transaction_session_timeout": "5s"}


class Patience(NamedTuple):
    """How long to wait for a server, and by which clock."""

    outage_s: float = OUTAGE_S
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Session:
    """A connection in which every commit is on the server's disk before it returns."""

    def __init__(
        self,
        address: Address,
        name: str,
        settings: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """It is open. `settings` are variables that hold in it, also once it had to be opened anew."""
        self.address = address
        self._name = name
        self._settings = {**DURABLE, **(settings or {})}
        self._patience = patience or Patience()
        self._connection: psycopg.Connection | None = None
        self.returns = 0
        """How often the connection was lost and came back."""
        self._open()

    def _open(self) -> psycopg.Connection:
        connection = connect(self.address, name=self._name)
        try:
            with translated(f"No session at {self.address}"):
                connection.autocommit = True
                connection.prepare_threshold = 0
                for setting, value in self._settings.items():
                    connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def once(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one statement, sent once; errors are those of psycopg."""
        connection = self._connection
        if connection is None or connection.closed:
            raise psycopg.OperationalError("the connection is closed")
        with connection.cursor(binary=True) as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description is not None else []

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that may be sent twice; raises DatabaseUnreachable where patience ends."""
        while True:
            try:
                return self.once(query, values)
            except psycopg.Error as error:
                if not is_lost(error):
                    raise
                self.come_back(error)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """Give a cursor within a transaction; errors are those of psycopg."""
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._open()
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            yield cursor

    def come_back(self, why: Exception) -> None:
        """The connection is open again; raises DatabaseUnreachable where the server stays away for too long."""
        self.close()
        patience = self._patience
        until = patience.monotonic() + patience.outage_s
        while True:
            try:
                self._open()
            except DatabaseUnreachable as error:
                if patience.monotonic() >= until:
                    raise DatabaseUnreachable(
                        f"{self.address} was away for {patience.outage_s:g} s: {error.message}",
                        "Is the server running?",
                    ) from why
                patience.sleep(PAUSE_S)
            else:
                self.returns += 1
                return

    def close(self) -> None:
        """The connection is closed."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                self._connection.close()
        self._connection = None


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone, so that nobody knows what became of the last statement."""
    state = error.sqlstate or ""
    gone = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and not state
    return gone or state[:2] == "08" or state[:4] == "57P0"


def is_busy(error: psycopg.Error) -> bool:
    """Whether somebody was in the way, and nothing was done."""
    return (error.sqlstate or "") in BUSY_STATES


def said(error: Exception) -> str:
    """Return what an error says, on one line."""
    return first_line(error) if isinstance(error, psycopg.Error) else " ".join(str(error).split()).rstrip(".")


def columns(rows: Iterable[Sequence[Any]], count: int) -> list[list[Any]]:
    """Return the columns of rows, as arrays of SQL are given."""
    listed = list(rows)
    return [[row[number] for row in listed] for number in range(count)]
