"""The journal on a server keeps what the one in a file keeps, block for block."""

import numpy as np
import psycopg
import pytest
from journal_cases import COMMAND, DTYPES, EVENT, commands, events, expected, told, write
from journal_cases import opened as opened_in_a_file
from postgres_servers import changed, execute, new_account
from served_journals import opened

from tradewind.adapters.address import Address
from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import BadJournal, Fenced, JournalBusy, JournalFailed
from tradewind.adapters.postgres.connection import DatabaseRefused, DatabaseUnreachable
from tradewind.adapters.postgres.journal import PostgresJournal
from tradewind.adapters.postgres.session import Patience
from tradewind.errors import BadData, UnknownName


@pytest.fixture
def folder(tmp_path):
    """The folder of a new account."""
    return tmp_path / new_account()


def test_everything_comes_back_in_the_order_appended_after_opening_again(address, folder):
    with opened(address, folder) as journal:
        write(journal, 7)
        before = journal.position, journal.digest()

    with opened(address, folder) as journal:
        assert told(journal) == expected(7)
        assert (journal.position, journal.digest()) == before
        assert journal.check() is None
        assert journal.cut is None


def test_it_is_the_same_chain_as_in_a_file(address, folder):
    """Equal heads are equal histories, wherever the blocks lie."""
    with opened(address, folder) as journal, opened_in_a_file(folder) as other:
        for each in (journal, other):
            write(each, 9)
        assert journal.position == other.position
        assert journal.digest() == other.digest()


@pytest.mark.parametrize("after", range(9))
def test_the_tail_begins_after_the_commit_named(address, folder, after):
    with opened(address, folder) as journal:
        write(journal, 7)

        assert told(journal, after) == expected(7)[len(expected(after)) :]


def test_a_long_journal_is_read_in_pieces(address, folder):
    with opened(address, folder) as journal:
        write(journal, 600)
        assert told(journal) == expected(600)
        assert len(journal.read("events")) == 1_800
    with opened(address, folder) as journal:
        assert journal.position.commit == 600
        assert journal.check() is None


def test_what_is_not_committed_can_be_read_but_is_not_kept(address, folder):
    with opened(address, folder) as journal:
        write(journal, 1)
        journal.append("events", events(90, 2))
        assert journal.note("late", [1]) == 2
        assert list(journal.read("events")["number"]) == [3, 4, 5, 90, 91]
        assert [note.kind for note in journal.notes()] == ["turn", "late"]
        assert told(journal) == expected(1)

    with opened(address, folder) as journal:
        assert told(journal) == expected(1)
        assert [note.kind for note in journal.notes()] == ["turn"]


def test_accounts_do_not_mix(address, tmp_path):
    folders = [tmp_path / new_account() for _ in range(3)]
    for number, each in enumerate(folders, 1):
        with opened(address, each) as journal:
            write(journal, number)
    for number, each in enumerate(folders, 1):
        with opened(address, each) as journal:
            assert told(journal) == expected(number)


def test_a_commit_of_nothing_makes_no_commit_but_asks_who_leads(address, folder):
    with opened(address, folder) as journal:
        write(journal, 2, epoch=3)
        assert journal.commit(3) == 2
        journal.append("events", events(1, 0))
        assert journal.commit(3) == 2
        with pytest.raises(Fenced):
            journal.commit(2)


@pytest.mark.parametrize("something", [False, True])
def test_an_older_leader_is_fenced_and_what_it_wanted_is_not_written(address, folder, something):
    with opened(address, folder) as journal:
        write(journal, 2, epoch=3)
        if something:
            journal.append("events", events(1))
        with pytest.raises(Fenced, match="epoch 2 may not write"):
            journal.commit(2)

    with opened(address, folder) as journal:
        assert told(journal) == expected(2)


def test_the_database_itself_refuses_an_older_epoch_a_gap_and_every_change(address, folder):
    with opened(address, folder) as journal:
        write(journal, 2, epoch=3)
    copy = """INSERT INTO trading.journal_blocks SELECT account, seq + %(ahead)s, commit_number, remaining, %(epoch)s,
    ts_ns, log, before, start, rows, crc, chain, payload FROM trading.journal_blocks WHERE account = %(account)s
    ORDER BY seq DESC LIMIT 1"""
    lease = execute(address, "SELECT epoch FROM trading.leases WHERE account = %(it)s", it=folder.name)[0][0]
    leading = f"SET tradewind.lease = '{lease}'"
    for before, ahead, epoch, words in (
        ("SELECT 1", 1, 3, "another holds the lease"),
        ("SET tradewind.lease = '1000'", 1, 3, "another holds the lease"),
        (leading, 1, 2, "an older leader may not write"),
        (leading, 2, 3, "not the next one"),
        (leading, 0, 3, "not the next one"),
    ):
        with pytest.raises(psycopg.Error, match=words):
            execute(address, before, copy, account=folder.name, ahead=ahead, epoch=epoch)
    for statement in (
        "UPDATE trading.journal_blocks SET epoch = 9",
        "DELETE FROM trading.journal_blocks",
        "TRUNCATE trading.journal_blocks",
    ):
        with pytest.raises(psycopg.Error, match="a journal only grows"):
            execute(address, statement)


