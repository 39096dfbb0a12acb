"""A lock that one process holds for as long as it lives, and that the operating system takes back when it dies.

The file says who holds it and since when, for the person who is refused. It is never deleted: a lock on a file that
somebody else then makes again would be two locks.
"""

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradewind.errors import TradewindError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class LockHeld(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Another process holds the lock; `holder` is what it wrote about itself."""

    def __init__(self, message: str, hint: str, holder: Mapping[str, Any]) -> None:
        super().__init__(message, hint)
        self.holder = holder


class FileLock:
    """A lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path, what: str, since: str) -> None:
        """The lock is held, or LockHeld says who holds it: `what` it guards, `since` when as text."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.former = _holder(self._file)
        """What the last holder wrote, empty where there was none."""
        try:
            _lock(self._file)
        except OSError as error:
            os.close(self._file)
            named = f"process {self.former.get('pid', '?')}, since {self.former.get('since', '?')}"
            raise LockHeld(f"{what} is in use by {named}.", "Stop that one first.", self.former) from error
        status = os.fstat(self._file)
        self._place = (status.st_dev, status.st_ino)
        boot = _boot()
        self.identity = f"{boot}-{status.st_dev}-{status.st_ino}" if boot else ""
        """Whoever held a lock of this identity has let go of it or is dead; empty where that cannot be known."""
        raw = json.dumps({"pid": os.getpid(), "since": since}).encode()
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, raw)

    def still_there(self) -> bool:
        """Whether the file with the name is the one that is locked."""
        with contextlib.suppress(OSError):
            status = self.path.stat()
            return self._file >= 0 and self._place == (status.st_dev, status.st_ino)
        return False

    def release(self) -> None:
        """Another process can have it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, 1 << 20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _boot() -> str:
    """Return what names the time since this machine was started, empty where nothing does."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _holder(file: int) -> Mapping[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(os.read(file, 4096))
        return found if isinstance(found, dict) else {}
    return {}
