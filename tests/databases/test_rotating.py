"""A password is another at the server and in its file, and the one before does not open the door any more."""

import psycopg
import pytest
from real_servers import folder, postgres

from tradewind.adapters.address import read_address
from tradewind.adapters.brokers.tokens import read_token
from tradewind.errors import TradewindError
from tradewind.settings import Settings
from tradewind.stack.rotating import rotate


@pytest.fixture
def user():
    """Give a user of the server with a password of its own, and take both away afterwards."""
    address = read_address(postgres(), folder() / "secrets")
    with psycopg.connect(_told(address), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS monitor")
        connection.execute("CREATE ROLE monitor LOGIN PASSWORD 'before-4Wq8zR1xTn6yLp3v'")
    path = folder() / "secrets" / "postgresql-monitor"
    path.touch(0o600)
    path.write_text("before-4Wq8zR1xTn6yLp3v\n")
    yield address, path
    path.unlink()
    with psycopg.connect(_told(address), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS monitor")


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
    assert new != "before-4Wq8zR1xTn6yLp3v"
    psycopg.connect(_told(address, "monitor", new)).close()
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(_told(address, "monitor", "before-4Wq8zR1xTn6yLp3v"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(path.parent.glob(".postgresql-monitor*"))


def test_where_the_server_does_not_answer_the_file_stays(user):
    address, path = user

    with pytest.raises(TradewindError):
        rotate(settings(address._replace(host="127.0.0.1", port=1), folder() / "secrets"), "postgresql-monitor")
    assert path.read_text() == "before-4Wq8zR1xTn6yLp3v\n"
