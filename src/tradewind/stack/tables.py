"""The databases of the stack, their newest tables, and a user for each service: what `tradewind db init` does."""

from collections.abc import Callable
from typing import Any

from tradewind.databases.migrating import migrate, newest
from tradewind.databases.opening import create_if_missing, opened
from tradewind.databases.users import make_users, secrets_of
from tradewind.stack.places import Places


def prepare(places: Places, say: Callable[[str], Any]) -> None:
    """Both databases are there with the newest tables, and every service with a secret can log in."""
    for tree, address in (("trading", places.trading), ("market", places.market)):
        create_if_missing(address)
        with opened(address) as connection:
            migrate(tree, connection)
            make_users(connection, secrets_of(address, places.secrets))
            connection.commit()
        say(f"{address} has the tables of {newest(tree)}.")
