"""Snapshots: states from which a recovery begins, so that only the tail after them is read.

A snapshot holds the journal's head of that moment, so the chain can be checked from there on and the state is only
used where it belongs. Each is a file of its own, hashed and compressed, whole or absent. The last three are kept; one
that is damaged is passed over, and with none left the journal is read from its beginning: nothing depends on them.
"""

import contextlib
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tradewind.adapters.journal.heads import Head, head_from

MAGIC = b"TWSNAP1\n"
KEPT = 3
LARGEST = 1 << 30
"""Bytes a snapshot may have uncompressed."""


class Snapshot(NamedTuple):
    """A state and where the journal stood."""

    head: Head
    payload: bytes


def packed(head: Head, payload: bytes) -> bytes:
    """Return a snapshot as it is stored."""
    document = json.dumps(head.as_document()).encode()
    body = len(document).to_bytes(4, "little") + document + zlib.compress(payload, 1)
    return MAGIC + hashlib.blake2b(body, digest_size=32).digest() + body


def unpacked(raw: bytes) -> Snapshot | None:
    """Return the snapshot that was stored; None where it is not whole."""
    with contextlib.suppress(ValueError, KeyError, TypeError, zlib.error):
        start = len(MAGIC) + 32
        body = raw[start:]
        if raw[: len(MAGIC)] == MAGIC and hashlib.blake2b(body, digest_size=32).digest() == raw[len(MAGIC) : start]:
            split = 4 + int.from_bytes(body[:4], "little")
            payload = zlib.decompressobj().decompress(body[split:], LARGEST)
            return Snapshot(head_from(json.loads(body[4:split])), payload)
    return None


def keep(folder: Path, head: Head, payload: bytes) -> None:
    """The snapshot is durable, and at most three are left."""
    folder.mkdir(exist_ok=True)
    temporary = folder / "unfinished"
    with temporary.open("wb") as file:
        file.write(packed(head, payload))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / f"{head.commit:012}.snapshot")
    sync_folder(folder)
    for old in _files(folder)[KEPT:]:
        old.unlink(missing_ok=True)


def whole(folder: Path) -> Iterator[Snapshot]:
    """Yield the snapshots that are whole, newest first."""
    for path in _files(folder):
        snapshot = _read(path)
        if snapshot is not None:
            yield snapshot


def damaged(folder: Path) -> list[str]:
    """Return the names of the snapshots that are not whole."""
    return [path.name for path in _files(folder) if _read(path) is None]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.snapshot"), reverse=True)


def _read(path: Path) -> Snapshot | None:
    with contextlib.suppress(OSError):
        return unpacked(path.read_bytes())
    return None


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
