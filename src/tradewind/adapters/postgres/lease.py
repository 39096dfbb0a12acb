"""Who leads an account, for all machines: a row that runs out unless its holder renews it, by the server's clock.

Whoever wants the row while it runs is refused and told who has it. Each taking raises its epoch, which the server
demands with every block of the journal: a holder that was stopped, or cut off, and comes back after another took over
writes nothing any more. Against what such a holder still sends to the broker there are the waits of
`lease_arithmetic`, counted from the same row.

The row is renewed every quarter of its life by a thread, which stands still when the process does. Where a successor
holds the very lock of the operating system that the former held, the former is dead, and nobody waits for its row.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import psycopg

from tradewind.adapters.address import Address
from tradewind.adapters.file_lock import LockHeld
from tradewind.adapters.journal import JournalBusy
from tradewind.adapters.lease import Lock, boottime
from tradewind.adapters.lease_arithmetic import SECOND
from tradewind.adapters.postgres.connection import translated
from tradewind.adapters.postgres.session import Patience, Session, is_busy
from tradewind.errors import TradewindError

NONE_YET = """INSERT INTO trading.leases
VALUES (%s, 0, '', '', 1, clock_timestamp(), clock_timestamp()) ON CONFLICT (account) DO NOTHING"""
FOUND = """SELECT epoch, holder, lock, taken, expires > clock_timestamp(),
    extract(epoch FROM expires - clock_timestamp())::float8
FROM trading.leases WHERE account = %s FOR UPDATE"""
"""The strongest lock, which waits for every commit that is under way."""
TAKE = """UPDATE trading.leases SET epoch = %s, holder = %s, lock = %s, ttl_ms = %s::bigint, taken = clock_timestamp(),
    expires = clock_timestamp() + %s::bigint * interval '1 millisecond' WHERE account = %s"""
RENEW = """UPDATE trading.leases SET expires = clock_timestamp() + ttl_ms * interval '1 millisecond'
WHERE account = %s AND epoch = %s RETURNING epoch"""
RELEASE = "UPDATE trading.leases SET expires = clock_timestamp() WHERE account = %s AND epoch = %s"
RETRY_S = 0.1
SETTING = "tradewind.lease"
"""What a connection says of itself to be let write."""


class Terms(NamedTuple):
    """How a lease is taken."""

    ttl_s: float = 10.0
    holder: str = ""
    """What a person who is refused reads; else this machine and process."""
    wait_s: float = 0.0
    """So long it waits for a row that runs."""
    monotonic: Callable[[], int] = boottime
    """ns; does not stand still in sleep."""
    thread: bool = True
    """Whether it renews itself."""


class PostgresLease:
    """The lease on one account, held until `release`, or until it was not renewed for its time and another took it."""

    def __init__(self, session: Session, account: str, terms: Terms, local: Lock | None) -> None:
        """Made by `take`."""
        self.account = account
        self.identity = local.identity if local is not None else ""
        """Of the lock on this machine: whoever holds it next knows that we are dead."""
        self.epoch = 0
        self._terms, self._local, self._session = terms, local, session
        self._renewed = 0
        self._lost = False
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def take(cls, address: Address, account: str, local: Lock | None = None, **terms: Any) -> Self:
        """The account is led from here; LockHeld says who leads it, and for how long still.

        `local` is a lock of this machine on the account, such as that on its folder; it is released with the lease.
        """
        chosen = Terms(**terms)
        session = Session(address, f"tradewind lease {account}", patience=Patience(outage_s=1.0))
        lease = cls(session, account, chosen, local)
        try:
            with translated(f"No lease on the account {account}"):
                lease._take()
        except BaseException:
            lease._session.close()
            raise
        if chosen.thread:
            lease._thread = threading.Thread(target=lease._keep, name=f"lease {account}", daemon=True)
            lease._thread.start()
        return lease

    @property
    def settings(self) -> dict[str, str]:
        """What a connection has to say to write the journal of the account."""
        return {SETTING: str(self.epoch)}

    def _take(self) -> None:
        """The row is ours; LockHeld says whose it is."""
        until = self._terms.monotonic() + round(self._terms.wait_s * SECOND)
        while (held := self._tried()) is not None:
            if self._terms.monotonic() >= until:
                raise held
            time.sleep(RETRY_S)

    def _tried(self) -> LockHeld | None:
        """The row is ours, or the error that says whose it is."""
        self._session.ask(NONE_YET, (self.account,))
        begun = self._terms.monotonic()
        try:
            with self._session.transaction() as cursor:
                (row,) = cursor.execute(FOUND, (self.account,)).fetchall()
                epoch, holder, lock, since, runs, left = row
                if runs and not (self.identity and lock == self.identity):
                    return _held(self.account, holder, f"{since:%Y-%m-%dT%H:%M:%S+00:00}", left)
                ttl = round(self._terms.ttl_s * 1000)
                mine = self._terms.holder or f"process {os.getpid()} on {socket.gethostname()}"
                cursor.execute(TAKE, (epoch + 1, mine, self.identity, ttl, ttl, self.account))
        except psycopg.Error as error:
            if is_busy(error):
                raise JournalBusy(f"The lease on {self.account} is locked.", "Try again.") from error
            raise
        self.epoch, self._renewed = epoch + 1, begun
        return None

    def renew(self) -> bool:
        """Whether the row is still ours; it runs from the moment this was called."""
        with self._one_at_a_time:
            begun = self._terms.monotonic()
            if not self._session.ask(RENEW, (self.account, self.epoch)):
                self._lost = True
                return False
            self._renewed = begun
            return True

    def _keep(self) -> None:
        """The row is renewed until it is lost or released; a server that is away is asked again and again."""
        pause = self._terms.ttl_s / 4
        while not self._lost and not self._stop.wait(pause):
            pause = min(self._terms.ttl_s / 4, RETRY_S)
            with contextlib.suppress(psycopg.Error, TradewindError):
                self.renew()
                pause = self._terms.ttl_s / 4

    def still_there(self) -> bool:
        """Whether others who want the account are still refused, here and everywhere.

        One that could not be renewed in time, because the server was away, is asked for once more: it may be ours yet.
        """
        if not self._runs():
            with contextlib.suppress(psycopg.Error, TradewindError):
                self.renew()
        return not self._lost and self._runs() and (self._local is None or self._local.still_there())

    def _runs(self) -> bool:
        return self._terms.monotonic() < self._renewed + round(self._terms.ttl_s * SECOND)

    def release(self) -> None:
        """Others can have it at once."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if not self._lost:
            self._lost = True
            with contextlib.suppress(psycopg.Error, TradewindError):
                self._session.once(RELEASE, (self.account, self.epoch))
        self._session.close()
        if self._local is not None:
            self._local.release()


def _held(account: str, holder: str, since: str, left: float) -> LockHeld:
    return LockHeld(
        f"The account {account} is in use by {holder}, since {since}.",
        f"Stop that one first; if it is dead, its lease runs out in {max(left, 0):.0f} s.",
        {"holder": holder, "since": since, "left_s": left},
    )