def test_a_second_writer_is_refused_and_told_who_the_first_is(address, folder):
    with opened(address, folder), pytest.raises(LockHeld, match=r"is in use by process \d+, since"):
        opened(address, folder)

    opened(address, folder).close()


def test_a_writer_of_another_machine_is_refused_and_told_how_long_the_lease_runs(address, folder, tmp_path):
    with opened(address, folder), pytest.raises(LockHeld, match=r"process \d+ on .*runs out in \d+ s") as caught:
        opened(address, tmp_path / "elsewhere" / folder.name)
    assert 0 < caught.value.holder["left_s"] <= 10

    opened(address, tmp_path / "elsewhere" / folder.name).close()


def test_of_two_writers_without_a_lease_the_one_that_comes_late_is_fenced(address, folder):
    with opened(address, folder, exclusive=False) as first, opened(address, folder, exclusive=False) as second:
        write(second, 1, epoch=2)
        first.append("events", events(1))
        for epoch in (1, 2, 3):
            with pytest.raises(Fenced):
                first.commit(epoch)
        assert second.check() is None


def test_a_reader_follows_a_journal_that_is_being_written(address, folder):
    with opened(address, folder) as journal, opened(address, folder, readonly=True) as reader:
        for number in range(1, 5):
            write(journal, 1)
            assert reader.refresh() == number
            assert told(reader) == expected(number)
            assert reader.digest() == journal.digest()
        with pytest.raises(BadData, match="was opened for reading"):
            reader.append("events", events(1))


def test_a_locked_table_loses_nothing_and_can_be_committed_to_later(address, folder):
    with opened(address, folder) as journal:
        write(journal, 1)
        journal._stored.session.once("SET lock_timeout = '50ms'")
        with psycopg.connect(host=address.host, user=address.user, dbname=address.database) as other:
            other.execute("LOCK TABLE trading.journal_blocks IN EXCLUSIVE MODE")
            journal.append("events", events(6, 3))
            journal.append("commands", commands(2))
            journal.note("turn", {"number": 2})
            with pytest.raises(JournalBusy, match="nothing is lost"):
                journal.commit(1)
            other.rollback()

        assert journal.commit(1) == 2
        assert told(journal) == expected(2)


def test_rows_of_another_layout_are_refused(address, folder):
    with opened(address, folder) as journal:
        with pytest.raises(BadData, match="another layout"):
            journal.append("events", commands(1))
        with pytest.raises(UnknownName, match="Did you mean 'events'"):
            journal.append("event", events(1))
        with pytest.raises(BadData, match="is no JSON"):
            journal.note("bad", {"price": float("nan")})


def test_a_journal_of_another_version_is_not_read_as_if_it_were_ours(address, folder):
    with opened(address, folder) as journal:
        write(journal, 1)
    swapped = np.dtype([("ts", "<i8"), ("number", "<i8"), ("price", "<i8")])
    for dtypes in ({"events": swapped, "commands": COMMAND}, {"events": EVENT}):
        with pytest.raises(BadJournal, match="Open it with the version that wrote it"):
            PostgresJournal.open(address, folder, dtypes)
    PostgresJournal.open(address, folder, {**DTYPES, "executions": EVENT}).close()
    with pytest.raises(BadJournal, match="'executions', which is not known here"):
        opened(address, folder)


def test_a_closed_journal_refuses_everything(address, folder):
    journal = opened(address, folder)
    journal.close()
    journal.close()
    for use in (lambda: journal.read("events"), lambda: journal.commit(1), journal.notes, journal.digest):
        with pytest.raises(JournalFailed, match="it was closed"):
            use()


def test_a_server_that_is_not_there_and_a_database_without_tables_are_said_plainly(address, folder, tmp_path):
    patience = Patience(outage_s=0.1)
    with pytest.raises(DatabaseUnreachable, match="Is the server running"):
        opened(Address("postgresql", "nobody", str(tmp_path), 5432, "nothing"), folder, patience=patience)
    with pytest.raises(DatabaseRefused, match="does not exist"):
        opened(address._replace(database="nothing"), folder, patience=patience)
    with pytest.raises(DatabaseRefused, match="tradewind db migrate"):
        opened(address._replace(database="template1"), folder, patience=patience)
    opened(address, folder).close()


