"""A writer killed at any instant leaves every commit it was told of, whole, and at most one it was not told of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def killed_often(folder, cycles, seed):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = (sys.executable, Path(__file__).parent / "kill_cycles.py", folder, str(cycles), str(seed))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr[-2_000:])

    assert done.returncode == 0
    assert done.stdout.startswith(f"{cycles} kills")


def test_two_hundred_kills_lose_nothing_that_was_durable(tmp_path):
    killed_often(tmp_path, 200, 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_thousand_kills_lose_nothing_that_was_durable(tmp_path, seed):
    killed_often(tmp_path, 1_000, seed)
