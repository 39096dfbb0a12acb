"""Services in one process: each in a thread of its own, told to stop together."""

import threading
from collections.abc import Mapping
from pathlib import Path

from tradewind.logs.log import Log
from tradewind.services.doors import open_doors
from tradewind.services.life import Life, Work, serve, told_to_stop
from tradewind.settings import Settings


def run(works: Mapping[str, Work], settings: Settings, log: Log) -> None:
    """The services worked until they were told to stop: each in a thread, one that cannot go on ends all."""
    stop, say = threading.Event(), log.said
    lives = [Life(name, Path(settings.data), stop) for name in works]
    for one in lives:
        one.log = log.bound(component=one.name)
    failed: list[BaseException] = []

    def live(life: Life) -> None:
        try:
            serve(life, works[life.name], say)
        except BaseException as error:  # noqa: BLE001 - raised below, by whoever waits
            failed.append(error)
            stop.set()

    threads = [threading.Thread(target=live, args=(life,), name=life.name) for life in lives]
    with told_to_stop(stop), open_doors(lives, settings, say):
        for thread in threads:
            thread.start()
        say(f"Running: {', '.join(works)}. Ctrl-C stops them softly.")
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
    if failed:
        raise failed[0]
