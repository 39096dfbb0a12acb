"""Waking a person: on stderr, in a file, by a program of theirs, by a webhook; each on its own, none waits for another.

A full disk, a blocked pipe or a dead network stops one way of paging and no other, and never the watchdog. What a way
could not deliver is tried again a few times, then counted and said on stderr.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tradewind.watchdog.keys import Key

ALERTS = "alerts.jsonl"
TRIES = 5
LIMIT_S = 10.0
_WAITING = 1_000

ALWAYS = ("stderr", "file")
"""The ways that need no settings; they wake nobody."""


class Way:
    """One way of paging, with a thread of its own that delivers what is given to it, in order."""

    def __init__(self, name: str, deliver: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = name
        self.failed = 0
        self.delivered = 0
        self._deliver = deliver
        self._sleep = sleep
        self._texts: queue.Queue[str] = queue.Queue(_WAITING)
        threading.Thread(target=self._work, name=f"page-{name}", daemon=True).start()

    def give(self, text: str) -> None:
        """The text waits to be delivered; with too many waiting it is counted as failed."""
        try:
            self._texts.put_nowait(text)
        except queue.Full:
            self.failed += 1

    @property
    def waiting(self) -> int:
        """How many texts are not delivered and not given up."""
        return self._texts.unfinished_tasks

    def _work(self) -> None:
        while True:
            text = self._texts.get()
            for attempt in range(TRIES):
                try:
                    self._deliver(text)
                    self.delivered += 1
                    break
                except Exception:  # noqa: BLE001 - whatever went wrong, another try or the next text comes
                    if attempt + 1 < TRIES:
                        self._sleep(2.0**attempt)
            else:
                self.failed += 1
                if self.name != "stderr":
                    with contextlib.suppress(OSError, ValueError):
                        print(f"watchdog: could not page by {self.name}", file=sys.stderr, flush=True)
            self._texts.task_done()


class Pager:
    """All ways of paging of one account."""

    def __init__(self, folder: Path, key: Key, stderr: IO[str] | None = None) -> None:
        self._account = folder.name
        stream = stderr or sys.stderr
        self.ways = [  # those of ALWAYS first
            Way("stderr", lambda text: print(text, file=stream, flush=True)),
            Way("file", lambda text: _append(folder / ALERTS, text)),
        ]
        if key.page_run:
            self.ways.append(Way("program", lambda text: _run(key.page_run, text)))
        if key.page_webhook:
            self.ways.append(Way("webhook", lambda text: _post(key.page_webhook.reveal(), text)))

    def page(self, text: str) -> None:
        """The text is on its way to a person; this returns at once."""
        for way in self.ways:
            way.give(f"{self._account}: {text}")

    def note(self, text: str) -> None:
        """The text is kept beside the pages, but wakes nobody; this returns at once."""
        for way in self.ways[: len(ALWAYS)]:
            way.give(f"{self._account}: {text}")

    def failed(self) -> dict[str, int]:
        """Return how many texts each way has lost."""
        return {way.name: way.failed for way in self.ways if way.failed}

    def wait(self, limit_s: float) -> bool:
        """Return whether everything was delivered or given up within the time."""
        ends = time.monotonic() + limit_s
        while any(way.waiting for way in self.ways):
            if time.monotonic() >= ends:
                return False
            time.sleep(0.02)
        return True


def _append(path: Path, text: str) -> None:
    line = json.dumps({"wall_ns": time.time_ns(), "text": text}) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def _run(words: tuple[str, ...], text: str) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(  # noqa: S603 - the program is the user's own, from a file only they can write
        words, input=text.encode(), stdout=quiet, stderr=quiet, timeout=LIMIT_S, check=True
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Nobody sends our pages elsewhere."""

    def redirect_request(self, *_about: Any) -> None:
        """Follow nothing."""


def _post(url: str, text: str) -> None:
    body = json.dumps({"text": text, "content": text}).encode()
    request = urllib.request.Request(  # noqa: S310 - keys.check_address let only http and https in
        url, body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=LIMIT_S):
        pass
