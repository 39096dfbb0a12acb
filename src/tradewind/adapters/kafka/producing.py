"""Writing: idempotent, acknowledged by all copies, in order by key; and a bound on what waits.

Nothing is dropped. Where the server is slow or gone, whoever publishes waits (that is the back-pressure), and `waiting`
tells how much. A message the client gave up on is an error at the next call, never a silence.
"""

import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from tradewind.adapters.kafka.messages import Message, encoded
from tradewind.adapters.kafka.topics import Topic, TopicsUnreachable, TopicsWrong

MOST_WAITING = 200_000
MOST_MB = 128
DELIVERY_S = 120
LONGEST_WAIT_S = 120.0


class Publisher:
    """What is published through one connection."""

    def __init__(
        self, servers: str, *, delivery_s: float = DELIVERY_S, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """`stopped` ends a wait for room."""
        self.servers, self._stopped = servers, stopped
        self._failed: KafkaError | None = None
        self.acknowledged = 0
        self._producer: Any = Producer(
            {
                "bootstrap.servers": servers,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 2,
                "compression.type": "lz4",
                "queue.buffering.max.messages": MOST_WAITING,
                "queue.buffering.max.kbytes": MOST_MB * 1024,
                "message.max.bytes": 16_777_216,
                "delivery.timeout.ms": int(delivery_s * 1000),
                "log_level": 0,
            }
        )

    def publish(self, topic: Topic, key: str, message: Message) -> None:
        """The message waits to be sent; where too many do, this waits for them."""
        self.put(topic, key.encode(), encoded(message))

    def put(self, topic: Topic, key: bytes, raw: bytes, headers: list[tuple[str, bytes]] | None = None) -> None:
        """The bytes wait to be sent."""
        until = time.monotonic() + LONGEST_WAIT_S
        while True:
            self._look()
            try:
                self._producer.produce(topic.name, raw, key, on_delivery=self._delivered, headers=headers or [])
            except BufferError:
                if time.monotonic() > until or self._stopped():
                    raise TopicsUnreachable(f"Kafka at {self.servers} takes nothing.", "Is it running?") from None
                self._producer.poll(0.05)
            except KafkaException as error:
                raise TopicsWrong(f"{topic.name}: {error.args[0].str()}.", "Is the message too large?") from error
            else:
                self._producer.poll(0)
                return

    def flush(self, seconds: float = LONGEST_WAIT_S) -> None:
        """Everything published is acknowledged; TopicsUnreachable where that takes longer."""
        if not self.settled(seconds):
            left = len(self._producer)
            raise TopicsUnreachable(f"{left} messages wait at {self.servers}.", "They are not lost: flush again.")

    def settled(self, seconds: float) -> bool:
        """Whether everything published is acknowledged in this time; TopicsUnreachable where something was given up."""
        left = self._producer.flush(seconds)
        self._look()
        return not left

    @property
    def waiting(self) -> int:
        """How many messages are not acknowledged yet."""
        self._producer.poll(0)
        return len(self._producer)

    def _delivered(self, error: KafkaError | None, _message: Any) -> None:
        if error is None:
            self.acknowledged += 1
        elif self._failed is None:
            self._failed = error

    def _look(self) -> None:
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise TopicsUnreachable(f"Kafka at {self.servers} did not take a message: {failed.str()}.", "Begin again.")
