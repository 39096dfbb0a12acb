"""The watcher: one thread looks at journals, heartbeats and jobs for all clients, and wakes them where there is news.

Nothing waits for a client here. Of what must not be lost the last blocks are kept, and whoever is further behind reads
the journal; of everything else there is one value a key, the latest.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.adapters.job_store import JobStore
from tradewind.adapters.journal.chain import Block
from tradewind.api.house import House
from tradewind.api.routes.jobs import told as job_told
from tradewind.api.stream.tickets import Tickets
from tradewind.errors import TradewindError
from tradewind.live.folder import account_names
from tradewind.live.showing import board_of, topic_of
from tradewind.views.accounts import brief
from tradewind.views.happenings import grown, prices_in, told_by
from tradewind.views.tail import Cursor, Tail, cursor_after

LOOK_S = 0.05
BOARD_LOOK_S = 0.02
BOARD_S = 2.0
"""So long after a price from the board those of the journal, which are older, are not told."""
SLOW_LOOKS = 10
"""Every so many looks: jobs and the list of accounts."""
KEPT = 500
"""Blocks of an account that tell something and are kept ready."""
CHUNK = 500
"""Blocks read at once."""
JOBS = 50
log = logging.getLogger("tradewind.api.stream")
Key = tuple[str, str, str]
"""Topic, account, and what of it."""


class Ready(NamedTuple):
    """A block that tells something."""

    at: Cursor
    told: dict[str, list[dict[str, Any]]]


class Watched:
    """One account."""

    def __init__(self, tail: Tail) -> None:
        """Looked at from its end on."""
        self.tail = tail
        self.lock = threading.Lock()
        """Held by whoever uses the tail."""
        self.at = tail.end
        self.floor = self.at.seq
        """Everything after this block that tells something is in `ready`."""
        self.ready: deque[Ready] = deque()
        self.trouble = ""
        self.beaten = 0
        self.bars: dict[str, dict[str, Any]] = {}

    def told(self, block: Block) -> Ready:
        """Return what a block tells."""
        past = self.tail.past
        facts = None if past is None else past.facts
        return Ready(cursor_after(block), told_by(block, facts.run if facts else None, self.tail.account))

    def read(self, after: int, most: int) -> list[Ready]:
        """Return what the next blocks of the journal tell, those that tell nothing too; for who is far behind."""
        with self.lock:
            return [self.told(block) for block in self.tail.after(after, most)]


class Hub:
    """What all clients of one application share."""

    def __init__(self, house: House, board: Any = None) -> None:
        """Nothing is watched before somebody listens; prices come from the `board` or from journals."""
        self.board: Any = board if board is not None else board_of(house.settings)
        self.shown: dict[str, float] = {}
        """When an account's price came from the board last."""
        self.house, self.tickets = house, Tickets(house.now)
        self.watched: dict[str, Watched] = {}
        self.latest: dict[Key, tuple[int, Any]] = {}
        self.version = 0
        self.names: tuple[str, ...] = ()
        self.lock = threading.Lock()
        self._listeners: dict[object, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None

    def listen(self, who: object, wake: Callable[[], None]) -> None:
        """`wake` is called from another thread whenever there is something new."""
        with self.lock:
            self._listeners[who] = wake
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="stream", daemon=True)
                self._thread.start()
                if self.board is not None:
                    threading.Thread(
                        target=self._look_at_board, args=(self._thread,), name="board", daemon=True
                    ).start()

    def leave(self, who: object) -> None:
        """It is not called any more; when nobody is left, nothing is watched."""
        with self.lock:
            self._listeners.pop(who, None)

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def watch(self, account: str) -> Watched:
        """Return an account that is watched from now on; UnknownName where there is none of that name."""
        with self.lock:
            found = self.watched.get(account)
            if found is None:
                tail = Tail(self.house.settings, account)
                tail.grown()
                found = self.watched[account] = Watched(tail)
        return found

    def put(self, key: Key, value: Any) -> None:
        """It is the latest value of a key."""
        with self.lock:
            before = self.latest.get(key)
            if before is None or before[1] != value:
                self.version += 1
                self.latest[key] = (self.version, value)

    def since(self, version: int) -> list[tuple[int, Key, Any]]:
        """Return the latest values that are newer than a version, oldest first."""
        with self.lock:
            found = [(number, key, value) for key, (number, value) in self.latest.items() if number > version]
        return sorted(found, key=lambda one: one[0])

    def _work(self) -> None:
        pause, looks = threading.Event(), 0
        while True:
            with self.lock:
                if not self._listeners:
                    self._thread = None
                    self.watched, self.latest, self.names = {}, {}, ()
                    return
                watched = list(self.watched.items())
            before = self.version
            news = False
            try:
                if looks % SLOW_LOOKS == 0:
                    news = self._look_around()
                for name, one in watched:
                    news = self._look(name, one) or news
            except Exception:
                log.exception("The stream cannot see something.")
            if news or self.version != before:
                self._wake()
            looks += 1
            pause.wait(LOOK_S)

    def _look_at_board(self, watcher: threading.Thread) -> None:
        """Prices that traders show come at once, as long as somebody listens; a board that is away is left out."""
        topics: dict[str, Any] = {}
        while watcher.is_alive():
            news = False
            for account in list(self.watched):
                if account not in topics:
                    topics[account] = self.board.subscribe(topic_of(account))
                for quote in topics[account]:
                    if isinstance(quote, dict) and isinstance(quote.get("symbol"), str):
                        self.shown[account] = time.monotonic()
                        self.put(("quotes", account, quote["symbol"]), quote)
                        news = True
            if news:
                self._wake()
            time.sleep(BOARD_LOOK_S)

    def _wake(self) -> None:
        with self.lock:
            wakes = list(self._listeners.values())
        for wake in wakes:
            with suppress(RuntimeError):  # its loop has just ended
                wake()

    def _look_around(self) -> bool:
        names = tuple(account_names(Path(self.house.settings.data)))
        changed, self.names = names != self.names, names
        jobs = JobStore(self.house.data).list(most=JOBS)
        for one in jobs:
            self.put(("jobs", "", one.id), job_told(one))
        known = {one.id for one in jobs}
        with self.lock:
            for key in [key for key in self.latest if key[0] == "jobs" and key[2] not in known]:
                del self.latest[key]
        return changed

    def _look(self, name: str, one: Watched) -> bool:
        """Whether there is something new that must not be lost."""
        self._beat(name, one)
        try:
            with one.lock:
                fresh = self._fresh(one)
        except (TradewindError, OSError) as error:
            changed, one.trouble = one.trouble != str(error), str(error)
            return changed
        changed, one.trouble = bool(one.trouble), ""
        return fresh or changed

    def _fresh(self, one: Watched) -> bool:
        news, tail = False, one.tail
        if not tail.grown():
            return False
        if not tail.knows(one.at):  # begun anew under the same name
            one.ready.clear()
            one.at, one.floor = tail.end, tail.end.seq
            return True
        while blocks := tail.after(one.at.seq, CHUNK):
            for block in blocks:
                if block.log == "notes":
                    tail.learn()
                ready = one.told(block)
                if ready.told:
                    one.ready.append(ready)
                    news = True
                one.at = ready.at
                self._prices(one, block)
            while len(one.ready) > KEPT:
                one.floor = one.ready.popleft().at.seq
        return news

    def _prices(self, one: Watched, block: Block) -> None:
        past, account = one.tail.past, one.tail.account
        facts = None if past is None else past.facts
        by_board = time.monotonic() - self.shown.get(account, -1e9) < BOARD_S
        for price in prices_in(block, facts.run if facts else None):
            quote = {"symbol": price.symbol, "ts": price.ts, "bid": price.bid, "ask": price.ask}
            if not by_board:
                self.put(("quotes", account, price.symbol), quote)
            before = one.bars.get(price.symbol)
            bar = price.bar or grown(before, price)
            if before is not None and not before["closed"] and before["opens"] != bar["opens"]:
                self.put(
                    ("bars", account, f"{price.symbol} closed"), {"symbol": price.symbol, **before, "closed": True}
                )
            one.bars[price.symbol] = bar
            self.put(("bars", account, price.symbol), {"symbol": price.symbol, **bar})

    def _beat(self, name: str, one: Watched) -> None:
        """What the trader says of itself is known: once a second, or when it falls silent."""
        root = Path(self.house.settings.data)
        try:
            written = (root / "accounts" / name / "status.json").stat().st_mtime_ns
            told = brief(root, name) if written != one.beaten else None
            one.beaten = written
        except (OSError, TradewindError):
            return
        if told is not None:
            self.put(("state", name, "now"), {"what": "now", **told})
