"""What an account's journal says, followed as it grows: reports, commands, trades, gates, samples, the risk log, notes.

One reader an account and process, opened read-only, which goes on from the last commit it saw. Prices, by far the most
of a journal, are passed over. Of a long journal the last commits are looked through at once for what became of orders,
and those before them in the background, newest first; everything else is whole.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tradewind.adapters.journal import BadJournal, ChainedJournal
from tradewind.errors import TradewindError
from tradewind.kernel.records import ACCEPTED
from tradewind.live.folder import Folder
from tradewind.live.start import LAYOUTS, ON_A_SERVER, open_journal
from tradewind.settings import Settings
from tradewind.views.facts import facts_of

Rows = np.ndarray[Any, Any]
AT_ONCE = 20_000
"""Commits of a long journal that are looked through for reports when it is opened."""
PIECE = 1_000
"""Commits looked through together in the background; so long others wait for their turn."""
REST_S = 0.01
AGAIN_S = 0.2
"""A journal is not looked at more often than this, however many ask."""
WHOLE = ("commands", "trades", "gates", "samples", "risk", "lines", "executions")


@dataclass
class Past:
    """One account's journal, as far as people ask about it."""

    folder: Folder
    journal: ChainedJournal
    identity: tuple[int, int]
    commit: int = 0
    first_commit: int = 0
    """Reports of earlier commits are not known here; 0 where all are."""
    looked: float = -1e9
    committed_ns: int = 0
    """When its files were last written, ns UTC."""
    notes: list[Any] = field(default_factory=list)
    logs: dict[str, Rows] = field(default_factory=dict)
    first_event: int = 0
    """The number of the first event that was looked at; orders given before it may have reports not known yet."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _facts: tuple[int, Any] = (0, None)

    known: ClassVar[dict[Path, "Past"]] = {}
    opening: ClassVar[threading.Lock] = threading.Lock()

    def refresh(self) -> None:
        """What was written since is known."""
        with self.lock:
            if time.monotonic() - self.looked < AGAIN_S:
                return
            self.committed_ns = max(_written(path) for path in self.files)
            self.journal.refresh()
            self._follow()
            self.looked = time.monotonic()

    def _follow(self) -> None:
        position = self.journal.position
        if position.commit == self.commit:
            return
        begins = self.commit or max(0, position.commit - AT_ONCE)
        parts = list(self._reports(begins))
        if parts:
            self.logs["events"] = np.concatenate([self.log("events"), *parts])
        if not self.commit and begins:
            self.first_commit = begins
            threading.Thread(target=self._look_back, name=f"journal of {self.folder.name}", daemon=True).start()
        for log in WHOLE:
            before = self.log(log)
            more = self.journal.read(log, len(before))
            if len(more):
                self.logs[log] = np.concatenate([before, more])
        self.notes += self.journal.notes(after=self.notes[-1].number if self.notes else 0)
        self.commit = position.commit

    @property
    def files(self) -> list[Path]:
        """The files here that are written with every commit."""
        root = self.folder.root
        return [root / name for name in ("journal.sqlite", "journal.sqlite-wal", "journal.watermark", ON_A_SERVER)]

    def _reports(self, after: int, before: int = 0) -> Iterator[Rows]:
        """Yield the reports of the commits after one, up to the event with the number `before` if it is given."""
        for log, rows in self.journal.tail(after):
            if log != "events":
                continue
            number = int(rows["number"][0])
            if before and number >= before:
                return
            self.first_event = min(self.first_event or number, number)
            reports = rows[rows["kind"] >= ACCEPTED]
            if len(reports):
                yield reports

    def _look_back(self) -> None:
        """The reports of earlier commits are known too, a piece at a time, newest first."""
        with suppress(TradewindError):  # the journal was closed, or is damaged: whoever looks next is told
            while self.first_commit > 0:
                with self.lock:
                    begins, before = max(0, self.first_commit - PIECE), self.first_event
                    parts = list(self._reports(begins, before))
                    if parts:
                        self.logs["events"] = np.concatenate([*parts, self.log("events")])
                    self.first_commit = begins
                time.sleep(REST_S)
            self.first_event = 0

    def log(self, name: str) -> Rows:
        """Return the rows of a log; of `events` those that report about orders."""
        found = self.logs.get(name)
        return np.zeros(0, LAYOUTS[name]) if found is None else found

    @property
    def facts(self) -> Any:
        """What the numbers in its logs stand for; None before the first start."""
        kinds = ("start", "graft")
        starts = [note for note in self.notes if note.kind in kinds]
        if len(starts) != self._facts[0]:
            self._facts = len(starts), facts_of(starts)
        return self._facts[1]


def past_of(settings: Settings, folder: Folder) -> Past | None:
    """Return an account's journal as it is now; None where it has none yet."""
    path = _lies_at(settings, folder)
    if path is None:
        return None
    found = path.stat()
    identity = found.st_dev, found.st_ino
    with Past.opening:
        past = Past.known.get(path.resolve())
        if past is not None and past.identity != identity:  # begun anew under the same name
            past.journal.close()
            past = None
        if past is None:
            journal = open_journal(settings, folder, readonly=True)
            past = Past.known[path.resolve()] = Past(folder, journal, identity)
    try:
        past.refresh()
    except BadJournal:
        forget(path)
        raise
    return past


def _lies_at(settings: Settings, folder: Folder) -> Path | None:
    """Return the file by which a journal is known: itself, or what is kept here of one on a server."""
    path = folder.journal if settings.ports.journal == "sqlite" else folder.root / ON_A_SERVER
    return path if path.is_file() else None


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def forget(path: Path) -> None:
    """The journal is opened anew when it is asked for next."""
    with Past.opening:
        past = Past.known.pop(path.resolve(), None)
    if past is not None:
        past.journal.close()
