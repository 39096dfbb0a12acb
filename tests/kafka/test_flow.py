"""Messages through a real server: nothing is lost and nothing has its effect twice, whatever dies on the way."""

import asyncio
import contextlib
import signal
import time

import numpy as np
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from kafka_world import Effects, database, effects, encoded, quotes, servers, symbol
from real_servers import begun, folder

from tradewind.adapters.kafka.consuming import Reader
from tradewind.adapters.kafka.feed import KafkaFeed, TopicPrices, publish_tape
from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import ALERTS, QUOTES, TopicsUnreachable, TopicsWrong, check_topics, make_topics
from tradewind.adapters.postgres.consumed import TakenOver
from tradewind.broker import Link, Quote
from tradewind.kernel.records import EVENT
from tradewind.stack.kafka import start_kafka
from tradewind.stack.processes import free_ports, stop

LIMIT_S = 90.0


def until(condition, *turns):
    """Work has gone on until the condition holds."""
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < limit, "it did not come to that in time"
        for turn in turns:
            turn()


def test_every_message_has_its_effect_once_and_in_order():
    name, address = symbol(), servers()
    publisher = Publisher(address)
    for sequence in range(1, 501):
        publisher.publish(QUOTES, name, quotes(name, sequence))
    publisher.flush()
    reader = Effects(address, name)

    until(lambda: len(effects(name)) >= 500, reader.turn)
    reader.close()
    again = Effects(address, name)
    for _ in range(20):
        again.turn()
    again.close()

    assert effects(name) == list(range(1, 501))


def test_a_batch_whose_commit_failed_comes_again_after_a_restart():
    name, address = symbol(), servers()
    publisher = Publisher(address)
    for sequence in range(1, 101):
        publisher.publish(QUOTES, name, quotes(name, sequence))
    publisher.flush()
    first = Effects(address, name)
    until(lambda: first.reader.assigned, lambda: first.reader.batch(10, 0.2))  # read, and killed before any commit
    first.close()
    second = Effects(address, name)

    until(lambda: len(effects(name)) >= 100, lambda: second.turn(7))
    second.close()

    assert effects(name) == list(range(1, 101))


def test_a_reader_that_lost_its_partitions_and_does_not_know_is_refused():
    name, address = symbol(), servers()
    publisher = Publisher(address)
    publisher.publish(QUOTES, name, quotes(name, 1))
    publisher.flush()
    slow = Effects(address, name)
    records = []
    until(lambda: any(one.key == name.encode() for one in records), lambda: records.extend(slow.reader.batch(500, 0.2)))
    quick = Effects(address, name)
    quick.consumed.take(quick.connection, slow.reader.assigned)  # the partitions changed hands meanwhile
    quick.commit(records)

    with pytest.raises(TakenOver):
        slow.commit(records)
    slow.close()
    quick.close()

    assert effects(name) == [1]


@pytest.mark.soak
def test_partitions_change_hands_in_the_middle_and_nothing_is_lost_or_doubled():
    names, address = [symbol() for _ in range(8)], servers()
    publisher = Publisher(address)
    group = names[0]
    first, second = Effects(address, group), None
    for sequence in range(1, 201):
        for name in names:
            publisher.publish(QUOTES, name, quotes(name, sequence))
    publisher.flush()

    def turn():
        for one in (first, second):
            if one is not None:
                with contextlib.suppress(TakenOver):
                    one.turn(50)

    until(lambda: len(effects(names[0])) >= 20, turn)
    second = Effects(address, group)
    until(lambda: second.reader.assigned, turn)
    until(lambda: all(len(effects(name)) >= 200 for name in names), turn)
    first.close()
    second.close()

    assert all(effects(name) == list(range(1, 201)) for name in names)


def test_what_cannot_be_read_is_put_aside_with_its_bytes_and_the_rest_goes_on():
    name, address = symbol(), servers()
    publisher = Publisher(address)
    publisher.publish(QUOTES, name, quotes(name, 1))
    for raw in (b"\xff" * 40, b"", b"{}", encoded(quotes(name, 2))[:-9]):
        publisher.put(QUOTES, name.encode(), raw)
    publisher.publish(QUOTES, name, quotes(name, 3))
    publisher.flush()
    reader = Effects(address, name)

    until(lambda: effects(name) == [1, 3], reader.turn)
    reader.close()

    with database() as connection:
        query = "SELECT raw, why FROM market.dead_letters WHERE key = %s ORDER BY message_offset"
        letters = connection.execute(query, (name.encode(),)).fetchall()
    assert [bytes(raw) for raw, _ in letters] == [b"\xff" * 40, b"", b"{}", encoded(quotes(name, 2))[:-9]]
    assert all(why for _, why in letters)


