"""Who works: threads of this process, or processes that map one tape. Neither can change a result.

A worker is given variants and yields their outcomes as they are known; numbers are those of the variants' places.
Compiled strategies run in threads, which share everything. Plain-Python strategies hold Python's lock, so they get
processes: each loads the strategy file itself and maps the tape from a file.
"""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tradewind.kernel.compiled import CACHE_FOLDER
from tradewind.research.kit import Kit, Prepared, unpacked
from tradewind.research.tape_file import mapped, tape_file
from tradewind.research.variants import GROUP, Outcome, each_outcome, run_prepared

TAPES = CACHE_FOLDER.parent.parent / "tapes"


class Workers(Protocol):
    """Who runs variants."""

    @property
    def words(self) -> str:
        """Who they are, for a person: "2 threads"."""

    def outcomes(self, variants: Sequence[Mapping[str, str]]) -> Iterator[Outcome]:
        """The outcome of each variant as it is known; to close it early ends the work."""


class Threads:
    """Threads of this process."""

    def __init__(self, prepared: Prepared, count: int) -> None:
        """There are `count`, or with 0 as many as processors."""
        self._prepared = prepared
        self._count = count or os.cpu_count() or 1

    @property
    def words(self) -> str:
        """Who they are, for a person."""
        return f"{self._count} thread{'s' * (self._count > 1)}"

    def outcomes(self, variants: Sequence[Mapping[str, str]]) -> Iterator[Outcome]:
        """Yield the outcome of each variant as it is known."""
        return each_outcome(self._prepared, variants, threads=self._count)


class Processes:
    """Processes of this machine, for as long as the `with` they are opened in."""

    def __init__(self, prepared: Prepared, count: int, folder: Path = TAPES) -> None:
        """There are `count`, or with 0 as many as processors; the tape lies in a file in `folder` meanwhile."""
        self._count = count or os.cpu_count() or 1
        self._prepared, self._folder = prepared, folder
        self._stack = ExitStack()

    @property
    def words(self) -> str:
        """Who they are, for a person."""
        return f"{self._count} process{'es' * (self._count > 1)}"

    def __enter__(self) -> Self:
        """The processes are there, and the tape is in its file."""
        path = self._stack.enter_context(tape_file(self._prepared.blocks, self._folder))
        self._pool = ProcessPoolExecutor(
            self._count,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._prepared.kit, path, os.getpid()),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """They have ended, and the file is gone."""
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001  there is no public way to end what runs
                process.terminate()
        self._stack.close()

    def outcomes(self, variants: Sequence[Mapping[str, str]]) -> Iterator[Outcome]:
        """Yield the outcome of each variant as it is known."""
        length = 1 if self._prepared.kit.plain else max(1, min(GROUP, -(-len(variants) // self._count)))
        waiting = {}
        for start in range(0, len(variants), length):
            part = [dict(one) for one in variants[start : start + length]]
            waiting[self._pool.submit(_run, part)] = start
        try:
            for done in as_completed(waiting):
                start = waiting.pop(done)
                for outcome in done.result():
                    yield replace(outcome, number=start + outcome.number)
        finally:
            for future in waiting:
                future.cancel()


_ready: dict[str, Prepared] = {}


def _begin(kit: Kit, tape: Path, parent: int) -> None:
    """The kit and the tape are here, and this process ends when its parent does, however that ends."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    _ready["kit"] = unpacked(kit, mapped(tape))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _run(variants: Sequence[Mapping[str, str]]) -> list[Outcome]:
    return run_prepared(_ready["kit"], variants, threads=1)
