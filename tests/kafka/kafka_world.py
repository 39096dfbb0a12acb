"""A Kafka server with our topics, a database beside it, and a reader whose effects are rows of a table."""

import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from real_servers import folder, kafka, postgres

from tradewind.adapters.address import read_address
from tradewind.adapters.kafka.consuming import Reader
from tradewind.adapters.kafka.messages import Quotes, Unreadable, column, encoded
from tradewind.adapters.kafka.topics import QUOTES, make_topics
from tradewind.adapters.postgres.connection import connect
from tradewind.adapters.postgres.consumed import Consumed, put_aside
from tradewind.databases.migrating import migrate
from tradewind.databases.opening import opened


def servers():
    """Return the address of Kafka, with topics."""
    address = kafka()
    make_topics(address)
    return address


def database():
    """Return a connection to a database with our tables and a table of effects."""
    address = read_address(postgres(), folder() / "secrets")
    for tree in ("trading", "market"):
        with opened(address) as connection:
            migrate(tree, connection, "heads")
    connection = connect(address)
    connection.autocommit = True
    connection.execute("CREATE TABLE IF NOT EXISTS effects (symbol text, epoch bigint, sequence bigint, came serial)")
    return connection


def quotes(symbol, sequence, epoch=1, prices=3):
    """Return a message of prices."""
    ts = [sequence * 1000 + number for number in range(prices)]
    return Quotes(feed="test", epoch=epoch, sequence=sequence, symbol=symbol, tick="0.001", received=2**62,
                  ts=column(ts), bid=column([1] * prices), ask=column([2] * prices))  # fmt: skip


def symbol():
    """Return the name of an instrument that no other test has."""
    return f"T{uuid.uuid4().hex[:8].upper()}"


class Effects:
    """A reader whose effect is a row a message, in one transaction with its position."""

    def __init__(self, address, group):
        """It reads quotes from where the group stands."""
        self.connection = database()
        self.consumed = Consumed("market.consumed", group)
        self.reader = Reader(address, group, [QUOTES], lambda places: self.consumed.take(self.connection, places),
                             session_s=6.0)  # fmt: skip

    def turn(self, most=500):
        """A batch had its effects; return how many messages it had."""
        records = self.reader.batch(most, 0.2)
        if records:
            self.commit(records)
        return len(records)

    def commit(self, records):
        """The effects of some records and the position behind them are durable together."""
        with self.connection.transaction():
            dead = [one for one in records if isinstance(one.message, Unreadable)]
            letters = [(one.topic, one.partition, one.offset, one.key, one.raw, one.message.why) for one in dead]
            put_aside(self.connection, "market.dead_letters", letters)
            for one in records:
                if isinstance(one.message, Quotes):
                    row = (one.message.symbol, one.message.epoch, one.message.sequence)
                    self.connection.execute("INSERT INTO effects (symbol, epoch, sequence) VALUES (%s, %s, %s)", row)
            self.consumed.advance(self.connection, {(one.topic, one.partition): one.offset + 1 for one in records})

    def close(self):
        """It has left the group."""
        self.reader.close()
        self.connection.close()


def effects(name):
    """Return the sequences of a symbol's effects, in the order they were made."""
    with database() as connection:
        found = connection.execute("SELECT sequence FROM effects WHERE symbol = %s ORDER BY came", (name,)).fetchall()
    return [one for (one,) in found]


__all__ = ["Effects", "database", "effects", "encoded", "quotes", "servers", "symbol"]
