"""What every service has in common: it is told to stop, it says how it is, and it begins again.

How it is stands in `<data>/services/<name>.json`, written about once a second by the service itself, so that one that
hangs is silent: `state` is starting, working, degraded or stopped, `why` says what is missing, `turn` counts turns.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tradewind.errors import BadSettings, TradewindError
from tradewind.logs.log import QUIET, Log
from tradewind.metrics.told import Told
from tradewind.watchdog.beats import write_beat

BEAT_S = 1.0
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
STEADY_S = 60.0
"""A service that worked so long begins again without a pause."""


class Life:
    """One service's life."""

    def __init__(self, name: str, data: Path, stop: threading.Event | None = None) -> None:
        """Nothing is written before `beating` begins."""
        self.name, self.stop = name, threading.Event() if stop is None else stop
        self.path = data / "services" / f"{name}.json"
        self.state, self.why, self.turns, self.restarts = "starting", "", 0, 0
        self.figures: dict[str, Any] = {}
        self.log: Log = QUIET
        self.told = Told()
        self.asked: list[Callable[[], None]] = []
        """What is done before its figures are read."""
        self.turned_at = 0.0
        """When it last showed that it turns, by the monotonic clock."""
        self._beaten = 0.0

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self.stop.is_set()

    def turn(self, **figures: Any) -> None:
        """The service did something; `figures` are told with the next beat."""
        self.turns += 1
        self.turned_at = time.monotonic()
        self.figures.update(figures)
        if time.monotonic() - self._beaten >= BEAT_S:
            self.beat()

    def working(self, **figures: Any) -> None:
        """Everything it needs is there."""
        self._become("working", "", figures)

    def degraded(self, why: str, **figures: Any) -> None:
        """Something it needs is missing; it goes on as far as that goes."""
        self._become("degraded", why, figures)

    def over(self) -> None:
        """It was told to stop, or cannot go on; why stays as it was."""
        self._become("stopped", self.why, {})

    def _become(self, state: str, why: str, figures: dict[str, Any]) -> None:
        changed = (self.state, self.why) != (state, why)
        self.state, self.why = state, why
        self.figures.update(figures)
        if changed:
            self.beat()
            self.log.note("service_state", why, "warning" if state == "degraded" else "info", reason_code=state)

    def beat(self) -> None:
        """What is known of the service stands in its file."""
        self._beaten = self.turned_at = time.monotonic()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        more = {"service": self.name, "state": self.state, "why": self.why, "restarts": self.restarts}
        write_beat(self.path, self.turns, {**self.figures, **more})

    def rest(self, seconds: float) -> None:
        """So long has passed, or it was told to stop; whoever looks sees that it lives meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.stopped:
            if time.monotonic() - self._beaten >= BEAT_S:
                self.beat()
            self.stop.wait(min(left, BEAT_S))


Work = Callable[[Life], None]
"""What a service does until it is told to stop."""


def serve(life: Life, work: Work, say: Callable[[str], Any]) -> None:
    """The work was done until the service was told to stop; after a fault that may pass it began again.

    A mistake in the settings is not repeated: BadSettings leaves at once, as does what nobody foresaw.
    """
    pause = FIRST_PAUSE_S
    try:
        while not life.stopped:
            began = time.monotonic()
            try:
                return work(life)
            except BadSettings:
                raise
            except TradewindError as error:
                if time.monotonic() - began > STEADY_S:
                    pause = FIRST_PAUSE_S
                life.restarts += 1
                life.log.note("service_error", str(error), "error", error_type=type(error).__name__)
                life.degraded(str(error))
                say(f"{life.name}: {error} Again in {pause:g} s.")
                life.rest(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
    finally:
        life.over()


@contextlib.contextmanager
def told_to_stop(stop: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set the event while this holds."""

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
