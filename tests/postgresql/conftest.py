"""One PostgreSQL for all tests here, with the tables made; each test has accounts of its own in it."""

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("postgresql", "live/journal", "live/desk", "live")]

from postgres_servers import database  # noqa: E402  after the path


@pytest.fixture(scope="session")
def address():
    """The address of a database with all tables of trading."""
    with database() as found:
        yield found
