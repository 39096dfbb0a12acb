"""Whatever is asked, right or wrong: an answer, never a mistake of ours; schemathesis asks by our own description."""

import logging

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")
from generated import Asked

REQUESTS, MANY = 5_000, 100_000
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An API that is asked by somebody who may do everything."""
    logging.getLogger("tradewind.api").setLevel(logging.CRITICAL + 1)
    yield Asked(tmp_path, monkeypatch)
    logging.getLogger("tradewind.api").setLevel(logging.NOTSET)


def test_thousands_of_requests_meet_no_mistake_of_ours(asked):
    asked.everything(REQUESTS)

    assert asked.wrong == []
    assert asked.answers.total() >= REQUESTS
    assert {200, 202, 400, 401, 404, 409, 422} <= set(asked.answers)


@pytest.mark.soak
def test_a_hundred_thousand_requests_meet_no_mistake_of_ours(asked):
    asked.everything(MANY)

    assert asked.wrong == []
    assert asked.answers.total() >= MANY
