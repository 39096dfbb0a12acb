"""What is committed is there, in order, whoever asks; what is not committed is nowhere."""

import sqlite3

import numpy as np
import pytest
from journal_cases import COMMAND, DTYPES, EVENT, commands, events, expected, opened, told, write

from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import BadJournal, Fenced, JournalBusy, JournalFailed, SqliteJournal
from tradewind.adapters.journal.database import INSERT
from tradewind.errors import BadData, UnknownName


def test_everything_comes_back_in_the_order_appended_after_opening_again(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 7)
        before = journal.position, journal.digest()

    with opened(tmp_path) as journal:
        assert told(journal) == expected(7)
        assert (journal.position, journal.digest()) == before
        assert journal.check() is None
        assert journal.cut is None


@pytest.mark.parametrize("after", range(9))
def test_the_tail_begins_after_the_commit_named(tmp_path, after):
    with opened(tmp_path) as journal:
        write(journal, 7)

        assert told(journal, after) == expected(7)[len(expected(after)) :]


def test_a_journal_written_on_after_opening_again_is_the_same_as_one_never_closed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with opened(tmp_path / "a") as whole:
        write(whole, 6)
        for _ in range(6):
            with opened(tmp_path / "b") as journal:
                write(journal, 1)
        with opened(tmp_path / "b") as journal:
            assert journal.position == whole.position
            assert journal.digest() == whole.digest()


def test_the_digest_does_not_depend_on_the_sizes_of_commits_or_on_notes(tmp_path):
    digests = set()
    rows = events(1, 3_000)
    for size in (1, 7, 1_000, 3_000):
        (tmp_path / str(size)).mkdir()
        with opened(tmp_path / str(size)) as journal:
            for start in range(0, len(rows), size):
                journal.append("events", rows[start : start + size])
                if start % 7 == 0:
                    journal.note("size", size)
                    journal.commit(0)
            journal.append("commands", commands(1))
            journal.commit(0)
            digests.add(journal.digest())
            assert journal.digest(["events"]) != journal.digest()
        with opened(tmp_path / str(size)) as journal:
            digests.add(journal.digest())

    assert len(digests) == 1


@pytest.mark.parametrize("field", EVENT.names)
def test_one_field_of_one_row_changes_the_digest(tmp_path, field):
    rows = events(1, 2_000)
    with opened(tmp_path) as journal:
        journal.append("events", rows)
        journal.commit(0)
        digest = journal.digest()
    rows[1_234][field] += 1
    (tmp_path / "other").mkdir()
    with opened(tmp_path / "other") as journal:
        journal.append("events", rows)
        journal.commit(0)

        assert journal.digest() != digest


def test_what_is_not_committed_can_be_read_but_is_not_kept(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 1)
        journal.append("events", events(90, 2))
        assert journal.note("late", [1]) == 2
        assert list(journal.read("events")["number"]) == [3, 4, 5, 90, 91]
        assert [note.kind for note in journal.notes()] == ["turn", "late"]
        assert told(journal) == expected(1)

    with opened(tmp_path) as journal:
        assert told(journal) == expected(1)
        assert [note.kind for note in journal.notes()] == ["turn"]


def test_notes_are_found_by_kind_and_number(tmp_path):
    with opened(tmp_path) as journal:
        for number in range(6):
            journal.note("even" if number % 2 == 0 else "odd", {"number": number, "text": "ü€"})
            journal.commit(0)

        assert [note.document["number"] for note in journal.notes("even")] == [0, 2, 4]
        assert [note.number for note in journal.notes(after=4)] == [5, 6]
        assert [(note.commit, note.ts) for note in journal.notes("odd", after=4)] == [(6, 1_000)]


def test_a_commit_of_nothing_makes_no_commit(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 2)
        assert journal.commit(1) == 2
        journal.append("events", events(1, 0))
        assert journal.commit(1) == 2


@pytest.mark.parametrize("something", [False, True])
def test_an_older_leader_is_fenced_and_what_it_wanted_is_not_written(tmp_path, something):
    with opened(tmp_path) as journal:
        write(journal, 2, epoch=3)
        if something:
            journal.append("events", events(1))
        with pytest.raises(Fenced, match="epoch 2 may not write"):
            journal.commit(2)

    with opened(tmp_path) as journal:
        assert told(journal) == expected(2)


