"""The databases of the stack, their newest tables, and a user for each service: what `tradewind db init` does."""

from collections.abc import Callable
from typing import Any

from tradewind.adapters.kafka.topics import make_topics
from tradewind.databases.migrating import migrate, newest
from tradewind.databases.opening import create_if_missing, opened
from tradewind.databases.users import make_users, secrets_of
from tradewind.stack.places import Places


def prepare(places: Places, say: Callable[[str], Any]) -> None:
    """Both databases have the newest tables, every service with a secret can log in, and Kafka has its topics."""
    for tree, address in (("trading", places.trading), ("market", places.market)):
        create_if_missing(address)
        with opened(address) as connection:
            migrate(tree, connection)
            make_users(connection, secrets_of(address, places.secrets))
            connection.commit()
        say(f"{address} has the tables of {newest(tree)}.")
    made = make_topics(f"127.0.0.1:{places.ports.kafka}")
    say(f"Kafka has its topics{', made now' if made else ''}.")
