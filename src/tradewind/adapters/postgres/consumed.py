"""How far each reader of topics has come, in the same database as what it did: one row a topic and partition.

Taking a partition raises its epoch. A commit names the epoch it was taken with: whoever lost the partition meanwhile
is refused, and what it did in that transaction is undone with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tradewind.errors import TradewindError

Place = tuple[str, int]
TAKE = """
INSERT INTO {table} AS held (consumer, topic, partition, next_offset, epoch) VALUES (%s, %s, %s, 0, 1)
ON CONFLICT (consumer, topic, partition) DO UPDATE SET epoch = held.epoch + 1 RETURNING next_offset, epoch
"""
ADVANCE = """
UPDATE {table} SET next_offset = %s, changed = now()
WHERE consumer = %s AND topic = %s AND partition = %s AND epoch = %s AND next_offset <= %s
"""
ASIDE = """
INSERT INTO {table} (topic, partition, message_offset, key, raw, why) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (topic, partition, message_offset) DO NOTHING
"""
Letter = tuple[str, int, int, bytes, bytes, str]
"""Topic, partition, offset, key, bytes, and why they could not be read."""


class TakenOver(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Somebody else reads the partition now; nothing of this batch took effect."""


class Consumed:
    """The positions of one reader, by name, in a table such as `market.consumed`."""

    def __init__(self, table: str, consumer: str) -> None:
        """`table` is one of our own names."""
        self.consumer = consumer
        self._take, self._advance = TAKE.format(table=table), ADVANCE.format(table=table)
        self.epochs: dict[Place, int] = {}

    def take(self, connection: Any, places: Iterable[Place]) -> dict[Place, int]:
        """Return the offset to read next of each that was read before; all of them are this reader's from now on."""
        found: dict[Place, int] = {}
        self.epochs = {}
        with connection.transaction():
            for topic, partition in sorted(places):
                row = connection.execute(self._take, (self.consumer, topic, partition)).fetchone()
                self.epochs[topic, partition] = row[1]
                if row[0] > 0:
                    found[topic, partition] = row[0]
        return found

    def advance(self, connection: Any, offsets: Mapping[Place, int]) -> None:
        """The reader has done everything before these offsets; part of the caller's transaction. Raises TakenOver."""
        for (topic, partition), offset in sorted(offsets.items()):
            epoch = self.epochs.get((topic, partition), -1)
            done = connection.execute(self._advance, (offset, self.consumer, topic, partition, epoch, offset))
            if done.rowcount != 1:
                raise TakenOver(f"{topic} {partition} is read by another {self.consumer} now.", "It goes on there.")


def put_aside(connection: Any, table: str, letters: Iterable[Letter]) -> int:
    """The letters stand in the table of dead letters, each once; return how many are new."""
    return sum(connection.execute(ASIDE.format(table=table), letter).rowcount for letter in letters)
