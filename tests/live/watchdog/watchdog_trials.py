"""Trials with real processes: a trader that hangs, the watchdog beside it, a broker that remembers what was asked."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from watchdog_broker import ENTRIES, PROTECTION, write_key

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "src"
WAYS = ("loop", "machine code", "deadlock", "stopped")


def environment():
    """Return an environment in which our source is found and nothing else is set."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{SOURCE}:{HERE}"}


def until(true, what, limit_s=60.0):
    """Wait for a condition; return what it gave."""
    ends = time.monotonic() + limit_s
    while not (found := true()):
        assert time.monotonic() < ends, f"waited {limit_s:g} s for {what}"
        time.sleep(0.02)
    return found


def start_trader(folder, mode):
    """Return a stand-in trader that has beaten."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, HERE / "watchdog_trader.py", folder, mode]
    trader = subprocess.Popen(words, env=environment())
    until(lambda: read(folder / "status.json").get("pid") == trader.pid, "the trader's first beat")
    return trader


def start_watchdog(folder, *options):
    """Return a watchdog that is ready."""
    words = [sys.executable, "-m", "tradewind.watchdog", folder, *options]
    watchdog = subprocess.Popen(words, env=environment(), stderr=subprocess.DEVNULL)
    until(lambda: read(folder / "watchdog.json").get("pid") == watchdog.pid, "the watchdog's first beat")
    return watchdog


def read(path):
    """Return the JSON object in a file, or an empty one."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


class Trial(NamedTuple):
    """One hang: what it was, and how long things took from it on."""

    mode: str
    killed_ms: float
    stopped_ms: float
    cancelled_ms: float


class Pair:
    """A trader and its watchdog on an account of their own."""

    def __init__(self, broker, folder, mode):
        self.mode, self.folder = mode, folder
        self.account = broker.account(folder.name)
        write_key(folder, broker.url)
        (folder / "journal.sqlite").write_bytes(os.urandom(4096))
        self.trader = start_trader(folder, mode)
        self.watchdog = start_watchdog(folder)

    def hang(self):
        """The trader does not turn any more."""
        (self.folder / "hang").touch()
        hung = self.folder / "hung"
        until(lambda: hung.exists() and hung.read_text(), "the trader to hang")
        if self.mode == "stopped":
            os.kill(self.trader.pid, signal.SIGSTOP)
            hung.write_text(str(time.monotonic_ns()))

    def result(self):
        """Return the trial, once the watchdog says that all is done."""
        acted = until(self._done, f"the watchdog to finish ({self.mode})")
        hung = int((self.folder / "hung").read_text())
        last = max(self.account.cancelled_ns.values())
        since = [(moment - hung) / 1e6 for moment in (acted["kill_ns"], acted["stopped_ns"], last)]
        assert set(self.account.cancelled_ns) == ENTRIES
        assert set(self.account.orders) == PROTECTION
        assert (self.folder / "KILL").read_text() == "2\n"
        assert self.trader.wait(30) == -signal.SIGKILL
        return Trial(self.mode, *since)

    def _done(self):
        acted = read(self.folder / "watchdog.json").get("acted", {})
        return acted if "done_ns" in acted else None

    def end(self):
        """Nothing of the pair runs any more."""
        for process in (self.trader, self.watchdog):
            if process.poll() is None:
                process.kill()
            process.wait(30)


def trials(broker, folder, count, together=10):
    """Return `count` trials, so many of them at once, each of the ways to hang in turn."""
    done = []
    for first in range(0, count, together):
        pairs = []
        try:
            # One by one: those that started are ended whatever happens to the next.
            for number in range(first, min(first + together, count)):
                pairs += [Pair(broker, folder / f"account-{number}", WAYS[number % len(WAYS)])]
            for pair in pairs:
                pair.hang()
            done += [pair.result() for pair in pairs]
        finally:
            for pair in pairs:
                pair.end()
    return done


def table(done):
    """Return the figures of the trials as lines."""
    lines = [f"{len(done)} trials, ms from the hang on (a loop burns a processor each)"]
    for name in ("killed_ms", "stopped_ms", "cancelled_ms"):
        values = sorted(getattr(trial, name) for trial in done)
        p50, p99 = values[len(values) // 2], values[min(len(values) - 1, len(values) * 99 // 100)]
        lines.append(f"{name:14} p50 {p50:7.0f}  p99 {p99:7.0f}  max {values[-1]:7.0f}")
    return "\n".join(lines)
