"""A journal that is not the newest is a sound one, and the most dangerous: its orders would be sent a second time."""

import contextlib
import shutil
import sqlite3

import pytest
from journal_cases import events, expected, opened, told, write

from tradewind.adapters.journal import BadJournal, salvage
from tradewind.adapters.journal.watermark import Mark, Watermark, read_marks

NAMES = ("journal.sqlite", "journal.sqlite-wal", "journal.watermark")


def left_by_a_kill(folder, target, commits=5):
    """Lay out the files of a journal as a kill leaves them: nothing folded."""
    (folder / "living").mkdir()
    target.mkdir()
    with opened(folder / "living") as journal:
        write(journal, commits, epoch=4)
        for name in NAMES:
            shutil.copyfile(folder / "living" / name, target / name)
    return target


def refused(folder, match, **options):
    with pytest.raises(BadJournal, match=match) as caught:
        opened(folder, **options)
    return caught.value.damage


def test_a_database_without_its_log_is_refused_and_says_what_is_missing(tmp_path):
    folder = left_by_a_kill(tmp_path, tmp_path / "moved")
    (folder / "journal.sqlite-wal").unlink()
    damage = refused(folder, "No commit is good, 5 after them are not")

    assert (damage.good, damage.known) == (0, 5)


def test_an_older_copy_is_refused_until_a_person_accepts_it_and_then_no_id_is_used_twice(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 3, epoch=4)
        journal.backup(tmp_path / "old" / "journal.sqlite")
        write(journal, 4, epoch=7)
    shutil.copyfile(tmp_path / "old" / "journal.sqlite", tmp_path / "journal.sqlite")

    for _ in range(2):
        damage = refused(tmp_path, "it ends with commit 3, but commit 7 was made")
        assert (damage.good, damage.known, damage.repairable) == (3, 7, False)
    with opened(tmp_path, accept=True) as journal:
        assert told(journal) == expected(3)
        (note,) = journal.notes("journal cut")
        assert (note.document["good"], note.document["lost"]) == (3, 4)
        assert journal.position.epoch == 7
        assert journal.newest_epoch() == 7
    with opened(tmp_path) as journal:
        assert journal.cut is None
        assert journal.check() is None


def test_a_backup_moved_with_its_watermark_is_a_journal_and_without_it_is_refused(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 3)
        journal.backup(tmp_path / "copy" / "journal.sqlite")
    (tmp_path / "copy" / "journal.watermark").unlink()
    refused(tmp_path / "copy", "its watermark file is missing")

    with opened(tmp_path / "copy", accept=True) as journal:
        assert told(journal) == expected(3)


def test_a_missing_database_is_not_taken_for_a_new_journal(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 3)
    (tmp_path / "journal.sqlite").unlink()

    for accept in (False, True):
        refused(tmp_path, "the database is missing", accept=accept)


def test_another_journal_in_its_place_is_refused(tmp_path):
    for name, epoch in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        with opened(tmp_path / name) as journal:
            write(journal, 3, epoch)
    shutil.copyfile(tmp_path / "b" / "journal.sqlite", tmp_path / "a" / "journal.sqlite")

    refused(tmp_path / "a", "it is not the one its watermark belongs to")


def test_a_watermark_that_is_a_little_old_is_no_damage(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 3)
        old = (tmp_path / "journal.watermark").read_bytes()
        write(journal, 3)
    (tmp_path / "journal.watermark").write_bytes(old)

    with opened(tmp_path) as journal:
        assert told(journal) == expected(6)
    assert read_marks(tmp_path / "journal.watermark")[0].commit == 6


def test_one_slot_of_a_watermark_may_be_torn(tmp_path):
    path = tmp_path / "watermark"
    mark = Watermark(path, Mark(1, 1, 1, bytes(32)))
    mark.advance(Mark(2, 2, 1, bytes(32)))
    mark.close()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        assert 1 <= read_marks(path)[0].commit <= 2


def changed(folder, statement, *values):
    """Change a journal by force."""
    database = sqlite3.connect(folder / "journal.sqlite", isolation_level=None)
    texts = []
    for name in ("blocks_no_update", "blocks_no_delete"):
        texts += database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        database.execute(f"DROP TRIGGER {name}")
    database.execute(statement, values)
    for text in texts:
        database.execute(text)
    database.close()


COLUMNS = ["seq", "commit_number", "remaining", "epoch", "ts", "before", "start", "rows", "crc"]


