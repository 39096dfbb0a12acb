"""Tickets: a browser cannot send a header with a WebSocket, so it shows one that is good once and for half a minute."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from typing import NamedTuple

from tradewind.adapters.entrance import keys, sessions
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import Principal

LIFE_NS = 30 * 1_000_000_000
MOST = 1_000
"""Tickets nobody has shown yet."""


class Ticket(NamedTuple):
    """Whose it is and how long it opens."""

    who: Principal
    expires_ns: int


class Tickets:
    """Those of one server; a restart forgets them."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._open: dict[bytes, Ticket] = {}

    def make(self, who: Principal) -> tuple[str, int]:
        """Return a new ticket, and until when it opens (ns UTC)."""
        text, expires = secrets.token_urlsafe(32), self.now() + LIFE_NS
        with self._lock:
            for old in [one for one, ticket in self._open.items() if ticket.expires_ns <= self.now()]:
                del self._open[old]
            while len(self._open) >= MOST:
                del self._open[next(iter(self._open))]
            self._open[_digest(text)] = Ticket(who, expires)
        return text, expires

    def take(self, text: str) -> Principal | None:
        """Return whose ticket it was, which opens nothing any more; None for one that is none."""
        with self._lock:
            found = self._open.pop(_digest(text), None)
        return found.who if found is not None and self.now() < found.expires_ns else None


def may_still(entrance: Entrance, who: Principal, now: int) -> bool:
    """Whether somebody who came in earlier may still read: not disabled, revoked, expired or logged out."""
    if who.by == "key":
        prefix = who.name.rpartition("/")[2]
        return any(one.prefix == prefix and not one.revoked and now < one.expires_ns for one in keys.keys(entrance))
    return "read" in (sessions.scopes_now(entrance, who.name, now) or ())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
