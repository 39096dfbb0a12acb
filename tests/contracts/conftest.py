"""One PostgreSQL for all contracts that a server has to keep."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "postgresql")]

from postgres_servers import database  # noqa: E402  after the path


@pytest.fixture(scope="session")
def address():
    """The address of a database with all tables of trading."""
    with database() as found:
        yield found
