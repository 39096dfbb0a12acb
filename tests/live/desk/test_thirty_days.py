"""A desk that runs for weeks holds no more memory, files or snapshots than after its first days."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

HERE = Path(__file__).parent


def days(folder, weekdays):
    """Return what a desk of its own process held after each of so many days but the last."""
    paths = [str(HERE), str(HERE.parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in paths if one)}
    command = [sys.executable, str(HERE / "long_paper.py"), str(folder), str(weekdays)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False, env=environment)
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(found) >= weekdays - 1
    return found


def written(found):
    """Return the bytes of journal of each day after the first, by a thousand events."""
    pairs = pairwise(found)
    return [(new["journal"] - old["journal"]) * 1000 / (new["events"] - old["events"]) for old, new in pairs]


def held(found):
    """Memory, descriptors and snapshots are those of the third day; the journal grows by its events and no more."""
    for one in found:
        print(one)
    third = found[2]
    assert max(one["rss"] for one in found[2:]) < third["rss"] * 1.01
    assert {one["descriptors"] for one in found} == {third["descriptors"]}
    assert max(one["snapshots"] for one in found) < 1_000_000
    assert max(written(found)) < 1.2 * median(written(found))
    assert all(old["trades"] < new["trades"] for old, new in pairwise(found))
    assert all(one["tickets"] <= 4 for one in found)


def test_after_three_days_nothing_more_is_held(tmp_path):
    """Four days of ticks of gold with a strategy that turns every quarter of an hour."""
    held(days(tmp_path, 5))


@pytest.mark.soak
def test_thirty_days_hold_no_more_than_three(tmp_path):
    """T17 of the target figures: the slope of the memory from the third day to the thirtieth is less than 1 %."""
    held(days(tmp_path, 31))
