"""A server and a writer killed at any instant lose nothing that was said to be durable, and double nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from postgres_servers import programs


def killed_often(folder, cycles, seed):
    if programs() is None:
        pytest.skip("PostgreSQL is not installed here")
    paths = [*sys.path, str(Path(__file__).parents[1] / "live" / "journal")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = (sys.executable, Path(__file__).parent / "crash_cycles.py", folder, str(cycles), str(seed))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr[-3_000:])

    assert done.returncode == 0
    assert done.stdout.startswith(f"{cycles} kills")


def test_ten_kills_of_server_writer_and_connection_lose_and_double_nothing(tmp_path):
    killed_often(tmp_path, 10, 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_hundred_kills_of_server_writer_and_connection_lose_and_double_nothing(tmp_path, seed):
    killed_often(tmp_path, 100, seed)
