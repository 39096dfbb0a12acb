"""Why was there no trade: values, bounds and distances at a bar."""

import math

import pytest
from results_cases import HOUR, MINUTE, START, rows, run_of

from tradewind.errors import UnknownName
from tradewind.kernel.records import ACCEPTED, FILLED
from tradewind.results.why import GateAnswer, why

INF = math.inf
BAR = START + 5 * MINUTE


def asked(minute, gate, value, low=-INF, high=INF, **more):
    passed = low <= value <= high
    values = {"ts": START + minute * MINUTE, "gate": gate, "value": value, "low": low, "high": high}
    return {**values, "passed": passed, **more}


GATES = rows(
    "gates",
    asked(5, 0, 1.5, low=1.0),
    asked(5, 1, 0.2, low=0.3, high=0.5),
    asked(5, 0, 9.0, low=1.0, strategy=1),
    asked(5, 0, 9.0, low=1.0, instrument=1),
    asked(10, 0, 2.0, low=1.0),
    asked(10, 1, 0.4, low=0.3, high=0.5),
    asked(10, 2, 3.5, high=3.0),
    asked(15, 0, math.nan, low=1.0),
    asked(20, 0, 1.5, low=math.nan),
    asked(25, 0, 1.0, low=1.0),
)


def answer(ts, **more):
    run, tables = run_of(gates=GATES, **more)
    return why(run, tables, "pullback", "US30", ts)


def test_each_gate_says_how_far_it_was_from_passing():
    """0.2 must rise by 0.1 to be at least 0.3; the third gate was not asked any more."""
    found = answer(BAR)
    assert found.exact
    assert found.gates == (
        GateAnswer("trend", 1.5, 1.0, None, passed=True, missing=0.0),
        GateAnswer("depth", 0.2, 0.3, 0.5, passed=False, missing=pytest.approx(0.1)),
    )
    assert found.not_asked == ("spread",)
    assert found.sentence == "1 of 2 gates did not pass: depth was 0.2 and must be at least 0.3."
    assert found.next_asked == "2024-03-04T00:10:00.000Z"


def test_a_value_above_its_bound_must_fall():
    """3.5 is 0.5 above 3."""
    found = answer(START + 10 * MINUTE)
    assert found.gates[2] == GateAnswer("spread", 3.5, None, 3.0, passed=False, missing=-0.5)
    assert found.sentence == "1 of 3 gates did not pass: spread was 3.5 and must be at most 3."


@pytest.mark.parametrize("minute", [15, 20])
def test_what_is_not_a_number_yet_is_said_to_be_none(minute):
    """A value, then a bound, of an indicator that is not ready."""
    found = answer(START + minute * MINUTE)
    assert found.gates[0].missing is None
    assert found.sentence == "1 of 1 gates did not pass: trend had no number to compare."


def test_between_two_bars_the_last_one_before_answers():
    found = answer(BAR + MINUTE)
    assert not found.exact
    assert found.asked == "2024-03-04T00:05:00.000Z"
    assert [one.gate for one in found.gates] == ["trend", "depth"]
    assert found.sentence.startswith("No gate was asked at 2024-03-04T00:06:00.000Z; the last before it, at ")


def test_before_the_first_bar_the_first_is_named():
    found = answer(START)
    assert (found.asked, found.gates) == (None, ())
    assert found.sentence == "No gate was asked yet; the first was at 2024-03-04T00:05:00.000Z."
    run, tables = run_of()
    assert why(run, tables, "pullback", "US30", START).sentence == "No gate was asked yet in this run."


ENTRY = {"kind": 1, "order": 1, "side": 1, "quantity": 20, "ts": BAR, "type": 3, "trigger": 40_000}
REPORT = {"order": 1, "side": 1, "quantity": 20, "price": 40_000}


def test_orders_and_positions_of_the_moment():
    """Given at 0:05, half filled at 0:10, all at 0:20; the order of another strategy is not ours."""
    events = rows(
        "events",
        {**REPORT, "kind": ACCEPTED, "ts": BAR},
        {**REPORT, "kind": FILLED, "quantity": 10, "ts": BAR + 5 * MINUTE},
        {**REPORT, "kind": FILLED, "quantity": 10, "ts": BAR + 15 * MINUTE},
        {**REPORT, "kind": FILLED, "quantity": 10, "ts": BAR, "strategy": 1, "side": -1},
    )
    logs = {"events": events, "commands": rows("commands", ENTRY, {**ENTRY, "order": 2, "strategy": 1})}
    assert answer(BAR - 1, **logs).orders == ()
    assert [one["order"] for one in answer(BAR, **logs).orders] == [1]
    assert answer(BAR, **logs).orders[0]["given"] == "2024-03-04T00:05:00.000Z"
    assert [answer(BAR + minute * MINUTE, **logs).position for minute in (0, 5, 15)] == [0.0, 0.1, 0.2]
    assert answer(BAR + 15 * MINUTE + 1, **logs).orders == ()


def test_when_all_gates_passed_the_refusal_is_the_reason():
    refused = {**ENTRY, "kind": 4, "order": 0, "reason": 6, "ts": START + 25 * MINUTE}
    found = answer(START + 25 * MINUTE, commands=rows("commands", refused))
    assert [one["reason"] for one in found.refusals] == ["market closed"]
    assert found.sentence == (
        "The one gate asked passed, but the order was refused: The instrument is outside its trading hours."
    )
    assert answer(START + HOUR).sentence.endswith("the one gate asked passed.")
    assert answer(BAR, commands=rows("commands", refused)).refusals == ()


@pytest.mark.parametrize(
    ("strategy", "symbol", "advice"), [("pulback", "US30", "'pullback'"), ("pullback", "XAUUSB", "'XAUUSD'")]
)
def test_unknown_names_are_answered_with_the_nearest(strategy, symbol, advice):
    run, tables = run_of()
    with pytest.raises(UnknownName, match=f"Did you mean {advice}"):
        why(run, tables, strategy, symbol, BAR)
