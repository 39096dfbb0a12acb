"""A writer and a server, each killed again and again at any instant, and looked at after each time.

    crash_cycles.py FOLDER CYCLES SEED

The writer says after each commit that it is durable, on a pipe. Where only the server was killed, the writer has to go
on by itself once the server is back.
"""

import contextlib
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import psycopg
from journal_cases import told, turn, write
from postgres_servers import Fragile, execute, migrated, open_folder
from served_journals import opened

from tradewind.adapters.journal import JournalBusy
from tradewind.adapters.lease import Lease
from tradewind.adapters.postgres.connection import DatabaseUnreachable
from tradewind.adapters.postgres.session import Patience

ACCOUNT = "crashing"
KINDS = ("writer", "server", "both", "backend", "connection")
LONG = Patience(outage_s=90.0)
DEADLINE_S = 90.0


def reached(address, folder):
    """Return the journal once the server answers."""
    until = time.monotonic() + DEADLINE_S
    while True:
        try:
            return opened(address, folder, patience=LONG)
        except (DatabaseUnreachable, JournalBusy):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def live(address, folder, pipe, chance):
    """Take the lease, commit, keep snapshots; say of every commit that it is durable."""
    journal = reached(address, folder)
    Lease.take(journal, "child", 1.0)
    os.write(pipe, journal.position.commit.to_bytes(8, "little"))
    while True:
        write(journal, 1, journal.position.epoch)
        os.write(pipe, journal.position.commit.to_bytes(8, "little"))
        if chance.random() < 0.05:
            journal.keep_snapshot(os.urandom(2_000))


class Writer:
    """A forked writer."""

    def __init__(self, address, folder, chance):
        self.reads, writes = os.pipe()
        self.said = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.reads)
            try:
                live(address, folder, writes, chance)
            finally:
                os._exit(1)
        os.close(writes)

    def hear(self, count):
        """So many more commits were said to be durable."""
        until = time.monotonic() + DEADLINE_S
        for _ in range(count):
            assert select.select([self.reads], [], [], max(0, until - time.monotonic()))[0], "the writer is silent"
            heard = os.read(self.reads, 8)
            assert heard, "the writer died by itself"
            self.said += heard

    def kill(self):
        """It is dead; return the last commit it said was durable, 0 where it said nothing."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        while more := os.read(self.reads, 65_536):
            self.said += more
        os.close(self.reads)
        return int.from_bytes(self.said[-8:], "little") if self.said else 0


def strike(kind, server, address):
    """Something of the server is dead, or the writer has lost its connection."""
    if kind in ("server", "both"):
        server.kill()
        return
    where = "FROM pg_stat_activity WHERE application_name = %(name)s"
    name = f"tradewind journal {ACCOUNT}"
    if kind == "connection":
        execute(address, f"SELECT pg_terminate_backend(pid) {where}", name=name)
    if kind == "backend":  # the server restarts itself after that
        for (pid,) in execute(address, f"SELECT pid {where}", name=name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def back(server):
    """The server answers again, however often its start is refused while its old processes are still there."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        if server.process.poll() is not None:
            server.start()
        with contextlib.suppress(psycopg.OperationalError):
            server.wait(1)
            return
    raise AssertionError("the server does not come back")


def cycle(kind, server, folder, chance):
    """Return the last commit that was said to be durable, after one blow."""
    writer = Writer(server.address, folder, chance)
    try:
        writer.hear(chance.choice((1, 1, 2, 5, 20)))
        time.sleep(chance.random() ** 3 * 0.03)
        if kind in ("writer", "both"):
            said = writer.kill()
            strike(kind, server, server.address)
            back(server)
            return said
        strike(kind, server, server.address)
        back(server)
        writer.hear(chance.choice((3, 30)))
    except BaseException:
        with contextlib.suppress(OSError):
            writer.kill()
        raise
    return writer.kill()


def main(folder, cycles, seed):
    chance = random.Random(seed)
    with open_folder() as place:
        survived(Fragile(place / "server"), folder, cycles, chance)


def survived(server, folder, cycles, chance):
    """So many blows were dealt, and everything was there after each."""
    server.start()
    server.wait()
    migrated(server.address)
    durable = checked = epoch = unsaid = notes = 0
    try:
        for number in range(cycles):
            kind = KINDS[number % len(KINDS)]
            durable = max(durable, cycle(kind, server, folder / ACCOUNT, chance))
            with reached(server.address, folder / ACCOUNT) as journal:
                commit = journal.position.commit
                assert commit in (durable, durable + 1), f"{kind}: {durable} was durable, {commit} is there"
                unsaid += commit - durable
                assert journal.position.epoch >= epoch
                assert journal.check() is None, kind
                epoch, durable = journal.position.epoch, commit
                others = {note.commit for note in journal.notes("lease", after=notes)}
                notes = max(notes, journal.position.rows.get("notes", 0))
                turns = [one for one in range(checked + 1, commit + 1) if one not in others]
                assert told(journal, checked) == [each for one in turns for each in turn(one)], kind
                checked = commit
    finally:
        server.stop()
    print(f"{cycles} kills, {durable} commits, {epoch} leaders, {unsaid} commits that nobody was told of")


main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
