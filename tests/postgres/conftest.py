"""One PostgreSQL for all tests here, with the tables made; each test has accounts of its own in it."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "live" / "journal")]

from servers import database  # noqa: E402  after the path


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of a database with all tables of trading."""
    with database(tmp_path_factory.mktemp("pg") / "server") as found:
        yield found
