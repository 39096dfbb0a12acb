"""Every page does what it says: its commands and its Python run, in order, in an empty folder, with nothing set up."""

import os
import subprocess
import sys
import time
from pathlib import Path

import fences
import forks
import pytest

HERE = Path(__file__).parent
RUN = [
    page for page in fences.PAGES if any(b.language in ("sh", "python") and not b.reason for b in fences.blocks(page))
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """A folder of programs that answer at once, in front of those of the machine."""
    folder = tmp_path_factory.mktemp("bin")
    address = folder / "door"
    server = subprocess.Popen([sys.executable, HERE / "forks.py", address])
    while not address.exists():
        assert server.poll() is None
        time.sleep(0.05)
    forks.write_clients(folder, address)
    yield folder
    server.kill()
    server.wait()


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.relative_to(fences.ROOT).as_posix())
def test_a_page_runs_from_its_first_block_to_its_last(page, programs, tmp_path):
    """No block that is not marked fails."""
    folder = tmp_path / "reader"
    folder.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "TRADEWIND_CACHE" or not name.startswith("TRADEWIND_")
    }
    environment = {
        **kept,
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{HERE}:{fences.ROOT / 'src'}",
        "ENDED": str(tmp_path / "ended"),
        "COLUMNS": "120",
        "BROWSER": "true",  # what `--open` opens a page with
    }

    done = subprocess.run(
        [programs / "python", HERE / "read_page.py", page],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
