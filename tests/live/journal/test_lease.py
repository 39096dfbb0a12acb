"""One leader, with real files, a real journal and real processes that are stopped and killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from journal_cases import events, opened

from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import Fenced, JournalBusy
from tradewind.adapters.lease import Heart, Lease, lock_account
from tradewind.adapters.lease_arithmetic import SECOND, Former, Pause, Pulse, Tenure, pause_since, takeover_wait
from tradewind.errors import BadData


class Clock:
    """A clock that is set by hand, seconds."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return round(self.seconds * SECOND)


def test_the_epoch_rises_with_every_leader(tmp_path):
    for epoch in (1, 2, 3):
        with opened(tmp_path) as journal:
            lease = Lease.take(journal, "me", 5.0, Clock())
            assert lease.epoch == epoch
            journal.append("events", events(1))
            journal.commit(lease.epoch)


def test_a_lease_ends_by_its_own_clock_unless_it_is_renewed(tmp_path):
    clock = Clock()
    with opened(tmp_path) as journal:
        lease = Lease.take(journal, "me", 5.0, clock)
        clock.seconds += 3.9
        assert lease.may_write(1.0)
        clock.seconds += 0.1
        assert lease.refusal(1.0) == "the lease was last renewed 4.0 s ago"
        lease.renew()
        assert lease.may_write(1.0)
        assert lease.held_for_s == 4.0
        clock.seconds -= 1
        assert lease.refusal(1.0) == "the clock ran backwards"


def test_whoever_was_overtaken_is_told_and_stays_out(tmp_path):
    with opened(tmp_path) as journal, opened(tmp_path, exclusive=False) as other:
        lease = Lease.take(journal, "first", 5.0, Clock())
        successor = Lease.take(other, "second", 5.0, Clock())
        for _ in range(2):
            with pytest.raises(Fenced):
                lease.renew()
            assert lease.refusal(1.0) == "another leader took over"
        journal.append("events", events(1))
        with pytest.raises(Fenced):
            journal.commit(lease.epoch)
        assert successor.epoch == 2


def test_the_successor_waits_for_the_longest_the_former_may_write(tmp_path):
    clock = Clock()
    with opened(tmp_path) as journal:
        Lease.take(journal, "first", 5.0, clock)
        lease = Lease.take(journal, "second", 1.0, clock, lateness_s=2.0)
        assert lease.waits_s == 7.0
        clock.seconds += 6.9
        lease.renew()
        assert lease.refusal(0.5) == "the former leader may be writing for another 0.1 s"
        clock.seconds += 0.2
        assert lease.may_write(0.5)


def test_nobody_waits_for_a_leader_that_said_it_was_done_or_whose_lock_is_held(tmp_path):
    with opened(tmp_path) as journal:
        lease = Lease.take(journal, "first", 5.0, Clock(), lock=lock_account(tmp_path, 0))
        with pytest.raises(LockHeld, match=r"The account .* is in use by process \d+, since 1970-01-01T00:00:00"):
            lock_account(tmp_path, 0)
        lease.release()
        assert not lease.may_write(0.0)
        second = Lease.take(journal, "second", 5.0, Clock(), lateness_s=2.0)
        assert second.waits_s == 0
        third = Lease.take(journal, "third", 5.0, Clock(), lock=lock_account(tmp_path, 0), lateness_s=2.0)
        assert third.waits_s == 7.0  # the second held no lock: nobody knows


def test_a_lock_whose_file_was_deleted_is_no_lock_any_more(tmp_path):
    with opened(tmp_path) as journal:
        lease = Lease.take(journal, "first", 5.0, Clock(), lock=lock_account(tmp_path, 0))
        (tmp_path / "lease").unlink()
        with pytest.raises(Fenced, match="was lost"):
            lease.renew()
        lease.release()


def test_a_lease_of_no_time_is_refused(tmp_path):
    with opened(tmp_path) as journal:
        for wrong in ({"ttl_s": 0}, {"ttl_s": 1.0, "latenes": 3}):
            with pytest.raises(BadData):
                Lease.take(journal, "me", **wrong)