@pytest.mark.parametrize("column", [*COLUMNS, "log", "chain", "payload"])
def test_a_change_in_the_middle_stops_everything_and_deletes_nothing(tmp_path, column):
    with opened(tmp_path) as journal:
        write(journal, 9)
    new = {"log": "'command'", "seq": "1000", "chain": "zeroblob(32)", "payload": "payload || x'00'"}
    changed(tmp_path, f"UPDATE blocks SET {column} = {new.get(column, column + ' + 1')} WHERE seq = 9")  # noqa: S608 - our own names
    before = (tmp_path / "journal.sqlite").read_bytes()
    damage = refused(tmp_path, "from commit 4 on: block 9 .*Commits 1 to 3 are good")
    assert (damage.commit, damage.good, damage.known, damage.later) == (4, 3, 9, True)
    assert (tmp_path / "journal.sqlite").read_bytes() == before

    with opened(tmp_path, accept=True) as journal:
        assert told(journal) == expected(3)


@pytest.mark.parametrize("column", [*COLUMNS[1:], "log", "chain", "payload"])
def test_a_changed_end_is_cut_off_kept_aside_and_told(tmp_path, column):
    with opened(tmp_path) as journal:
        write(journal, 9, epoch=3)
        last = journal.position.seq
    new = {"log": "'command'", "chain": "zeroblob(32)", "payload": "payload || x'00'"}
    changed(tmp_path, f"UPDATE blocks SET {column} = {new.get(column, column + ' + 1')} WHERE seq = {last}")  # noqa: S608 - our own names
    before = (tmp_path / "journal.sqlite").read_bytes()
    with opened(tmp_path) as journal:
        assert told(journal) == expected(8)
        assert (journal.cut.commit, journal.cut.good, journal.cut.known) == (9, 8, 9)
        (note,) = journal.notes("journal cut")
        assert (note.document["good"], note.document["lost"]) == (8, 1)
        assert (tmp_path / note.document["quarantine"] / "journal.sqlite").read_bytes() == before
        assert journal.position.epoch == 3
        journal.append("events", events(1))
        assert journal.commit(3) == 10
    with opened(tmp_path) as journal:
        assert journal.cut is None
        assert journal.check() is None


def test_a_change_before_the_newest_snapshot_is_found_by_a_check_and_never_read(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 9)
        journal.keep_snapshot(b"state")
        write(journal, 2)
    changed(tmp_path, "UPDATE blocks SET payload = zeroblob(length(payload)) WHERE seq = 9")
    with opened(tmp_path) as journal:
        assert journal.newest_snapshot() == (9, b"state")
        assert told(journal, 9) == expected(11)[len(expected(9)) :]
        damage = journal.check()
        assert (damage.commit, damage.good, damage.later) == (4, 3, True)
        for read in (lambda: journal.read("commands"), lambda: told(journal)):
            with pytest.raises(BadJournal, match=r"Block \d+ of the journal is not what was written"):
                read()


def test_a_row_taken_out_is_noticed(tmp_path):
    with opened(tmp_path) as journal:
        write(journal, 9)
    changed(tmp_path, "DELETE FROM blocks WHERE seq = 9")

    damage = refused(tmp_path, "block 9 is missing")
    assert (damage.commit, damage.good, damage.later) == (4, 3, True)


class Killed(Exception):  # noqa: N818 - it is none
    """The process ended here."""


STEPS = ("copyfile", "build", "sync_folder", "finish", "Watermark", "last_block")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_mending_may_be_killed_at_any_step_and_is_finished_by_the_next(tmp_path, monkeypatch, step, times):
    with opened(tmp_path) as journal:
        write(journal, 9)
        last = journal.position.seq
    changed(tmp_path, f"UPDATE blocks SET payload = x'00' WHERE seq = {last}")  # noqa: S608 - our own number
    before = (tmp_path / "journal.sqlite").read_bytes()
    owner = shutil if step == "copyfile" else salvage
    real, calls = getattr(owner, step), []

    def deadly(*values, **named):
        calls.append(step)
        if len(calls) == times:
            raise Killed
        return real(*values, **named)

    monkeypatch.setattr(owner, step, deadly)
    with contextlib.suppress(Killed):
        opened(tmp_path).close()
    monkeypatch.undo()
    with opened(tmp_path) as journal:
        assert told(journal) == expected(8)
        assert len(journal.notes("journal cut")) == 1
        assert journal.check() is None

    assert any(path.read_bytes() == before for path in tmp_path.glob("journal.quarantine-*/journal.sqlite"))
