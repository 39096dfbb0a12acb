"""Random orders of several strategies against random prices: after every event every promise of the gate holds.

`make test` gives some two hundred thousand orders, `make soak` ten million. Storms are restarted at random points from
their bytes, and one of them is compared with the run that was never stopped.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from invariants import PROMISES, bare_steps, look
from seas import sea

from tradewind.compilation import handler_of
from tradewind.kernel.refusals import REASONS
from tradewind.kernel.rows import RISK_ACTIONS
from tradewind.strategy import load

STORM = Path(__file__).with_name("storm.py")


@pytest.fixture(scope="module")
def crew():
    """Two strategies of one file, and their compiled handler."""
    strategies = [load(STORM, compile_handlers=True) for _ in range(2)]
    return strategies, handler_of(strategies)


def sail(seed, crew, restarts=2):
    """Return (runner, journal, orders given) of the storm of a seed; every promise was looked at after every event."""
    runner, events, limits, journal = sea(seed, *crew)
    chance = np.random.default_rng(seed + 1)
    stops = set(chance.integers(1, len(events), restarts).tolist())
    memo = np.zeros(3, np.int64)
    memo[2] = int(runner.state["account"]["balance"][0])
    address = runner.state.ctypes.data
    for place in range(len(events)):
        if place in stops:
            saved = runner.snapshot()
            runner.flush()
            runner = sea(seed, *crew).runner
            runner.journal = journal
            runner.restore(saved)
            address = runner.state.ctypes.data
        runner.apply(events[place : place + 1])
        broken = look(address, memo, limits.digest)
        assert broken == 0, f"seed {seed}, event {place}: not true that {PROMISES[broken]}"
        if place % 16 == 0:
            assert bare_steps(address) == 0, f"seed {seed}, event {place}: a position is without its stop"
    runner.flush()
    return runner, journal


def books_balance(runner, journal):
    """The balance is what the account began with and every trade, finished or open, brought; to the minor unit."""
    trades = journal.read("trades")
    account, open_ones = runner.state["account"][0], runner.state["positions"][0]
    alive = open_ones[open_ones["quantity"] != 0]
    total = sum(int(trades[name].sum()) for name in ("gross", "commission", "financing"))
    total += sum(int(alive[name].sum()) for name in ("realised", "commission", "financing"))
    assert int(account["balance"]) == int(account["initial"]) + total
    assert runner.state["illegal"][0] == 0
    assert runner.state["risk"]["lost_rows"][0] == 0


def told(journal):
    """Return how often the gate did what, by (action, rule)."""
    rows = journal.read("risk")
    pairs = zip(rows["action"].tolist(), rows["rule"].tolist(), strict=True)
    return Counter((RISK_ACTIONS[action], REASONS[rule][0]) for action, rule in pairs)


def test_no_storm_breaks_a_promise(crew):
    """Two hundred thousand random orders, on both continents' changes of clocks, through gaps and restarts."""
    given, seen = 0, Counter()
    for seed in range(400):
        runner, journal = sail(seed, crew)
        books_balance(runner, journal)
        given += journal.commands
        seen += told(journal)
        if given >= 200_000:
            break
    met = {rule for action, rule in seen if action == "refuse"}
    acted = {action for action, _ in seen}

    assert given >= 200_000
    # A storm that meets nothing proves nothing.
    assert {"refuse", "reduce", "cancel", "flatten", "halt", "release"} <= acted
    assert {"risk per trade", "open risk", "floor ahead", "flat time", "stop missing", "daily soft loss"} <= met


def test_a_restart_changes_nothing(crew):
    """A storm restarted three times ends with the bytes of the one that was never stopped."""
    stopped, _ = sail(5, crew, restarts=3)
    whole, _ = sail(5, crew, restarts=0)

    assert stopped.snapshot() == whole.snapshot()


@pytest.mark.soak
def test_ten_million_orders(crew):
    """The same for as long as it takes."""
    given = 0
    for seed in range(1000, 100_000):
        runner, journal = sail(seed, crew)
        books_balance(runner, journal)
        given += journal.commands
        if given >= 10_000_000:
            break
