"""How often we ask: at most a hundred requests a second, with a reserve for what protects.

OANDA allows 120 requests a second from one address and answers 429 beyond that; we keep to 100. Tokens drip into a
bucket; queries leave the last ten in it and entries the last five, so that a cancel, a stop or a close never waits
behind them. After a 429 everything but the urgent rests. Time, sleep and chance are given from outside.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

PER_SECOND = 100.0
BURST = 20.0
REST_S = 1.0
LONGEST_REST_S = 60.0

URGENT, ENTRY, QUERY = 0, 1, 2
RESERVE = (0.0, 5.0, 10.0)
"""Tokens that a request of each urgency leaves in the bucket."""


class Timing(NamedTuple):
    """Where time and chance come from: our clock in ns UTC, a sleep in seconds, a random source."""

    now: Callable[[], int] = time.time_ns
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: random.Random = random.Random()  # noqa: S311  it spreads pauses and protects nothing
    steady: Callable[[], int] = time.monotonic_ns
    """Counts on whatever is done to the clock."""


class Pace:
    """One bucket of tokens for all requests of an account."""

    def __init__(self, timing: Timing) -> None:
        """The bucket is full."""
        self._timing = timing
        self._tokens = BURST
        self._filled = timing.steady()
        self._rests_until = self._filled

    async def turn(self, urgency: int) -> None:
        """It is our turn to send one request."""
        while True:
            now = self._timing.steady()
            self._tokens = min(BURST, self._tokens + (now - self._filled) / 1e9 * PER_SECOND)
            self._filled = now
            wait = (1.0 + RESERVE[urgency] - self._tokens) / PER_SECOND
            if urgency != URGENT:
                wait = max(wait, (self._rests_until - now) / 1e9)
            if wait <= 0:
                self._tokens -= 1.0
                return
            await self._timing.sleep(max(wait, 0.001))

    def rest(self, asked: str) -> None:
        """The broker said that it was too much: nothing but the urgent is sent for as long as it asks."""
        seconds = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else REST_S
        until = self._timing.steady() + int(min(seconds, LONGEST_REST_S) * 1e9)
        self._rests_until = max(self._rests_until, until)


class Pause:
    """How long to wait before the next try to connect: doubling, with chance in it, so that not all knock at once."""

    FIRST_S, LONGEST_S = 0.5, 30.0

    def __init__(self, timing: Timing) -> None:
        """Nothing failed yet."""
        self._timing = timing
        self._next = self.FIRST_S

    def worked(self) -> None:
        """The connection lives: the next pause is short again."""
        self._next = self.FIRST_S

    async def over(self) -> None:
        """The pause was made: half of it for sure, the rest by chance, but never more than two tries a second."""
        spread = self._next * (0.5 + self._timing.chance.random() / 2)
        self._next = min(self._next * 2, self.LONGEST_S)
        await self._timing.sleep(max(spread, self.FIRST_S))
