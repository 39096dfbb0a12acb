"""Real processes fight for one account, stopped, continued and killed by a seed: never two of them may send."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from journal_cases import opened
from lease_fighter import MARGIN_S
from test_lease import stop

from tradewind.adapters.brokers.oanda.broker import CAPABILITIES as OANDA
from tradewind.adapters.lease import boottime
from tradewind.adapters.lease_arithmetic import SECOND, Former, takeover_wait
from tradewind.live.start import LEASE_S

TAKE_OVER_WITHIN_S = 20.0


class Sent(NamedTuple):
    """One request that a process would have sent."""

    at: int
    """ns of the machine's clock, when it was on its way."""
    epoch: int
    took: int
    """ns between the last look at the lease and the request."""


class Fighter:
    """A process, started again when it was killed."""

    def __init__(self, folder, number, how, chance):
        """It fights."""
        self.out = folder / f"fighter-{number}"
        self.out.touch()
        clock = chance.randrange(10**6) * SECOND, 1 + chance.uniform(-0.01, 0.01)
        self.command = [sys.executable, str(Path(__file__).parent / "lease_fighter.py"), str(folder), str(self.out),
                        how, *map(str, clock)]  # fmt: skip
        self.start()

    def start(self):
        """It is a new process."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
        self.process = subprocess.Popen(self.command, env=environment)

    def kill(self):
        """It is no more."""
        self.process.kill()
        self.process.wait()

    def sent(self):
        """Return what it would have sent."""
        lines = [line.split() for line in self.out.read_text(encoding="ascii").splitlines()]
        return [
            Sent(int(at), int(epoch), int(at) - int(looked))
            for epoch, looked, at in (one for one in lines if len(one) == 3)
        ]


class Fight:
    """What came of one schedule."""

    def __init__(self, folder, seed, *, turns):
        """It is over; everything is in `sent`, and how long take-overs took in `gaps`, s."""
        chance = random.Random(seed)
        opened(folder).close()  # whoever makes a journal is alone: a live desk has the folder's lock
        self.how = ("locked", "unlocked")[seed % 2]
        self.fighters = [Fighter(folder, number, self.how, chance) for number in range(2 + seed % 2)]
        self.gaps, self.kinds = [], []
        try:
            self.until_sent_after(0)
            for _ in range(turns):
                time.sleep(chance.uniform(0.1, 0.5))
                self.turn(chance)
        finally:
            for one in self.fighters:
                one.kill()
        self.sent = sorted(each for one in self.fighters for each in one.sent())

    def leader(self):
        """Return who sent last."""
        return max(self.fighters, key=lambda one: max(one.sent(), default=Sent(0, 0, 0)))

    def until_sent_after(self, moment, epoch=0):
        """Return when something was sent after a moment by a leader newer than `epoch`."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for one in self.fighters:
                for each in one.sent():
                    if each.at > moment and each.epoch > epoch:
                        return each.at
            time.sleep(0.01)
        raise AssertionError("nobody leads")

    def turn(self, chance):
        """The leader is killed, or stopped for a while; the others are alive."""
        leader = self.leader()
        epoch = max(one.epoch for one in leader.sent())
        what = chance.choice(("kill", "short stop", "long stop"))
        self.kinds.append(what)
        if what == "kill":
            killed = boottime()
            leader.kill()
            self.gaps.append((self.until_sent_after(killed, epoch) - killed) / SECOND)
            leader.start()
            return
        stop(leader.process)
        time.sleep(chance.uniform(0.05, 0.5) if what == "short stop" else chance.uniform(1.0, 2.5))
        leader.process.send_signal(signal.SIGCONT)
        self.until_sent_after(boottime())

    def offences(self):
        """Return requests of an older leader after the first of a newer."""
        first = {}
        for one in self.sent:
            first.setdefault(one.epoch, one.at)
        # A request that was stopped for longer than the margin on its way is one that expires at the broker.
        return [
            (one, epoch)
            for one in self.sent
            for epoch, at in first.items()
            if epoch > one.epoch and one.at > at and (self.how == "locked" or one.took < MARGIN_S * SECOND)
        ]


def fights(folder, seeds, turns):
    """In none of the schedules were there two leaders, and every dead one was followed in time."""
    sent = leaders = 0
    gaps, kinds = [], []
    for seed in seeds:
        place = folder / str(seed)
        place.mkdir()
        fight = Fight(place, seed, turns=turns)
        assert fight.offences() == [], f"seed {seed}"
        sent += len(fight.sent)
        leaders += len({one.epoch for one in fight.sent})
        gaps += fight.gaps
        kinds += fight.kinds
    print(f"{len(seeds)} schedules, {len(kinds)} faults: {sent} requests of {leaders} leaders, "
          f"take-over after a kill at most {max(gaps, default=0):.2f} s of {len(gaps)}")  # fmt: skip
    assert leaders > len(seeds)
    assert max(gaps, default=0) < TAKE_OVER_WITHIN_S


def test_processes_that_are_stopped_and_killed_never_lead_at_once(tmp_path):
    """Two schedules, one with the lock of the system and one without."""
    fights(tmp_path, range(2), 3)


@pytest.mark.soak
def test_a_hundred_schedules_of_processes_never_lead_at_once(tmp_path):
    """T13 of the target figures; ten thousand without processes are in test_lease_schedules.py."""
    fights(tmp_path, range(100, 200), 3)


@pytest.mark.parametrize("lateness", [0.0, OANDA.lateness_s])
def test_on_the_same_machine_nobody_waits_for_a_dead_leader_and_elsewhere_as_long_as_it_may_still_act(lateness):
    """With the lease of a live desk: the lock proves the death here; on another machine its lease has to end first."""
    former = Former(round(LEASE_S * SECOND), released=False, lock="boot-1-2")

    assert takeover_wait(former, "boot-1-2", round(lateness * SECOND)) == 0
    assert takeover_wait(former, "boot-9-9", round(lateness * SECOND)) == round((LEASE_S + lateness) * SECOND)
