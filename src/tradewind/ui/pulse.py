"""An account's heart, felt by everybody who looks at it: one task looks for a new beat, whoever waits is told at once.

A look costs two calls of the system; drawing is done only when something was written.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from nicegui import background_tasks

LOOK_S = 0.05
Again = Callable[[], Awaitable[None]]
_waiting: dict[Path, set[Again]] = {}
_task: asyncio.Task[None] | None = None


def signature(account: Path) -> tuple[int, int]:
    """Return what changes with every beat, and with every kill: when the files were written, 0 where there is none."""
    return _written(account / "status.json"), _written(account / "KILL")


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def feel(account: Path, again: Again) -> Callable[[], None]:
    """From now on `again` is called after every beat; return what ends that."""
    global _task  # noqa: PLW0603 - one task a process, as long as anybody waits
    _waiting.setdefault(account, set()).add(again)
    if _task is None or _task.done():
        _task = background_tasks.create(_looked(), name="hearts of accounts")

    def end() -> None:
        _waiting.get(account, set()).discard(again)
        if not _waiting.get(account):
            _waiting.pop(account, None)

    return end


async def _looked() -> None:
    known = {account: signature(account) for account in _waiting}
    while _waiting:
        await asyncio.sleep(LOOK_S)
        for account, told in list(_waiting.items()):
            now = signature(account)
            if known.get(account) != now:
                known[account] = now
                for again in list(told):
                    background_tasks.create(again(), name="after a beat")
