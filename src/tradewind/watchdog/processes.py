"""Which process trades an account, and how it is stopped, as the operating system tells it.

A pid alone names nobody: numbers are used again. A process is its pid and the moment it started (`/proc/<pid>/stat`,
field 22). The trader is whoever holds the lock on the account's `lease` file (`/proc/locks`): that is true whatever
stands in any file, and a stopped or looping process still holds it. Stopping goes through a descriptor of the process
that is opened before its identity is checked, so that no other process can be hit. Watchdog and trader must see the
same process table: in containers, one pid namespace.
"""

import os
import select
import signal
from pathlib import Path
from typing import NamedTuple

from tradewind.watchdog.beats import Beat, NoBeat

LEASE = "lease"


class Process(NamedTuple):
    """One process; `started` in the kernel's ticks since boot."""

    pid: int
    started: int


def started(pid: int) -> int | None:
    """Return when the process started, or None where it is gone or only waits to be buried."""
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = told[told.rfind(b")") + 1 :].split()
    if fields[:1] in ([b"Z"], [b"X"], [b"x"]):
        return None
    try:
        return int(fields[19])
    except (IndexError, ValueError):
        return None


def find_trader(folder: Path, beat: Beat | NoBeat) -> Process | None:
    """Return the process that trades the account: who holds its lease, else the leader that the beat names."""
    for pid in lock_holders(folder / LEASE):
        since = started(pid)
        if since is not None:
            return Process(pid, since)
    if isinstance(beat, Beat) and beat.leader and beat.started and started(beat.pid) == beat.started:
        return Process(beat.pid, beat.started)
    return None


def lock_holders(path: Path) -> list[int]:
    """Return the pids that hold a lock on the file, ours left out."""
    try:
        held = path.stat()
        lines = Path("/proc/locks").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    pids = []
    for line in lines:
        fields = line.split()
        # "1: FLOCK ADVISORY WRITE 4242 08:01:131 0 EOF"; with "->" someone who waits for it
        if len(fields) < 8 or fields[1] == "->" or not fields[4].isdigit():
            continue
        if fields[5].rpartition(":")[2] == str(held.st_ino) and int(fields[4]) != os.getpid():
            pids.append(int(fields[4]))
    return [pid for pid in dict.fromkeys(pids) if _has_open(pid, held)]


def _has_open(pid: int, held: os.stat_result) -> bool:
    """Return whether the process has that very file open; equal numbers on another disk do not count."""
    try:
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    for handle in handles:
        try:
            seen = handle.stat()
        except OSError:
            continue
        if (seen.st_dev, seen.st_ino) == (held.st_dev, held.st_ino):
            return True
    return False


def stop(process: Process, wait_s: float = 2.0) -> str:
    """The process is halted, then ended; return what happened in words. "" means that it is proved to be gone."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return ""
    except OSError as error:
        return f"process {process.pid} cannot be reached: {error.strerror}"
    try:
        if started(process.pid) != process.started:
            return ""
        signal.pidfd_send_signal(handle, signal.SIGSTOP)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        if select.select([handle], [], [], wait_s)[0]:
            return ""
    except ProcessLookupError:
        return ""
    except OSError as error:
        return f"process {process.pid} cannot be stopped: {error.strerror}"
    finally:
        os.close(handle)
    return f"process {process.pid} was killed and is still there after {wait_s:g} s; it can send nothing more"