@pytest.mark.parametrize(
    ("former", "lock", "wait"),
    [
        (None, "", 0),
        (Former(5, released=False, lock=""), "", 7),
        (Former(5, released=False, lock=""), "a", 7),
        (Former(5, released=False, lock="a"), "b", 7),
        (Former(5, released=False, lock="a"), "", 7),
        (Former(5, released=False, lock="a"), "a", 0),
        (Former(5, released=True, lock=""), "", 0),
        (Former(5, released=True, lock="", owed=6), "", 6),
        (Former(5, released=False, lock="a", owed=6), "a", 6),
        (Former(5, released=False, lock="", owed=9), "", 9),
    ],
)
def test_how_long_a_successor_waits(former, lock, wait):
    assert takeover_wait(former, lock, 2) == wait


@pytest.mark.parametrize(("now", "allowed"), [(9, False), (10, True), (13, True), (14, False), (15, False), (7, False)])
def test_when_a_holder_may_write(now, allowed):
    tenure = Tenure(1, ttl=6, taken=8, writes_from=10, renewed=9)

    assert (tenure.refusal(now, margin=1) == "") is allowed
    assert tenure._replace(lost=True).refusal(now, margin=1)


@pytest.mark.parametrize(
    ("ran", "slept", "pause"),
    [
        (1, 0, None),
        (2, 0, None),
        (3, 0, Pause(3, 0)),
        (1, 50, Pause(0, 50)),
        (9, 50, Pause(9, 50)),
        (1, 1, None),
    ],
)
def test_a_pause_is_told_from_a_sleep(ran, slept, pause):
    assert pause_since(Pulse(100, 500), Pulse(100 + ran, 500 + ran + slept), longest=2) == pause


def test_the_heart_notices_time_it_did_not_see():
    monotonic, boot = Clock(), Clock()
    heart = Heart(1.0, monotonic, boot)
    monotonic.seconds += 0.5
    boot.seconds += 0.5
    assert heart.beat() is None
    boot.seconds += 30.0
    assert heart.beat() == Pause(0, 30 * SECOND)
    assert heart.beat() is None


def started(folder, how):
    """Return a process that leads, once it does."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = (sys.executable, Path(__file__).parent / "lease_process.py", folder, how)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("leads")
    return process


def stop(process):
    """The process is stopped: the system says so."""
    os.kill(process.pid, signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def line_with(process, word):
    """Return the next line that has a word in it."""
    for line in process.stdout:
        if word in line:
            return line.strip()
    raise AssertionError(f"it ended without saying {word!r}")


@pytest.fixture
def leader(tmp_path, request):
    process = started(tmp_path, request.param)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("leader", ["locked"], indirect=True)
def test_a_stopped_leader_keeps_its_lock_and_a_dead_one_does_not(tmp_path, leader):
    stop(leader)
    with pytest.raises(LockHeld, match=f"in use by process {leader.pid}"):
        lock_account(tmp_path, 0)
    with pytest.raises(LockHeld, match=f"in use by process {leader.pid}"):
        opened(tmp_path)
    leader.kill()
    leader.wait()

    with opened(tmp_path) as journal:
        lease = Lease.take(journal, "second", 1.0, lock=lock_account(tmp_path, 0), lateness_s=9.0)
        assert lease.epoch == 2
        assert lease.may_write(0.1)


def stopped_and_overtaken(leader, folder):
    """Return a journal and the lease that another took while the leader was stopped, not within a commit."""
    while True:
        stop(leader)
        journal = opened(folder, exclusive=False, busy_s=0.1)
        try:
            return journal, Lease.take(journal, "second", 1.0, lateness_s=0.1)
        except JournalBusy:  # whoever is stopped within a commit holds the database until it is killed or goes on
            journal.close()
            leader.send_signal(signal.SIGCONT)
            line_with(leader, "beat")


@pytest.mark.parametrize("leader", ["unlocked"], indirect=True)
def test_a_leader_that_was_stopped_while_another_took_over_never_writes_again(tmp_path, leader):
    journal, lease = stopped_and_overtaken(leader, tmp_path)
    with journal:
        taken = journal.position.commit
        assert lease.waits_s > 0
        while not lease.may_write(0.2):  # its own wait outlasts the lease of the first
            lease.renew()
        leader.send_signal(signal.SIGCONT)

        assert line_with(leader, "fenced").endswith("may write False")
        leader.wait()
        journal.refresh()
        assert journal.position.commit == taken
