"""The keeper starts a trader again that was killed or broke off, and stops when that does not help."""

import os
import signal

import pytest

from tradewind.live.folder import Folder
from tradewind.live.keeper import BROKEN, keep


@pytest.fixture
def folder(tmp_path):
    """An account's folder."""
    found = Folder(tmp_path / "kept")
    found.make()
    return found


def lives(folder, *ends):
    """Return a trader that ends each of its lives in another way, counted in a file."""

    def trade():
        count = len(list(folder.root.glob("life-*")))
        (folder.root / f"life-{count}").touch()
        return ends[min(count, len(ends) - 1)]()

    return trade


def killed():
    """The process is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def broken():
    """Something nobody foresaw."""
    raise RuntimeError("never seen before")


def test_a_killed_trader_is_started_again_and_its_last_word_counts(folder):
    """Two kills and a breakdown, then an ordinary end."""
    said = []

    code = keep(lives(folder, killed, killed, broken, lambda: 0), folder, said.append)

    assert code == 0
    assert len(list(folder.root.glob("life-*"))) == 4
    assert sum("SIGKILL" in line for line in said) == 2
    assert sum("broke off" in line for line in said) == 1
    assert folder.kill_level() == 0


def test_a_mistake_of_a_person_is_not_tried_again(folder):
    """Exit code 2 is a sentence somebody has to read."""
    assert keep(lives(folder, lambda: 2), folder, print) == 2
    assert len(list(folder.root.glob("life-*"))) == 1


def test_a_trader_that_keeps_dying_ends_with_no_entries_allowed(folder):
    """Five deaths in ten minutes: kill level 1 stands, and a person looks."""
    said = []

    assert keep(lives(folder, killed), folder, said.append) == 1
    assert len(list(folder.root.glob("life-*"))) == 5
    assert folder.kill_level() == 1
    assert "re-arm" in said[-1]


def test_deaths_long_apart_are_forgotten(folder):
    """A month of uptime between two deaths is no crash loop."""
    hours = iter(range(0, 10**6, 3600))

    code = keep(lives(folder, *[killed] * 8, lambda: BROKEN - BROKEN), folder, print, clock=lambda: float(next(hours)))

    assert code == 0
    assert folder.kill_level() == 0
