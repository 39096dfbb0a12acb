"""The same seed gives the same bytes, in another process too, and a replay of the journal is the live state."""

import subprocess
import sys
from pathlib import Path

import pytest
from campaign import world_of
from promises import replayed_alike
from virtual_desk import recovered

HERE = Path(__file__).parent
ALSO = """
import sys
sys.path.insert(0, sys.argv[1])
from campaign import world_of
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    world = world_of(seed).run()
    print(seed, world.digest(), world.steps, world.now)
    world.close()
"""


def told(first, last, salt):
    """Return what another process with its own order of hashes tells of the worlds of some seeds."""
    import os  # noqa: PLC0415 - only here

    environment = {**os.environ, "PYTHONHASHSEED": str(salt)}
    command = [sys.executable, "-c", ALSO, str(HERE), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def compare(first, last):
    """Two processes tell the same of every seed."""
    ours, theirs = told(first, last, 1), told(first, last, 4242)
    assert len(ours) == last - first
    assert [one for one, two in zip(ours, theirs, strict=True) if one != two] == []
    assert len({one.split()[1] for one in ours}) > 0.99 * (last - first)  # and seeds differ, but where nothing happens


def test_sixty_seeds_give_the_same_trace_in_two_processes():
    """Requests, alerts and every byte of the journal."""
    compare(0, 60)


@pytest.mark.soak
def test_a_thousand_seeds_give_the_same_trace_in_two_processes():
    """The same, longer."""
    compare(100, 1100)


def test_snapshot_and_tail_and_the_whole_journal_are_the_live_state():
    """State, venue, memories and book are the same to the byte in three hundred worlds, with snapshots in most."""
    snapshots = 0
    for seed in range(50_000, 50_300):
        world = world_of(seed).run()
        assert not replayed_alike(world, recovered), f"seed {seed}"
        snapshots += world.disk.snapshots > 0
        world.close()
    assert snapshots > 30
