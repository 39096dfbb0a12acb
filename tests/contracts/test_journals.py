"""What every journal promises, whatever it is made of."""

import numpy as np
import pytest
from postgres_servers import new_account

from tradewind.adapters.journal import SqliteJournal, content_digest
from tradewind.adapters.memory import DTYPES, MemoryJournal
from tradewind.adapters.postgres.journal import PostgresJournal
from tradewind.runner import LOGS


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def journal(request, tmp_path):
    if request.param == "memory":
        yield MemoryJournal()
        return
    if request.param == "postgresql":
        address = request.getfixturevalue("address")
        with PostgresJournal.open(address, tmp_path / new_account(), DTYPES, clock=lambda: 0) as opened:
            yield opened
        return
    with SqliteJournal.open(tmp_path / "journal.sqlite", DTYPES, clock=lambda: 0) as opened:
        yield opened


def rows_of(log, count, seed=1):
    """Return rows of a log with every byte drawn by chance."""
    dtype = DTYPES[log]
    return np.frombuffer(np.random.default_rng(seed).bytes(count * dtype.itemsize), dtype)


@pytest.mark.parametrize("log", LOGS)
def test_what_was_appended_is_read_byte_for_byte_in_order(journal, log):
    parts = [rows_of(log, count, count) for count in (3, 1, 400)]
    for part in parts:
        journal.append(log, part)

    assert journal.read(log).tobytes() == b"".join(part.tobytes() for part in parts)
    assert journal.read(log).dtype == DTYPES[log]


@pytest.mark.parametrize("log", LOGS)
def test_a_log_nobody_wrote_to_is_empty(journal, log):
    journal.append("trades" if log != "trades" else "lines", rows_of("trades" if log != "trades" else "lines", 2))

    assert len(journal.read(log)) == 0
    assert journal.read(log).dtype == DTYPES[log]


@pytest.mark.parametrize("start", [0, 1, 4, 5, 9, 10, 12])
def test_a_log_is_read_from_any_row_on(journal, start):
    rows = rows_of("events", 10)
    for piece in np.array_split(np.arange(10), 3):
        journal.append("events", rows[piece[0] : piece[-1] + 1])
        journal.append("commands", rows_of("commands", 1))

    assert journal.read("events", start).tobytes() == rows[start:].tobytes()


def test_logs_do_not_mix_with_one_another(journal):
    wanted = {log: rows_of(log, 5, seed) for seed, log in enumerate(LOGS)}
    for number in range(5):
        for log, rows in wanted.items():
            journal.append(log, rows[number : number + 1])

    assert {log: journal.read(log).tobytes() for log in LOGS} == {log: rows.tobytes() for log, rows in wanted.items()}


def test_rows_handed_back_may_be_changed_without_changing_the_journal(journal):
    rows = rows_of("lines", 2).copy()
    journal.append("lines", rows)
    kept = rows.tobytes()
    journal.append("lines", rows_of("lines", 1, 7))
    read = journal.read("lines", 0).copy()
    read["ts"] = 5

    assert journal.read("lines")[:2].tobytes() == kept


def test_equal_rows_have_the_same_digest_in_every_journal(journal):
    other = MemoryJournal()
    rows = rows_of("events", 1_000)
    other.append("events", rows)
    for start in range(0, 1_000, 37):
        journal.append("events", rows[start : start + 37])

    assert content_digest(journal, LOGS) == content_digest(other, LOGS)
