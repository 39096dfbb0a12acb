"""What comes over the wire before it is believed: which quotes are prices, whether the feed lives, whose clock lies.

The guards themselves are in `liveness`; here they stand around a desk, and what they say becomes holds of its
instruments: price suspect, feed silent, clock suspect.
"""

import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.broker import Quote
from tradewind.errors import BadData
from tradewind.liveness.habits import NOTHING, Habits, counts_of, learn, load, ordinary_minutes, save
from tradewind.liveness.quotes import QuoteGuard
from tradewind.liveness.silence import Silence
from tradewind.liveness.skew import ClockGuard, Reading, Verdict
from tradewind.markets.instruments import Instrument

Clocks = Callable[[], Reading]


def clocks() -> Reading:
    """Return our three clocks now."""
    boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Reading(time.time_ns(), time.monotonic_ns(), time.clock_gettime_ns(boot))


class Edge:
    """The guards around a desk's instruments."""

    def __init__(
        self, instruments: Sequence[Instrument], traded: int, habits: Sequence[Habits], read: Clocks = clocks
    ) -> None:
        """`habits` are those of the feed of each instrument traded."""
        self.guard = QuoteGuard(instruments)
        self.feeds = [Silence(one, known) for one, known in zip(instruments[:traded], habits, strict=True)]
        self.read = read
        self.clock = ClockGuard(read())
        self.silent = [False] * traded
        self.doubtful = [False] * traded
        self.verdict: Verdict | None = None
        self.instruments, self.habits = list(instruments[:traded]), list(habits)
        self.arrivals = [array("q") for _ in range(traded)]
        """When prices came since `since`, for learning."""
        self.since = 0

    def take(self, quotes: Sequence[Quote], now: int) -> list[Quote]:
        """Return the quotes that are prices; the feeds have heard of all of them."""
        good: list[Quote] = []
        for quote in quotes:
            good += self.guard.take(quote, now)
            if quote.instrument < len(self.feeds):
                self.feeds[quote.instrument].quote(now)
                self.arrivals[quote.instrument].append(now)
        good += self.guard.release(now)
        return good

    def changes(self, now: int) -> list[tuple[str, int, bool]]:
        """Return what changed since it was asked last: ("silent" or "doubtful", instrument, whether it is so)."""
        found: list[tuple[str, int, bool]] = []
        for number, feed in enumerate(self.feeds):
            for name, held, is_so in (
                ("silent", self.silent, feed.look(now).state == "silent"),
                ("doubtful", self.doubtful, bool(self.guard.doubt(number))),
            ):
                if held[number] != is_so:
                    held[number] = is_so
                    found.append((name, number, is_so))
        return found

    def learn(self, folder: Path, now: int) -> None:
        """What the feeds did since the last time is part of their habits, which are kept for the next start."""
        first, self.since = self.since, now
        for number, (instrument, came) in enumerate(zip(self.instruments, self.arrivals, strict=True)):
            if first and len(came):
                minutes = ordinary_minutes(instrument, first, now)
                known = learn(self.habits[number], minutes, counts_of(np.frombuffer(came, np.int64), minutes))
                self.habits[number] = known
                (folder / "habits").mkdir(exist_ok=True)
                save(known, folder / "habits" / f"{instrument.symbol}.json")
            self.arrivals[number] = array("q")

    def compared(self, sent: Reading, received: Reading, offset: int) -> Verdict:
        """Return what to think of our clock after a comparison with the broker's."""
        self.verdict = self.clock.told(sent, received, offset)
        return self.verdict

    def look(self) -> Verdict:
        """Return what to think of our clock now, from itself alone."""
        self.verdict = self.clock.look(self.read())
        return self.verdict


def habits_of(folder: Path, symbol: str) -> Habits:
    """Return what was learned of an instrument's feed, or that nothing was."""
    path = folder / "habits" / f"{symbol}.json"
    try:
        return load(path)
    except (BadData, OSError):
        return NOTHING
