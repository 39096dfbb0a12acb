"""The compiled gate against its naive twin, over random moments: the same verdict, the same size, a reason of both."""

from collections import Counter
from fractions import Fraction

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
CASES = 4_000
ACTIONS = {0: "passed", REDUCE: "reduced", REFUSE: "refused"}


def asked(seed):
    """Return the action, reason and steps of the gate, and the twin's decisions with a little less and more room."""
    case = some_case(seed)
    before = case.state.tobytes(), case.command.tobytes()
    action, reason, steps = gate_decision(case.state, case.command)
    assert case.command.tobytes() == before[1]
    low, high = (twin.decide(case.order, case.world, slack) for slack in (-SLACK, SLACK))
    return ACTIONS[action], reason, steps, low, high


def disagreement(seed):
    """Return in words how gate and twin differ, or None."""
    action, reason, steps, low, high = asked(seed)
    if reason == refusals.NOT_ENOUGH_MARGIN:
        return None  # the broker's own rule: the twin knows the house's
    if action == "refused":
        if low.action != "refused":
            return f"seed {seed}: the gate refuses ({refusals.REASONS[reason][0]}), the twin says {low}"
        named = "MINIMUM" if reason == refusals.QUANTITY_BELOW_MINIMUM else RULES[reason]
        return None if named in low.reasons else f"seed {seed}: the gate says {named}, the twin {low.reasons}"
    if high.action == "refused":
        return f"seed {seed}: the gate lets {steps} pass, the twin says {high}"
    if not low.steps <= steps <= high.steps:
        return f"seed {seed}: the gate lets {steps} pass, the twin {low.steps} to {high.steps}"
    return None


def test_gate_and_twin_agree_on_seeded_moments():
    """Over thousands of moments no verdict differs; and all kinds of verdict, and most rules, had their turn."""
    told = [said for seed in range(CASES) if (said := disagreement(seed))]

    assert not told, f"{len(told)} of {CASES}:\n" + "\n".join(told[:20])


def test_the_cases_reach_every_rule():
    """The moments are not all alike: many pass, many are made smaller, and each rule refuses some."""
    actions, reasons = Counter(), Counter()
    for seed in range(CASES):
        action, reason, *_ = asked(seed)
        actions[action] += 1
        reasons[RULES.get(reason, "")] += action != "passed"
    print(actions, reasons)

    assert min(actions[name] for name in ACTIONS.values()) > CASES / 50
    assert set(RULES.values()) <= set(reasons)


@pytest.mark.soak
def test_gate_and_twin_agree_for_long():
    told = [said for seed in range(10**6, 10**6 + 200_000) if (said := disagreement(seed))]

    assert not told, f"{len(told)}:\n" + "\n".join(told[:20])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40))
def test_gate_and_twin_agree_on_any_moment(seed):
    assert disagreement(seed) is None
