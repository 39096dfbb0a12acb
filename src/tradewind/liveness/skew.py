"""Our clock beside the broker's: how far apart, how sure, and whether ours was touched.

A request that the broker answers with its time bounds the difference: that time was read between sending and receiving
(Cristian, Distributed Computing 3, 1989). Several bounds are cut with each other, each widened by what two clocks may
drift in its age; the narrowest ones count most by themselves. Everything is measured on the clock that neither steps
nor stops while the machine sleeps (CLOCK_BOOTTIME), so that the broker's time is known even when the wall clock is set;
the skew is then what the wall clock shows beside it. A step of the wall clock and a sleep of the machine are seen from
the three clocks alone. What the bounds leave open is not held against a clock: suspect is what is surely too far.
"""

from collections import deque
from typing import Literal, NamedTuple

from tradewind.markets.clock import MINUTE, SECOND

State = Literal["fine", "warn", "suspect"]
MILLISECOND = 1_000_000


class Reading(NamedTuple):
    """Our three clocks at one moment, ns: CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME."""

    wall: int
    monotonic: int
    boot: int


class Tolerance(NamedTuple):
    """What is still fine."""

    suspect_ns: int = SECOND
    """Domain R17: beyond it nobody enters."""
    warn_ns: int = 250 * MILLISECOND
    recover: float = 0.5
    """A state is left when the skew is below this part of its limit ..."""
    measures: int = 3
    """... in so many measures one after the other."""
    drift_ppm: float = 200.0
    """What two clocks may drift apart at most; quartz has some tens."""
    age_ns: int = 10 * MINUTE
    """Older measures say nothing."""
    sleep_ns: int = 100 * MILLISECOND
    """A machine that was stopped for longer has slept."""


class Verdict(NamedTuple):
    """What is to be thought of the clock."""

    state: State
    reason: str
    skew: int | None
    """Ours minus the broker's, ns, as the kernel's SKEW wants it; None where it is not measured."""
    unsure: int
    """How far the skew may be off, ns."""
    drift_ppm: float
    """How fast the broker's clock gains on ours; 0 where it is not known."""


class Sleep(NamedTuple):
    """What the three clocks tell since the reading before."""

    stepped: int = 0
    """How far the wall clock was set forward, ns."""
    slept: int = 0
    """How long the machine was suspended, ns."""


class _Bound(NamedTuple):
    """The broker's clock minus CLOCK_BOOTTIME lay between these."""

    at: int
    low: int
    high: int


