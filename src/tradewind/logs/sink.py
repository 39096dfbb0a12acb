"""Where lines end: a file that is put aside when it is full and kept in so many pieces, written by its own thread.

The disk is asked for nothing that trading waits for. If it is full, lines are counted as lost and trading goes on.
"""

import contextlib
import os
import threading
from collections import deque
from pathlib import Path
from typing import NamedTuple

ROOM = 20_000
"""Lines that may wait."""
LONGEST = 16_384
"""Bytes of a line; the rest of a longer one is cut off."""
REST_S = 0.1


class Cap(NamedTuple):
    """What the files of one log may come to: `pieces` files of `bytes` each."""

    bytes: int = 10_000_000
    pieces: int = 5


class Sink:
    """One log's file."""

    def __init__(self, path: Path, cap: Cap = Cap(), *, room: int = ROOM) -> None:  # noqa: B008 - an immutable record
        """The file is there, readable by its owner alone, and a thread waits for lines."""
        self.path, self.cap, self.room = path, cap, room
        self.lost = 0
        """Lines that were let go: for want of room, or because the disk took none."""
        self._lines: deque[str] = deque()
        self._wake, self._closing = threading.Event(), False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._handle = _opened(path)
        self._bytes = os.fstat(self._handle).st_size
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def put(self, line: str) -> bool:
        """The line waits to be written; False where there is no room. It never waits."""
        if len(self._lines) >= self.room:
            self._lose(1)
            return False
        self._lines.append(line)
        return True

    def close(self, within_s: float = 5.0) -> None:
        """What waited is written, as far as the time allows, and the thread has ended."""
        self._closing = True
        self._wake.set()
        self._thread.join(within_s)

    def _work(self) -> None:
        while True:
            last = self._closing
            self._write()
            if last:
                os.close(self._handle)
                return
            self._wake.wait(REST_S)

    def _write(self) -> None:
        """Every line that waits is in the file, or counted as lost."""
        while self._lines:
            lines = [self._lines.popleft() for _ in range(min(len(self._lines), 1_000))]
            text = b"".join(line.encode("utf-8", "replace")[:LONGEST] + b"\n" for line in lines)
            try:
                if self._bytes and self._bytes + len(text) > self.cap.bytes:
                    self._put_aside()
                os.write(self._handle, text)
                self._bytes += len(text)
            except OSError:
                self._lose(len(lines))

    def _put_aside(self) -> None:
        """The file is the newest of the pieces, the oldest is gone, and an empty one is written to."""
        os.close(self._handle)
        for number in range(self.cap.pieces - 1, 0, -1):
            older = self._piece(number - 1)
            with contextlib.suppress(FileNotFoundError):
                older.replace(self._piece(number))
        if self.cap.pieces == 1:
            self.path.unlink(missing_ok=True)
        self._handle, self._bytes = _opened(self.path), 0

    def _piece(self, number: int) -> Path:
        return self.path if number == 0 else self.path.with_name(f"{self.path.name}.{number}")

    def _lose(self, count: int) -> None:
        self.lost += count


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
