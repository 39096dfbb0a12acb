"""docs/tutorial.md does what it says: its commands and its Python run from beginning to end, and the figures are those.

It takes about a minute and needs the real bars, so it runs with `make soak`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
BARS = DATA / "US30_M5_mt5ny_bid_20250630_20260220.parquet"
PAGE = (Path(__file__).resolve().parents[1] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def printing(code):
    """Return Python that prints the expressions that stand alone on a line, as a notebook shows the last of them."""
    lines = code.strip().splitlines()
    alone = re.compile(r"(?!from |import |[\s)\]]|\w[\w, ]* = )\S")
    return "\n".join(f"print({line})" if alone.match(line) else line for line in lines)


@pytest.mark.soak
@pytest.mark.skipif(not BARS.is_file(), reason=f"no {BARS.name}")
def test_the_tutorial_runs_and_says_what_it_printed(tmp_path):
    """Every command and every block of Python runs in the order of the page; the figures of its verdict are printed."""
    blocks = BLOCK.findall(PAGE)
    typed = [line for kind, text in blocks if kind == "sh" for line in text.splitlines()]
    commands = [line for line in typed if line.startswith("tradewind")]
    strategy, *python = [text for kind, text in blocks if kind == "python"]
    desk, environment = tmp_path / "desk", {**os.environ, "TRADEWIND_DATA": str(DATA), "COLUMNS": "100"}
    said = ""
    for command in commands:
        words = os.path.expandvars(command.split(" &&")[0].replace("$TRADEWIND_DATA", str(DATA))).split()
        where = desk if desk.is_dir() else tmp_path
        if words[1] == "backtest":
            (desk / "strategies" / "half_hour.py").write_text(strategy, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "tradewind.cli", *words[1:]], cwd=where, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stderr}"
        said += done.stdout
    code = "\n".join(printing(text) for text in python)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=desk, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    for figure in ("-5,103.50 USD", "+3,967.49 USD", "+0.09 ± 0.09 R", "1850"):
        assert figure in PAGE.replace("  ", " ")
        assert figure in said
    for figure in (
        "0.849",
        "428.3",
        "6.43",
        "0.851",
        "probability=0.687",
        "0.782",
        "consistent=0.334",
        "reality_check=0.162",
    ):
        assert figure in done.stdout