def test_snapshots_come_back_three_are_kept_and_damaged_ones_are_passed_over(address, folder):
    with opened(address, folder) as journal:
        assert journal.newest_snapshot() is None
        for number in range(1, 6):
            write(journal, 1)
            assert journal.keep_snapshot(b"state %d" % number * 1_000) == number
        write(journal, 2)
        journal.append("events", events(1))
        with pytest.raises(BadData, match="Commit first"):
            journal.keep_snapshot(b"")
    kept = "SELECT commit_number FROM trading.journal_snapshots WHERE account = %(it)s ORDER BY 1"
    assert execute(address, kept, it=folder.name) == [(3,), (4,), (5,)]
    for number in (5, 4, 3):
        with opened(address, folder) as journal:
            assert journal.newest_snapshot() == (number, b"state %d" % number * 1_000)
            assert told(journal, number) == expected(7)[len(expected(number)) :]
            digest = journal.digest()
        harm = f"SET body = set_byte(body, 60, 1 + get_byte(body, 60) & 254) WHERE account = '{folder.name}'"
        execute(address, f"UPDATE trading.journal_snapshots {harm} AND commit_number = {number}")
    with opened(address, folder) as journal:
        assert journal.newest_snapshot() is None
        assert journal.digest() == digest


COLUMNS = ["seq", "commit_number", "remaining", "epoch", "ts_ns", "before", "start", "rows", "crc"]


@pytest.mark.parametrize("column", [*COLUMNS, "log", "chain", "payload"])
@pytest.mark.parametrize("seq", [9, 22])
def test_a_change_behind_the_triggers_stops_everything(address, folder, column, seq):
    """In the middle and at the end: a server tears nothing, so somebody did it, and a person has to look."""
    with opened(address, folder) as journal:
        write(journal, 9)
        assert journal.position.seq == 22
    new = {"log": "'command'", "seq": "1000", "chain": "sha256(chain)", "payload": r"payload || '\x00'"}
    where = f"WHERE account = '{folder.name}' AND seq = {seq}"
    changed(address, f"UPDATE trading.journal_blocks SET {column} = {new.get(column, column + ' + 1')} {where}")  # noqa: S608 - our own names

    for accept in (False, True):
        with pytest.raises(BadJournal, match=f"block {seq} .*restore the newest backup") as caught:
            opened(address, folder, accept=accept)
    bad = 4 if seq == 9 else 9
    assert (caught.value.damage.commit, caught.value.damage.good) == (bad, bad - 1)


def test_a_change_before_the_newest_snapshot_is_found_by_a_check_and_never_read(address, folder):
    with opened(address, folder) as journal:
        write(journal, 9)
        journal.keep_snapshot(b"state")
        write(journal, 2)
    zero = r"UPDATE trading.journal_blocks SET payload = '\x00' WHERE account = %(it)s AND seq = 9"
    changed(address, zero, it=folder.name)
    with opened(address, folder) as journal:
        assert journal.newest_snapshot() == (9, b"state")
        assert told(journal, 9) == expected(11)[len(expected(9)) :]
        damage = journal.check()
        assert (damage.commit, damage.good, damage.known) == (4, 3, 11)
        for read in (lambda: journal.read("commands"), lambda: told(journal)):
            with pytest.raises(BadJournal, match=r"Block \d+ of the journal is not what was written"):
                read()


def cut_back(address, account, commits):
    """The database is as it was after so many commits, as one restored from an older copy."""
    later = "DELETE FROM trading.journal_blocks WHERE account = %(account)s AND commit_number > %(commits)s"
    changed(address, later, account=account, commits=commits)


def test_a_database_restored_from_an_older_copy_is_noticed_and_goes_on_only_when_a_person_says_so(address, folder):
    with opened(address, folder) as journal:
        write(journal, 7, epoch=5)
    cut_back(address, folder.name, 3)

    with pytest.raises(BadJournal, match="ends with commit 3, but commit 7 was made") as caught:
        opened(address, folder)
    assert (caught.value.damage.good, caught.value.damage.known) == (3, 7)
    with opened(address, folder, accept=True) as journal:
        assert told(journal) == expected(3)
        (note,) = journal.notes("journal cut")
        assert (note.document["good"], note.document["lost"]) == (3, 4)
        assert journal.newest_epoch() == 5
        assert journal.cut.good == 3
    with opened(address, folder) as journal:
        assert journal.cut is None
        assert journal.check() is None


def test_another_journal_under_its_name_is_noticed(address, folder):
    with opened(address, folder) as journal:
        write(journal, 3)
    cut_back(address, folder.name, 0)
    with opened(address, folder.parent / "elsewhere" / folder.name) as journal:
        write(journal, 4, epoch=2)

    with pytest.raises(BadJournal, match="is not the one that"):
        opened(address, folder)


def test_a_machine_that_never_saw_the_journal_may_open_it(address, folder):
    with opened(address, folder) as journal:
        write(journal, 3)

    with opened(address, folder.parent / "elsewhere" / folder.name) as journal:
        assert told(journal) == expected(3)
        write(journal, 2)
    with opened(address, folder) as journal:  # its own watermark is a little old, and that is no damage
        assert told(journal) == expected(5)
