"""Where nothing may be skipped, nothing is: the rule of conftest.py, in a run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = """
import pytest


def test_with_a_library():
    pytest.importorskip("no_library_of_that_name")


@pytest.mark.skipif(True, reason="no market data at hand")
def test_with_data():
    pass
"""


@pytest.mark.parametrize(
    ("required", "told"),
    [({}, "2 skipped"), ({"SERVICES"}, "1 failed, 1 skipped"), ({"SERVICES", "DATA"}, "1 failed, 1 error")],
)
def test_a_skip_is_a_failure_where_services_are_required(tmp_path, required, told):
    """A library that is missing fails the run; market data that is missing only where it was said to be there."""
    (tmp_path / "conftest.py").write_text((Path(__file__).parent / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "test_cases.py").write_text(CASES)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")}
    environment |= {f"TRADEWIND_REQUIRE_{name}": "1" for name in required}
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path)
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert told in done.stdout
