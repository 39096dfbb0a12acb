"""Real processes and real SIGKILLs: what the venue's book and the journal say together afterwards."""

import json

import pytest
from typer.testing import CliRunner

from tradewind.cli import app
from tradewind.drills.drill import drill


@pytest.mark.parametrize(("name", "cycles"), [("kill", 5), ("cut", 2), ("venue", 1), ("restore", 1)])
def test_nothing_is_lost_doubled_or_left_bare(name, cycles):
    """Whatever was killed, cut or brought back: every fill is booked once and every position has a stop."""
    result = drill(name, cycles, seed=7)

    assert result.proof.passed, result.proof
    assert result.proof.intents > 0
    assert len(result.seconds) == cycles


def test_a_drill_that_does_not_exist_is_named_with_those_that_do():
    """A mistake costs one line."""
    result = CliRunner().invoke(app, ["drill", "kil"])

    assert "no drill named 'kil'" in str(result.exception)


@pytest.mark.soak
def test_a_thousand_kills_lose_and_double_nothing():
    """T3 of the target figures; its times are printed, not asserted."""
    result = drill("kill", 1000, seed=11)

    print(json.dumps(result.proof._asdict()), result.percentile(0.5), result.percentile(0.99), result.seconds[-1])
    assert result.proof.passed, result.proof
