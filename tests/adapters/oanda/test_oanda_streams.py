"""Streams that are cut, silent, halved, doubled or wrong, over a real connection: all is told, and told once."""

import asyncio
import json
import random
from contextlib import aclosing

import pytest
from oanda_scripted import (
    ACCOUNT,
    HOME,
    NOW,
    SECRET,
    STREAM,
    TIME,
    Hangup,
    answer_bytes,
    chunk,
    happened,
    instruments,
    line,
    no_sleep,
    record,
    server,
    summary,
)

from tradewind.adapters.brokers.oanda import wire
from tradewind.adapters.brokers.oanda.broker import OandaBroker
from tradewind.adapters.brokers.oanda.pace import BURST, ENTRY, QUERY, URGENT, Pace, Pause, Timing
from tradewind.adapters.brokers.tokens import Token
from tradewind.broker import BrokerRefused, Heartbeat, Link, Quote, Report

PRICES = f"{HOME}/pricing/stream"
TRANSACTIONS = f"{HOME}/transactions/stream"
PRICE = {
    "type": "PRICE", "time": TIME, "instrument": "XAU_USD", "tradeable": True,
    "bids": [{"price": "2000.100", "liquidity": 10}], "asks": [{"price": "2000.400", "liquidity": "10.5"}],
}  # fmt: skip
QUOTE = Quote(0, NOW, 2_000_100, 2_000_400)
BEAT = {"type": "HEARTBEAT", "time": TIME}


def order(number_):
    return happened(
        "LIMIT_ORDER", number_, instrument="XAU_USD", units="1", price="2000.000", timeInForce="GTC",
        reason="CLIENT_ORDER", clientExtensions={"id": f"TW-{number_}"},
    )  # fmt: skip


class World:
    """An account with a log, and streams that play a list of scripts, one for each connection."""

    def __init__(self, *plays):
        self.plays = list(plays)
        self.log = {number_: order(number_) for number_ in range(11, 20)}
        self.last = 10
        self.connections = 0
        self.since = []

    async def handle(self, path, writer):
        if path in (PRICES, TRANSACTIONS):
            await self.stream(writer)
        elif path == "/v3/accounts":
            writer.write(answer_bytes({"accounts": [{"id": ACCOUNT}]}))
        elif path.endswith("/summary"):
            writer.write(answer_bytes(summary("10")))
        elif path.endswith("/instruments"):
            writer.write(answer_bytes({"instruments": [record("XAU_USD"), record("US30_USD")]}))
        elif path.endswith("/pricing"):
            writer.write(answer_bytes({"prices": [{"tradeable": True}], "time": TIME}))
        elif path.endswith("/sinceid"):
            self.since.append(self.last)
            shown = [self.log[key] for key in range(11, self.last + 1)]
            writer.write(answer_bytes({"transactions": shown, "lastTransactionID": str(self.last)}))

    async def stream(self, writer):
        self.connections += 1
        play = self.plays.pop(0) if self.plays else [None]
        if isinstance(play, bytes):
            writer.write(play)
            return
        writer.write(STREAM)
        for step in play:
            if step is None:  # says nothing more, and stays
                await writer.drain()
                await asyncio.Event().wait()
            if isinstance(step, int):  # so many transactions have happened
                self.last = step
                continue
            writer.write(step)
        await writer.drain()
        raise Hangup


async def heard(stream, count):
    """Return the first items of a stream; a test that hangs fails."""
    found = []
    async with asyncio.timeout(60), aclosing(stream) as items:
        async for item in items:
            found.append(item)
            if len(found) == count:
                break
    return found


def listen(world, which, count):
    """Return what a broker hears, from `open` on."""

    async def run():
        async with server(world.handle) as address:
            timing = Timing(now=lambda: NOW, sleep=no_sleep)
            broker = OandaBroker(ACCOUNT, Token(SECRET), instruments=instruments(), clock=timing, base_url=address)
            await broker.open()
            try:
                return await heard(getattr(broker, which)(), count), broker
            finally:
                await broker.close()

    return asyncio.run(run())


