"""The recorder: prices and bars from Kafka into the market's database, journals into the tables of trading.

Effects and positions are committed together. A message that cannot be read is put aside in the same transaction, with
its bytes, and goes to the dead letters; what is behind it goes on.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tradewind.adapters.address import Address
from tradewind.adapters.journal.chain import Block
from tradewind.adapters.journal.reading import note_in
from tradewind.adapters.kafka.consuming import Reader, Record
from tradewind.adapters.kafka.messages import Bars, JournalBlock, Quotes, Unreadable, numbers
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import BARS, DEAD, JOURNAL, QUOTES, Topic, check_topics
from tradewind.adapters.postgres.connection import DatabaseRefused, DatabaseUnreachable, connect, translated
from tradewind.adapters.postgres.consumed import Consumed, TakenOver, put_aside
from tradewind.adapters.projection.projecting import project_all
from tradewind.adapters.timescale.history import History
from tradewind.adapters.timescale.quotes import Quotes as Recorded
from tradewind.adapters.timescale.quotes import write_quotes
from tradewind.errors import TradewindError
from tradewind.live.start import LAYOUTS
from tradewind.metrics.told import Told
from tradewind.services.life import Life, Work
from tradewind.services.waiting import Waiting

MOST = 4_000
DAY = 86_400 * 1_000_000_000
PLACE_BITS = 16
"""A price's number in its epoch is its message's number and its place in the message."""
Where = tuple[str, int]


class Recorder:
    """What both halves have in common: a reader, a connection, positions, and dead letters."""

    names: tuple[str, str, str]
    """The group, the table of positions, the table of dead letters."""
    topics: tuple[Topic, ...]

    def __init__(self, servers: str, address: Address, waiting: Waiting) -> None:
        """It goes on where the positions stand."""
        group, consumed, self.dead_table = self.names
        self.address, self.group = address, group
        self.connection = connect(address, name=f"tradewind {group}")
        self.connection.autocommit = True
        self.consumed = Consumed(consumed, group)
        self.publisher = Publisher(servers)
        self.waiting = waiting
        self.reader = Reader(servers, group, self.topics, lambda places: self.consumed.take(self.connection, places))

    def turn(self, life: Life) -> int:
        """A batch has its effects; return how many messages it had."""
        with translated(f"What came was not recorded at {self.address}"):
            records = self.reader.batch(MOST, 0.1)  # partitions that come with it are taken in the database
            if records:
                began = time.perf_counter()
                self.waiting.came(records)
                try:
                    with translated(f"What came was not recorded at {self.address}"):
                        self.commit(records)
                    self.waiting.recorded(records)
                    self.tell(life.told, records, time.perf_counter() - began)
                except TakenOver:
                    life.degraded("partitions went to another recorder in the middle of a batch; it has them now")
                except TradewindError as error:
                    life.told.counter("tradewind_db_errors_total", type(error).__name__).inc()
                    raise
        return len(records)

    def tell(self, told: Told, records: Sequence[Record], took_s: float) -> None:
        """What was recorded is told, once for each batch."""
        told.histogram("tradewind_db_tx_seconds", self.group).observe(took_s)
        counted = Counter((one.topic, isinstance(one.message, Unreadable)) for one in records)
        for (topic, dead), count in counted.items():
            told.counter(f"tradewind_{'dead_letters' if dead else 'records_written'}_total", topic).inc(count)
        now = time.time_ns()
        for newest in {one.topic: one.message for one in records if isinstance(one.message, Quotes)}.values():
            told.histogram("tradewind_end_to_end_seconds").observe(max(0, now - int(numbers(newest.ts)[-1])) / 1e9)

    def tell_lag(self, told: Told) -> None:
        """How many messages lie ahead is told, by topic."""
        counts = self.reader.lags()
        for topic in self.topics:
            count = counts.get(topic.name, 0)
            told.gauge("tradewind_consumer_lag_records", topic.name).set(count)
            self.waiting.left(topic.name, count)

    def commit(self, records: Sequence[Record]) -> None:
        """The records have their effects and the positions are behind them, in one transaction."""
        with self.connection.transaction():
            self._put_aside(records)
            done = self.effect(records)
            self.consumed.advance(self.connection, done)

    def tidy(self, today: int) -> None:
        """What is past its time is gone, once a day."""

    def effect(self, records: Sequence[Record]) -> dict[Where, int]:
        """The effects of some records, in the transaction; return the positions behind what took effect."""
        raise NotImplementedError

    def _put_aside(self, records: Sequence[Record]) -> None:
        dead = [(one, one.message.why) for one in records if isinstance(one.message, Unreadable)]
        letters = [(one.topic, one.partition, one.offset, one.key, one.raw, why) for one, why in dead]
        if letters and put_aside(self.connection, self.dead_table, letters):
            for one, why in dead:
                headers = [("why", why.encode()), ("from", f"{one.topic} {one.partition} {one.offset}".encode())]
                self.publisher.put(DEAD, one.topic.encode(), one.raw, headers)
            self.publisher.flush()

    def close(self) -> None:
        """It has left the group."""
        self.reader.close()
        self.connection.close()


class MarketRecorder(Recorder):
    """Prices and bars."""

    names = ("tradewind-market", "market.consumed", "market.dead_letters")
    topics = (QUOTES, BARS)

    def __init__(self, servers: str, address: Address, waiting: Waiting) -> None:
        """It goes on where the positions stand."""
        super().__init__(servers, address, waiting)
        self.history = History(address)
        self.new = self.doubled = self.doubled_told = 0
        self.tidied = -1
        """The day on which what was past its time was dropped, counted from 1970."""

    def effect(self, records: Sequence[Record]) -> dict[Where, int]:
        """Prices are in the table; bars are in the history, which takes the same ones twice without harm."""
        by_feed: dict[str, list[Recorded]] = defaultdict(list)
        for one in records:
            if isinstance(one.message, Quotes):
                by_feed[one.message.feed].append(_recorded(one.message))
            elif isinstance(one.message, Bars):
                self._write(one.message)
        for feed in sorted(by_feed):
            told = write_quotes(self.connection, feed, by_feed[feed])
            self.new, self.doubled = self.new + told.new, self.doubled + told.doubled
        return _behind(records)

    def tell(self, told: Told, records: Sequence[Record], took_s: float) -> None:
        """What was recorded is told, and how much of it was there before."""
        super().tell(told, records, took_s)
        told.counter("tradewind_md_duplicates_total").inc(self.doubled - self.doubled_told)
        self.doubled_told = self.doubled

    def tidy(self, today: int) -> None:
        """Once a day (`today` counts days) there is room for the next two months, and what is past its time is gone."""
        if today != self.tidied:
            with translated(f"Quotes past their time were not dropped at {self.address}"):
                self.connection.execute("SELECT market.tidy()")
            self.tidied = today

    def _write(self, message: Bars) -> None:
        import polars as pl  # noqa: PLC0415 - only bars need it, and there are few

        size = float(Decimal(message.tick))
        names = ("open", "high", "low", "close")
        frame = pl.DataFrame(
            {"ts": numbers(message.ts)}
            | {name: numbers(getattr(message, name)) * size for name in names}
            | {"volume": numbers(message.volume).astype(np.float64)}
        )
        series = (message.symbol, "bars", message.seconds, message.feed, message.side)
        self.history.write(series, frame, {"source": "filled a hole of the stream"})


class TradingRecorder(Recorder):
    """Journals."""

    names = ("tradewind-trading", "monitoring.consumed", "monitoring.dead_letters")
    topics = (JOURNAL,)
    rows = 0

    def effect(self, records: Sequence[Record]) -> dict[Where, int]:
        """Whole commits are in the tables; what is cut off at the end of a batch is read again with its rest."""
        open_at: dict[Where, int] = {}
        commits: dict[str, list[tuple[int, list[Any]]]] = defaultdict(list)
        pieces: dict[str, list[tuple[Record, JournalBlock]]] = defaultdict(list)
        for one in records:
            if not isinstance(one.message, JournalBlock):
                continue
            account = one.message.account
            pieces[account].append((one, one.message))
            if one.message.remaining == 0:
                whole = [block for _, block in pieces.pop(account)]
                commits[account].append((whole[0].commit_number, [content_of(block) for block in whole]))
        for left in pieces.values():
            record = left[0][0]
            place = record.topic, record.partition
            open_at[place] = min(open_at.get(place, record.offset), record.offset)
        for account in sorted(commits):
            self.rows += project_all(self.connection, account, commits[account])
        behind = _behind(records)
        if open_at:
            self.reader.rewind(open_at)
        return behind | open_at


def content_of(message: JournalBlock) -> Any:
    """Return a block's log and what stands in it: rows, or a note."""
    block = Block(
        message.seq, message.commit_number, message.remaining, message.epoch, message.ts, message.log, message.before,
        message.start, message.rows, message.crc, message.chain, message.payload,
    )  # fmt: skip
    if message.log == "notes":
        return "notes", note_in(block)
    return message.log, np.frombuffer(bytearray(message.payload), LAYOUTS[message.log])


