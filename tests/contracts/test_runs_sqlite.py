"""A run in files is whole or absent, whatever stops the save, and other processes may look on."""

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest

from tradewind.adapters import sqlite
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.errors import TradewindError

FIRST, SECOND = "20240304-000000000-aaaa1111", "20240305-000000000-bbbb2222"
TABLES = {"trades": pl.DataFrame({"net": [1.5]}), "equity": pl.DataFrame({"equity": [1.0]})}
FULL = OSError(errno.ENOSPC, "No space left on device")


def document(run):
    return {
        "id": run,
        "created": "2024-03-04T00:00:00.000Z",
        "kind": "backtest",
        "hashes": {"content": "aaaa"},
    }


@pytest.fixture
def runs(tmp_path):
    """Return a store with one run in it."""
    store = SqliteRuns(tmp_path)
    store.save(document(FIRST), TABLES)
    return store


def ids(runs):
    return [run["id"] for run in runs.list()]


def folders(runs):
    return sorted(path.name for path in (runs.root / "runs").iterdir())


def test_a_run_lies_in_its_folder_and_can_be_asked_with_sql(runs):
    assert sorted(path.name for path in (runs.root / "runs" / FIRST).iterdir()) == [
        "document.json",
        "equity.parquet",
        "trades.parquet",
    ]
    database = sqlite3.connect(runs.root / "runs.sqlite")
    assert database.execute("SELECT id, kind, content FROM runs").fetchall() == [(FIRST, "backtest", "aaaa")]
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def counted(monkeypatch, step):
    """Every effect of a save is counted, and the one with number `step` fails; return the counter."""
    effects = [
        (os, "fsync"),
        (Path, "mkdir"),
        (Path, "replace"),
        (Path, "open"),
        (pl.DataFrame, "write_parquet"),
        (sqlite, "_row"),
    ]
    count = [0]

    def failing(original):
        def effect(*arguments, **options):
            count[0] += 1
            if count[0] == step:
                raise FULL
            return original(*arguments, **options)

        return effect

    for owner, name in effects:
        monkeypatch.setattr(owner, name, failing(getattr(owner, name)))
    return count


def test_a_failure_at_any_step_leaves_the_store_as_it_was(runs, monkeypatch):
    """A full disk at the first effect, the second, ... until the save succeeds; then it can be saved."""
    step = 1
    while True:
        with monkeypatch.context() as patch:
            count = counted(patch, step)
            try:
                runs.save(document(SECOND), TABLES)
            except TradewindError as error:
                assert "was not saved in" in str(error)  # noqa: PT017  it may also succeed
                assert "No space left" in str(error)  # noqa: PT017 - the state after the failure is what is tested
            done = count[0] < step
        if done:
            break
        assert ids(runs) == [FIRST]
        assert folders(runs) == [FIRST]
        assert runs.table(FIRST, "trades").equals(TABLES["trades"])
        step += 1
    assert step > 10
    assert ids(runs) == [SECOND, FIRST]
    assert runs.table(SECOND, "equity").equals(TABLES["equity"])


def test_a_database_that_cannot_be_written_is_an_error_of_ours(runs, monkeypatch):
    """The row is the last step: files that stand already are not a run."""

    class Full(sqlite3.Connection):
        def execute(self, query, *values):
            if query.startswith("INSERT"):
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(query, *values)

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *given, **options: connect(*given, **options, factory=Full))
        with pytest.raises(TradewindError, match="disk is full"):
            runs.save(document(SECOND), TABLES)
    assert ids(runs) == folders(runs) == [FIRST]
    runs.save(document(SECOND), TABLES)
    assert ids(runs) == [SECOND, FIRST]


