"""Room kept for the last words: a file that is given back to a full disk."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

PIECE = 1 << 16


class Reserve:
    """A file of `size` bytes beside the journal."""

    def __init__(self, path: Path, size: int) -> None:
        """The room is taken, unless the disk is full already."""
        self._path = path
        self.held = size == 0 or (path.exists() and path.stat().st_size >= size)
        if not self.held:
            with suppress(OSError), path.open("wb") as file:
                for start in range(0, size, PIECE):
                    file.write(os.urandom(min(PIECE, size - start)))  # what a file system cannot compress
                file.flush()
                os.fsync(file.fileno())
                self.held = True
            if not self.held:
                path.unlink(missing_ok=True)

    def free(self) -> bool:
        """The disk has the room again; return whether there was any to give."""
        held = self.held and self._path.exists()
        self.held = False
        self._path.unlink(missing_ok=True)
        return held


def free_share(folder: Path) -> float:
    """Return the share of the disk that is free, 0 to 1."""
    usage = shutil.disk_usage(folder)
    return usage.free / usage.total
