"""A writer killed with SIGKILL at each step on the disk: the store has the old rows or the new, and goes on."""

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from data_cases import PROVENANCE, bars, series_of

from tradewind.adapters.parquet import History

SERIES = (series_of(), series_of(side="ask"))
OLD = bars("2025-01-20T00:00", 24 * 20, 3600)
NEW = bars("2025-01-25T00:00", 24 * 20, 3600, seed=9)

WRITER = """
import os, signal, sys
import polars as pl
from tradewind.adapters.parquet import History
from tradewind.data.series import Series

left = int(sys.argv[1])

def counted(real):
    def call(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

for name in ("replace", "rename", "fsync", "unlink", "open"):
    setattr(os, name, counted(getattr(os, name)))

with History(sys.argv[2]).delivery() as delivery:
    for side in ("bid", "ask"):
        delivery.add(Series("XAUUSD", "bars", 60, "test", side), pl.read_parquet(sys.argv[3]))
    delivery.commit({"file": "new"})
"""


def write(root, rows):
    with History(root).delivery() as delivery:
        for series in SERIES:
            delivery.add(series, rows)
        delivery.commit(PROVENANCE)


def stored(root):
    return [pl.concat(History(root).bars(series, -(2**62), 2**62)).select(OLD.columns) for series in SERIES]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_writer_killed_at_any_step_leaves_old_or_new_rows_and_the_next_one_completes(tmp_path):
    new = pl.concat([OLD.filter(pl.col("ts") < NEW["ts"][0]), NEW])
    NEW.write_parquet(tmp_path / "new.parquet")
    survived = []
    for step in itertools.count(1):
        root = tmp_path / str(step)
        write(root, OLD)
        words = [sys.executable, "-c", WRITER, str(step), str(root), str(tmp_path / "new.parquet")]
        ended = subprocess.run(words, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        found = stored(root)
        assert all(rows.equals(OLD) or rows.equals(new) for rows in found)
        survived.append([rows.equals(new) for rows in found])
        write(root, NEW)
        assert all(rows.equals(new) for rows in stored(root))
        assert not list(Path(root).rglob(".*.tmp")), "what the dead writer left is gone"
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL

    assert survived[0] == [False, False]
    assert survived[-1] == [True, True]
    assert len(survived) > 10, "the steps are not counted any more"