KILLED = """
    import os, signal, sys
    import polars as pl
    from pathlib import Path
    from tradewind.adapters import sqlite

    step, count = int(sys.argv[2]), 0

    def dying(original):
        def effect(*arguments, **options):
            global count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **options)
        return effect

    for owner, name in [(os, "fsync"), (Path, "replace"), (sqlite, "_row"), (sqlite, "_sync")]:
        setattr(owner, name, dying(getattr(owner, name)))
    tables = {"trades": pl.DataFrame({"net": [1.5]}), "equity": pl.DataFrame({"equity": [1.0]})}
    document = {"id": sys.argv[3], "created": "x", "kind": "backtest"}
    sqlite.SqliteRuns(sys.argv[1]).save(document, tables)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("step", [1, 4, 6, 7, 8, 9, 10])
def test_killed_at_any_step_there_is_no_run_or_a_whole_one(runs, step):
    """Before or after a file, the folder's name, the row: a real process and a real SIGKILL."""
    script = textwrap.dedent(KILLED)
    result = subprocess.run([sys.executable, "-c", script, runs.root, str(step), SECOND], check=False)
    assert result.returncode in (0, -signal.SIGKILL)
    assert ids(runs) == ([FIRST] if result.returncode else [SECOND, FIRST])
    runs.save({"id": SECOND, "created": "x", "kind": "backtest"}, TABLES)
    assert runs.table(SECOND, "trades").equals(TABLES["trades"])


def test_what_killed_saves_left_is_deleted_after_a_day(runs):
    """A folder without a row may be a save at work, and is left alone for a day; one with a row always."""
    for name, age_s in (
        (".unfinished-x", 90_000),
        ("20240101-000000000-cccc", 90_000),
        (".unfinished-y", 60),
    ):
        folder = runs.root / "runs" / name
        folder.mkdir()
        os.utime(folder, (time.time() - age_s,) * 2)
    os.utime(runs.root / "runs" / FIRST, (0, 0))
    runs.save(document(SECOND), TABLES)
    assert folders(runs) == [".unfinished-y", FIRST, SECOND]


WRITER = """
    import sys
    import polars as pl
    from tradewind.adapters.sqlite import SqliteRuns

    runs = SqliteRuns(sys.argv[1])
    for number in range(5):
        run = {"id": f"{sys.argv[2]}{number}", "created": "x", "kind": "backtest"}
        runs.save(run, {"trades": pl.DataFrame({"net": [float(number)] * 1000})})
        runs.save({"id": f"shared{number}", "kind": "backtest"}, {"trades": pl.DataFrame({"net": [1.0]})})
"""


def test_processes_save_and_read_at_the_same_time(tmp_path):
    """Three begin together on an empty store; whoever reads sees only whole runs."""
    script = textwrap.dedent(WRITER)
    writers = [subprocess.Popen([sys.executable, "-c", script, tmp_path, name]) for name in "abc"]
    runs = SqliteRuns(tmp_path)
    while any(writer.poll() is None for writer in writers):
        for run in ids(runs):
            assert runs.table(run, "trades").height > 0
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(ids(runs)) == 20
    assert len(folders(runs)) == 20


def test_a_store_made_by_a_later_version_is_left_alone(runs):
    database = sqlite3.connect(runs.root / "runs.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(TradewindError, match=r"has format 99, this version knows 1. Upgrade Tradewind"):
        runs.list()


def test_a_database_that_is_damaged_is_an_error_of_ours(runs):
    (runs.root / "runs.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(TradewindError, match="cannot be read: file is not a database"):
        runs.list()


def test_a_table_whose_file_is_lost_or_damaged_is_named(runs):
    path = runs.root / "runs" / FIRST / "trades.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(TradewindError, match=r"trades\.parquet cannot be read"):
        runs.table(FIRST, "trades")
    shutil.rmtree(path.parent)
    with pytest.raises(TradewindError, match=r"trades\.parquet cannot be read"):
        runs.table(FIRST, "trades")


def test_a_table_cannot_be_named_outside_its_folder(runs):
    with pytest.raises(TradewindError, match="cannot name a table"):
        runs.save(document(SECOND), {"../trades": TABLES["trades"]})
    assert folders(runs) == [FIRST]


def test_reading_makes_no_folder(tmp_path):
    """Looking at a store that does not exist leaves no trace of it."""
    store = SqliteRuns(tmp_path / "nowhere")
    assert list(store.list()) == []
    assert not store.root.exists()
