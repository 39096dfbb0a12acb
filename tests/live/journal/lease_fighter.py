"""One of several processes that want one account: notes whenever it would send, and when, on the machine's clock.

Its own clock has another beginning and runs a little faster or slower. It takes the lease when nobody has written for
a while, gives up when it was overtaken, and then begins anew. Killed and stopped from outside.
"""

import sys
import time
from pathlib import Path

from journal_cases import events, opened

from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import Fenced, JournalBusy
from tradewind.adapters.lease import Lease, boottime, lock_account

TTL_S, MARGIN_S, LATENESS_S = 0.8, 0.2, 0.2
QUIET_S = 0.4
"""Whoever waits takes the lease when nobody has written for so long."""


def fight(folder, out, *, locked, offset, rate):
    """It wants to lead until it is killed."""

    def clock():
        return int(boottime() * rate) + offset

    with Path(out).open("a", encoding="ascii", buffering=1) as told:
        while True:
            try:
                lead(folder, told, clock, locked=locked)
            except (Fenced, JournalBusy, LockHeld):
                time.sleep(0.02)


def lead(folder, told, clock, *, locked):
    """It waits for its turn, leads, and notes every request it would send, until it is overtaken."""
    lock = lock_account(folder, 0) if locked else None
    try:
        with opened(folder, exclusive=False, busy_s=0.05) as journal:
            if not locked:
                wait_for_quiet(journal)
            lease = Lease.take(journal, out_name(told), TTL_S, clock, lock=lock, lateness_s=LATENESS_S)
            number = 0
            while True:
                number += 1
                lease.renew()
                before = boottime()
                if lease.may_write(MARGIN_S):
                    told.write(f"{lease.epoch} {before} {boottime()}\n")
                journal.append("events", events(number))
                journal.commit(lease.epoch)
                time.sleep(0.005)
    finally:
        if lock is not None:
            lock.release()


def out_name(told):
    """Return who it is."""
    return Path(told.name).stem


def wait_for_quiet(journal):
    """Nobody has written for a while."""
    since, head = time.monotonic(), journal.refresh()
    while time.monotonic() - since < QUIET_S:
        time.sleep(0.01)
        if (now := journal.refresh()) != head:
            since, head = time.monotonic(), now


if __name__ == "__main__":
    fight(Path(sys.argv[1]), sys.argv[2], locked=sys.argv[3] == "locked", offset=int(sys.argv[4]),
          rate=float(sys.argv[5]))  # fmt: skip