class ClockGuard:
    """What is known of the two clocks."""

    def __init__(self, reading: Reading, tolerance: Tolerance | None = None) -> None:
        self.tolerance = tolerance or Tolerance()
        self._last = reading
        self._bounds: deque[_Bound] = deque(maxlen=64)
        self._state: State = "suspect"
        self._reason = "the broker's clock was not measured yet"
        self._better = 0
        self._fresh = True
        self.steps: list[Sleep] = []
        """Every step and sleep seen, oldest first."""

    def measured(self, sent: Reading, received: Reading, broker_ns: int, resolution_ns: int = 1) -> Verdict:
        """The broker answered with its time, cut to `resolution_ns`; return what is to be thought now.

        Raises nothing: an answer before its question is no measure.
        """
        low, high = broker_ns - received.boot, broker_ns + resolution_ns - 1 - sent.boot
        if received.boot >= sent.boot and resolution_ns >= 1:
            self._bounds.append(_Bound(received.boot, low, high))
        self._watch(received)
        self._weigh(received)
        return self.look(received)

    def told(self, sent: Reading, received: Reading, offset_ns: int) -> Verdict:
        """The same for a broker's clock given as its difference to our wall clock at some moment in between."""
        return self.measured(sent, received, (sent.wall + received.wall) // 2 + offset_ns)

    def look(self, reading: Reading) -> Verdict:
        """Return what is to be thought at a moment; steps and sleeps since the last one are seen here too."""
        self._watch(reading)
        known = self._between(reading.boot)
        if known is None:
            if self._state != "suspect":
                self._state, self._reason = "warn", "the broker's clock was not measured lately"
            return Verdict(self._state, self._reason, None, 0, 0.0)
        low, high = known
        offset = (low + high) // 2
        skew = reading.wall - reading.boot - offset
        return Verdict(self._state, self._reason, skew, (high - low + 1) // 2, self._drift())

    def broker_now(self, reading: Reading) -> int:
        """Return the broker's time as well as it is known; our wall clock's where it was never measured."""
        known = self._between(reading.boot)
        return reading.wall if known is None else reading.boot + (known[0] + known[1]) // 2

    def _watch(self, reading: Reading) -> None:
        """A step or a sleep since the last reading is on the list, and makes the clock suspect."""
        before, self._last = self._last, reading
        slept = (reading.boot - before.boot) - (reading.monotonic - before.monotonic)
        stepped = (reading.wall - before.wall) - (reading.boot - before.boot)
        slept = slept if slept > self.tolerance.sleep_ns else 0
        stepped = stepped if abs(stepped) > self.tolerance.warn_ns else 0
        if slept or stepped:
            self.steps.append(Sleep(stepped, slept))
        if slept:
            self._worse("suspect", f"the machine slept for {slept / SECOND:.1f} s")
            self._bounds.clear()  # what the broker's clock did meanwhile is not known that well
        elif stepped:
            state: State = "suspect" if abs(stepped) > self.tolerance.suspect_ns else "warn"
            self._worse(state, f"our clock was set by {stepped / SECOND:+.3f} s")

    def _worse(self, state: State, reason: str) -> None:
        self._fresh = False
        if state == "suspect" or self._state != "suspect":
            self._state, self._reason, self._better = state, reason, 0

    def _between(self, now: int) -> tuple[int, int] | None:
        """Return the bounds of the broker's clock minus boot time at `now`, from all measures that agree."""
        found: tuple[int, int] | None = None
        for bound in reversed(self._bounds):
            age = now - bound.at
            if age > self.tolerance.age_ns:
                break
            wider = int(max(0, age) * self.tolerance.drift_ppm / 1e6)
            low, high = bound.low - wider, bound.high + wider
            if found is not None:
                low, high = max(low, found[0]), min(high, found[1])
                if low > high:  # one of the clocks was set in between: what is newer holds
                    break
            found = low, high
        return found

    def _weigh(self, reading: Reading) -> None:
        """The state follows from the newest measure: worse at once, better after several."""
        known = self._between(reading.boot)
        if known is None:
            return
        ours = reading.wall - reading.boot
        ends = ours - known[1], ours - known[0]
        surely = 0 if ends[0] <= 0 <= ends[1] else min(abs(ends[0]), abs(ends[1]))
        possibly = max(abs(ends[0]), abs(ends[1]))
        told = f"our clock differs from the broker's by {sum(ends) / 2 / SECOND:+.3f} s"
        tolerance = self.tolerance
        if surely > tolerance.suspect_ns:
            self._worse("suspect", told)
        elif surely > tolerance.warn_ns:
            self._lead_back("warn", surely <= tolerance.suspect_ns * tolerance.recover, told)
        elif possibly > tolerance.suspect_ns:
            self._lead_back("warn", good=True, told=f"the broker's clock is known to {possibly / SECOND:.1f} s only")
        else:
            self._lead_back("fine", surely <= tolerance.warn_ns * tolerance.recover, "")

    def _lead_back(self, to: State, good: bool, told: str) -> None:
        """The state is `to` if it is no better than now, or after enough good measures."""
        order = ("fine", "warn", "suspect")
        if self._fresh:  # the first measure of all decides by itself
            self._state, self._reason, self._fresh = to, told, False
            return
        if order.index(to) >= order.index(self._state):
            self._better = self._better if to == self._state else 0
            self._state, self._reason = to, told
            return
        self._better = self._better + 1 if good else 0
        if self._better >= self.tolerance.measures:
            self._state, self._reason, self._better = to, told, 0

    def _drift(self) -> float:
        """Return the slope of the measured offsets, parts per million."""
        if len(self._bounds) < 8 or self._bounds[-1].at - self._bounds[0].at < MINUTE:
            return 0.0
        times = [(bound.at - self._bounds[0].at) / SECOND for bound in self._bounds]
        offsets = [((bound.low + bound.high) // 2 - self._bounds[0].low) / 1000 for bound in self._bounds]
        mean_time, mean_offset = sum(times) / len(times), sum(offsets) / len(offsets)
        spread = sum((time - mean_time) ** 2 for time in times)
        return sum((t - mean_time) * (o - mean_offset) for t, o in zip(times, offsets, strict=True)) / spread
