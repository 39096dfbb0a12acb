"""A data folder with real bars, and the command line in it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.data.importers import import_files
from tradewind.modes import open_history
from tradewind.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("TRADEWIND_DATA") or ROOT.parent / "shared" / "data")
REQUIRED = os.environ.get("TRADEWIND_REQUIRE_DATA") == "1"
needs_data = pytest.mark.skipif(not DATA.is_dir() and not REQUIRED, reason=f"no market data at {DATA}")

COIN = ROOT / "bench" / "strategies" / "coin.py"
CODE = "from tradewind.cli import main; main()"


def take_bars(folder, pattern="US30_M5_mt5ny*.parquet"):
    """The folder has the bars of the files."""
    import_files(sorted(DATA.glob(pattern)), open_history(Settings(data=folder)))


def ran(folder, *words):
    """Return the finished command, run on the data in the folder."""
    return subprocess.run(
        [sys.executable, "-c", CODE, *map(str, words), "--data", str(folder)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def asked(folder, *words):
    """Return what a command that succeeds prints as JSON."""
    done = ran(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
