"""Requests nobody would think of, generated from our own description of the API: none of them makes us fail."""

import logging

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from generated import Asked  # it needs schemathesis

ORDINARY, SOAK = 5_000, 100_000
pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries of theirs


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An API with an account that has never traded, asked by somebody who may do everything."""
    logging.getLogger("tradewind.api").setLevel(logging.CRITICAL + 1)
    yield Asked(tmp_path, monkeypatch)
    logging.getLogger("tradewind.api").setLevel(logging.NOTSET)


def test_five_thousand_generated_requests_and_no_failure_of_ours(asked):
    asked.everything(ORDINARY)

    assert asked.wrong == []
    assert asked.answers[200] > ORDINARY // 50


@pytest.mark.soak
def test_a_hundred_thousand_generated_requests_and_no_failure_of_ours(asked):
    asked.everything(SOAK)

    assert asked.wrong == []
