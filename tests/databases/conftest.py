"""One PostgreSQL for all tests here; each test has databases of its own in it."""

import itertools
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "research")]

import psycopg  # noqa: E402  after the path, like all below
from guarded import GUARDED, PASSWORD  # noqa: E402  after the path
from postgres import USER, programs, server  # noqa: E402  the folder of research has it

from journals import traded  # noqa: E402  after the path
from tradewind.adapters.address import Address  # noqa: E402  after the path

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def socket():
    """The folder in which a server of our own listens."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed here")
    # Not below pytest's own folder, which another run of it closes to the user whom the server runs as.
    with tempfile.TemporaryDirectory(prefix="tradewind") as above, server(folder := Path(above) / "server"):
        with psycopg.connect(host=str(folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"ALTER USER {USER} PASSWORD '{PASSWORD}'")
            hba = folder / "data" / "pg_hba.conf"
            hba.write_text(f"local {GUARDED} all scram-sha-256\n{hba.read_text()}")
            connection.execute("SELECT pg_reload_conf()")
        yield folder


@pytest.fixture
def place(socket):
    """Give the address of a new, empty database."""

    def made(scheme="postgresql", user=USER):
        name = f"case{next(_numbers)}"
        with psycopg.connect(host=str(socket), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return Address(scheme, user, str(socket), 5432, name)

    return made


@pytest.fixture(params=["server", "file"])
def where(request, tmp_path):
    """A database on a server, and one in a file."""
    return request.getfixturevalue("place")() if request.param == "server" else tmp_path / "tables.sqlite"


@pytest.fixture(scope="session")
def busy(tmp_path_factory):
    """A journal of trading that does everything there is to do."""
    return traded(tmp_path_factory.mktemp("busy"))