def _recorded(message: Quotes) -> Recorded:
    ts = numbers(message.ts)
    seq = (message.sequence << PLACE_BITS) + np.arange(len(ts))
    received = np.full(len(ts), message.received)
    return Recorded(message.symbol, Decimal(message.tick), message.epoch, seq, ts, numbers(message.bid),
                    numbers(message.ask), received)  # fmt: skip


def _behind(records: Sequence[Record]) -> dict[Where, int]:
    return {(one.topic, one.partition): one.offset + 1 for one in records}


def recorder(servers: str, market: Address | None, trading: Address | None) -> Work:
    """Return the work of a recorder: what comes is recorded until the service is told to stop."""
    waiting = Waiting()

    def record(life: Life) -> None:
        for topic in (QUOTES, BARS, JOURNAL):
            life.told.counter("tradewind_dead_letters_total", topic.name).inc(0)
        for error in (DatabaseRefused, DatabaseUnreachable):
            life.told.counter("tradewind_db_errors_total", error.__name__).inc(0)
        life.asked[:] = [lambda: waiting.tell(life.told)]
        check_topics(servers)
        halves: list[MarketRecorder | TradingRecorder] = []
        try:
            if market is not None:
                halves.append(MarketRecorder(servers, market, waiting))
            if trading is not None:
                halves.append(TradingRecorder(servers, trading, waiting))
            life.working()
            _turn(life, halves)
        finally:
            for one in halves:
                one.close()

    return record


def _turn(life: Life, halves: Sequence[MarketRecorder | TradingRecorder]) -> None:
    """Batch after batch is recorded until the service is told to stop."""
    while not life.stopped:
        came = sum(one.turn(life) for one in halves)
        for one in halves:
            one.tidy(time.time_ns() // DAY)
            one.tell_lag(life.told)
        life.turn(messages=life.figures.get("messages", 0) + came, lag=sum(one.reader.lag() for one in halves))
        if came:
            life.working()