def test_the_database_itself_refuses_an_older_epoch_and_every_change(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 2, epoch=3)
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    row = list(database.execute("SELECT * FROM blocks ORDER BY seq DESC LIMIT 1").fetchone())
    row[0], row[3] = row[0] + 1, 2
    with pytest.raises(sqlite3.IntegrityError, match="an older leader may not write"):
        database.execute(INSERT, row)
    for statement in ("UPDATE blocks SET epoch = 9", "DELETE FROM blocks"):
        with pytest.raises(sqlite3.IntegrityError, match="a journal only grows"):
            database.execute(statement)
    database.close()


def test_a_second_writer_is_refused_and_told_who_the_first_is(tmp_path):
    with opened(tmp_path), pytest.raises(LockHeld, match=r"is in use by process \d+, since 1970-01-01T00:00:00"):
        opened(tmp_path)

    opened(tmp_path).close()


def test_of_two_writers_without_a_lock_the_one_that_comes_late_is_fenced(tmp_path):
    with opened(tmp_path) as first, opened(tmp_path, exclusive=False) as second:
        write(second, 1, epoch=2)
        first.append("events", events(1))
        for epoch in (1, 2, 3):
            with pytest.raises(Fenced):
                first.commit(epoch)
        assert second.check() is None


def test_a_reader_follows_a_journal_that_is_being_written(tmp_path):
    with opened(tmp_path) as journal, opened(tmp_path, readonly=True) as reader:
        for number in range(1, 5):
            write(journal, 1)
            assert reader.refresh() == number
            assert told(reader) == expected(number)
            assert reader.digest() == journal.digest()
        with pytest.raises(BadData, match="was opened for reading"):
            reader.append("events", events(1))


def test_a_locked_database_loses_nothing_and_can_be_committed_to_later(tmp_path):
    with opened(tmp_path, busy_s=0.05) as journal:
        write(journal, 1)
        other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        journal.append("events", events(6, 3))
        journal.append("commands", commands(2))
        journal.note("turn", {"number": 2})
        with pytest.raises(JournalBusy, match="nothing is lost"):
            journal.commit(1)
        other.execute("ROLLBACK")
        other.close()

        assert journal.commit(1) == 2
        assert told(journal) == expected(2)


def test_rows_of_another_layout_are_refused(tmp_path):
    with opened(tmp_path) as journal:
        with pytest.raises(BadData, match="another layout"):
            journal.append("events", commands(1))
        with pytest.raises(UnknownName, match="Did you mean 'events'"):
            journal.append("event", events(1))
        with pytest.raises(BadData, match="is no JSON"):
            journal.note("bad", {"price": float("nan")})


def test_a_journal_of_another_version_is_not_read_as_if_it_were_ours(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 1)
    path = tmp_path / "journal.sqlite"
    swapped = np.dtype([("ts", "<i8"), ("number", "<i8"), ("price", "<i8")])
    for dtypes in ({"events": swapped, "commands": COMMAND}, {"events": EVENT}):
        with pytest.raises(Exception, match="Open it with the version that wrote it"):
            SqliteJournal.open(path, dtypes)
    SqliteJournal.open(path, {**DTYPES, "executions": EVENT}).close()
    with pytest.raises(Exception, match="'executions', which is not known here"):
        opened(tmp_path)


def test_a_closed_journal_refuses_everything(tmp_path):
    journal = opened(tmp_path)
    journal.close()
    journal.close()
    for use in (lambda: journal.read("events"), lambda: journal.commit(1), journal.notes, journal.digest):
        with pytest.raises(JournalFailed, match="it was closed"):
            use()


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(BadJournal, match="cannot be used"):
        opened(tmp_path / "file" / "below")


def test_a_backup_of_a_journal_in_use_is_a_journal(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 5)
        journal.append("events", events(1))
        journal.backup(tmp_path / "copy" / "journal.sqlite")
        with pytest.raises(BadData, match="is there already"):
            journal.backup(tmp_path / "copy" / "journal.sqlite")
    with opened(tmp_path / "copy") as copy:
        assert told(copy) == expected(5)
        assert copy.check() is None
        write(copy, 1)
