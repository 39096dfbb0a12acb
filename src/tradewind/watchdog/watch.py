"""When a trader counts as hung: a pure judgement over what was seen at each look.

Time is counted by our own looks, and one look counts for half a second at most. So a clock that leaps, a
machine that slept and a watchdog that was itself halted cannot make a living trader look dead: after a gap it gets
its time again. A trader is alive while its heartbeat's clock and its turn both grow. One that holds the lease and
does not is hung after `stall_s`; one that starts and has not beaten yet gets `start_s`. One whose kill level stays
below what the kill file asks for disobeys after `obey_s`, alive or not. Nobody who holds the lease: nobody to stop.
"""

from typing import Literal, NamedTuple

from tradewind.watchdog.beats import Beat, NoBeat
from tradewind.watchdog.processes import Process

SECOND = 1_000_000_000
LONGEST_LOOK = SECOND // 2
EARLY = SECOND // 10

State = Literal["alive", "starting", "hung", "disobeys", "gone", "absent"]
"""`gone`: it was there and left without saying so. `absent`: none was seen, or it ended as it should."""


class Patience(NamedTuple):
    """For how long each is borne, in seconds."""

    stall_s: float = 3.0
    start_s: float = 60.0
    obey_s: float = 3.0


class Sight(NamedTuple):
    """What one look shows."""

    now: int
    """Our monotonic clock, ns."""
    beat: Beat | NoBeat
    trader: Process | None
    """Who holds the account's lease."""
    kill: int
    """The level the kill file asks for."""


class Watch:
    """What was seen so far, and the judgement."""

    def __init__(self, patience: Patience = Patience()) -> None:  # noqa: B008 - an immutable record
        self._patience = patience
        self._before: Sight | None = None
        self._trader: Process | None = None
        self._beaten = False
        self._last: Beat | None = None
        self._silent = 0
        self._disobeyed = 0
        self._ended = True

    @property
    def silent_s(self) -> float:
        """For how long the trader has shown no life, by our looks."""
        return self._silent / SECOND

    def look(self, sight: Sight) -> State:
        """Return how it stands with the trader now."""
        passed = min(max(sight.now - self._before.now, 0), LONGEST_LOOK) if self._before else 0
        self._before = sight
        if sight.trader is None:
            return self._nobody(sight)
        if sight.trader != self._trader:
            self._trader, self._beaten, self._last = sight.trader, False, None
            self._silent = self._disobeyed = passed = 0
        self._silent = self._progress(sight.beat, self._silent + passed)
        low = isinstance(sight.beat, Beat) and sight.beat.pid == sight.trader.pid and sight.beat.kill < sight.kill
        self._disobeyed = self._disobeyed + passed if low else 0
        return self._judge(sight, passed)

    def _nobody(self, sight: Sight) -> State:
        left, self._trader = self._trader, None
        if left is not None:
            told = sight.beat.rest.get("ended") if isinstance(sight.beat, Beat) else None
            self._ended = told is True
        self._silent = self._disobeyed = 0
        return "absent" if self._ended else "gone"

    def _progress(self, beat: Beat | NoBeat, silent: int) -> int:
        """Return for how long there is no life now: since the turn of a new beat of the trader's, else as it was."""
        if not isinstance(beat, Beat) or self._trader is None or beat.pid != self._trader.pid:
            return silent
        if beat.started and beat.started != self._trader.started:
            return silent
        last = self._last
        if last is not None and not (beat.monotonic_ns > last.monotonic_ns and beat.turn > last.turn):
            return silent
        self._last, self._beaten = beat, True
        return min(silent, beat.monotonic_ns - beat.turned_ns)

    def _judge(self, sight: Sight, passed: int) -> State:
        # Broken is hung; missing, or another's, may be a start: but only until the first beat of this process.
        starting = not self._beaten and (isinstance(sight.beat, Beat) or sight.beat.missing)
        bound = self._patience.start_s if starting else self._patience.stall_s
        # At the last look before the bound rather than the first one after it, and looks may come late.
        passed += EARLY
        if self._silent + passed >= bound * SECOND:
            return "hung"
        if self._disobeyed + passed >= self._patience.obey_s * SECOND:
            return "disobeys"
        return "starting" if starting else "alive"
