"""The kill file: the level asked for, in the account's folder, in force as long as it is there.

K1 no entries, K2 and pending entries are cancelled, K3 and everything is closed, K4 and the connection is left. It
is raised by anybody in one step and never lowered by a program; a file that cannot be read counts as K2, never as
none. So that it can be written on a full disk, a file with the level stands ready beside it and is only renamed.
"""

import contextlib
import os
import time
from pathlib import Path

from tradewind.watchdog.beats import read_small, sync_folder, write_whole

KILL = "KILL"
READY = ".KILL.ready"
LEVELS = (1, 2, 3, 4)
DOUBT = 2
"""What a kill file that says nothing means."""

MEANINGS = {
    0: "none",
    1: "no entries",
    2: "no entries, pending entries cancelled",
    3: "pending entries cancelled, everything closed",
    4: "everything closed, connection left",
}


def level_asked(folder: Path) -> int:
    """Return the level the kill file asks for: 0 where there is none, 2 where it cannot be read."""
    try:
        text = read_small(folder / KILL, 64)
    except FileNotFoundError:
        return 0
    except (OSError, ValueError):
        return DOUBT
    word = text.strip()
    return int(word) if word in (b"1", b"2", b"3", b"4") else DOUBT


def make_ready(folder: Path, level: int = DOUBT) -> None:
    """A file with the level stands ready, for when there is no space left."""
    write_whole(folder / READY, b"%d\n" % level, durable=True)


def engage(folder: Path, level: int) -> tuple[int, str]:
    """At least `level` is asked for; return the level that is, and in words what went wrong on the way.

    The first way that works: a new file, the one that stands ready, an empty one. Level 0 with words: none did.
    """
    present = level_asked(folder)
    if present >= level and identity(folder) is not None:
        return present, ""
    try:
        write_whole(folder / KILL, b"%d\n" % level, durable=True)
    except OSError as error:
        return _engage_somehow(folder, level, f"{error.strerror or error}")
    return level, ""


def _engage_somehow(folder: Path, level: int, trouble: str) -> tuple[int, str]:
    with contextlib.suppress(OSError, ValueError):
        ready = read_small(folder / READY, 64).strip()
        if ready == b"%d" % level or not level_asked(folder):
            (folder / READY).replace(folder / KILL)
            return level_asked(folder), f"the kill file could not be written ({trouble}); the one kept ready is used"
    with contextlib.suppress(OSError):
        os.close(os.open(folder / KILL, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    reached = level_asked(folder)
    return reached, f"the kill file could not be written ({trouble}); level {reached} is what it says now"


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells this kill file from one written later, or None where there is none."""
    try:
        found = (folder / KILL).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def disengage(folder: Path, seen: tuple[int, int] | None) -> bool:
    """The kill file that was `seen` is away, by us or by the trader; False where it is another by now, which stays."""
    away = folder / f".KILL.rearmed.{time.time_ns()}"
    try:
        (folder / KILL).rename(away)
    except FileNotFoundError:
        return True
    found = away.stat()
    if (found.st_ino, found.st_mtime_ns) != seen:
        # Raised again while we asked: what was moved away comes back, at its level or a higher one.
        word = read_small(away, 64).strip()
        engage(folder, int(word) if word in (b"1", b"2", b"3", b"4") else DOUBT)
        away.unlink()
        return False
    away.unlink()
    with contextlib.suppress(OSError):
        sync_folder(folder)
    return True
