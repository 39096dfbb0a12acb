"""Reading: batches in order by partition, from positions that somebody else keeps with the effects.

Positions lie in the database the effects go to and change in the same transaction. Kafka keeps none that count. When
partitions change hands, the new reader takes over the position with a higher epoch; the old one, if it still works,
is refused at its next commit, and its batch is rolled back with it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from tradewind.adapters.kafka.messages import Message, Unreadable, decoded
from tradewind.adapters.kafka.topics import Topic, TopicsUnreachable, TopicsWrong

Place = tuple[str, int]
"""A topic's name and a partition."""
Positions = Callable[[list[Place]], Mapping[Place, int]]
"""Gives the offset to read next in each partition that was just assigned, and takes it over; missing: the beginning."""

__all__ = ["OFFSET_END", "Place", "Positions", "Reader", "Record"]


class Record(NamedTuple):
    """One message where it lies."""

    topic: str
    partition: int
    offset: int
    key: bytes
    message: "Message | Unreadable"
    raw: bytes
    published: int = 0
    """By its publisher's clock, ns UTC, in whole milliseconds; 0 where it does not say."""


class Reader:
    """A member of a group of readers."""

    def __init__(
        self, servers: str, group: str, topics: Iterable[Topic], positions: Positions, *, session_s: float = 10.0
    ) -> None:
        """It reads from the next `batch` on."""
        self.servers = servers
        self._positions, self._wrong = positions, None
        self.assigned: set[Place] = set()
        self.ends: dict[Place, int] = {}
        self._consumer: Any = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",  # a hole is never passed over in silence
                "session.timeout.ms": int(session_s * 1000),
                "max.poll.interval.ms": 120_000,
                "partition.assignment.strategy": "range",
                "fetch.wait.max.ms": 20,
                "fetch.message.max.bytes": 16_777_216,
                "queued.max.messages.kbytes": 65_536,
                "log_level": 0,
            }
        )
        self._consumer.subscribe([one.name for one in topics], on_assign=self._assign, on_revoke=self._revoke)

    def batch(self, most: int = 500, seconds: float = 0.1) -> list[Record]:
        """Return what came, at most so many, in order by partition; empty where nothing did."""
        found = []
        for one in self._consumer.consume(most, seconds):
            error = one.error()
            if error is not None:
                self._judge(error, one)
                continue
            place = one.topic(), one.partition()
            if place in self.assigned:
                raw = one.value() or b""
                published = max(0, one.timestamp()[1]) * 1_000_000
                found.append(Record(*place, one.offset(), one.key() or b"", decoded(one.value()), raw, published))
        return found

    def lag(self) -> int:
        """Return how many messages lie ahead of the positions, as far as the last answers told."""
        return sum(self.lags().values())

    def lags(self) -> dict[str, int]:
        """Return the same by topic."""
        found = dict.fromkeys((topic for topic, _ in self.assigned), 0)
        for place in self.assigned:
            try:
                _, high = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
                (at,) = self._consumer.position([TopicPartition(*place)])
            except KafkaException:
                continue
            if at.offset >= 0:
                found[place[0]] += max(0, high - at.offset)
        return found

    def rewind(self, offsets: Mapping[Place, int]) -> None:
        """These partitions are read from these offsets on, whatever was read before."""
        for (topic, partition), offset in offsets.items():
            self._consumer.seek(TopicPartition(topic, partition, offset))

    def close(self) -> None:
        """The group knows that it is gone."""
        self._consumer.close()

    def _assign(self, consumer: Any, partitions: list[Any]) -> None:
        places = [(one.topic, one.partition) for one in partitions]
        known = self._positions(places)
        self.assigned = set(places)
        for one in partitions:
            one.offset = known.get((one.topic, one.partition), OFFSET_BEGINNING)
        consumer.assign(partitions)

    def _revoke(self, consumer: Any, _partitions: list[Any]) -> None:
        self.assigned = set()
        consumer.unassign()

    def _judge(self, error: KafkaError, message: Any) -> None:
        code = error.code()
        if code in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET):  # noqa: SLF001 - librdkafka's own code
            raise TopicsWrong(
                f"{message.topic()} {message.partition()}: the position to read from is not there any more.",
                "Messages were removed before they were read: publish them again, then begin from what is there.",
            )
        if code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED):
            raise TopicsWrong(f"Kafka at {self.servers}: {error.str()}.", "Make them: tradewind topics make")
        if error.fatal():
            raise TopicsUnreachable(f"Kafka at {self.servers}: {error.str()}.", "Is it running?")
