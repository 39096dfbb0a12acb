"""Logs have a fixed size: whatever one price brings about fits, and nothing is lost where a log is handed over."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from world import MINUTE, WEDNESDAY, Instrument, World, clock, joined, quote, rows, run, slot

from tradewind.kernel import verbs
from tradewind.kernel.records import ACCEPTED, FILLED, ORDERS
from tradewind.runner import LOGS
from tradewind.strategy import Strategy, _NoParams, memory

START = int(WEDNESDAY) * 86_400 * 1_000_000_000
CAPACITY = LOGS["events"][1]


def crowd(state, instrument, _memory, _params):
    """At every price of the second instrument fifty limits that fill at once are given in the first."""
    if instrument.instrument == 1:
        for _ in range(50):
            verbs.buy(state, 0, 0.1, 101, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("room", [100, 400, 900, 2047, 2048, 2049])
def test_a_price_that_fills_the_whole_table_fits_the_log(room):
    """Two hundred and fifty orders are accepted and filled by one price, with only so much room left in the log."""
    handlers = {"on_quote": crowd}
    strategy = Strategy("crowd", Path(), "", ModuleType("crowd"), _NoParams, memory(unused=int), (), handlers, {})
    world = World([Instrument("A", tick=1, step=1, minimum=0), Instrument("B", tick=1, step=1)])
    world.state["instruments"]["steps_per_lot"] = 10.0
    first = [quote(START, 0, 100, 101)]
    calls = [quote(START + number * MINUTE, 1, 100, 101) for number in range(1, 6)]
    waiting = [clock(START + 6 * MINUTE)] * (CAPACITY - room - len(calls) - 1)
    tape = joined([*first, *calls, *waiting, quote(START + 7 * MINUTE, 0, 100, 101), clock(START + 8 * MINUTE)])
    runner, journal = run(world, [slot(strategy, [0, 1], _NoParams())], tape)
    events = rows(journal, "events")

    assert events["number"].tolist() == list(range(1, len(events) + 1))
    assert np.count_nonzero(events["kind"] == ACCEPTED) == np.count_nonzero(events["kind"] == FILLED) == 250
    assert runner.state[0]["positions"][0]["quantity"] == 250
    assert ORDERS >= 250
