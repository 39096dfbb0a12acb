"""Who may write when: the arithmetic of leases, without clocks, files or databases.

A broker cannot check our fencing numbers, so two traders must never both believe that they lead. The one that leads
stops by itself before its lease ends, counted from when its last renewal was *begun*; the one that follows begins only
when the longest lease the former can hold has ended, and whatever it sent last has arrived. Each counts on its own
clock from an event both see, the take-over in the journal, after which the former cannot renew. So the clocks need not
agree; they only have to run equally fast, up to the margin.

What is left is a process that is stopped between its last look at the clock and the write itself. No arithmetic can
help there: the lock of the operating system does, because a stopped process still holds it, and an expiry inside the
request where the broker has one.
"""

from typing import NamedTuple

SECOND = 1_000_000_000


class Tenure(NamedTuple):
    """A lease as its holder sees it: ns of a clock that never jumps and does not stand still in sleep."""

    epoch: int
    ttl: int
    taken: int
    writes_from: int
    """Before this the former may still be writing."""
    renewed: int
    """When the last renewal that succeeded was begun."""
    lost: bool = False

    def refusal(self, now: int, margin: int) -> str:
        """Why nothing may be sent now; empty where it may. `margin` covers the longest request and drift."""
        if self.lost:
            return "another leader took over"
        if now < self.writes_from:
            return f"the former leader may be writing for another {(self.writes_from - now) / SECOND:.1f} s"
        if now < self.renewed:
            return "the clock ran backwards"
        if now >= self.renewed + self.ttl - margin:
            return f"the lease was last renewed {(now - self.renewed) / SECOND:.1f} s ago"
        return ""


class Former(NamedTuple):
    """What the journal tells of the leader before."""

    ttl: int
    released: bool
    lock: str
    """The identity of the lock it held, empty where it held none."""
    owed: int = 0
    """What it had to wait itself, as far as it did not: somebody before it may still be writing."""


def takeover_wait(former: Former | None, lock: str, lateness: int) -> int:
    """Return how long a successor must not send, ns from the moment its take-over is durable.

    Nothing where there was no leader, where it said that it was done, or where we hold the very lock it held: then it
    is dead, and what it sent last stands in the journal as unknown. `lateness` is how late the broker may still act.
    """
    if former is None:
        return 0
    if former.released or (lock and lock == former.lock):
        return former.owed
    return max(former.ttl + lateness, former.owed)


class Pause(NamedTuple):
    """Time that passed without us."""

    stopped: int
    """ns that the process did not run: SIGSTOP, a starved machine, a long collection of garbage."""
    suspended: int
    """ns that the whole machine slept."""


class Pulse(NamedTuple):
    """The last time we are known to have run, on a clock that stands still in sleep and on one that does not."""

    monotonic: int
    boottime: int


def pause_since(last: Pulse, now: Pulse, longest: int) -> Pause | None:
    """Return the pause between two beats of a loop that should beat within `longest` ns; None where there was none."""
    ran = now.monotonic - last.monotonic
    suspended = max(0, now.boottime - last.boottime - ran)
    stopped = ran if ran > longest else 0
    return Pause(stopped, suspended) if stopped or suspended > longest else None
