"""What is in a backup: its manifest, which is written last and read first."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.errors import BadData

MANIFEST = "backup.json"
FORMAT = 1
PIECE = 1_048_576


class Journal(NamedTuple):
    """How far an account's journal reached, and the hash over all of it."""

    commit: int
    chain: str


class Contents(NamedTuple):
    """A backup's manifest."""

    made: str
    """UTC, ISO 8601."""
    version: str
    """Of the Tradewind that made it."""
    files: Mapping[str, str]
    """SHA-256 by path within the backup."""
    journals: Mapping[str, Journal]
    """By account."""
    databases: tuple[str, ...]
    """Folders within, each a backup of its own that `tradewind db restore` brings back."""


def digest_of(path: Path) -> str:
    """Return a file's SHA-256."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def write(folder: Path, contents: Contents) -> None:
    """The manifest lies in the folder."""
    told = {"format": FORMAT, **contents._asdict()}
    told["journals"] = {name: one._asdict() for name, one in contents.journals.items()}
    (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> Contents:
    """Return the manifest of a backup; BadData where there is none, or one of a newer format."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        number = int(told["format"])
        if number > FORMAT:
            raise BadData(f"{folder} has format {number}, this version knows {FORMAT}.", "Upgrade Tradewind.")
        journals = {name: Journal(int(one["commit"]), str(one["chain"])) for name, one in told["journals"].items()}
        files = {str(name): str(digest) for name, digest in told["files"].items()}
        return Contents(str(told["made"]), str(told["version"]), files, journals, tuple(told["databases"]))
    except FileNotFoundError:
        hint = "Name a folder that `tradewind backup` made."
        raise BadData(f"{folder} is no backup: it has no {MANIFEST}.", hint) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadData(f"{folder / MANIFEST} cannot be read: {error!r}.", "Take another backup.") from None


def check(folder: Path, contents: Contents) -> None:
    """Every file is as it was when the backup was taken; BadData names the first that is not."""
    for name, digest in contents.files.items():
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise BadData(f"{folder} names a file outside of itself: {name}.", "Take another backup.")
        if path.is_symlink() or not path.is_file():
            raise BadData(f"{folder}: {name} is missing.", "Take another backup.")
        if digest_of(path) != digest:
            raise BadData(f"{folder}: {name} is not as it was written.", "Take another backup.")
