"""Processes that outlive the command that began them: known by pid and start time, so that no stranger is killed."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import TradewindError
from tradewind.watchdog.processes import started

READY_S = 60.0
MARK = "TRADEWIND_STACK_LOG"
LOOK_S = 0.1
_BEGUN: "dict[int, subprocess.Popen[bytes]]" = {}
"""Those that this process began: it has to bury them."""
GRACE_S = 15.0


class Running(NamedTuple):
    """A server that was begun here."""

    name: str
    pid: int
    started: int
    """When, in the system's ticks since boot: with the pid it names one process."""
    address: str
    log: str


def begin(
    name: str, command: Sequence[str | Path], folder: Path, address: str, *,
    ready: Callable[[], bool], environment: Mapping[str, str] | None = None, user: int | None = None,
    within: Path | None = None,
) -> Running:  # fmt: skip
    """Return the process once `ready` says so; one that ends before, or is late, is named with the end of its log."""
    if address and answers(int(address.rpartition(":")[2])):
        raise TradewindError(f"{name} cannot listen on {address}: something does already.", "Choose another port.")
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - the stack's own servers
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=within or folder,
            start_new_session=True, env={**os.environ, **(environment or {}), MARK: str(log)}, user=user, group=user,
        )  # fmt: skip
    _BEGUN[process.pid] = process
    running = Running(name, process.pid, started(process.pid) or 0, address, str(log))
    (folder / f"{name}.pid").write_text(json.dumps(running._asdict()), encoding="utf-8")
    until = time.monotonic() + READY_S
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            stop(running)
            raise TradewindError(f"{name} did not become ready: {_last_line(log)}", f"See {log}.")
        time.sleep(LOOK_S)
    return running


def read_running(path: Path) -> Running | None:
    """Return what a file of `begin` tells, None where there is none that can be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Running(
            str(told["name"]), int(told["pid"]), int(told["started"]), str(told["address"]), str(told["log"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def unnoted(folder: Path, name: str) -> Running | None:
    """Return the process that was begun for this folder and name by somebody who was killed before it was noted.

    Each carries the path of its log in its environment, and so do its children: the oldest is the one that was begun.
    """
    log = str(folder / f"{name}.log")
    mark = f"{MARK}={log}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError, ValueError):
            if mark in path.read_bytes().split(b"\0"):
                pid = int(path.parent.name)
                found.append((started(pid) or 0, pid))
    since, pid = min(found, default=(0, 0))
    return Running(name, pid, since, "", log) if since else None


def lives(running: Running) -> bool:
    """Whether this very process runs."""
    if (ours := _BEGUN.get(running.pid)) is not None and ours.poll() is not None:
        return False
    return running.started != 0 and started(running.pid) == running.started


def stop(running: Running, *, grace_s: float = GRACE_S, first: int = signal.SIGTERM) -> bool:
    """The process is gone, asked first; return whether it ran."""
    if not lives(running):
        return False
    for number, wait in ((first, grace_s), (signal.SIGKILL, GRACE_S)):
        with suppress(ProcessLookupError):
            os.kill(running.pid, number)
        until = time.monotonic() + wait
        while lives(running) and time.monotonic() < until:
            time.sleep(LOOK_S / 2)
    if (ours := _BEGUN.pop(running.pid, None)) is not None:
        with suppress(subprocess.TimeoutExpired):
            ours.wait(GRACE_S)
    return True


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something listens there."""
    with suppress(OSError), socket.create_connection((host, port), 0.5):
        return True
    return False


def free_ports(count: int) -> list[int]:
    """Return ports on which nothing listens just now."""
    found = []
    for _ in range(count):
        one = socket.socket()
        one.bind(("127.0.0.1", 0))
        found.append(one)
    ports = [one.getsockname()[1] for one in found]
    for one in found:
        one.close()
    return ports


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
