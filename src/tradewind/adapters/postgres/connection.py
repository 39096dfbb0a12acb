"""Connections to PostgreSQL: bounded in every way, with errors that say what to do."""

import contextlib
from collections.abc import Iterator

import psycopg

from tradewind.adapters.address import Address, Unreachable
from tradewind.errors import TradewindError

CONNECT_S = 5
STATEMENT_S = 30
LOCK_S = 5


CERTAIN = {
    "53": "Give the server more room: disk, memory or connections.",
    "40": "Somebody else changed the same; try again.",
    "55": "Somebody else is busy with the same; try again.",
}
"""Classes of SQLSTATE in which the server lives and says a clear no, and what to do about it."""


class DatabaseUnreachable(Unreachable):
    """The server does not answer, or went away: whether a commit under way took place is not known."""


class DatabaseRefused(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The server answered that it will not: wrong password, missing database, table or right."""


def connect(address: Address, *, name: str = "tradewind", statement_s: float = STATEMENT_S) -> psycopg.Connection:
    """Return a connection in UTC in which no statement and no wait for a lock lasts for ever."""
    options = {
        "timezone": "UTC",
        "statement_timeout": f"{round(statement_s * 1000)}ms",
        "lock_timeout": f"{LOCK_S}s",
        "idle_in_transaction_session_timeout": "60s",
    }
    with translated(f"No connection to {address}"):
        return psycopg.connect(
            host=address.host,
            port=address.port,
            dbname=address.database,
            user=address.user or None,
            password=address.password.revealed() if address.password is not None else None,
            connect_timeout=CONNECT_S,
            application_name=name,
            options=" ".join(f"-c {key}={value}" for key, value in options.items()),
            tcp_user_timeout=10_000,
        )


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Errors of the server and the way to it leave as one of ours that begins with `what`."""
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise DatabaseRefused(f"{what}: {first_line(error)}.", "Run `tradewind db migrate`.") from error
    except psycopg.OperationalError as error:
        if refused(error):
            raise DatabaseRefused(f"{what}: {first_line(error)}.", "Correct the address or the secret.") from error
        if advice := CERTAIN.get((error.sqlstate or "")[:2]):
            raise DatabaseRefused(f"{what}: {first_line(error)}.", advice) from error
        raise DatabaseUnreachable(f"{what}: {first_line(error)}.", "Is the server running?") from error
    except psycopg.Error as error:
        raise DatabaseRefused(f"{what}: {first_line(error)}.", "See `tradewind db check`.") from error


def refused(error: psycopg.Error) -> bool:
    """Whether it is a clear no and no absence: class 28 and 3D of SQLSTATE, which libpq tells in words at a login."""
    text = str(error)
    words = ("authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry")
    return (error.sqlstate or "")[:2] in {"28", "3D"} or any(word in text for word in words)


def first_line(error: psycopg.Error) -> str:
    """Return what the server said, on one line and without its prefixes."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1 if "FATAL" in lines[-1] else 0].split("FATAL:")[-1].strip().rstrip(".")
