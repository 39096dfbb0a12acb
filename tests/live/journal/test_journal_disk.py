"""A disk that is full, or lies: nothing is tried again, nothing that was durable is lost, and everybody is told."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from journal_cases import events, expected, opened, told, write

from tradewind.adapters.journal import JournalFailed
from tradewind.adapters.journal.reserve import Reserve

SCRIPT = Path(__file__).parent / "full_disk.py"
OWN_DISK = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
CAN_MOUNT = (
    sys.platform == "linux"
    and subprocess.run(
        (*OWN_DISK, "mount -t tmpfs -o size=64k tmpfs /tmp"), capture_output=True, check=False
    ).returncode
    == 0
)


def filled(*command):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr[-3_000:])
    assert done.returncode == 0
    return done.stdout


if CAN_MOUNT:  # where a test may have a disk of its own; elsewhere the two below say the same with less

    @pytest.mark.parametrize("kilobytes", [400, 437, 600])
    def test_a_full_disk_gives_the_reserve_then_fails_and_loses_nothing(tmp_path, kilobytes):
        mount = f'mount -t tmpfs -o size={kilobytes}k tmpfs "$1" && exec "$2" "$3" "$1" 0'
        out = filled(*OWN_DISK, mount, "sh", tmp_path, sys.executable, SCRIPT)

        assert "failed: The journal" in out
        assert "whole: " in out


@pytest.mark.parametrize("limit", [150_000, 201_234, 300_000])
def test_a_file_that_may_not_grow_fails_at_once_and_loses_nothing(tmp_path, limit):
    out = filled(sys.executable, SCRIPT, tmp_path, str(limit))

    assert "disk I/O error" in out
    assert "whole: " in out


def test_the_last_commits_fit_once_the_reserve_is_given_back(tmp_path, monkeypatch):
    with opened(tmp_path) as journal:
        write(journal, 3)
        pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
        journal._database.execute(f"PRAGMA max_page_count = {pages}")
        freed = []

        def free(reserve):
            freed.append(reserve)
            journal._database.execute(f"PRAGMA max_page_count = {pages + 4}")
            return len(freed) == 1

        monkeypatch.setattr(Reserve, "free", free)
        assert not journal.low_on_disk
        while not journal.low_on_disk:
            write(journal, 1)
        low_at = journal.position.commit
        with pytest.raises(JournalFailed, match="database or disk is full"):
            write(journal, 1_000)
        durable = journal.position.commit
        assert durable > low_at

    with opened(tmp_path) as journal:
        assert told(journal) == expected(durable)


def test_the_reserve_is_real_bytes_that_are_given_once(tmp_path):
    reserve = Reserve(tmp_path / "reserve", 200_000)
    blocks = (tmp_path / "reserve").stat().st_blocks
    assert blocks * 512 >= 200_000
    assert reserve.free()
    assert not (tmp_path / "reserve").exists()
    assert not reserve.free()


class Failing:
    """A connection whose statement `when` fails with an error of SQLite."""

    def __init__(self, database, when, code):
        self._database, self._when, self._code = database, when, code
        self.asked = 0

    def __getattr__(self, name):
        return getattr(self._database, name)

    def execute(self, statement, *values):
        if statement.startswith(self._when):
            self.asked += 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self._code
            raise error
        return self._database.execute(statement, *values)


IOERR_FSYNC, IOERR_WRITE, IOERR_SHMMAP, READONLY, CORRUPT = 1034, 778, 5386, 8, 11


@pytest.mark.parametrize("code", [IOERR_FSYNC, IOERR_WRITE, IOERR_SHMMAP, READONLY, CORRUPT])
@pytest.mark.parametrize("when", ["BEGIN", "SELECT", "COMMIT"])
def test_after_an_error_of_the_disk_nothing_is_tried_again(tmp_path, when, code):
    journal = opened(tmp_path)
    write(journal, 2)
    sound = journal._database
    journal._database = failing = Failing(sound, when, code)
    journal.append("events", events(1))
    for _ in range(3):
        with pytest.raises(JournalFailed):
            journal.commit(1)
    assert failing.asked == 1
    journal._database = sound
    with pytest.raises(JournalFailed, match="disk I/O error"):
        journal.commit(1)
    journal.close()

    with opened(tmp_path) as again:
        assert told(again) == expected(2)


def test_a_watermark_that_cannot_be_written_fails_the_journal(tmp_path, monkeypatch):
    journal = opened(tmp_path)
    write(journal, 2)

    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pwrite", broken)
    with pytest.raises(JournalFailed, match="Input/output error"):
        write(journal, 1)
    monkeypatch.undo()
    journal.close()

    with opened(tmp_path) as again:
        assert told(again) == expected(3)  # it was durable; only nobody was told


def test_an_interrupted_commit_fails_the_journal(tmp_path, monkeypatch):
    journal = opened(tmp_path)
    write(journal, 1)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "_transaction", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(journal, 1)
    monkeypatch.undo()
    with pytest.raises(JournalFailed, match="was interrupted"):
        journal.commit(1)
    journal.close()
