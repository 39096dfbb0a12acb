"""What several people look at is found out once: the same question within a moment has the same answer."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 500
_known: dict[tuple[Any, ...], tuple[float, object, Any]] = {}
_locks: dict[tuple[Any, ...], threading.Lock] = {}
_guard = threading.Lock()


def shared(key: tuple[Any, ...], seconds: float, ask: Callable[[], T], version: object = None) -> T:
    """Return the answer to a question, at most so many seconds old and of that version of what it is about.

    Who asks meanwhile waits for the same answer.
    """
    with _guard:
        if len(_known) > MOST:
            _known.clear()
            _locks.clear()
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        found = _known.get(key)
        if found is None or time.monotonic() - found[0] > seconds or found[1] != version:
            found = _known[key] = (time.monotonic(), version, ask())
        answer: T = found[2]
    return answer
