"""What every test may use, and what may not be skipped."""

import os

import pytest
from hypothesis import settings

# No test says how fast anything is, and a busy machine is no fault.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

NOTHING_IS_SKIPPED = os.environ.get("TRADEWIND_REQUIRE_SERVICES") == "1"
DATA_IS_HERE = os.environ.get("TRADEWIND_REQUIRE_DATA") == "1"
ABOUT_DATA = ("data", "vendor files", ".parquet")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where a missing server or library has to be noticed, a skip is a failure; market data may be elsewhere."""
    report = yield
    if NOTHING_IS_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(call.excinfo.value)
        if DATA_IS_HERE or not any(word in reason for word in ABOUT_DATA):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, and nothing may be skipped here: {reason}"
    return report
