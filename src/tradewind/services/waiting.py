"""How long what came waits for its effect.

It is asked for when figures are read, and outlives a fault of the service: while nothing can be recorded, nothing is
told by what was recorded, and that is when it counts.
"""

import time
from collections.abc import Callable, Iterable

from tradewind.adapters.kafka.consuming import Record
from tradewind.adapters.kafka.topics import JOURNAL
from tradewind.metrics.told import Told


class Waiting:
    """Since when the oldest message of each topic waits, ns UTC as its publisher's clock had it."""

    def __init__(self, now: Callable[[], int] = time.time_ns) -> None:
        """Nothing waits yet."""
        self.now = now
        self.since: dict[str, int] = {}
        self.topics: set[str] = set()

    def came(self, records: Iterable[Record]) -> None:
        """These were read and have no effect yet."""
        for one in records:
            self.since.setdefault(one.topic, one.published or self.now())

    def recorded(self, records: Iterable[Record]) -> None:
        """These had their effect; whatever else waits came after them."""
        for one in records:
            self.since[one.topic] = one.published or self.now()

    def left(self, topic: str, count: int) -> None:
        """So many messages of a topic lie ahead."""
        self.topics.add(topic)
        if count:
            self.since.setdefault(topic, self.now())
        else:
            self.since.pop(topic, None)

    def tell(self, told: Told) -> None:
        """How long the oldest waits is told by topic, and of journals as what tables for reports lack."""
        now, since = self.now(), dict(self.since)
        seconds = {one: max(0, now - since.get(one, now)) / 1e9 for one in sorted({*self.topics, *since})}
        for topic, waits in seconds.items():
            told.gauge("tradewind_consumer_lag_seconds", topic).set(waits)
        if JOURNAL.name in seconds:
            told.gauge("tradewind_projection_lag_seconds", "tables").set(seconds[JOURNAL.name])
