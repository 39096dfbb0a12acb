"""The disk of the data folder: room, names, and whether what is written there is on it soon.

The probe writes a file of four kilobytes beside the data, twenty times, and takes it away again: a journal commit waits
for exactly that.
"""

import contextlib
import os
import tempfile
import time
from pathlib import Path

from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding, State
from tradewind.settings import Settings

AREA = "disk"
LOW, LOWEST = 0.10, 0.05
SLOW_S = 0.05
PROBES = 20
ROOM = "Make room: `tradewind data list` says what is held; move old files away, or give it a larger disk."


def disk(settings: Settings) -> list[Finding]:
    """Return whether there is a data folder with room, that can be written, quickly."""
    folder = settings.data
    if not folder.is_dir():
        says = f"There is no data folder {folder}."
        parent = folder.absolute().parent
        if parent.is_dir() and os.access(parent, os.W_OK):
            return [Finding(AREA, "data folder", UNUSED, f"{folder} is made when something is first kept")]
        return [Finding(AREA, "data folder", BAD, says, "Run `tradewind init` here, or give the right --settings.")]
    told = os.statvfs(folder)
    found = [_share("free space", told.f_bavail, told.f_blocks, f"{told.f_bavail * told.f_frsize / 1e9:.1f} GB")]
    if told.f_files:
        found.append(_share("inodes", told.f_favail, told.f_files, f"{told.f_favail:,}"))
    if told.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
        cure = f"Mount it for writing, or own it: chown -R $USER {folder}"
        return [*found, Finding(AREA, "writable", BAD, f"{folder} cannot be written.", cure)]
    return [*found, _probe(folder)]


def _share(name: str, free: int, whole: int, amount: str) -> Finding:
    share = free / whole if whole else 0.0
    state: State = BAD if share < LOWEST else WARNING if share < LOW else GOOD
    cure = "" if state == GOOD else ROOM
    return Finding(AREA, name, state, f"{amount} are free, {share:.0%}", cure, 0.0, f"{LOW:.0%}")


def _probe(folder: Path) -> Finding:
    times = []
    try:
        handle, name = tempfile.mkstemp(prefix=".doctor-", dir=folder)
        try:
            for _ in range(PROBES):
                began = time.perf_counter()
                os.pwrite(handle, bytes(4096), 0)
                os.fsync(handle)
                times.append(time.perf_counter() - began)
        finally:
            os.close(handle)
            with contextlib.suppress(OSError):
                Path(name).unlink()
    except OSError as error:
        return Finding(AREA, "writing", BAD, f"{folder} cannot be written: {error.strerror}.", ROOM)
    worst = max(times)
    limit = f"{SLOW_S * 1000:g} ms"
    says = f"The slowest of {PROBES} writes took {worst * 1000:.1f} ms"
    if worst > SLOW_S:
        return Finding(AREA, "writing", WARNING, says, "Put the data folder on a local SSD.", 0.0, limit)
    return Finding(AREA, "writing", GOOD, says, "", 0.0, limit)
