"""Conditions by name, so that for every bar the question "why was there no trade?" has an answer.

A strategy declares `GATES = gates("trend", "range")` and asks `gate(state, instrument, GATES.trend, value, low,
high)`: the answer is whether `low <= value <= high`, and the value and its bounds are on record either way.
"""

import math

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import GATE_ROWS


@compiled
def gate(state, instrument, name, value, low=-math.inf, high=math.inf):
    """Return whether `low <= value <= high` (False for NaN); the value and its bounds are on record."""
    passed = float(low) <= float(value) <= float(high)
    if state.gate_count < GATE_ROWS:
        row = state.gates[state.gate_count]
        state.gate_count += 1
        row.ts = state.now
        row.value = float(value)
        row.low = float(low)
        row.high = float(high)
        row.strategy = state.strategy
        row.instrument = instrument
        row.gate = name
        row.passed = 1 if passed else 0
    return passed
