"""The bridge's journal: what was to have an effect, on disk before it has one.

A line is a checksum and a record; the latest record of a key holds. A last line that was torn by a crash was never
acted upon and is cut off; damage elsewhere is for a person to look at, and the bridge does not start.
"""

from __future__ import annotations

import importlib
import json
import os
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LOCK_PLACE = 2**40
"""Windows forbids to read what is locked, so a byte is locked that is never written."""


class Journal:
    """Every request with an effect by its key, and what is known of orders by it."""

    def __init__(self, path: Path) -> None:
        """The journal is read and locked; SystemExit where it is damaged or another bridge has it."""
        self.records: dict[str, dict[str, Any]] = {}
        self.owners: dict[int, str] = {}
        """Our id by the terminal's order ticket."""
        self.legs: dict[str, dict[str, Any]] = {}
        """By our id of an attached order: `sl` or `tp`, and the entry of ours or the positions it is attached to."""
        self._entries: dict[str, dict[str, str]] = {}
        self._positions: dict[int, dict[str, str]] = {}
        self._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self._lock()
        self._file.seek(0)
        lines = self._file.read().split(b"\n")
        whole = 0
        for place, line in enumerate(lines[:-1]):
            mark, _, text = line.partition(b" ")
            if mark != b"%08x" % zlib.crc32(text):
                raise SystemExit(f"The journal {path} is damaged in line {place + 1}: look at it before it is moved.")
            self._note(json.loads(text.decode("utf-8")))
            whole += len(line) + 1
        self._file.truncate(whole)
        self._file.seek(whole)

    def _lock(self) -> None:
        try:
            if os.name == "nt":
                locking = importlib.import_module("msvcrt")
                self._file.seek(LOCK_PLACE)
                locking.locking(self._file.fileno(), locking.LK_NBLCK, 1)
            else:
                locking = importlib.import_module("fcntl")
                locking.flock(self._file.fileno(), locking.LOCK_EX | locking.LOCK_NB)
        except OSError:
            raise SystemExit("Another bridge uses this journal: one bridge a terminal.") from None

    def write(self, record: dict[str, Any]) -> None:
        """The record is on the disk; where that fails the bridge ends, for then nothing can be promised."""
        text = json.dumps(record, allow_nan=False, separators=(",", ":")).encode("utf-8")
        try:
            self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
            os.fsync(self._file.fileno())
        except OSError as error:
            os.write(2, (f"The journal cannot be written: {error}\n").encode())
            os._exit(3)
        self._note(record)

    def close(self) -> None:
        """Another bridge may have the journal."""
        self._file.close()

    def _note(self, record: dict[str, Any]) -> None:
        self.records[record["key"]] = record
        for result in record["results"]:
            if record["names"] and result["order"]:
                self.owners[result["order"]] = record["key"]
        for which, leg in record["legs"].items():
            self.legs[leg] = {"which": which, "entry": record["key"], "positions": record["positions"]}
            self._entries.setdefault(record["key"], {})[which] = leg
            for position in record["positions"]:
                self._positions.setdefault(position, {})[which] = leg

    def legs_of(self, entry: str, position: int) -> dict[str, str]:
        """Return our ids of what is attached to a position, the latest of `sl` and of `tp`."""
        legs = dict(self._entries.get(entry, {}))
        legs.update(self._positions.get(position, {}))
        return legs
