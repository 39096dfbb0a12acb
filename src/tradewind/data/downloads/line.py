"""One polite connection to a vendor: one request at a time, at a measured pace, patient with what passes.

What passes (too many requests, a server that is down or slow, an answer that was cut or is no answer) is tried again
after a pause that doubles, with some chance in it so that many of us do not knock together, or after the pause that
the vendor asks for. What does not pass (a refused token, an unknown instrument) ends at once. Time, sleep and chance
are given from outside. A secret goes into one header and nowhere else.
"""

import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Self, TypeVar

import httpx

from tradewind.data.downloads.window import Vendor, Window
from tradewind.data.importers.documents import document
from tradewind.data.series import NS
from tradewind.errors import BadData, TradewindError

TRIES = 7
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
PATIENCE_S = 600.0
"""A vendor that asks for a longer pause than this is left alone until the user comes back."""
SILENCE_S, WHOLE_ANSWER_S = 30.0, 180.0
LARGEST = 64 << 20
"""Bytes of the largest answer."""
AGENT = "tradewind/0.1 (self-hosted trading system; one request at a time)"

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_REFUSED = frozenset({401, 403})

T = TypeVar("T")


class Answer(NamedTuple):
    """What a vendor said; `missing` where it said that there is nothing."""

    content: bytes
    missing: bool


class Timing(NamedTuple):
    """Where time comes from."""

    now: Callable[[], int] = time.time_ns
    sleep: Callable[[float], None] = time.sleep


class _Passing(Exception):  # noqa: N818  it never leaves this module
    """A failure that is worth another try, perhaps after the pause that the vendor asks for."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


class Line:
    """A connection to one vendor; a context that closes it."""

    def __init__(self, vendor: Vendor, timing: Timing | None = None, seed: int | None = None) -> None:
        self._vendor = vendor
        self._timing = timing or Timing()
        self._chance = random.Random(seed)  # noqa: S311  it spreads pauses and protects nothing
        self._asked = -(2**62)
        self.requests = 0
        headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip"}
        if vendor.secret is not None:
            headers |= {"Authorization": f"Bearer {vendor.secret.revealed()}", "Accept-Datetime-Format": "RFC3339"}
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self._client = httpx.Client(base_url=vendor.address, headers=headers, limits=limits, timeout=SILENCE_S)

    def __enter__(self) -> Self:
        """The connection is made when it is needed."""
        return self

    def __exit__(self, *_how: object) -> None:
        """The connection is closed."""
        self._client.close()

    def now(self) -> int:
        """Return the moment, ns UTC."""
        return self._timing.now()

    def get(self, window: Window, understood: Callable[[Answer], T]) -> T:
        """Return what `understood` makes of the vendor's answer; it raises BadData for one that is none."""
        reasons: list[str] = []
        for attempt in range(TRIES):
            self._wait_for_our_turn()
            try:
                return understood(self._ask(window))
            except _Passing as failure:
                reasons.append(str(failure))
                pause = failure.pause_s
            except BadData as failure:
                reasons.append(failure.message)
                pause = 0.0
            if attempt + 1 < TRIES:
                doubled: float = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
                self._timing.sleep(max(pause, doubled * (0.5 + self._chance.random() / 2)))
        raise TradewindError(
            f"{self._vendor.name} did not answer for {window.path} in {TRIES} tries; at last: "
            f"{self._safe(reasons[-1]).rstrip('.')}.",
            "Try again later.",
        )

    def _wait_for_our_turn(self) -> None:
        wait = min(self._vendor.gap_s, self._vendor.gap_s - (self._timing.now() - self._asked) / NS)
        if wait > 0:
            self._timing.sleep(wait)
        self._asked = self._timing.now()

    def _ask(self, window: Window) -> Answer:
        self.requests += 1
        try:
            with self._client.stream("GET", window.path, params=dict(window.params)) as response:
                content = self._body(response)
        except httpx.HTTPError as error:
            raise _Passing(f"{type(error).__name__} {self._safe(str(error))}".strip()) from None
        status = response.status_code
        if status == httpx.codes.OK:
            return Answer(content, missing=False)
        if status in self._vendor.missing:
            return Answer(b"", missing=True)
        if status in _PASSING:
            raise _Passing(f"HTTP {status}", self._asked_pause(response.headers))
        said = self._said(content)
        if status in _REFUSED:
            raise TradewindError(
                f"{self._vendor.name} refused the request (HTTP {status}){said}.",
                "Check the token and whether it is of the practice or of the live service."
                if self._vendor.secret
                else "The vendor may not serve this address.",
            )
        raise TradewindError(
            f"{self._vendor.name} answered {window.path} with HTTP {status}{said}.", "Check the instrument."
        )

    def _body(self, response: httpx.Response) -> bytes:
        began, blocks, size = self._timing.now(), [], 0
        for block in response.iter_bytes():
            blocks.append(block)
            size += len(block)
            if size > LARGEST:
                raise _Passing(f"an answer of more than {LARGEST >> 20} MB")
            if self._timing.now() - began > WHOLE_ANSWER_S * NS:
                raise _Passing(f"an answer that was not complete after {WHOLE_ANSWER_S:g} s")
        return b"".join(blocks)

    def _asked_pause(self, headers: Mapping[str, str]) -> float:
        """Return the seconds that the vendor asks us to wait (RFC 9110, 10.2.3: seconds or a date)."""
        text = headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            pause = float(text[:9])
        else:
            try:
                pause = parsedate_to_datetime(text).timestamp() - self._timing.now() / NS
            except (ValueError, TypeError, OverflowError):
                pause = 0.0
        if pause > PATIENCE_S:
            raise TradewindError(
                f"{self._vendor.name} asks us to wait {pause:,.0f} seconds.", "Run the command again after that."
            )
        return max(pause, 0.0)

    def _said(self, content: bytes) -> str:
        """Return a vendor's own words for what is wrong, if it has any."""
        try:
            found = document(content[:1_000_000], "answer").values.get("errorMessage")
        except BadData:
            return ""
        words = "".join(letter for letter in str(found)[:200] if letter.isprintable())
        return f": {self._safe(words)}" if found else ""

    def _safe(self, text: str) -> str:
        return text if self._vendor.secret is None else self._vendor.secret.without(text)
