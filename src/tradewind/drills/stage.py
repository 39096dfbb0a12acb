"""The stage of a drill: a folder, a venue and a trader in it, and what is seen of them from outside."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tradewind.backups.restoring import restore
from tradewind.drills.actors import NAME
from tradewind.errors import TradewindError

WAIT_S = 60.0


def shift_to_wednesday(now_ns: int) -> int:
    """Return what to add to a clock so that it shows the Wednesday before, 15:00 UTC: gold trades then."""
    now = datetime.fromtimestamp(now_ns / 1e9, UTC)
    back = (now.weekday() - 2) % 7 or 7
    then = (now - timedelta(days=back)).replace(hour=15, minute=0, second=0, microsecond=0)
    return int(then.timestamp()) * 1_000_000_000 - now_ns


class Stage:
    """Both processes of a drill; leaving it ends them and removes the folder."""

    def __init__(self) -> None:
        """Nothing runs before the stage is entered."""
        self._kept = tempfile.TemporaryDirectory(prefix="tradewind-drill-")
        self.folder = Path(self._kept.name)
        self.shift = shift_to_wednesday(time.time_ns())
        self.account = self.folder / "accounts" / NAME
        self.venue: subprocess.Popen[bytes] | None = None
        self.trader: subprocess.Popen[bytes] | None = None
        self.forgotten: set[str] = set()
        """Ids of orders that the venue had taken when the trader was put back to a backup."""

    def __enter__(self) -> Self:
        """Both run, and the trader is ready."""
        try:
            self.start_venue()
            self.trader = self._begin("trader")
            self.until(lambda: self.status().get("ready") is True, "the trader is ready")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left."""
        for process in (self.trader, self.venue):
            if process is not None:
                process.kill()
                process.wait(WAIT_S)
        if pid := int(self.status().get("pid", 0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._kept.cleanup()

    def start_venue(self) -> None:
        """The venue serves; where it did before, if it did."""
        self.venue = self._begin("venue")
        self.until((self.folder / "url").is_file, "the venue serves")

    def _begin(self, role: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{role}.log").open("ab")
        command = [sys.executable, "-m", "tradewind.drills.actors", role, str(self.folder), str(self.shift)]
        with log:
            return subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own module

    def status(self) -> dict[str, Any]:
        """Return the trader's heartbeat."""
        try:
            found = json.loads((self.account / "status.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def until(self, question: Callable[[], Any], what: str) -> None:
        """The question was answered with yes; TradewindError with the trader's last words where it never is."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if question():
                return
            time.sleep(0.005)
        words = [path.read_text(errors="replace")[-600:] for path in sorted(self.folder.glob("*.log"))]
        raise TradewindError(f"Within {WAIT_S:g} s it did not come to pass that {what}.", " ".join(words))

    def kill_trader(self) -> float:
        """The process that trades was killed; return the seconds until its successor was ready to trade."""
        pid = int(self.status()["pid"])
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        self.until(lambda: self._ready_after(pid), "the trader is ready again")
        return time.monotonic() - began

    def lose_account(self, backup: Path) -> float:
        """The trader was killed and its account was lost, and a successor goes on from the backup.

        Return the seconds from the loss until that was ready to trade.
        """
        before = self.status()
        if self.trader is not None:
            self.trader.kill()
            self.trader.wait(WAIT_S)
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(before["pid"]), signal.SIGKILL)
        began = time.monotonic()
        shutil.rmtree(self.account)
        back = self.folder / f"restored-{time.monotonic_ns()}"
        restore(backup, back)
        (back / "tradewind-data" / "accounts" / NAME).rename(self.account)
        self.trader = self._begin("trader")
        self.until(lambda: self.status().get("ready") is True, "the trader is ready again")
        return time.monotonic() - began

    def _ready_after(self, pid: int) -> bool:
        status = self.status()
        return status.get("pid") not in (None, pid) and status.get("ready") is True

    def stop_trader(self) -> None:
        """The trader was asked to stop and has."""
        if self.trader is not None:
            self.trader.send_signal(signal.SIGINT)
            self.trader.wait(WAIT_S)
