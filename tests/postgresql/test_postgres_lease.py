"""One leader an account over all machines: with a real server, and processes that are stopped, killed and cut off."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from journal_cases import events, expected, told, write
from postgres_servers import execute, new_account
from served_journals import expire, opened

from tradewind.adapters.address import Address
from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import Fenced
from tradewind.adapters.lease import Lease, lock_account
from tradewind.adapters.lease_arithmetic import SECOND
from tradewind.adapters.postgres.lease import PostgresLease


class Clock:
    """A clock that is set by hand, seconds."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return round(self.seconds * SECOND)


@pytest.fixture
def account():
    """An account nobody ever led."""
    return new_account()


@pytest.fixture
def take(address, account):
    """Return a function that takes the lease; every lease is released at the end."""
    taken = []

    def made(**terms):
        lease = PostgresLease.take(address, account, **{"ttl_s": 5.0, "thread": False, **terms})
        taken.append(lease)
        return lease

    yield made
    for lease in taken:
        lease.release()


def test_while_it_runs_nobody_else_gets_it_and_released_at_once(take):
    first = take(holder="the first")
    with pytest.raises(LockHeld, match=r"is in use by the first, since .* runs out in \d s") as caught:
        take()
    assert caught.value.holder["holder"] == "the first"
    first.release()

    assert take().epoch == first.epoch + 1


def test_one_that_ran_out_is_taken_and_its_holder_is_told(take, address, account):
    clock = Clock()
    first = take(monotonic=clock)
    assert first.renew()
    expire(address, account)
    assert first.renew()  # nobody was faster: it is still the only one
    expire(address, account)
    second = take()

    assert second.epoch == first.epoch + 1
    assert not first.renew()
    assert not first.still_there()
    first.release()  # what is another's is not given up
    with pytest.raises(LockHeld):
        take()


def test_its_holder_stops_believing_in_it_before_the_server_lets_others_have_it(take, address, account, tmp_path):
    clock = Clock()
    lease = take(monotonic=clock)
    session = lease._session
    session.close()
    session.address = Address("postgresql", "nobody", str(tmp_path), 5432, "nothing")
    clock.seconds += 4.9
    assert lease.still_there()
    clock.seconds += 0.2
    assert not lease.still_there()  # the server is away: nobody knows
    session.address = address
    assert lease.still_there()  # it is back, and nobody took it meanwhile
    clock.seconds += 5.1
    expire(address, account)
    take()
    assert not lease.still_there()


def test_whoever_waits_gets_it_when_it_runs_out(take):
    take(ttl_s=0.6)
    assert take(wait_s=30.0).epoch == 2


def test_a_lease_renews_itself_while_its_holder_lives(take, address, account):
    lease = take(ttl_s=3.0, thread=True)
    since = "SELECT (expires - taken) > interval '3.5 s' FROM trading.leases WHERE account = %(it)s"
    while not execute(address, since, it=account)[0][0]:
        assert lease.still_there()


def test_a_lost_connection_is_made_anew_and_the_lease_kept(take, address, account):
    lease = take(ttl_s=5.0)
    name = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %(it)s"
    assert execute(address, name, it=f"tradewind lease {account}") == [(True,)]

    assert lease.renew()
    assert lease.still_there()


def test_whoever_holds_the_lock_of_the_dead_one_does_not_wait(take, tmp_path):
    """The same machine: the operating system says that the former is dead."""
    first = take(local=lock_account(tmp_path, 0))
    first._local.release()  # as the system does when it dies
    second = take(local=lock_account(tmp_path, 0))
    second._local.release()
    (tmp_path / "other").mkdir()
    with pytest.raises(LockHeld):
        take(local=lock_account(tmp_path / "other", 0))

    assert second.epoch == first.epoch + 1


def test_the_epoch_of_a_lease_cannot_fall(take, address):
    take()
    for statement in ("UPDATE trading.leases SET epoch = epoch - 1", "DELETE FROM trading.leases"):
        with pytest.raises(Exception, match="only rises"):
            execute(address, statement)


def test_who_was_overtaken_writes_nothing_renews_nothing_and_the_successor_waits(address, account, tmp_path):
    """The lease in the journal, the row, and two folders: two machines, one account."""
    clock = Clock()
    ours = PostgresLease.take(address, account, lock_account(tmp_path / "a" / account, 0), thread=False)
    with opened(address, tmp_path / "a" / account, lease=ours) as journal:
        lease = Lease.take(journal, "first", 5.0, clock, lock=ours)
        write(journal, 1, lease.epoch)
        expire(address, account)
        theirs = PostgresLease.take(address, account, lock_account(tmp_path / "b" / account, 0), thread=False)
        # From here on the first is out, though the second has not written a word.
        journal.append("events", events(50))
        with pytest.raises(Fenced):
            journal.commit(lease.epoch)
        with pytest.raises(Fenced):
            lease.renew()
        assert not lease.may_write(1.0)
        with opened(address, tmp_path / "b" / account, lease=theirs) as other:
            successor = Lease.take(other, "second", 5.0, clock, lock=theirs, lateness_s=2.0)
            assert successor.epoch == lease.epoch + 1
            assert successor.waits_s == 7.0
            assert told(other) == [("events", events(6, 3).tobytes()), *expected(2)[-2:]]
            successor.release()
        lease.release()


def test_a_journal_is_not_written_without_the_lease_once_there_is_one(address, account, tmp_path):
    with opened(address, tmp_path / account) as journal:
        write(journal, 1)
    with opened(address, tmp_path / account, exclusive=False) as journal:
        journal.append("events", events(1))
        with pytest.raises(Fenced):
            journal.commit(9)


def started(address, folder):
    """Return a process that leads, once it does."""
    paths = [*sys.path, str(Path(__file__).parents[1] / "live" / "journal")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = (sys.executable, Path(__file__).parent / "leading_process.py", address.host, folder)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("leads")
    return process


@pytest.fixture
def leader(address, account, tmp_path):
    """A leading process, on a machine of its own."""
    process = started(address, tmp_path / "there" / account)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_stopped_leader_is_overtaken_when_its_lease_runs_out_and_never_writes_again(
    leader, address, account, tmp_path
):
    os.kill(leader.pid, signal.SIGSTOP)
    os.waitpid(leader.pid, os.WUNTRACED)
    here = tmp_path / "here" / account
    lock = PostgresLease.take(address, account, lock_account(here, 0), ttl_s=10.0, wait_s=60.0)
    with opened(address, here, lease=lock) as journal:
        lease = Lease.take(journal, "second", 1.0, lock=lock, lateness_s=0.1)
        taken = journal.position.commit
        assert lease.waits_s > 0
        os.kill(leader.pid, signal.SIGCONT)
        for line in leader.stdout:
            if "fenced" in line:
                assert line.strip().endswith("may write False")
                break
        else:
            raise AssertionError("it ended without saying that it was fenced")
        leader.wait()
        assert journal.refresh() == taken
        assert journal.check() is None
        lease.release()


def test_a_killed_leader_is_followed_at_once_on_its_own_machine_and_later_elsewhere(leader, address, account, tmp_path):
    leader.kill()
    leader.wait()
    with pytest.raises(LockHeld, match="runs out in"):
        PostgresLease.take(address, account, lock_account(tmp_path / "here" / account, 0))

    with opened(address, tmp_path / "there" / account) as journal:
        assert journal.check() is None
        write(journal, 1, journal.position.epoch)
