"""A worker: takes the oldest job, runs its command as a process with limits, and notes what came of it."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tradewind.adapters.job_store import Job, JobStore

LOOK_S = 0.2
GRACE_S = 5.0
"""After Ctrl-C; then it is killed."""
LARGEST_ANSWER = 64 * 1_048_576
PROGRESS = "TRADEWIND_PROGRESS"
"""Names the file into which a verb writes how far it is: two numbers."""


NO_FILES: Mapping[str, Path] = MappingProxyType({})


class Quota(NamedTuple):
    """What one job may use."""

    seconds: float = 6 * 3600.0
    memory: int = 8 * 1_073_741_824
    nice: int = 10
    """Behind traders, and behind whoever answers people."""


class Worker(NamedTuple):
    """Where jobs come from and run, and what ends the work."""

    store: JobStore
    data: Path
    stop: threading.Event
    quota: Quota = Quota()
    now: Callable[[], int] = time.time_ns
    settings: Mapping[str, Path] = NO_FILES
    """The settings file of a kind of job, "" for all others; none: what lies where the worker was begun."""


def work(worker: Worker) -> None:
    """Jobs were run one after the other until the worker was told to stop; the last one is given back."""
    name = f"{os.getpid()}"
    while not worker.stop.is_set():
        job = worker.store.take(name, worker.now())
        if job is None:
            worker.stop.wait(LOOK_S)
        elif not _carried_out(worker, job):
            worker.store.give_back(name)


def _carried_out(worker: Worker, job: Job) -> bool:
    """The job has ended and that is noted; False where the worker was told to stop before it had."""
    store, stop, quota = worker.store, worker.stop, worker.quota
    with tempfile.TemporaryDirectory(prefix="tradewind-job-") as folder:
        here = Path(folder)
        process = _begun(worker, job, here)
        until = time.monotonic() + quota.seconds
        why = ""
        while process.poll() is None and not why:
            if store.progress(job.id, *_progress(here / "progress")):
                why = "cancelled"
            elif stop.is_set():
                why = "stopped"
            elif time.monotonic() > until:
                why = "late"
            else:
                stop.wait(LOOK_S)
        if why:
            _ended(process)
        store.progress(job.id, *_progress(here / "progress"))
        if why == "stopped":
            return False
        _note(worker, job, (process.returncode, why), here)
    return True


def _begun(worker: Worker, job: Job, here: Path) -> "subprocess.Popen[bytes]":
    """Return the process of a job, in a session of its own."""
    quota, given = worker.quota, ["--data", str(worker.data)]
    if (file := worker.settings.get(job.kind, worker.settings.get(""))) is not None:
        given += ["--settings", str(file)]

    def limited() -> None:
        os.nice(quota.nice)
        resource.setrlimit(resource.RLIMIT_AS, (quota.memory, quota.memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    command = [sys.executable, "-m", "tradewind.cli", *_with(job.command, given)]
    with (here / "out").open("wb") as out, (here / "error").open("wb") as error:
        return subprocess.Popen(  # noqa: S603 - our own verbs; every argument was checked where the job was made
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=error, start_new_session=True, preexec_fn=limited,  # noqa: PLW1509 - two system calls, no locks
            env={**os.environ, PROGRESS: str(here / "progress")},
        )  # fmt: skip


def _with(command: Sequence[str], given: Sequence[str]) -> list[str]:
    """Return a command with what is given among its options."""
    place = command.index("--") if "--" in command else len(command)
    return [*command[:place], *given, *command[place:]]


def _progress(path: Path) -> tuple[int, int]:
    """Return how much is done of how much, as far as the process has said."""
    try:
        done, total = path.read_text().split()
        return int(done), int(total)
    except (OSError, ValueError):
        return 0, 0


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """The process and whatever it began are gone: asked first, then made to."""
    for number, wait in ((signal.SIGINT, GRACE_S), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(wait)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue


def _note(worker: Worker, job: Job, end: tuple[int, str], here: Path) -> None:
    """What came of the job is noted: the process's code, why it was ended, what it printed."""
    (code, why), store, now = end, worker.store, worker.now()
    words = (here / "error").read_bytes()[-4000:].decode("utf-8", "replace").strip()
    if why == "cancelled":
        store.end(job.id, "cancelled", now)
    elif why == "late":
        store.end(job.id, "failed", now, error="It took longer than a job may.")
    elif code == 0:
        store.end(job.id, "done", now, _answer(here / "out"), words)
    else:
        store.end(job.id, "failed", now, error=words.removeprefix("tradewind: ") or f"It ended with code {code}.")


def _answer(path: Path) -> Any:
    """Return what the verb printed as JSON, None where it printed none or too much."""
    if path.stat().st_size > LARGEST_ANSWER:
        return None
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None
