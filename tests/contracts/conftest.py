"""One PostgreSQL for all contracts that a server has to keep."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "postgres")]

from servers import database  # noqa: E402  after the path


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of a database with all tables of trading."""
    with database(tmp_path_factory.mktemp("pg") / "server") as found:
        yield found
