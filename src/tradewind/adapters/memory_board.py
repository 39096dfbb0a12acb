"""The board of one process: what a screen in the same process needs, and the toy that others are held against."""

import threading
import time
from collections import defaultdict, deque
from typing import Any

from tradewind.adapters.board import KEPT, BoardState, Item, Subscription, decoded, encoded, read_position
from tradewind.errors import BadData


class MemoryBoard:
    """A board in the process; any thread may publish and read."""

    def __init__(self, kept: int = KEPT) -> None:
        """It is empty, and keeps the last `kept` values of a topic."""
        self._topics: dict[str, deque[Item]] = defaultdict(lambda: deque(maxlen=kept))
        self._numbers: dict[str, int] = defaultdict(int)
        self._epoch = self._since = time.time_ns()
        self._news = threading.Condition()
        self._unfit, self._why = 0, ""

    def publish(self, topic: str, value: Any) -> None:
        """`value` is the latest of `topic`; one that has no JSON is counted as unfit."""
        try:
            text = encoded(value)
        except BadData as error:
            self._unfit, self._why = self._unfit + 1, f"{topic}: {error}"
            return
        with self._news:
            self._numbers[topic] = number = self._numbers[topic] + 1
            self._topics[topic].append(Item(str(number), self._epoch, number, text))
            self._news.notify_all()

    def latest(self, topic: str) -> Any:
        """The latest value of `topic`, or None."""
        with self._news:
            items = self._topics.get(topic)
            return decoded(items[-1].text) if items else None

    def subscribe(self, topic: str, *, after: str = "", patience_s: float = 0.0) -> Subscription:
        """The values of `topic` from now on, or from a position; it ends when none has come for `patience_s`."""
        place, seen = read_position(after) if after else (str(self._numbers.get(topic, 0)), {})

        def fetch(place: str, wait_s: float) -> list[Item]:
            with self._news:
                self._news.wait_for(
                    lambda: self._numbers.get(topic, 0) > int(place), min(wait_s, threading.TIMEOUT_MAX)
                )
                return [item for item in self._topics.get(topic, ()) if item.sequence > int(place)]

        return Subscription(fetch, place, seen, patience_s)

    @property
    def state(self) -> BoardState:
        """How it is: always up."""
        return BoardState(True, self._since, self._why, 0, 0, self._unfit)

    def close(self) -> None:
        """Nothing is to be done."""
