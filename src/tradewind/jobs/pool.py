"""The workers of a data folder: so many processes, begun again when they die, whose unfinished jobs wait again."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.adapters.file_lock import FileLock
from tradewind.adapters.job_store import JobStore
from tradewind.jobs.worker import NO_FILES, Worker, work

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

LOOK_S = 1.0


def keep_workers(data: Path, count: int, stop: threading.Event, settings: Mapping[str, Path] = NO_FILES) -> None:
    """So many workers worked until told to stop. One pool a data folder: LockHeld says who runs another."""
    lock = FileLock(data / "jobs", f"The jobs of {data}", f"pid {os.getpid()}")
    store = JobStore(data)
    context = multiprocessing.get_context("spawn")
    workers: list[BaseProcess] = []
    try:
        _recover(store)
        while not stop.is_set():
            for one in [each for each in workers if not each.is_alive()]:
                workers.remove(one)
                store.give_back(str(one.pid))
            while len(workers) < count:
                workers.append(
                    context.Process(target=_worker, args=(data, dict(settings)), name="tradewind job worker")
                )
                workers[-1].start()
            stop.wait(LOOK_S)
    finally:
        for one in workers:
            one.terminate()
        for one in workers:
            one.join(15.0)
            if one.is_alive():
                one.kill()
            store.give_back(str(one.pid))
        lock.release()


def _recover(store: JobStore) -> None:
    """What workers of an earlier pool left unfinished waits again; this pool has the lock, so they are gone."""
    for job in store.list(most=1000):
        if job.state == "running":
            store.give_back(job.worker)


def _worker(data: Path, settings: Mapping[str, Path]) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()

    def watch() -> None:  # a pool that was killed takes its workers with it
        while not stop.wait(LOOK_S):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch, daemon=True).start()
    with suppress(KeyboardInterrupt):
        work(Worker(JobStore(data), data, stop, settings=settings))
