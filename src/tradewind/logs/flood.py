"""How many lines of one event are written: so many at once, then so many a second; the rest are counted.

A loop gone wrong writes the same line forever. The first hundreds say all there is to know.
"""

from collections.abc import Callable
from time import monotonic

AT_ONCE = 500
A_SECOND = 100.0


class Flood:
    """The measure of every event; each has its own."""

    def __init__(
        self, now: Callable[[], float] = monotonic, at_once: int = AT_ONCE, a_second: float = A_SECOND
    ) -> None:
        """Every event may be written `at_once` times."""
        self.now, self.at_once, self.a_second = now, at_once, a_second
        self._left: dict[str, float] = {}
        self._when: dict[str, float] = {}
        self.held: dict[str, int] = {}
        """Lines not written since the event was last written, by event."""

    def passes(self, event: str) -> bool:
        """Return whether one more line of the event is written; one that is not is counted."""
        now = self.now()
        left = self._left.get(event, float(self.at_once)) + (now - self._when.get(event, now)) * self.a_second
        left = min(left, float(self.at_once))
        self._when[event] = now
        if left < 1.0:
            self._left[event] = left
            self.held[event] = self.held.get(event, 0) + 1
            return False
        self._left[event] = left - 1.0
        return True

    def summed(self, event: str) -> int:
        """Return how many lines of the event were held back since this was last asked."""
        return self.held.pop(event, 0)