def kinds(items):
    """Return what was heard, in short."""
    short = {Quote: "quote", Heartbeat: "beat"}
    return [
        ("up" if item.up else "down") if isinstance(item, Link)
        else int(item.execution) if isinstance(item, Report) else short[type(item)]
        for item in items
    ]  # fmt: skip


@pytest.fixture
def impatient(monkeypatch):
    """A stream is dead after a tenth of a second of silence."""
    monkeypatch.setattr(wire, "SILENCE_S", 0.1)


def test_prices_come_with_their_heartbeats_and_other_instruments_are_passed_over():
    other = dict(PRICE, instrument="EUR_USD")
    world = World([line(PRICE), line(other), line(BEAT), line(dict(PRICE, tradeable=False)), None])
    items, _ = listen(world, "quotes", 4)

    assert items == [Link("quotes", up=True), QUOTE, Heartbeat(NOW), QUOTE._replace(tradable=False)]


def test_a_market_without_prices_is_not_tradable():
    halted = {"type": "PRICE", "time": TIME, "instrument": "XAU_USD", "bids": [], "asks": [], "tradeable": True,
              "closeoutBid": "1999.000", "closeoutAsk": "2001.000"}  # fmt: skip
    items, _ = listen(World([line(halted), None]), "quotes", 2)

    assert items[1] == Quote(0, NOW, 1_999_000, 2_001_000, tradable=False)


