"""Between the network and the kernel: two queues with bounds, and a rule for each when it is full.

Prices give way: of each instrument the newest is kept once too many wait, and how many were passed over is counted.
What concerns orders never gives way; if even that queue is full, the desk is not keeping up and nothing more is
believed to be in order: the network waits.
"""

import threading
from collections import deque
from typing import Any, NamedTuple

from tradewind.broker import Quote

MOST_QUOTES = 10_000
MOST_OTHERS = 100_000


class Taken(NamedTuple):
    """What waited: first what concerns orders, then prices."""

    others: list[tuple[str, tuple[Any, ...]]]
    quotes: list[Quote]


class Inbox:
    """What waits for the desk."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._ready = threading.Condition()
        self._quotes: deque[Quote] = deque()
        self._others: deque[tuple[str, tuple[Any, ...]]] = deque()
        self.conflated = 0

    def price(self, quote: Quote) -> None:
        """The price waits."""
        with self._ready:
            self._quotes.append(quote)
            if len(self._quotes) > MOST_QUOTES:
                self._conflate()
            self._ready.notify()

    def _conflate(self) -> None:
        newest = {quote.instrument: quote for quote in self._quotes}
        kept = sorted(newest.values(), key=lambda quote: quote.ts)
        self.conflated += len(self._quotes) - len(kept)
        self._quotes = deque(kept)

    def put(self, name: str, *arguments: Any) -> None:
        """Something that concerns orders waits; where too much does, the caller waits."""
        with self._ready:
            while len(self._others) >= MOST_OTHERS:
                self._ready.wait(0.1)
            self._others.append((name, arguments))
            self._ready.notify()

    def take(self, seconds: float) -> Taken:
        """Return what waits, after so many seconds at most."""
        with self._ready:
            if not self._quotes and not self._others:
                self._ready.wait(seconds)
            taken = Taken(list(self._others), list(self._quotes))
            self._others.clear()
            self._quotes.clear()
            self._ready.notify_all()
        return taken
