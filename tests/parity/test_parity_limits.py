"""With limits in force the promises are the same: blocks, replay, snapshots and plain Python change nothing."""

import itertools
from pathlib import Path

import pytest
from world import joined, rows
from worlds import LOGS, STOPPED, TIGHT, Machine, crowded_tape, crowded_world, differing, left_behind, limited_world

from tradewind.kernel.rows import CANCEL_ENTRY, FLATTEN, HALT_ENTRIES, REDUCE, REFUSE, RELEASE
from tradewind.strategies import ema_cross

MINUTES = 1700
AVERAGES = Path(ema_cross.__file__)
"""It trades at the market: a waiting limit order beyond the market is refused under any limits (C2)."""


@pytest.fixture(scope="session")
def machine():
    """The busy strategy, compiled."""
    return Machine()


@pytest.fixture(scope="session")
def tape():
    """Two days of two indices and two currencies."""
    return crowded_tape(MINUTES)


@pytest.fixture(scope="session", params=[TIGHT, STOPPED], ids=["tight", "stopped"])
def text(request):
    """What the limits are."""
    return request.param


@pytest.fixture(scope="session")
def expected(machine, tape, text):
    """What a run in one large block leaves behind, and its journal."""
    runner, journal = machine.run(limited_world(text), tape)
    return left_behind(runner, journal), journal


def test_the_gate_is_busy(text, expected):
    """What is compared is worth comparing: refused, reduced, cancelled, flattened, halted and released."""
    risk = rows(expected[1], "risk")
    wanted = {REFUSE, CANCEL_ENTRY, FLATTEN, HALT_ENTRIES, RELEASE} if text == TIGHT else {REFUSE, REDUCE}

    assert wanted <= set(risk["action"].tolist())
    assert len(set(risk["rule"].tolist())) > 5
    assert len(rows(expected[1], "trades")) > 30


@pytest.mark.parametrize("blocks", [(1, 2, 3, 4, 5), (1,)])
def test_the_size_of_a_block_means_nothing_to_the_gate(machine, tape, text, expected, blocks):
    """Ragged blocks and single events leave the same bytes."""
    runner, journal = machine.run(limited_world(text), tape, itertools.cycle(blocks))

    assert differing(expected[0], left_behind(runner, journal)) == []


def test_plain_python_meets_the_same_gate(tape, text, expected):
    """The strategy as plain Python leaves the same bytes as compiled inside the loop."""
    runner, journal = Machine(plain=True).run(limited_world(text), tape)

    assert differing(expected[0], left_behind(runner, journal)) == []


def test_a_replay_halts_where_the_run_did(machine, text, expected):
    """With a silent venue the journal's own events give the same state and logs."""
    found, journal = expected
    world = limited_world(text)
    world.venue["silent"] = 1
    runner, again = machine.run(world, rows(journal, "events"), itertools.cycle((1, 64, 7)))

    assert differing(found, left_behind(runner, again)) == ["venue"]


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_restart_forgets_no_halt(machine, tape, text, expected, share):
    """A run stopped anywhere and restored from its bytes ends with the same bytes."""
    cut = int(len(tape) * share)
    first, before = machine.run(limited_world(text), tape[:cut])
    second, after = machine.run(limited_world(text), tape[:0])
    second.restore(first.snapshot())
    second.apply(tape[cut:])
    second.flush()
    logs = {log: joined([rows(before, log), rows(after, log)]).tobytes() for log in LOGS}

    assert differing(expected[0], left_behind(second, after) | logs) == []


def test_limits_that_are_off_change_nothing_but_what_is_looked_at(tape):
    """Limits so wide that nothing meets them leave every report, trade and sample as it was without any."""
    machine = Machine(path=AVERAGES)
    free, journal = machine.run(crowded_world(), tape)
    world = limited_world("limits gross_leverage 1000000")
    held, other = machine.run(world, tape)

    assert len(rows(journal, "trades")) > 50
    assert int(free.state["account"]["balance"][0]) == int(held.state["account"]["balance"][0])
    for log in ("trades", "samples"):
        assert rows(journal, log).tobytes() == rows(other, log).tobytes()