BROKEN = {
    "cut": [line(PRICE)],
    "half a line": [line(PRICE), chunk(json.dumps(PRICE)[:40])],
    "not JSON": [line(PRICE), chunk("<html>\n")],
    "a price off the grid": [line(PRICE), line(dict(PRICE, bids=[{"price": "2000.1001"}]))],
    "a price of nothing": [line(PRICE), line(dict(PRICE, bids=[{"price": "0"}]))],
    "a time of nobody": [line(PRICE), line(dict(PRICE, time="yesterday"))],
    "a line without end": [line(PRICE), *[chunk("x" * 70_000)] * 16],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_stream_that_breaks_is_told_and_connected_again(name):
    items, _ = listen(World(BROKEN[name], [line(PRICE), None]), "quotes", 5)

    assert kinds(items) == ["up", "quote", "down", "up", "quote"]
    assert items[2].reason


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("last", [b"", chunk('{"type": "PR')], ids=["a whole line", "half a line"])
def test_a_stream_that_falls_silent_is_connected_again(last):
    items, _ = listen(World([line(PRICE), last or chunk(" "), None], [line(PRICE), None]), "quotes", 5)

    assert kinds(items) == ["up", "quote", "down", "up", "quote"]
    assert "silent" in items[2].reason or "Timeout" in items[2].reason


def test_half_a_line_is_put_together_with_its_other_half():
    text = json.dumps(PRICE) + "\n"
    items, _ = listen(World([chunk(text[:30]), chunk(text[30:] + text[:5]), chunk(text[5:]), None]), "quotes", 3)

    assert items[1:] == [QUOTE, QUOTE]


def test_a_refused_token_ends_the_stream_clearly():
    body = b'{"errorMessage":"wrong"}'
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    with pytest.raises(BrokerRefused, match="refuses the token"):
        listen(World(refused), "quotes", 1)


def test_a_server_that_is_too_busy_for_a_stream_is_asked_again():
    busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    items, _ = listen(World(busy, busy, [line(PRICE), None]), "quotes", 4)

    assert kinds(items) == ["down", "down", "up", "quote"]


def test_a_heartbeat_tells_the_brokers_time():
    async def run():
        world = World([line(dict(BEAT, time="2023-11-14T22:13:23.500000000Z")), None])
        async with server(world.handle) as address:
            timing = Timing(now=lambda: NOW, sleep=no_sleep)
            broker = OandaBroker(ACCOUNT, Token(SECRET), instruments=instruments(), clock=timing, base_url=address)
            await heard(broker.quotes(), 2)
            offset = await broker.clock_offset()
            await broker.close()
            return offset

    assert asyncio.run(run()) == 3_500_000_000


def test_transactions_are_told_in_order_and_a_line_told_twice_is_told_once():
    world = World(
        [11, line(order(11)), line(order(11)), 12, line(order(12)), line(order(11)), 13, line(order(13)), None]
    )
    items, _ = listen(world, "reports", 4)

    assert kinds(items)[0] == "up"
    assert [one for one in kinds(items) if one != "up"] == [11, 12, 13]


def test_a_jump_in_a_heartbeat_is_caught_up_before_it_is_told():
    world = World([line(dict(BEAT, lastTransactionID="10")), 13, line(dict(BEAT, lastTransactionID="13")), None])
    items, _ = listen(world, "reports", 6)

    assert [one for one in kinds(items)[1:] if one != "beat"] == [11, 12, 13]
    assert items[-1] == Heartbeat(NOW, "13")


def test_a_gap_before_a_transaction_is_caught_up_in_order():
    world = World([line(dict(BEAT, lastTransactionID="10")), 14, line(order(14)), None])
    items, _ = listen(world, "reports", 6)

    assert [one for one in kinds(items)[1:] if one != "beat"] == [11, 12, 13, 14]


@pytest.mark.parametrize("missed", range(1, 9))
def test_what_was_missed_while_the_stream_was_down_is_told_after_it_is_up_again(missed):
    world = World([11, line(order(11)), 11 + missed], [line(dict(BEAT, lastTransactionID=str(11 + missed))), None])
    items, _ = listen(world, "reports", 4 + missed + 1)

    told = [one for one in kinds(items) if isinstance(one, int)]
    assert told == list(range(11, 12 + missed))
    assert world.connections == 2


def test_a_stream_ends_when_the_broker_is_closed():
    async def run():
        world = World([line(PRICE), None])
        async with server(world.handle) as address, asyncio.timeout(60):
            timing = Timing(now=lambda: NOW, sleep=no_sleep)
            broker = OandaBroker(ACCOUNT, Token(SECRET), instruments=instruments(), clock=timing, base_url=address)
            heard_ = []
            async for item in broker.quotes():
                heard_.append(item)
                if isinstance(item, Quote):
                    await broker.close()
            return heard_

    assert kinds(asyncio.run(run())) == ["up", "quote", "down"]


class Hand:
    """A clock and a sleep turned by hand."""

    def __init__(self):
        self.at = 0
        self.slept = []

    def timing(self):
        return Timing(now=self.now, sleep=self.sleep, chance=random.Random(1), steady=self.now)

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += int(seconds * 1e9)


def test_pauses_double_with_chance_in_them_and_a_line_makes_them_short_again():
    async def run():
        hand = Hand()
        pause = Pause(hand.timing())
        for _ in range(9):
            await pause.over()
        pause.worked()
        await pause.over()
        return hand.slept

    slept = asyncio.run(run())
    assert slept[0] == slept[-1] == 0.5
    assert 15 <= slept[8] <= 30
    assert len(set(slept[1:9])) == 8


def test_a_hundred_requests_a_second_and_the_last_of_them_for_what_protects():
    async def run():
        hand = Hand()
        pace = Pace(hand.timing())
        for _ in range(int(BURST) - 10):
            await pace.turn(QUERY)
        assert not hand.slept
        for _ in range(5):
            await pace.turn(ENTRY)
        for _ in range(5):
            await pace.turn(URGENT)
        assert not hand.slept
        for _ in range(1000):
            await pace.turn(QUERY)
        return hand.at / 1e9

    assert 10.0 <= asyncio.run(run()) <= 10.2


def test_after_a_429_everything_rests_but_what_is_urgent():
    async def run(asked):
        hand = Hand()
        pace = Pace(hand.timing())
        pace.rest(asked)
        await pace.turn(URGENT)
        assert not hand.slept
        await pace.turn(QUERY)
        return hand.at / 1e9

    assert asyncio.run(run("7")) == pytest.approx(7, abs=0.01)
    assert asyncio.run(run("Wed, 21 Oct 2015 07:28:00 GMT")) == pytest.approx(1, abs=0.01)