def test_a_killed_server_loses_nothing_that_was_acknowledged_and_nothing_that_waits():
    """SIGKILL in the middle of a stream; the publisher waits, the reader goes on where it was."""
    where, ports = folder() / symbol(), free_ports(2)
    running = begun(start_kafka, where, *ports)
    make_topics(running.address)
    name = symbol()
    publisher, reader = Publisher(running.address), Effects(running.address, name)
    for sequence in range(1, 301):
        publisher.publish(QUOTES, name, quotes(name, sequence))
        if sequence == 150:
            publisher.flush()
            until(lambda: len(effects(name)) > 20, lambda: reader.turn(20))
            stop(running, first=signal.SIGKILL)
    assert publisher.waiting > 0
    with contextlib.suppress(TopicsUnreachable):
        reader.turn()
    begun(start_kafka, where, *ports)
    publisher.flush()

    until(lambda: len(effects(name)) >= 300, reader.turn)
    reader.close()

    assert effects(name) == list(range(1, 301))


def test_a_tape_comes_through_byte_for_byte_and_a_tape_that_stops_is_noticed():
    address, tape = servers(), symbol()
    rows = np.frombuffer(np.random.default_rng(1).bytes(12_345 * EVENT.itemsize), EVENT)
    publisher = Publisher(address)

    assert publish_tape(publisher, tape, [rows[:7_000], rows[7_000:]]) == 12_345
    assert b"".join(block.tobytes() for block in KafkaFeed(address, tape)) == rows.tobytes()
    with pytest.raises(TopicsUnreachable, match="did not go on"):
        list(KafkaFeed(address, "nobody", patience_s=1.0))


def test_prices_are_told_from_now_on_and_what_is_missing_is_told_too():
    address, name = servers(), symbol()
    publisher = Publisher(address)
    publisher.publish(QUOTES, name, quotes(name, 1))  # before anybody listened
    publisher.flush()
    prices = TopicPrices(address, name, [name], {name: "0.001"}, lambda: 0)

    async def listen():
        told, beat = [], 0

        async def speak():
            nonlocal beat
            while True:
                beat += 1
                publisher.publish(QUOTES, name, quotes(name, beat + (10 if beat < 4 else 20), prices=1))
                await asyncio.sleep(0.2)

        speaker = asyncio.ensure_future(speak())
        try:
            async for item in prices.quotes():
                told.append(item)
                if len(told) >= 8:
                    return told
        finally:
            speaker.cancel()

    told = asyncio.run(asyncio.wait_for(listen(), LIMIT_S))

    assert all(isinstance(one, Quote | Link) for one in told)
    seen = [one.ts // 1000 for one in told if isinstance(one, Quote)]
    assert seen == sorted(set(seen))
    assert 1 not in seen


def test_missing_topics_other_partitions_and_wrong_addresses_are_said():
    ports = free_ports(2)
    with pytest.raises(TopicsUnreachable, match="does not answer"):
        check_topics(f"127.0.0.1:{ports[0]}")
    running = begun(start_kafka, folder() / symbol(), *ports)
    with pytest.raises(TopicsWrong, match="is missing"):
        check_topics(running.address)
    admin = AdminClient({"bootstrap.servers": running.address})
    admin.create_topics([NewTopic(ALERTS.name, 1)])[ALERTS.name].result(10)

    with pytest.raises(TopicsWrong, match=f"{ALERTS.name} has 1 partitions, not {ALERTS.partitions}"):
        make_topics(running.address)
    stop(running, first=signal.SIGKILL)


def test_topics_are_made_once():
    assert make_topics(servers()) == []


def test_a_position_that_is_not_there_any_more_is_an_error_and_no_guess():
    address, name = servers(), symbol()
    publisher = Publisher(address)
    publisher.publish(QUOTES, name, quotes(name, 1))
    publisher.flush()
    reader = Reader(address, name, [QUOTES], lambda places: dict.fromkeys(places, 10_000_000))

    with pytest.raises(TopicsWrong, match="not there any more"):
        until(lambda: False, lambda: reader.batch(10, 0.2))
    reader.close()
