"""One leader an account: whoever takes the lease writes the journal and talks to the broker, and nobody else.

Three locks behind one another. A lock of the operating system on the account's folder, held while the process lives.
The epoch in the journal, one higher each time the lease is taken: the database refuses whoever comes with an older one.
And the lease's own clock, looked at immediately before every request, because the broker knows neither. Renewing is a
look at the journal that nobody newer has written; it costs no write, so it can be done as often as anything is sent.
"""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from tradewind.adapters.file_lock import FileLock
from tradewind.adapters.journal import Fenced, Note
from tradewind.adapters.lease_arithmetic import SECOND, Former, Pause, Pulse, Tenure, pause_since, takeover_wait
from tradewind.errors import BadData

KIND = "lease"
"""The kind of the notes."""


class Lock(Protocol):
    """A lock that ends with the process."""

    identity: str

    def still_there(self) -> bool:
        """Whether others who want the lock are still refused."""

    def release(self) -> None:
        """Others can have it."""


class LeaderJournal(Protocol):
    """What a lease needs of a journal."""

    def refresh(self) -> int:
        """What others wrote is known."""

    def newest_epoch(self) -> int:
        """The epoch of the newest leader, 0 where there was none."""

    def last_note(self, kind: str) -> Note | None:
        """The newest note of a kind."""

    def note(self, kind: str, document: Any) -> int:
        """The document waits to be committed."""

    def commit(self, epoch: int) -> int:
        """What waits is durable; raises Fenced."""

    def confirm(self, epoch: int) -> None:
        """Nobody newer has written; raises Fenced."""


def boottime() -> int:
    """Return ns since the machine was started, time asleep included where the system tells it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


def lock_account(folder: Path, now: int) -> FileLock:
    """Return the lock on an account's folder; LockHeld says who trades there, and since when. `now` is ns UTC."""
    since = datetime.fromtimestamp(now / SECOND, UTC).isoformat(timespec="seconds")
    return FileLock(folder / "lease", f"The account {folder.name}", since)


class Lease:
    """Leadership of one account; see `take`."""

    def __init__(
        self, journal: LeaderJournal, tenure: Tenure, wait: int, monotonic: Callable[[], int], lock: Lock | None
    ) -> None:
        """Made by `take`."""
        self._wait = wait
        self._journal = journal
        self._tenure = tenure
        self._monotonic = monotonic
        self._lock = lock

    @classmethod
    def take(
        cls,
        journal: LeaderJournal,
        holder: str,
        ttl_s: float,
        monotonic: Callable[[], int] = boottime,
        **more: Any,
    ) -> Self:
        """The journal has a new leader, durably; it may send once `may_write` says so.

        `more`: `lock`, the lock on the account's folder, or None where there is none; and `lateness_s`, how late the
        broker may still act on what the former leader sent. Raises Fenced where somebody else took it at the same time.
        """
        lock, lateness = more.pop("lock", None), round(more.pop("lateness_s", 0.0) * SECOND)
        if more or ttl_s <= 0:
            raise BadData(f"A lease of {ttl_s} s with {sorted(more)} cannot be taken.", "Give lock and lateness_s.")
        journal.refresh()
        last = journal.last_note(KIND)
        former = None if last is None else former_in(last.document)
        ttl, identity, epoch = round(ttl_s * SECOND), lock.identity if lock else "", journal.newest_epoch() + 1
        begun = monotonic()
        wait = takeover_wait(former, identity, lateness)
        told = {"epoch": epoch, "holder": holder, "pid": os.getpid(), "ttl": ttl, "lock": identity, "owed": wait}
        journal.note(KIND, told)
        journal.commit(epoch)
        return cls(journal, Tenure(epoch, ttl, begun, monotonic() + wait, begun), wait, monotonic, lock)

    @property
    def epoch(self) -> int:
        """The fencing number: higher than every one before."""
        return self._tenure.epoch

    def renew(self) -> None:
        """The lease runs from the moment this was called; raises Fenced where it was lost, now and ever after."""
        begun = self._monotonic()
        if not self._tenure.lost and (self._lock is None or self._lock.still_there()):
            try:
                self._journal.confirm(self.epoch)
            except Fenced:
                self._tenure = self._tenure._replace(lost=True)
                raise
            self._tenure = self._tenure._replace(renewed=begun)
            return
        self._tenure = self._tenure._replace(lost=True)
        raise Fenced("The lease on the account was lost.", "Stop this process; start it again if it shall trade.")

    def remaining_s(self) -> float:
        """Return the seconds for which this process still leads unless it renews; 0 where it does not."""
        if self._tenure.lost:
            return 0.0
        return max(0.0, (self._tenure.renewed + self._tenure.ttl - self._monotonic()) / SECOND)

    def refusal(self, margin_s: float) -> str:
        """Why nothing may be sent now; empty where it may."""
        return self._tenure.refusal(self._monotonic(), round(margin_s * SECOND))

    def may_write(self, margin_s: float) -> bool:
        """Whether a request that ends within the margin may be sent now: asked immediately before every one."""
        return not self.refusal(margin_s)

    @property
    def held_for_s(self) -> float:
        """Seconds since it was taken."""
        return (self._monotonic() - self._tenure.taken) / SECOND

    @property
    def waits_s(self) -> float:
        """Seconds until the former leader cannot be writing any more, 0 where none is feared."""
        return max(0, self._tenure.writes_from - self._monotonic()) / SECOND

    def release(self) -> None:
        """The successor need not wait, and the lock is free; what waits in the journal is committed with it."""
        try:
            if not self._tenure.lost:
                owed = self._wait if self.waits_s else 0
                self._journal.note(KIND, {"epoch": self.epoch, "released": True, "owed": owed})
                self._journal.commit(self.epoch)
        finally:
            self._tenure = self._tenure._replace(lost=True)
            if self._lock is not None:
                self._lock.release()


def former_in(document: Mapping[str, Any]) -> Former:
    """Return the leader that the newest note tells of."""
    return Former(
        document.get("ttl", 0),
        document.get("released", False) is True,
        document.get("lock", ""),
        document.get("owed", 0),
    )


class Heart:
    """Notices that the process or the machine stood still, once every turn of a loop."""

    def __init__(
        self,
        longest_s: float,
        monotonic: Callable[[], int] = time.monotonic_ns,
        including_sleep: Callable[[], int] = boottime,
    ) -> None:
        """A turn takes at most `longest_s`."""
        self._longest = round(longest_s * SECOND)
        self._clocks = (monotonic, including_sleep)
        self._last = self._now()

    def _now(self) -> Pulse:
        return Pulse(*(clock() for clock in self._clocks))

    def beat(self) -> Pause | None:
        """The pause since the last beat, None where there was none to speak of."""
        last, self._last = self._last, self._now()
        return pause_since(last, self._last, self._longest)
