"""The `Feed` port on Kafka: a tape through a topic, byte for byte; and prices for a trader's network."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tradewind.adapters.kafka.consuming import OFFSET_END, Reader, Record
from tradewind.adapters.kafka.messages import Events, Linked, Quotes, Unreadable, link_of, quotes_of, rows_of
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.sequences import Sequences
from tradewind.adapters.kafka.topics import QUOTES, TopicsUnreachable, TopicsWrong
from tradewind.broker import Link, Quote
from tradewind.kernel.records import EVENT
from tradewind.ports import Rows

_FIELDS = sorted((name, str(field[0]), field[1]) for name, field in (EVENT.fields or {}).items())
LAYOUT = hashlib.blake2b(repr((EVENT.itemsize, _FIELDS)).encode(), digest_size=16).hexdigest()
ROWS = 5_000
"""Of a message of a tape."""


def publish_tape(publisher: Publisher, tape: str, blocks: Iterable[Rows], *, rows: int = ROWS) -> int:
    """The rows of the blocks are acknowledged in order under the tape's name, and its end too; return how many."""
    sequence = told = 0
    for block in blocks:
        for start in range(0, len(block), rows):
            piece = block[start : start + rows]
            sequence, told = sequence + 1, told + len(piece)
            publisher.publish(QUOTES, tape, Events(tape=tape, sequence=sequence, layout=LAYOUT, rows=piece.tobytes()))
    publisher.publish(QUOTES, tape, Events(tape=tape, sequence=sequence + 1, layout=LAYOUT, rows=b"", last=True))
    publisher.flush()
    return told


def travelling(publisher: Publisher, servers: str, tape: str, blocks: Iterable[Rows]) -> Iterator[Rows]:
    """Yield the blocks as a reader gets them while they are published; what goes wrong in publishing is raised."""
    failed: list[BaseException] = []

    def publish() -> None:
        try:
            publish_tape(publisher, tape, blocks)
        except BaseException as error:  # noqa: BLE001 - the reader raises it
            failed.append(error)

    thread = threading.Thread(target=publish, name=f"publish {tape}", daemon=True)
    thread.start()
    try:
        yield from KafkaFeed(servers, tape)
    except TopicsUnreachable:
        if failed:
            raise failed[0] from None
        raise
    thread.join()


class KafkaFeed:
    """Blocks of EVENT of a tape, from its first message to its last."""

    def __init__(self, servers: str, tape: str, *, patience_s: float = 30.0) -> None:
        """It waits so long for the next message."""
        self.servers, self.tape, self.patience_s = servers, tape, patience_s

    def __iter__(self) -> Iterator[Rows]:
        """Blocks of EVENT; a hole or rows of another layout raise TopicsWrong."""
        reader = Reader(self.servers, f"tape-{self.tape}-{id(self)}", [QUOTES], lambda _places: {})
        try:
            expected, idle = 1, 0.0
            while idle < self.patience_s:
                found = reader.batch(500, 0.2)
                idle = 0.0 if found else idle + 0.2
                for record in found:
                    message = record.message
                    if not isinstance(message, Events) or message.tape != self.tape or message.sequence < expected:
                        continue
                    self._check(message, expected)
                    expected += 1
                    if message.last:
                        return
                    yield rows_of(message, EVENT)
        finally:
            reader.close()
        raise TopicsUnreachable(f"The tape {self.tape} did not go on for {self.patience_s:g} s.", "Is it published?")

    def _check(self, message: Events, expected: int) -> None:
        if message.layout != LAYOUT:
            raise TopicsWrong(f"The tape {self.tape} was published by other code.", "Publish it anew.")
        if message.sequence != expected:
            raise TopicsWrong(f"Message {expected} of the tape {self.tape} is missing.", "Publish it anew.")


class TopicPrices:
    """Prices of a feed service, for the network of a trader: what `Broker.quotes` gives, from Kafka."""

    def __init__(
        self, servers: str, group: str, symbols: Sequence[str], ticks: Mapping[str, str], now: Callable[[], int]
    ) -> None:
        """`symbols` in the order of the trader's numbers, and `ticks` their tick sizes."""
        self.servers, self.group, self._ticks, self._now = servers, group, ticks, now
        self._numbers = {symbol: number for number, symbol in enumerate(symbols)}
        self.sequences = Sequences()
        self.unreadable = 0

    async def quotes(self, fresh_ns: int = 5_000_000_000) -> AsyncIterator[Quote | Link]:
        """Prices from now on as they come; links that were lost are told, and missing messages are one too."""
        reader: Any = None
        while True:
            try:
                if reader is None:
                    reader = await asyncio.to_thread(self._open)
                for record in await asyncio.to_thread(reader.batch, 1000, 0.05):
                    for item in self._told(record, fresh_ns):
                        yield item
            except (TopicsUnreachable, TopicsWrong) as error:
                yield Link("quotes", up=False, reason=str(error))
                reader = None
                await asyncio.sleep(1.0)

    def _open(self) -> Reader:
        # From the end: what was missed is asked of the broker as bars, not traded on.
        return Reader(self.servers, self.group, [QUOTES], lambda places: dict.fromkeys(places, OFFSET_END))

    def _told(self, record: Record, fresh_ns: int) -> Iterator[Quote | Link]:
        message = record.message
        if isinstance(message, Unreadable):
            self.unreadable += 1
            return
        if not isinstance(message, Quotes | Linked) or message.symbol not in self._numbers:
            return
        gaps = self.sequences.gaps
        if not self.sequences.take(message.feed, message.symbol, message.epoch, message.sequence):
            return
        if message.received < self._now() - fresh_ns:
            return  # what happened while nobody traded is the history's, not the desk's
        if self.sequences.gaps > gaps:
            yield Link("quotes", up=False, reason=f"messages of {message.symbol} are missing")
            yield Link("quotes", up=True)
        if isinstance(message, Linked):
            yield link_of(message)
        elif message.tick == self._ticks[message.symbol]:
            yield from quotes_of(message, self._numbers[message.symbol])
        else:
            yield Link("quotes", up=False, reason=f"{message.symbol} has ticks of {message.tick} there")
