"""The watchdog itself: look ten times a second, act once it must, then stay and keep looking until a person re-arms.

To act is: the kill file first, so that nothing which starts again may trade; then the hung process is ended; then, in a
thread of its own because names and networks can hang, the broker is seen to; and a person is paged at every change.
The watchdog's own heartbeat says every second whether it could do all that; a trader without it is not ready.
"""

import contextlib
import fcntl
import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import BadSettings, TradewindError
from tradewind.watchdog import killfile, processes
from tradewind.watchdog.beats import STATUS, WATCHDOG, Beat, read_beat, write_beat
from tradewind.watchdog.dealings import Outcome
from tradewind.watchdog.emergency import act
from tradewind.watchdog.keys import KEY_FILE, Key, load_key
from tradewind.watchdog.paging import ALWAYS, Pager
from tradewind.watchdog.watch import SECOND, Patience, Sight, State, Watch

LOOK_S = 0.1
VERIFY_S = 5.0
SOON_S = 1.0
"""Between looks at the broker: when all is done, and while it is not."""
CHECK_S = 60.0
"""Between proofs that our key works, while all is well."""
LATE_S = 30.0
"""The longest between looks that find it still not done: a market may be closed for days."""
AGAIN_S = 300.0
"""Between pages about the same unmended trouble."""


class Plan(NamedTuple):
    """How one watchdog works."""

    level: int = 2
    """The kill level asked for when the trader hangs."""
    patience: Patience = Patience()


