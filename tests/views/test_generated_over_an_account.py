"""Whatever is asked of an account that has traded, and of a run of it: an answer, never a mistake of ours."""

import json
import logging
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")
sys.path[:0] = [str(Path(__file__).parents[1] / "api")]

from generated import Asked  # noqa: E402 - found in the folder named above

from tradewind.modes import open_history, open_runs  # noqa: E402 - as above
from tradewind.runs import finish  # noqa: E402 - as above

REQUESTS, MANY = 1_000, 20_000
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def asked(tmp_path, traded, monkeypatch):
    """An API over a copy of the account's folder and a finished run, asked by somebody who may do everything."""
    data = tmp_path / "data"
    shutil.copytree(traded.data, data, ignore=shutil.ignore_patterns("entrance.sqlite*", "secrets", "jobs*"))
    (data / "accounts" / "flip" / "status.json").write_text(json.dumps(traded.held[-1]))
    settings = traded.settings.model_copy(update={"data": data})
    history = open_history(settings)
    run = open_runs(settings).save(*finish(traded.plan, history))
    known = {
        "account": ["flip", "demo"],
        "run": [run, "latest", "none"],
        "name": ["gates", "orders", "fills", "trades", "none", "flip"],
        "strategy": ["flip", "none"],
        "on": ["XAUUSD", "US30"],
        "feed": ["synthetic", "none"],
        "order": [1, 2, 10**6],
        "at": ["2025-01-10T14:35Z", "2025-02-06 15:00Z"],
    }
    logging.getLogger("tradewind.api").setLevel(logging.CRITICAL + 1)
    yield Asked(data, monkeypatch, settings, known)
    logging.getLogger("tradewind.api").setLevel(logging.NOTSET)


def test_no_request_about_what_was_traded_meets_a_mistake_of_ours(asked):
    for below in ("/api/v1/accounts", "/api/v1/runs"):
        asked.everything(REQUESTS // 2, below)

    assert asked.wrong == []
    assert asked.answers[200] > REQUESTS // 10


@pytest.mark.soak
def test_no_request_of_many_about_what_was_traded_meets_a_mistake_of_ours(asked):
    asked.everything(MANY)

    assert asked.wrong == []
