"""Services in one process: each in a thread of its own, told to stop together."""

import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from tradewind.services.life import Life, Work, serve

Say = Callable[[str], Any]


def run(works: Mapping[str, Work], data: Path, say: Say) -> None:
    """The services worked until they were told to stop: each in a thread, one that cannot go on ends all."""
    stop = threading.Event()
    lives = [Life(name, data, stop) for name in works]
    failed: list[BaseException] = []

    def live(life: Life) -> None:
        try:
            serve(life, works[life.name], say)
        except BaseException as error:  # noqa: BLE001 - raised below, by whoever waits
            failed.append(error)
            stop.set()

    threads = [threading.Thread(target=live, args=(life,), name=life.name) for life in lives]
    with _signals(stop):
        for thread in threads:
            thread.start()
        say(f"Running: {', '.join(works)}. Ctrl-C stops them softly.")
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
    if failed:
        raise failed[0]


class _signals:  # noqa: N801 - used like a function
    """SIGINT and SIGTERM set an event while this holds."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        def told(_number: int, _frame: FrameType | None) -> None:
            self._stop.set()

        self._former = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_how: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