class Errand:
    """Work at the broker in a thread: one at a time, its outcome waits to be taken."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._results: list[tuple[int, Outcome]] = []
        self._said: dict[str, int] = {}

    @property
    def busy(self) -> bool:
        """It is still on its way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, key: Key, level: int, pager: Pager) -> None:
        """Somebody is on the way to the broker; level 0 only looks whether the key works."""

        def say(line: str) -> None:
            now = time.monotonic_ns()
            if level and now - self._said.get(line, -(2**62)) >= AGAIN_S * SECOND:
                self._said[line] = now
                pager.note(line)

        def run() -> None:
            self._results.append((level, act(key, level, say)))

        self._thread = threading.Thread(target=run, name="emergency", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            # The system gives no more threads; then the watchdog goes itself, and looks at nothing else meanwhile.
            self._thread = None
            run()

    def take(self) -> tuple[int, Outcome] | None:
        """Return a level and what became of it, once."""
        return self._results.pop() if self._results and not self.busy else None


class Guard:
    """One account's watchdog."""

    def __init__(self, folder: Path, plan: Plan = Plan(), pager: Pager | None = None) -> None:  # noqa: B008 - an immutable record
        self.folder = folder
        self._plan = plan
        self._key, self._key_trouble = _key_of(folder)
        self.pager = pager or Pager(folder, self._key)
        self._watch = Watch(plan.patience)
        self._errand, self._check = Errand(), Errand()
        self._ours = False
        self._proved = False
        self._broker_trouble = ""
        self._failed = 0
        self._outcome: Outcome | None = None
        self._mode: str | None = None
        self._acted: dict[str, int] = {}
        self._told: dict[str, tuple[str, int]] = {}
        self._next_errand = self._next_beat = 0
        self._state: State = "absent"
        self._finished_at_four = False
        self._working_level = 0
        self.turn = 0
        with contextlib.suppress(OSError):
            killfile.make_ready(folder, plan.level)

    def look(self, now: int) -> State:
        """One look, and whatever it asks for, was done; `now` is the monotonic clock in ns."""
        self.turn += 1
        kill = killfile.level_asked(self.folder)
        beat = read_beat(self.folder / STATUS)
        if isinstance(beat, Beat):
            self._mode = str(beat.rest.get("mode", ""))
        trader = processes.find_trader(self.folder, beat)
        self._state = self._watch.look(Sight(now, beat, trader, kill))
        if self._acted:
            self._hold_on(kill, now)
        if trader is not None and self._state in ("hung", "disobeys"):
            self._stop(trader, kill, now)
        elif trader is not None:
            self._told.pop("gone", None)
        elif self._state == "gone" and not self._acted:
            self._tell("gone", "the trader is gone without saying so; what it left at the broker stays as it is", now)
        self._see_to_broker(max(kill, self._working_level), trader, now)
        if now >= self._next_beat:
            self._next_beat = now + SECOND
            self._beat(kill)
        return self._state

    def _hold_on(self, kill: int, now: int) -> None:
        """What was done stays until the kill file, once it stood, is taken away; where it could not, it is tried."""
        if kill:
            self._acted.setdefault("kill_ns", time.monotonic_ns())
        elif "kill_ns" in self._acted:
            self.pager.page("the kill file is gone: a person has re-armed; watching again")
            self._acted, self._outcome, self._told, self._working_level = {}, None, {}, 0
            self._finished_at_four = False
        elif now >= self._next_beat:
            killfile.engage(self.folder, self._working_level)

    def _stop(self, trader: processes.Process, kill: int, now: int) -> None:
        """The kill file stands, the trader is ended, and a person is told."""
        why = (
            f"the trader (process {trader.pid}) has shown no life for {self._watch.silent_s:.1f} s"
            if self._state == "hung"
            else f"the trader (process {trader.pid}) does not take kill level {kill}"
        )
        level, trouble = killfile.engage(self.folder, self._plan.level)
        self._acted.setdefault("seen_ns", now)
        if level:
            self._acted.setdefault("kill_ns", time.monotonic_ns())
        self._working_level = max(level, kill, self._plan.level)
        still = processes.stop(trader)
        self._acted["stopped_ns"] = time.monotonic_ns()
        self._next_errand = 0
        asked = self._working_level
        what = still or "it was ended"
        self._tell("stop", f"{why}: kill level {asked} ({killfile.MEANINGS[asked]}); {what}", now)
        if trouble:
            self._tell("kill file", trouble, now)

    def _see_to_broker(self, kill: int, trader: processes.Process | None, now: int) -> None:
        """The broker is looked at as often as the situation wants, and what was found is told."""
        for errand in (self._errand, self._check):
            if (found := errand.take()) is not None:
                self._learn(*found, now)
        ours = kill > 0 and (bool(self._acted) or trader is None)
        if ours and not self._ours:
            self._next_errand = 0
        self._ours = ours
        # Work never waits for a look that hangs.
        errand = self._errand if ours else self._check
        if errand.busy or now < self._next_errand or (ours and self._finished_at_four and kill == 4):
            return
        self._next_errand = now + round(self._pause(ours=ours) * SECOND)
        key, self._key_trouble = _key_of(self.folder)
        if not self._key_trouble:
            self._key = key
        elif self._needs_no_key():
            self._key_trouble = ""
        elif self._mode is not None:  # before its first beat it may be paper
            self._tell("key", f"the watchdog has no good key: {self._key_trouble}", now)
        # A key file that went bad leaves us the key we had.
        if self._key.broker:
            errand.start(self._key, kill if ours else 0, self.pager)

    def _needs_no_key(self) -> bool:
        """Return whether nothing of the account can lie at a broker: it is paper, and nobody has written it a key."""
        return self._mode == "paper" and not (self.folder / KEY_FILE).exists()

    def _pause(self, *, ours: bool) -> float:
        """Return the seconds to the next look at the broker: short while it is not done, longer as it lasts."""
        if self._failed:
            return min(SOON_S * 2.0 ** min(max(self._failed - 10, 0), 10), LATE_S)
        if not ours:
            return CHECK_S if self._proved else SOON_S
        return VERIFY_S if self._outcome is not None and self._outcome.done else SOON_S

    def _learn(self, level: int, outcome: Outcome, now: int) -> None:
        """What came back from the broker is known."""
        self._broker_trouble, self._proved = outcome.trouble, not outcome.trouble
        self._failed = 0 if outcome.done else self._failed + 1
        if self._failed == 1 and not level:
            self._next_errand = min(self._next_errand, now + round(SOON_S * SECOND))
        if level:
            self._judge_outcome(level, outcome, now)
        elif outcome.trouble:
            self._tell("look", f"the watchdog could not look at the broker: {outcome.trouble}", now)
        else:
            self._told.pop("look", None)

    def _judge_outcome(self, level: int, outcome: Outcome, now: int) -> None:
        if self._acted and outcome.done:
            self._acted.setdefault("done_ns", time.monotonic_ns())
        if outcome.done:
            self._tell(
                "broker", f"at the broker kill level {level} is done ({killfile.MEANINGS[level]})", now, once=True
            )
        else:
            left = "; ".join((*outcome.entries, *(outcome.trades if level > 2 else ())))
            left = f"; as far as known there is left: {left}" if left else ""
            self._tell("broker", f"at the broker kill level {level} is not done: {outcome.trouble}{left}", now)
        if outcome.unprotected and not outcome.trouble:
            self._tell("stops", f"open without a stop: {'; '.join(outcome.unprotected)}", now)
        elif outcome.done:
            self._told.pop("stops", None)
        self._finished_at_four = level == 4 and outcome.done
        self._outcome = outcome

    def _tell(self, about: str, text: str, now: int, *, once: bool = False) -> None:
        """A person is told what is new, and again after a while what is not mended."""
        before = self._told.get(about)
        if before is not None and before[0] == text and (once or now - before[1] < AGAIN_S * SECOND):
            return
        self._told[about] = (text, now)
        self.pager.page(text)

    def reasons(self) -> list[str]:
        """Return why the watchdog could not do its work now; nothing where it could."""
        return [reason for reason in (self._key_trouble, self._broker_trouble) if reason]

    def _beat(self, kill: int) -> None:
        reasons = self.reasons()
        told = {
            "state": self._state,
            "kill": kill,
            "ready": (self._proved or self._needs_no_key()) and not reasons,
            "pages": len(self.pager.ways) > len(ALWAYS),
            "reasons": reasons,
            "acted": self._acted,
            "pages_lost": self.pager.failed(),
            "broker": self._outcome._asdict() if self._outcome else None,
        }
        try:
            write_beat(self.folder / WATCHDOG, self.turn, told)
        except OSError as error:
            self._tell("disk", f"the watchdog cannot write its heartbeat: {error.strerror}", self._next_beat)


def _key_of(folder: Path) -> tuple[Key, str]:
    try:
        key = load_key(folder)
    except TradewindError as error:
        return Key(name=folder.name), str(error)
    if not key.broker:
        return key, "the key file names no broker"
    return key, ""


def only_one(folder: Path) -> int:
    """Return a descriptor that makes us the only watchdog of the account; BadSettings where there is one."""
    handle = os.open(folder / "watchdog.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise BadSettings(f"A watchdog of {folder.name} runs already.", "One is enough; end it first.") from None
    return handle


def run(folder: Path, plan: Plan = Plan()) -> None:  # noqa: B008 - an immutable record
    """Watch the account until the process is ended."""
    if not folder.is_dir():
        raise BadSettings(f"There is no account folder {folder}.", "Start the trader once, or name another account.")
    handle = only_one(folder)
    with contextlib.suppress(OSError):
        # A trader that loops burns a processor; who watches it goes first, where the system lets us.
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    try:
        guard = Guard(folder, plan)
        while True:
            try:
                guard.look(time.monotonic_ns())
            except Exception as error:  # noqa: BLE001 - whatever is broken, the next look comes
                guard.pager.note(f"a look failed: {type(error).__name__}")
            time.sleep(LOOK_S)
    finally:
        os.close(handle)
