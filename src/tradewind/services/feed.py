"""The feed: a broker's stream goes to Kafka, numbered so that whatever is missing shows, and its holes are filled."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from tradewind.adapters.kafka.messages import Bars, Linked, Quotes, column
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import BARS, QUOTES, check_topics
from tradewind.broker import Broker, BrokerUnreachable, Candle, Link, Quote
from tradewind.markets.instruments import Instrument
from tradewind.services.life import Life

GATHER_S = 0.005
"""Prices wait so long for company in one message."""
MOST = 500
MINUTE = 60
LONGEST_HOLE_S = 6 * 3600
"""A longer one is filled by an import."""
FLUSH_S = 5.0


class Feed:
    """One life of the feed of some instruments."""

    def __init__(
        self, broker: Broker, instruments: Sequence[Instrument], publisher: Publisher, now: Callable[[], int]
    ) -> None:
        """Its epoch is the moment it begins."""
        self.broker, self.instruments, self.publisher, self.now = broker, instruments, publisher, now
        self.name = broker.capabilities.broker
        self.epoch = now()
        self.sequences: dict[int, int] = defaultdict(int)
        self.waiting: dict[int, list[Quote]] = defaultdict(list)
        self.lost_at: int | None = None
        self.prices = 0

    def take(self, item: Any) -> None:
        """A price waits to be published; a link that came or went is published at once, behind the prices before it."""
        if isinstance(item, Quote):
            self.waiting[item.instrument].append(item)
            if len(self.waiting[item.instrument]) >= MOST:
                self.publish()
        elif isinstance(item, Link):
            self.publish()
            for number, one in enumerate(self.instruments):
                told = Linked(feed=self.name, epoch=self.epoch, sequence=self._next(number), symbol=one.symbol,
                              up=item.up, reason=item.reason, received=self.now())  # fmt: skip
                self.publisher.publish(QUOTES, one.symbol, told)

    def publish(self) -> None:
        """What waited is on its way: a message an instrument."""
        for number, quotes in self.waiting.items():
            if not quotes:
                continue
            one = self.instruments[number]
            ts, bid, ask = (column([each[place] for each in quotes]) for place in (1, 2, 3))
            told = Quotes(
                feed=self.name, epoch=self.epoch, sequence=self._next(number), symbol=one.symbol,
                tick=str(one.tick_size), received=self.now(), ts=ts, bid=bid, ask=ask,
            )  # fmt: skip
            self.publisher.publish(QUOTES, one.symbol, told)
            self.prices += len(quotes)
            quotes.clear()

    async def fill(self, start: int, end: int) -> int:
        """The minutes of a hole are published as bars of both sides; return how many, 0 where the broker tells none."""
        if not self.broker.capabilities.tells_bars:
            return 0
        told = 0
        start = max(start, end - LONGEST_HOLE_S * 1_000_000_000)
        for number, one in enumerate(self.instruments):
            candles = await self.broker.candles(number, MINUTE, start - start % (MINUTE * 1_000_000_000), end)
            for side in ("bid", "ask") if candles else ():
                self.publisher.publish(BARS, one.symbol, bars_of(self.name, one, side, candles))
            told += len(candles)
        return told

    def _next(self, number: int) -> int:
        self.sequences[number] += 1
        return self.sequences[number]


def bars_of(feed: str, one: Instrument, side: str, candles: Sequence[Candle]) -> Bars:
    """Return a broker's candles of one side as a message."""
    prices = [candle.bid if side == "bid" else candle.ask for candle in candles]
    opens, highs, lows, closes = (column([each[place] for each in prices]) for place in range(4))
    return Bars(feed=feed, symbol=one.symbol, seconds=MINUTE, side=side, tick=str(one.tick_size),
                ts=column([candle.open_ts for candle in candles]), open=opens, high=highs, low=lows, close=closes,
                volume=column([candle.volume for candle in candles]))  # fmt: skip


def feed(
    life: Life,
    servers: str,
    instruments: Sequence[Instrument],
    open_broker: Callable[[], Broker],
    now: Callable[[], int],
) -> None:
    """The broker's prices went to Kafka until the service was told to stop."""
    check_topics(servers)
    publisher = Publisher(servers, stopped=lambda: life.stopped)
    try:
        asyncio.run(_fed(life, open_broker(), instruments, publisher, now))
    finally:
        publisher.flush(FLUSH_S)


async def _fed(
    life: Life, broker: Broker, instruments: Sequence[Instrument], publisher: Publisher, now: Callable[[], int]
) -> None:
    await broker.open()
    one = Feed(broker, instruments, publisher, now)
    reading = asyncio.ensure_future(_read(life, one))
    prices = life.told.counter("tradewind_md_events_total", one.name, "quote")
    queue, told_of = life.told.gauge("tradewind_queue_depth", "kafka"), 0
    life.told.counter("tradewind_md_gaps_total", one.name, "stream lost").inc(0)
    try:
        while not life.stopped and not reading.done():
            await asyncio.sleep(GATHER_S)
            one.publish()
            life.turn(prices=one.prices, waiting=publisher.waiting)
            prices.inc(one.prices - told_of)
            told_of = one.prices
            queue.set(publisher.waiting)
        if reading.done():
            reading.result()
            raise BrokerUnreachable("The broker's stream of prices ended by itself.")
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        one.publish()
        await broker.close()


async def _read(life: Life, one: Feed) -> None:
    """Every item of the stream was taken; a hole was filled when the stream came back."""
    told = life.told
    newest = told.gauge("tradewind_md_last_event_timestamp_seconds", one.name)
    proof = told.gauge("tradewind_broker_last_proof_timestamp_seconds", one.name)
    age = told.histogram("tradewind_md_event_age_seconds", one.name)
    async for item in one.broker.quotes():
        one.take(item)
        if not isinstance(item, Link):
            proof.set_to_current_time()
            if isinstance(item, Quote):
                newest.set_to_current_time()
                age.observe(max(0, one.now() - item.ts) / 1e9)
            continue
        told.gauge("tradewind_broker_connected", one.name).set(item.up)
        if not item.up:
            if one.lost_at is None:
                one.lost_at = one.now()
                told.counter("tradewind_md_gaps_total", one.name, "stream lost").inc()
            life.degraded(f"no prices: {item.reason}")
            continue
        life.working()
        if one.lost_at is not None:
            since, one.lost_at = one.lost_at, None
            life.turn(filled=await one.fill(since, one.now()))
