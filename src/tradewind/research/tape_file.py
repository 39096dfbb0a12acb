"""A tape in a file that several processes map into memory: its pages lie there once, however many read them."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.data.tape import BLOCK_ROWS
from tradewind.kernel.records import EVENT
from tradewind.ports import Rows

RAW = f"V{EVENT.itemsize}"


@contextmanager
def tape_file(blocks: Iterable[Rows], folder: Path) -> Iterator[Path]:
    """Give a file in `folder` that holds the blocks; it is gone afterwards. Those of dead processes go, too."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("tape-*.events"):
        if not _lives(int(old.name.split("-")[1])):
            with suppress(OSError):
                old.unlink()
    path = folder / f"tape-{os.getpid()}-{id(blocks):x}.events"
    try:
        with path.open("wb") as file:
            for block in blocks:
                file.write(block.tobytes())
        yield path
    finally:
        with suppress(OSError):
            path.unlink()


def mapped(path: Path) -> Sequence[Rows]:
    """Return the blocks of a tape file, mapped and not read."""
    if path.stat().st_size == 0:
        return []
    return cut(np.memmap(path, RAW, "r").view(np.ndarray))


def cut(rows: np.ndarray[Any, Any]) -> Sequence[Rows]:
    """Return rows of a tape, whatever they are called, as blocks of EVENT."""
    events = rows.view("u1").view(EVENT)
    return [events[start : start + BLOCK_ROWS] for start in range(0, len(events), BLOCK_ROWS)]


def _lives(process: int) -> bool:
    if sys.platform == "win32":
        return False  # a file that is open cannot be deleted there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
