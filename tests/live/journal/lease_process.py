"""A trader of its own process: takes the lease, then says every few milliseconds whether it might send, and commits."""

import sys
import time
from pathlib import Path

from journal_cases import events, opened

from tradewind.adapters.journal import Fenced
from tradewind.adapters.lease import Heart, Lease, lock_account

TTL_S, MARGIN_S = 1.0, 0.2


def live(folder, *, locked):
    """It leads until it is fenced or killed, and prints what it does."""
    journal = opened(folder, exclusive=locked)
    lock = lock_account(folder, time.time_ns()) if locked else None
    lease = Lease.take(journal, "first", TTL_S, lock=lock)
    heart = Heart(0.5)
    print(f"leads {lease.epoch}", flush=True)
    number = 0
    while True:
        number += 1
        # The order of a real one: look at the clock right before the request.
        may = lease.may_write(MARGIN_S)
        pause = heart.beat()
        if pause:
            print(f"paused {pause.stopped / 1e9:.3f} may write {may}", flush=True)
        journal.append("events", events(number))
        try:
            journal.commit(lease.epoch)
            lease.renew()
        except Fenced:
            print(f"fenced may write {lease.may_write(MARGIN_S)}", flush=True)
            return
        if number % 10 == 0:
            print("beat", flush=True)
        time.sleep(0.005)


live(Path(sys.argv[1]), locked=sys.argv[2] == "locked")
