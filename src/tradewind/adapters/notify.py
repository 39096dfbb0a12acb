"""Notifications to people through Apprise: Telegram, Discord, Slack, e-mail, webhooks, by addresses in a secret file.

The trader only puts a notice into a bounded queue: that takes no lock it could wait for, and never fails. One thread
paces, folds and delivers; each address has its own retries, so that one which is down repeats nothing to the others.
What could not be delivered is tried again with growing pauses, then dropped and counted.

The addresses hold tokens. They come from a file only its owner can read, are named in counts by their scheme and
place ("tgram 1"), and the libraries that would log them are kept quiet.
"""

import contextlib
import heapq
import logging
import random
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import apprise

from tradewind.adapters.notices import Kind, Notice
from tradewind.adapters.pacing import Pacing
from tradewind.errors import BadSettings

URGENT: tuple[Kind, ...] = ("kill", "limit", "reconciliation")
"""They have room in the queue that others may not fill."""
_SECOND = 1_000_000_000
_LARGEST_FILE = 65_536


class Bounds(NamedTuple):
    """What the notifier may use and how hard it tries."""

    queue: int = 500
    reserve: int = 100
    waiting: int = 1_000
    """Messages between first try and delivery, all addresses together."""
    tries: int = 6
    first_pause_s: float = 2.0
    longest_pause_s: float = 300.0


class Counts(NamedTuple):
    """What became of notices and messages so far."""

    delivered: int
    failed: int
    """Tries that failed."""
    dropped: int
    """Messages given up: after the last try, or for want of room."""
    lost: int
    """Notices for which the queue had no room."""
    suppressed: int
    """Notices summed into another message."""


class Address(NamedTuple):
    """Somebody to send to: a name without secrets, and what sends."""

    name: str
    send: Callable[[str, str], bool]
    """Gets title and text; whether it was taken."""


def addresses(path: Path) -> list[Address]:
    """Return the addresses in the file, one Apprise URL a line, # for remarks; BadSettings never shows one."""
    try:
        found = path.stat()
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadSettings(f"{path} can be read by others, and it holds tokens.", f"Close it: chmod 600 {path}")
        if found.st_size > _LARGEST_FILE:
            raise BadSettings(f"{path} is too large for a list of addresses.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BadSettings(f"There is no file of addresses {path}.", "Write one Apprise URL a line.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSettings(f"The addresses in {path} cannot be read: {reason}.") from None
    _quiet()
    places: dict[str, int] = {}
    made = []
    for number, line in enumerate(lines, 1):
        url = line.strip()
        if url and not url.startswith("#"):
            made.append(_address(url, f"line {number} of {path}", places))
    return made


def _address(url: str, where: str, places: dict[str, int]) -> Address:
    scheme = url.partition("://")[0]
    asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
    try:
        service = apprise.Apprise.instantiate(url, asset=asset)
    except Exception:  # noqa: BLE001 - whatever a plug-in raises would show the address
        service = None
    if service is None:
        raise BadSettings(f"Apprise cannot use the address in {where}.", "See Apprise's list of services for its form.")
    one = apprise.Apprise(asset=asset)
    one.add(service)
    known = scheme if scheme.isalnum() else "address"
    places[known] = places.get(known, 0) + 1

    def send(title: str, text: str) -> bool:
        return bool(one.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT))

    return Address(f"{known} {places[known]}", send)


def _quiet() -> None:
    """Apprise and the client below it log addresses, with their tokens, at every level: they log nothing."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


class Notifier:
    """Delivers notices from a thread of its own until it is closed."""

    def __init__(
        self,
        to: Sequence[Address],
        title: str,
        *,
        bounds: Bounds = Bounds(),  # noqa: B008 - an immutable record
        pacing: Pacing | None = None,
        now: Callable[[], int] = time.monotonic_ns,
        chance: random.Random | None = None,
    ) -> None:
        self._to = list(to)
        self._title = title
        self._bounds = bounds
        self._pacing = pacing or Pacing()
        self._now = now
        self._chance = chance or random.Random(0)  # noqa: S311 - it spreads retries, it guards nothing
        self._incoming: deque[Notice] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._retries: list[tuple[int, int, int, Address, str]] = []
        self._number = 0
        self._delivered = self._failed = self._dropped = self._lost = self._lost_told = 0
        self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
        self._thread.start()

    def tell(self, notice: Notice) -> bool:
        """The notice waits to be told; False, and counted, where there is no room. It never waits."""
        room = self._bounds.queue + (self._bounds.reserve if notice.kind in URGENT else 0)
        if self._closing or len(self._incoming) >= room:
            self._lost += 1
            return False
        self._incoming.append(notice)
        self._wake.set()
        return True

    @property
    def counts(self) -> Counts:
        """What became of everything so far."""
        return Counts(self._delivered, self._failed, self._dropped, self._lost, self._pacing.suppressed)

    def close(self, limit_s: float = 5.0) -> Counts:
        """What waits was told once more, as far as the time allows, and the thread ends."""
        self._closing = True
        self._wake.set()
        self._thread.join(limit_s)
        return self.counts

    def _work(self) -> None:
        while not self._closing:
            self._wake.wait(self._pause())
            self._wake.clear()
            # A mistake in here must not end the telling.
            with contextlib.suppress(Exception):
                self._turn(last=False)
        with contextlib.suppress(Exception):
            self._turn(last=True)

    def _pause(self) -> float:
        """Return the seconds until something is due."""
        pause = 1.0 if self._pacing.waiting else 3600.0
        if self._retries:
            pause = min(pause, max(self._retries[0][0] - self._now(), 0) / _SECOND)
        return pause

    def _turn(self, *, last: bool) -> None:
        """Everything that is due was sent."""
        texts: list[str] = []
        while self._incoming:
            texts += self._pacing.offer(self._incoming.popleft(), self._now())
        texts += self._pacing.due(self._now(), all_of_it=last)
        if self._lost > self._lost_told:
            texts.append(f"{self._lost - self._lost_told} notices were lost: there were too many at once.")
            self._lost_told = self._lost
        for text in texts:
            for address in self._to:
                self._send(address, text, 1)
        while self._retries and (last or self._retries[0][0] <= self._now()):
            _, _, attempt, address, text = heapq.heappop(self._retries)
            self._send(address, text, self._bounds.tries if last else attempt)
            if self._incoming and not last:
                self._wake.set()
                return

    def _send(self, address: Address, text: str, attempt: int) -> None:
        """The text was taken, or waits for another try, or is dropped and counted."""
        try:
            taken = address.send(self._title, text)
        except Exception:  # noqa: BLE001 - plug-ins raise what they like
            taken = False
        if taken:
            self._delivered += 1
            return
        self._failed += 1
        if attempt >= self._bounds.tries or len(self._retries) >= self._bounds.waiting:
            self._dropped += 1
            return
        pause = min(self._bounds.first_pause_s * 2.0 ** (attempt - 1), self._bounds.longest_pause_s)
        pause *= 0.75 + self._chance.random() / 2
        self._number += 1
        when = self._now() + round(pause * _SECOND)
        heapq.heappush(self._retries, (when, self._number, attempt + 1, address, text))
