"""A trader of its own process: takes the lease, then commits and says every few milliseconds whether it might send.

leading_process.py HOST FOLDER
"""

import sys
import time
from pathlib import Path

from journal_cases import events
from served_journals import opened

from tradewind.adapters.address import Address
from tradewind.adapters.journal import Fenced
from tradewind.adapters.lease import Lease, lock_account
from tradewind.adapters.postgres.lease import PostgresLease

TTL_S, MARGIN_S = 1.0, 0.2


def live(address, folder):
    """It leads until it is fenced or killed, and prints what it does."""
    lock = PostgresLease.take(address, folder.name, lock_account(folder, time.time_ns()), ttl_s=TTL_S)
    journal = opened(address, folder, lease=lock)
    lease = Lease.take(journal, "first", TTL_S, lock=lock)
    print(f"leads {lease.epoch}", flush=True)
    number = 0
    while True:
        number += 1
        journal.append("events", events(number))
        try:
            journal.commit(lease.epoch)
            lease.renew()
        except Fenced:
            print(f"fenced may write {lease.may_write(MARGIN_S)}", flush=True)
            return
        time.sleep(0.005)


live(Address("postgresql", "tradewind", sys.argv[1], 5432, "postgres"), Path(sys.argv[2]))
