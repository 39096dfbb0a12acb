"""A password is another at the server and in its file, and the one before does not open the door any more."""

import psycopg
import psycopg.sql
import pytest
from real_servers import folder, postgres

from tradewind.adapters.address import read_address
from tradewind.adapters.brokers.tokens import read_token
from tradewind.errors import TradewindError
from tradewind.settings import Settings
from tradewind.stack.rotating import rotate

BEFORE = "before-4Wq8zR1xTn6yLp3v"


@pytest.fixture
def user():
    """Give a user of the server with a password of its own; the server may know that user from other tests."""
    address = read_address(postgres(), folder() / "secrets")
    database = psycopg.sql.Identifier(address.database)
    path = folder() / "secrets" / "postgresql-monitor"
    with psycopg.connect(_told(address), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'monitor'").fetchone():
            connection.execute("CREATE ROLE monitor")
        connection.execute(f"ALTER ROLE monitor LOGIN PASSWORD '{BEFORE}'")
        connection.execute(psycopg.sql.SQL("GRANT CONNECT ON DATABASE {} TO monitor").format(database))
        former = path.read_text() if path.exists() else None
        path.touch(0o600)
        path.write_text(f"{BEFORE}\n")
        yield address, path
        connection.execute(psycopg.sql.SQL("REVOKE CONNECT ON DATABASE {} FROM monitor").format(database))
        connection.execute("ALTER ROLE monitor NOLOGIN")
    path.unlink()
    if former is not None:
        path.touch(0o600)
        path.write_text(former)


def _told(address, user=None, password=None):
    word = password or (address.password.revealed() if address.password else None)
    return psycopg.conninfo.make_conninfo(
        host=address.host, port=address.port, dbname=address.database, user=user or address.user, password=word
    )


def settings(address, secrets):
    """Return settings whose journal is at the server."""
    place = str(address._replace(user="trader"))
    return Settings.model_validate({"ports": {"journal": place, "secrets": secrets}})


def test_the_new_password_opens_and_the_old_one_does_not(user):
    """The server changes first; the file holds what it knows."""
    address, path = user

    assert "Restart" in rotate(settings(address, folder() / "secrets"), "postgresql-monitor")

    new = read_token(path).revealed()
    assert new != BEFORE
    psycopg.connect(_told(address, "monitor", new)).close()
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(_told(address, "monitor", BEFORE))
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(path.parent.glob(".postgresql-monitor*"))


def test_where_the_server_does_not_answer_the_file_stays(user):
    address, path = user

    with pytest.raises(TradewindError):
        rotate(settings(address._replace(host="127.0.0.1", port=1), folder() / "secrets"), "postgresql-monitor")
    assert path.read_text() == f"{BEFORE}\n"
