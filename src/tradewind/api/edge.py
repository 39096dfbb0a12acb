"""What is refused before a route hears of it: bodies too large, too many requests, pages of other sites; and headers.

Plain ASGI, so that streams pass through untouched.
"""

import ipaddress
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

LARGEST_BODY = 1_048_576
LARGEST_UPLOAD = 512 * 1_048_576
UPLOADS = "/api/v1/imports"
"""Where files are taken; they are streamed to disk, never into memory."""
STILL = ("/_nicegui/", "/ui/")
"""Scripts and styles of pages, dozens at once; they cost nothing and are not counted."""
A_SECOND, AT_ONCE = 50.0, 200.0
"""Requests of one address."""
WRONG_A_MINUTE = 30.0
"""Passwords and long tokens of one address that were wrong."""
DOORS = frozenset({"/login", "/session", "/api/v1/login", "/api/v1/renew"})
"""Where people come in: who shows too much that is wrong waits here, and nobody who is in already waits with them."""
KILL = "/api/v1/kill"
"""Never told to wait: on one machine all have one address, and another's flood must not keep anybody from stopping."""
MOST_ADDRESSES = 10_000
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NAMED = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")
"""A host with or without a port."""
App = Callable[..., Any]


class Bucket:
    """Tokens that come back with time."""

    __slots__ = ("left", "seen")

    def __init__(self, left: float, seen: float) -> None:
        self.left, self.seen = left, seen

    def take(self, now: float, rate: float, most: float) -> bool:
        """Whether one was left."""
        self.left = min(most, self.left + (now - self.seen) * rate)
        self.seen = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class Edge:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: App,
        hosts: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
        peers: Sequence[ipaddress.IPv4Network] = (),
        answered: Callable[[str, int, float, bool], None] = lambda *_: None,
    ) -> None:
        """`hosts` are the names this server is known by, besides its own addresses.

        `peers` are the networks whose members are answered; none: everybody is. `answered` hears of
        each answer: method, status, seconds, whether it was asked where people come in.
        """
        self.answered = answered
        self.app, self.hosts, self.clock, self.peers = app, hosts, clock, peers
        self.requests: OrderedDict[str, Bucket] = OrderedDict()
        self.wrong: OrderedDict[str, Bucket] = OrderedDict()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The request is passed on, or answered here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        address = scope["client"][0] if scope.get("client") else "-"
        refused = self._refused(scope, headers, address)
        if refused is not None:
            self.answered(scope.get("method", "stream"), refused[0], 0.0, scope["path"] in DOORS)
            await _refuse(scope, receive, send, *refused)
            return
        await self.app(scope, _limited(receive, _largest(scope)), self._dressed(scope, send, address))

    def _refused(self, scope: Any, headers: dict[bytes, bytes], address: str) -> tuple[int, str] | None:
        if self.peers and not self._near(address):
            return 403, "Without a certificate this server answers its own machine alone."
        host, origin = (headers.get(name, b"").decode("latin-1") for name in (b"host", b"origin"))
        if not self._ours(host):
            return 400, f"This server is not {host[:80]!r}."  # a name somebody else's page pointed at us
        if origin and not self._same(origin, host):
            return 403, "The request comes from another site's page."
        path = scope["path"]
        counted = path != KILL and not path.startswith(STILL)
        if counted and not self._bucket(self.requests, address).take(self.clock(), A_SECOND, AT_ONCE):
            return 429, "Too many requests."
        if path in DOORS and not self._wrong_left(address):
            return 429, "Too many wrong passwords."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 18:
            return 400, "The length is no number."
        return (413, f"At most {_largest(scope):,} bytes are taken.") if int(length) > _largest(scope) else None

    def _near(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address):
            return found.is_loopback
        return any(found in network for network in self.peers)

    def _ours(self, host: str) -> bool:
        match = NAMED.fullmatch(host)
        return (
            match is not None and match[1].strip("[]") in {"127.0.0.1", "localhost", "::1", "testserver"} | self.hosts
        )

    def _same(self, origin: str, host: str) -> bool:
        try:
            return urlsplit(origin).netloc == host
        except ValueError:  # no address at all
            return False

    def _bucket(self, buckets: OrderedDict[str, Bucket], address: str) -> Bucket:
        bucket = buckets.get(address)
        if bucket is None:
            bucket = buckets[address] = Bucket(AT_ONCE if buckets is self.requests else WRONG_A_MINUTE, self.clock())
            while len(buckets) > MOST_ADDRESSES:
                buckets.popitem(last=False)
        buckets.move_to_end(address)
        return bucket

    def _wrong_left(self, address: str) -> bool:
        bucket = self.wrong.get(address)
        if bucket is None:
            return True
        now = self.clock()
        bucket.left = min(WRONG_A_MINUTE, bucket.left + (now - bucket.seen) * WRONG_A_MINUTE / 60)
        bucket.seen = now
        return bucket.left >= 1.0

    def _dressed(self, scope: Any, send: Any, address: str) -> Any:
        """Return a `send` that adds our headers and counts what was wrong."""
        api, began, method = scope["path"].startswith("/api/"), self.clock(), scope.get("method", "stream")
        at_door = scope["path"] in DOORS

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.answered(method, message["status"], self.clock() - began, at_door)
                if message["status"] == 401 and at_door:
                    self._bucket(self.wrong, address).left -= 1.0
                extra = [*HEADERS, *([API_POLICY, (b"cache-control", b"no-store")] if api else [])]
                there = {name.lower() for name, _ in message.get("headers", [])}
                more = [one for one in extra if one[0] not in there]
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        return dressed


def _largest(scope: Any) -> int:
    return LARGEST_UPLOAD if scope.get("path") == UPLOADS else LARGEST_BODY


class TooLarge(Exception):  # noqa: N818 - reads as what it is
    """More came than was announced or is taken."""


def _limited(receive: Any, largest: int) -> Any:
    """Return a `receive` that ends where a body grows larger than it may, announced or not."""
    taken = 0

    async def limited() -> Any:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > largest:
                return {"type": "http.disconnect"}
        return message

    return limited


async def _refuse(scope: Any, receive: Any, send: Any, status: int, detail: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": detail})
        return
    told = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail, "instance": scope["path"]}
    headers = [(b"content-type", b"application/problem+json"), *HEADERS, API_POLICY]
    headers += [(b"retry-after", b"1")] if status == 429 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
