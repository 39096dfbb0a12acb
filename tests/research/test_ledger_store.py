"""The ledger of trials: it only grows, it notices what is gone, and it survives crowds and kills."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ledger_cases import trial

from tradewind.adapters.ledger import Entry, Trials
from tradewind.errors import BadLedger


@pytest.fixture
def store(tmp_path):
    return Trials(tmp_path)


FORGED = (
    "INSERT INTO trials SELECT 5, family, 'new', again, strategy, params, symbols, starts, ends, created, "
    "sharpe_day, days, skew, kurtosis, calendar, returns, source, run, chain FROM trials WHERE number = 4"
)


def tampered(store, *statements):
    """The file was changed behind the ledger's back, triggers off."""
    with sqlite3.connect(store.path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)


def test_a_trial_comes_back_as_it_was_added(store):
    """Every field is what it was; returns are 32-bit."""
    given = trial(3, params={"fast": "3", "slow": "0.5"}, run="20260101-000000000-aa")
    store.add([given])
    (found,) = store.of_family("breakouts")

    for name in ("family", "digest", "strategy", "params", "symbols", "start", "end", "created", "sharpe_day", "days",
                 "skew", "kurtosis", "source", "run"):  # fmt: skip
        assert getattr(found, name) == getattr(given, name), name
    assert found.number == 1
    np.testing.assert_array_equal(found.returns, given.returns)
    np.testing.assert_array_equal(found.dates, given.dates)


def test_the_same_digest_counts_once_and_again_as_a_repeat(store):
    """Three runs of one variant and one of another are two trials and two repeats; a family is its own count."""
    counts = [store.add([trial(1)]), store.add([trial(1), trial(2)]), store.add([trial(1), trial(1, family="other")])]

    assert counts == [1, 1, 1]
    assert [(one.name, one.trials, one.repeats) for one in store.families()] == [("breakouts", 2, 2), ("other", 1, 0)]
    assert store.repeats("breakouts") == {"digest-1": 2}
    assert store.verify() == 5


def test_nothing_was_tried_in_an_empty_folder(store):
    """Reading makes no file."""
    assert (store.of_family("x"), store.families(), store.marks("x"), store.verify()) == ([], [], [], 0)
    assert not store.path.exists()


@pytest.mark.parametrize("statement", ["DELETE FROM trials", "UPDATE trials SET sharpe_day = 0",
                                       "DELETE FROM calendars", "UPDATE calendars SET dates = x''"])  # fmt: skip
def test_rows_cannot_be_changed_or_removed(store, statement):
    """SQLite itself refuses to update or delete a row."""
    store.add([trial(1)])

    with sqlite3.connect(store.path) as database, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        database.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM trials WHERE number = 2",
        "DELETE FROM trials WHERE number = 4",
        "UPDATE trials SET sharpe_day = 1 WHERE number = 3",
        "UPDATE trials SET returns = x'00' WHERE number = 1",
        "UPDATE trials SET family = 'other' WHERE number = 2",
        "DELETE FROM calendars",
        FORGED,
    ],
)
def test_what_was_done_behind_its_back_is_noticed(store, change):
    """A row removed, the last one too, changed or forged breaks the chain, and the error says so."""
    store.add([trial(number) for number in range(1, 5)])
    assert store.verify() == 4

    tampered(store, change)

    with pytest.raises(BadLedger, match="was tampered with"):
        store.verify()


def test_a_shortened_ledger_takes_no_more_trials(store):
    """Adding to a ledger with a row missing is refused, and the refusal names what to do."""
    store.add([trial(1), trial(2)])
    tampered(store, "DELETE FROM trials WHERE number = 2")

    with pytest.raises(BadLedger, match=r"it gave 2 numbers and has 1 rows\. Restore a copy"):
        store.add([trial(3)])


def test_a_run_can_prove_that_the_ledger_lost_its_trial(store, tmp_path):
    """The place of a trial is known by number and hash; an emptier or newer ledger does not hold it."""
    store.add([trial(1), trial(2)])
    entry = store.entry_of("breakouts", "digest-2")
    other = Trials(tmp_path / "other")
    other.add([trial(1), trial(3)])

    assert entry.number == 2
    assert store.holds(entry)
    assert not other.holds(entry)
    assert not Trials(tmp_path / "none").holds(entry)
    assert not store.holds(Entry(1, entry.chain))


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\1" * 4000])
def test_a_damaged_file_is_one_clear_error(store, content):
    """Whoever reads or adds hears which file it is."""
    store.path.write_bytes(content)

    for use in (store.verify, store.families, lambda: store.add([trial(1)])):
        with pytest.raises(BadLedger, match=r"trials\.sqlite"):
            use()


def test_a_held_ledger_is_one_clear_error(store, monkeypatch):
    """Another process that will not let go is named as the cause after the wait is over."""
    monkeypatch.setattr("tradewind.adapters.ledger.BUSY_S", 0.05)
    store.add([trial(1)])
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(BadLedger, match=r"locked\. Wait for what holds it"):
        store.add([trial(2)])
    holder.close()
    assert store.add([trial(2)]) == 1


ADDER = """
import sys
from ledger_cases import trial
from tradewind.adapters.ledger import Trials
first, folder = int(sys.argv[1]), sys.argv[2]
for number in range(first, first + 20):
    Trials(folder).add([trial(number), trial(0)])
"""


def environment():
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def test_several_processes_add_at_once(tmp_path):
    """Four processes, twenty trials each and one that all share: none is lost, none counted twice, one chain."""

    def add(first):
        return subprocess.run([sys.executable, "-c", ADDER, str(first), str(tmp_path)], check=False, env=environment())

    with ThreadPoolExecutor(4) as pool:
        ended = [done.returncode for done in pool.map(add, (100, 200, 300, 400))]

    assert ended == [0] * 4
    (family,) = Trials(tmp_path).families()
    assert (family.trials, family.repeats) == (81, 79)
    assert Trials(tmp_path).verify() == 160


FOREVER = """
import sys
from ledger_cases import trial
from tradewind.adapters.ledger import Trials
store = Trials(sys.argv[1])
for number in range(10**6):
    store.add([trial(2 * number), trial(2 * number + 1)])
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_loses_nothing_that_was_added(tmp_path):
    """Killed at any moment, every trial whose `add` returned is there, pairs are whole, and the chain goes on."""
    told = 0
    for lines in (1, 3, 7):
        process = subprocess.Popen(
            [sys.executable, "-c", FOREVER, str(tmp_path / str(lines))],
            stdout=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        for _ in range(lines):
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        told = int(rest[-1]) if rest else told
        store = Trials(tmp_path / str(lines))
        count = store.verify()

        assert count % 2 == 0
        assert count in (2 * (told + 1), 2 * (told + 2)), "the last add may have been committed before it could say so"
        assert store.add([trial(10**7)]) == 1
        assert store.verify() == count + 1
