"""Heartbeats: a small file written anew each second by a process that lives, and read by those who doubt it.

A beat proves life by two numbers that must both grow: the monotonic clock when it was written, and the turns of the
loop whose life it claims. A thread that beats for a loop that hangs shows the first without the second. Wall time is
in it for people only, because wall clocks jump.

What is read is not trusted: a beat cut short, filled with garbage or replaced by a pipe is no beat, and says why.
"""

import contextlib
import json
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

STATUS = "status.json"
WATCHDOG = "watchdog.json"
LARGEST = 1_048_576
_BEYOND = 2**63


class Beat(NamedTuple):
    """The part of a heartbeat that is judged; `rest` is everything in the file."""

    pid: int
    started: int
    """When the process started, in the kernel's ticks since boot: with `pid` it names one process; 0: not said."""
    monotonic_ns: int
    turn: int
    turned_ns: int
    """When that turn was made, by the same clock: earlier than the beat where another thread beats for the loop."""
    leader: bool
    """The process says that it holds the account's lease."""
    kill: int
    """The kill level the process has in force."""
    rest: Mapping[str, Any]


class NoBeat(NamedTuple):
    """There is no beat, and why; `missing` where there is no file at all."""

    why: str
    missing: bool = False


def parse_beat(text: bytes) -> Beat | NoBeat:
    """Return the beat that `text` is, or why it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return NoBeat("it is not JSON")
    if not isinstance(told, dict):
        return NoBeat("it is no JSON object")
    numbers = {}
    for name, needed in (("pid", True), ("monotonic_ns", True), ("turn", True), ("started", False), ("kill", False)):
        value = told.get(name, None if needed else 0)
        if type(value) is not int or not 0 <= value < _BEYOND:
            return NoBeat(f"its {name} is no number that can be right")
        numbers[name] = value
    if numbers["pid"] < 2:
        return NoBeat("its pid is no trader's")
    turned = told.get("turned_ns", numbers["monotonic_ns"])
    if type(turned) is not int or not 0 <= turned <= numbers["monotonic_ns"]:
        return NoBeat("its turned_ns is no number that can be right")
    leader = told.get("leader") is True
    return Beat(**numbers, turned_ns=turned, leader=leader, rest=told)


def read_beat(path: Path) -> Beat | NoBeat:
    """Return the beat in the file, or why there is none; it never waits and never raises."""
    try:
        text = read_small(path)
    except FileNotFoundError:
        return NoBeat("there is no file", missing=True)
    except (OSError, ValueError) as error:
        return NoBeat(f"it cannot be read: {error}")
    return parse_beat(text)


def read_small(path: Path, largest: int = LARGEST) -> bytes:
    """Return what is in a plain file of at most `largest` bytes; a pipe or a device raises instead of waiting."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no plain file")
        parts, left = [], largest + 1
        while left > 0 and (part := os.read(handle, left)):
            parts.append(part)
            left -= len(part)
    finally:
        os.close(handle)
    if left <= 0:
        raise ValueError(f"it is larger than {largest} bytes")
    return b"".join(parts)


def write_whole(path: Path, text: bytes, *, durable: bool = False) -> None:
    """The file holds `text`; whoever reads it meanwhile sees the old text or the new, never a part."""
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    handle = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        waiting.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            waiting.unlink()
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The names in the folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def process_table() -> int:
    """Return which table of processes ours is in: in another container a pid means another process; 0 unknown."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116 - a link into the kernel, no path of ours
    except OSError:
        return 0


def write_beat(path: Path, turn: int, rest: Mapping[str, Any]) -> None:
    """The file holds a beat of this process at its turn `turn`, with the fields of `rest`."""
    from tradewind.watchdog.processes import started  # noqa: PLC0415 - reading beats needs no process table

    told = {
        **rest,
        "pid": os.getpid(),
        "started": started(os.getpid()) or 0,
        "processes": process_table(),
        "monotonic_ns": time.monotonic_ns(),
        "wall_ns": time.time_ns(),
        "turn": turn,
    }
    write_whole(path, json.dumps(told).encode())
