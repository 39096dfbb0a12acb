"""The sequence numbers of a session: in memory where both sides begin anew at every logon, else in a file.

The file is one line of fixed length, written over in place and synced before the message with the number goes out: a
number that was used is never used again. A file that cannot be read is an error, not a beginning: beginning anew on one
side only would end the session.
"""

import os
from pathlib import Path
from typing import Protocol

from tradewind.errors import BadData

WIDTH = 12


class Numbers(Protocol):
    """The next number to be sent and the next number expected."""

    outgoing: int
    incoming: int

    def keep(self) -> None:
        """Both numbers are where they are needed after a crash."""


class MemoryNumbers:
    """Numbers of sessions that reset at every logon."""

    def __init__(self) -> None:
        self.outgoing = 1
        self.incoming = 1

    def keep(self) -> None:
        """Nothing is needed after a crash."""


class FileNumbers:
    """Numbers of a session that lasts beyond a connection, in a file of their own."""

    def __init__(self, path: Path) -> None:
        """The numbers are those in the file, or 1 and 1 where there is none yet; `BadData` where it is damaged."""
        self.outgoing = 1
        self.incoming = 1
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        text = os.pread(self._file, 4 * WIDTH, 0).decode("latin-1")
        if not text:
            self.keep()
            return
        parts = text.split()
        if len(text) != 2 * WIDTH + 2 or len(parts) != 2 or not all(part.isdigit() for part in parts):
            os.close(self._file)
            raise BadData(
                f"The sequence numbers in {path} are damaged.",
                "Ask the broker to reset the session, then delete the file.",
            )
        self.outgoing, self.incoming = (int(part) for part in parts)

    def keep(self) -> None:
        """Both numbers are on the disk."""
        line = f"{self.outgoing:0{WIDTH}d} {self.incoming:0{WIDTH}d}\n"
        os.pwrite(self._file, line.encode(), 0)
        os.fdatasync(self._file)

    def close(self) -> None:
        """The file is closed."""
        os.close(self._file)
