"""The compiled gate against its naive twin, over random moments: the same verdict, the same size, a reason of both."""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

import pytest
import twin
from gate_cases import RULES, some_case
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.kernel import refusals
from tradewind.kernel.gate_entry import gate_decision
from tradewind.kernel.rows import REDUCE, REFUSE

SLACK = Fraction(8)
"""Minor units: what a pending order risks is a whole number in the kernel, and binary floats carry the rest."""
CASES = 2_500
ACTIONS = {0: "passed", REDUCE: "reduced", REFUSE: "refused"}


class Answers(NamedTuple):
    """What the gate does with the order of a case, and what the twin does with a little less and more room."""

    action: str
    reason: int
    steps: int
    low: twin.Decision
    high: twin.Decision
    credited: bool
    """Whether the smaller side of a group is taken off the larger."""


def asked(seed) -> Answers:
    case = some_case(seed)
    command = case.command.tobytes()
    action, reason, steps = gate_decision(case.state, case.command)
    assert case.command.tobytes() == command
    low, high = (twin.decide(case.order, case.world, slack) for slack in (-SLACK, SLACK))
    return Answers(ACTIONS[action], reason, steps, low, high, case.world.limits.netting_credit > 0)


def disagreement(found) -> str | None:
    """Return in words how gate and twin differ, or None."""
    action, reason, steps, low, high, credited = found
    if reason == refusals.NOT_ENOUGH_MARGIN:
        return None  # the broker's own rule: the twin knows the house's
    tighter = action == "refused" or (action == "reduced" and steps <= high.steps)
    if credited and reason == refusals.GROUP_RISK and tighter:
        return None  # the gate gives credit for no more of the other side than the group's limit: it is tighter
    if action == "refused":
        if low.action != "refused":
            return f"the gate refuses ({refusals.REASONS[reason][0]}), the twin says {low}"
        named = "MINIMUM" if reason == refusals.QUANTITY_BELOW_MINIMUM else RULES[reason]
        return None if named in low.reasons else f"the gate says {named}, the twin {low.reasons}"
    if high.action == "refused":
        return f"the gate lets {steps} pass, the twin says {high}"
    return None if low.steps <= steps <= high.steps else f"the gate lets {steps} pass, the twin {low} to {high}"


@pytest.fixture(scope="module")
def answers():
    """Return the answers of both to all seeded moments."""
    return [asked(seed) for seed in range(CASES)]


def test_gate_and_twin_agree_on_seeded_moments(answers):
    """Over thousands of moments no verdict differs, no size, and the gate's reason is one of the twin's."""
    told = [f"seed {seed}: {said}" for seed, found in enumerate(answers) if (said := disagreement(found))]

    assert not told, f"{len(told)} of {CASES}:\n" + "\n".join(told[:20])


def test_the_moments_reach_every_rule(answers):
    """Many orders pass, many are made smaller, and each rule has its turn at refusing some."""
    actions = Counter(found.action for found in answers)
    reasons = Counter(RULES.get(found.reason, "") for found in answers if found.action != "passed")

    assert min(actions[name] for name in ACTIONS.values()) > CASES / 50
    assert set(RULES.values()) <= set(reasons)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(CASES, 2**40))
def test_gate_and_twin_agree_on_any_moment(seed):
    assert disagreement(asked(seed)) is None


@pytest.mark.soak
def test_gate_and_twin_agree_for_long():
    seeds = range(10**6, 10**6 + 100_000)
    told = [f"seed {seed}: {said}" for seed in seeds if (said := disagreement(asked(seed)))]

    assert not told, f"{len(told)}:\n" + "\n".join(told[:20])
