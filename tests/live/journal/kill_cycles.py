"""A writer that is killed again and again, at any instant, and looked at after each time.

    kill_cycles.py FOLDER CYCLES SEED

The writer says after each commit that it is durable, on a pipe. It is forked from a process that has everything
imported, so a cycle takes milliseconds; what it leaves is opened by the parent.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from journal_cases import opened, told, turn, write

from tradewind.adapters.lease import Lease


def live(folder, pipe, chance):
    """Take the lease, commit, keep snapshots, fold the log; say of every commit that it is durable."""
    journal = opened(folder)
    Lease.take(journal, "child", 1.0)
    os.write(pipe, journal.position.commit.to_bytes(8, "little"))
    while True:
        one_more(journal)
        os.write(pipe, journal.position.commit.to_bytes(8, "little"))
        what = chance.random()
        if what < 0.05:
            journal.keep_snapshot(os.urandom(2_000))
        elif what < 0.08:
            journal.checkpoint()


def one_more(journal):
    write(journal, 1, journal.position.epoch)


def killed(folder, chance):
    """Return the last commit that a writer said was durable before it was killed."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        try:
            live(folder, writes, chance)
        finally:
            os._exit(1)
    os.close(writes)
    said = b""
    for _ in range(chance.choice((0, 0, 1, 2, 5, 20))):
        said += os.read(reads, 8)
    time.sleep(chance.random() ** 3 * 0.03)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reads, 65_536):
        said += more
    os.close(reads)
    return int.from_bytes(said[-8:], "little") if said else 0


def main(folder, cycles, seed):
    chance = random.Random(seed)
    durable = checked = epoch = unsaid = notes = 0
    for cycle in range(cycles):
        durable = max(durable, killed(folder, chance))
        with opened(folder, reserve_bytes=0) as journal:
            commit = journal.position.commit
            assert commit in (durable, durable + 1), f"cycle {cycle}: {durable} was durable, {commit} is there"
            unsaid += commit - durable
            assert journal.cut is None
            assert journal.position.epoch >= epoch
            epoch, durable = journal.position.epoch, commit
            if cycle % 20 == cycles % 20:
                assert journal.check() is None, f"cycle {cycle}"
            others = {note.commit for note in journal.notes("lease", after=notes)}
            notes = max(notes, journal.position.rows.get("notes", 0))
            turns = [number for number in range(checked + 1, commit + 1) if number not in others]
            assert told(journal, checked) == [each for number in turns for each in turn(number)], f"cycle {cycle}"
            checked = commit
    print(f"{cycles} kills, {durable} commits, {epoch} leaders, {unsaid} commits that nobody was told of")


main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
