"""The acceptor of the FIX tests, started for a test and gone after it."""

from pathlib import Path

import pytest
from counterparty import Acceptor, build


@pytest.fixture(scope="session")
def program(request, tmp_path_factory):
    """The acceptor's program, compiled once into the cache of pytest."""
    cache = getattr(request.config, "cache", None)
    folder = Path(cache.mkdir("fix-acceptor")) if cache else tmp_path_factory.getbasetemp() / "fix-acceptor"
    return build(folder)


@pytest.fixture
def acceptor(program, tmp_path):
    """A broker whose sessions begin anew at every logon."""
    running = Acceptor(program, tmp_path / "acceptor", reset=True)
    yield running
    running.kill()


@pytest.fixture
def lasting(program, tmp_path):
    """A broker whose session goes on where it was."""
    running = Acceptor(program, tmp_path / "acceptor", reset=False)
    yield running
    running.kill()
