"""What the API tells of itself: requests as they are answered; from the audit trail, who was refused and who did what.

The trail is the one place where logins and deeds are written down, so it is what is counted; deeds of a shell and of
another process are in it too.
"""

import ssl
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.adapters.entrance import audit
from tradewind.adapters.entrance.users import lock_ends
from tradewind.adapters.job_store import JobStore
from tradewind.api.house import House
from tradewind.errors import TradewindError
from tradewind.metrics.told import Told
from tradewind.settings import Api

if TYPE_CHECKING:
    from tradewind.api.stream.hub import Hub

COMING_IN = ("log in", "renew")
OPEN_JOBS = ("queued", "running")
MOST = 10_000


class ApiFigures:
    """The figures of one API."""

    def __init__(self, told: Told, home: House, wanted: Api) -> None:
        """Deeds are counted from now on; everything that may be counted stands at zero."""
        self.told, self.home, self.wanted = told, home, wanted
        self.hub: Hub | None = None
        self.after = _last(home)
        self.locked = lock_ends(home.entrance)
        self.ended = {one.id for one in JobStore(home.data).list(most=500) if one.state not in OPEN_JOBS}
        self._seconds = told.histogram("tradewind_api_request_seconds")
        for reason in ("log in", "renew", "key or token"):
            told.counter("tradewind_auth_failures_total", reason).inc(0)
        told.counter("tradewind_auth_lockouts_total")
        told.counter("tradewind_token_reuse_total")
        told.counter("tradewind_db_errors_total", TradewindError.__name__).inc(0)

    def answered(self, method: str, status: int, seconds: float, at_door: bool) -> None:
        """A request was answered; of what was refused where people come in, the trail has all but what had to wait."""
        self.told.counter("tradewind_api_requests_total", method, f"{status // 100}xx").inc()
        self._seconds.observe(seconds)
        if status == 401 and not at_door:
            self.told.counter("tradewind_auth_failures_total", "key or token").inc()
        if status == 429 and at_door:
            self.told.counter("tradewind_auth_failures_total", "log in").inc()

    def refresh(self) -> None:
        """What was done since the last time is counted, and how things stand is told."""
        try:
            self._deeds()
            locks = lock_ends(self.home.entrance)  # one of two seconds is over, and still told
            self.told.counter("tradewind_auth_lockouts_total").inc(len(locks.items() - self.locked.items()))
            self.locked = locks
        except TradewindError as error:
            self.told.counter("tradewind_db_errors_total", type(error).__name__).inc()
        self._jobs()
        if self.hub is not None:
            self.told.gauge("tradewind_stream_clients").set(self.hub.listeners)
        if self.wanted.certificate is not None and (ends := ends_at(self.wanted.certificate)):
            self.told.gauge("tradewind_cert_expiry_timestamp_seconds").set(ends)

    def _deeds(self) -> None:
        for one in audit.deeds(self.home.entrance, self.after, MOST):
            self.after = one.number
            if one.action in COMING_IN:
                if one.outcome == "refused":
                    self.told.counter("tradewind_auth_failures_total", one.action).inc()
                if one.about.get("reused"):
                    self.told.counter("tradewind_token_reuse_total").inc()
            else:
                self.told.counter("tradewind_admin_actions_total", one.action).inc()

    def _jobs(self) -> None:
        found = JobStore(self.home.data).list(most=500)
        states = Counter(one.state for one in found)
        for state in OPEN_JOBS:
            self.told.gauge("tradewind_jobs_open", state).set(states[state])
        for one in found:
            if one.state not in OPEN_JOBS and one.id not in self.ended:
                self.ended.add(one.id)
                self.told.counter("tradewind_jobs_total", one.kind, one.state).inc()


def _last(home: House) -> int:
    newest = audit.newest(home.entrance, 1)
    return newest[0].number if newest else 0


def ends_at(certificate: Path) -> float | None:
    """Return when a certificate ends, Unix seconds; None where it cannot be read."""
    try:
        # The only reader of certificates in the standard library; ssl uses it for its own.
        read = getattr(ssl, "_ssl")._test_decode_cert  # noqa: B009, SLF001 - the stubs leave it out
        told = read(str(certificate))
        return float(ssl.cert_time_to_seconds(told["notAfter"]))
    except (OSError, ValueError, KeyError):
        return None
