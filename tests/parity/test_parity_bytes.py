"""The same events give the same bytes, however they are cut into blocks and whoever runs the strategy."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from world import joined, rows, slot
from worlds import LOGS, Machine, crowded_tape, crowded_world, differing, left_behind

from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel import loop, refusals
from tradewind.kernel.fills import MODES
from tradewind.kernel.records import DIVIDEND, FINANCING
from tradewind.runner import Runner

MINUTES = 3000


@pytest.fixture(scope="session")
def machine():
    """The busy strategy, compiled."""
    return Machine()


@pytest.fixture(scope="session")
def tape():
    """Two days of two indices and two currencies."""
    return crowded_tape(MINUTES)


@pytest.fixture(scope="session", params=MODES)
def mode(request):
    """An intrabar mode."""
    return MODES.index(request.param)


def fresh(mode):
    """Return a crowded world in that mode."""
    world = crowded_world()
    world.venue["mode"] = mode
    return world


@pytest.fixture(scope="session")
def expected(machine, tape, mode):
    """What a run in one large block leaves behind, and its journal."""
    runner, journal = machine.run(fresh(mode), tape)
    return left_behind(runner, journal), journal


def test_the_run_is_busy(expected):
    """What is compared is worth comparing: thousands of fills, commands, trades and gates, and nothing illegal."""
    found, journal = expected

    # Without limits the gate has nothing to tell.
    assert [log for log in LOGS if not found[log]] == ["risk"]
    assert len(rows(journal, "trades")) > 500
    assert len(rows(journal, "commands")) > 2000
    assert set(range(16, 26)) - {17, 23, 24} <= set(rows(journal, "events")["kind"].tolist())


@pytest.mark.parametrize("blocks", [(65_536,), (1, 2, 3, 4, 5), (1,), (977,)])
def test_the_size_of_a_block_means_nothing(machine, tape, mode, expected, blocks):
    """Large blocks, ragged ones and single events leave the same bytes."""
    runner, journal = machine.run(fresh(mode), tape, itertools.cycle(blocks))

    assert differing(expected[0], left_behind(runner, journal)) == []


def test_plain_python_gives_the_same_orders(tape, mode, expected):
    """The strategy as plain Python leaves the same bytes as compiled inside the loop."""
    runner, journal = Machine(plain=True).run(fresh(mode), tape)

    assert differing(expected[0], left_behind(runner, journal)) == []


def test_a_journal_replayed_gives_the_same_state(machine, mode, expected):
    """With a silent venue the journal's own events give the same state, memories, commands, trades and samples.

    The venue's own record cannot be the same: a silent venue is never given a command.
    """
    found, journal = expected
    world = fresh(mode)
    world.venue["silent"] = 1
    runner, again = machine.run(world, rows(journal, "events"), itertools.cycle((1, 64, 7)))

    assert differing(found, left_behind(runner, again)) == ["venue"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.93])
def test_a_snapshot_and_the_tail_give_the_same_end(machine, tape, mode, expected, share):
    """A run stopped anywhere and restored from its snapshot in new arrays ends with the same bytes."""
    cut = int(len(tape) * share)
    first, before = machine.run(fresh(mode), tape[:cut])
    second, after = machine.run(fresh(mode), tape[:0])
    second.restore(first.snapshot())
    second.apply(tape[cut:])
    second.flush()
    whole = left_behind(second, after)
    logs = {log: joined([rows(before, log), rows(after, log)]).tobytes() for log in LOGS}

    assert differing(expected[0], whole | logs) == []


def test_a_report_journal_is_the_whole_journal_without_prices(machine, tape, mode, expected):
    """Keeping only what the tape does not hold leaves every other row as it is, and the same state."""
    world = fresh(mode)
    world.show([machine.strategy])
    journal = MemoryJournal()
    runner = Runner(
        world.state, world.venue, [slot(machine.strategy, range(4))], journal, machine.handler, loop.REPORTS
    )
    runner.run([tape])
    whole = rows(expected[1], "events")
    kept = rows(journal, "events")

    assert runner.state.tobytes() == expected[0]["state"]
    assert kept.tobytes() == whole[whole["kind"] > 2].tobytes()


def test_numbers_in_the_journal_have_no_gap(expected):
    """Every applied event has the next number, whoever it came from; cash comes before the roll it belongs to."""
    events = rows(expected[1], "events")
    cash = np.flatnonzero(events["kind"] == FINANCING)
    after = [int(next(kind for kind in events["kind"][place:] if kind != FINANCING)) for place in cash]

    assert events["number"].tolist() == list(range(1, len(events) + 1))
    assert (np.diff(events["ts"]) >= 0).all()
    assert set(after) <= {3, DIVIDEND}


def test_news_are_part_of_what_is_compared(expected):
    """In the run compared, entries were refused by the lock around releases, in every instrument."""
    commands = rows(expected[1], "commands")
    locked = commands[commands["reason"] == refusals.NEWS_LOCK]

    assert set(locked["instrument"].tolist()) == {0, 1, 2, 3}


def digests(**environment):
    """Return what `uncompiled.py` prints in a process of its own."""
    program = Path(__file__).with_name("uncompiled.py")
    done = subprocess.run(
        [sys.executable, str(program)], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_kernel_is_its_own_slow_twin():
    """Uncompiled, the same text leaves the same bytes: state, venue, memories, events, commands, trades, all of it."""
    compiled, uncompiled = digests(), digests(NUMBA_DISABLE_JIT="1")

    assert [name for name in compiled if compiled[name] != uncompiled[name]] == []


def test_the_scenarios_hold_uncompiled():
    """Every scenario plays the same with the compiler switched off."""
    tests = Path(__file__).parents[1] / "kernel"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist",
         str(tests / "test_kernel_scenarios.py")],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-2000:]
