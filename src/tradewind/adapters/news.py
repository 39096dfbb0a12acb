"""Imported releases in files that only ever become more: one file of JSON a delivery, numbered as they came.

    news/000001.json
         000002.json

A delivery holds the versions that were new, and says where they came from. It is written whole under another name and
then linked to the next free number: that step is the whole transaction, so whatever fails, a reader sees a delivery or
none of it, and two writers never take the same number. Nothing is changed afterwards; a later version of a release is
a row in a later file.
"""

import contextlib
import json
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tradewind.errors import BadData, TradewindError
from tradewind.markets.news import Event, checked

FORMAT = 1
_NAME = re.compile(r"\d{6}\.json")
_ATTEMPTS = 100


class NewsStore:
    """Imported versions of releases under `root`."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def deliveries(self) -> list[Path]:
        """Return the files of all deliveries, oldest first."""
        return sorted(path for path in self.root.glob("*.json") if _NAME.fullmatch(path.name))

    def versions(self) -> list[Event]:
        """Return every version stored, in the order of their import."""
        return [event for path in self.deliveries() for event in _read(path)]

    def append(self, events: Sequence[Event], provenance: Mapping[str, Any]) -> Path:
        """Store the versions as one delivery, whole or not at all, and return its file."""
        rows = [event._asdict() for event in events]
        text = json.dumps({"format": FORMAT, "provenance": dict(provenance), "events": rows}, indent=1)
        temporary = self.root / f".{uuid.uuid4().hex}.tmp"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            return self._numbered(temporary)
        except OSError as error:
            raise TradewindError(
                f"The calendar under {self.root} cannot be written: {error.strerror}.", "Free the space or the folder."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _numbered(self, temporary: Path) -> Path:
        """Give a finished file the next number, whoever else is taking numbers."""
        for _ in range(_ATTEMPTS):
            held = self.deliveries()
            number = int(held[-1].stem) + 1 if held else 1
            target = self.root / f"{number:06}.json"
            try:
                os.link(temporary, target)
            except FileExistsError:
                continue
            _sync(self.root)
            return target
        raise TradewindError(f"Others keep writing to {self.root}.", "Import again when they have finished.")


def _sync(folder: Path) -> None:
    """The folder's entries are on the disk, where the system can be asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read(path: Path) -> list[Event]:
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        if whole["format"] != FORMAT:
            raise BadData(f"{path} has format {whole['format']}.", "Read it with the version that wrote it.")
        return [checked(Event(**row)) for row in whole["events"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(f"The calendar file {path} cannot be read: {error}.", "Restore or delete it.") from error
