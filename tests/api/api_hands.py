"""An API over a data folder of its own, with users of every kind."""

import warnings

from tradewind.adapters.entrance import keys, users
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.api.app import create
from tradewind.api.house import house
from tradewind.settings import Settings

with warnings.catch_warnings():  # it would rather have another HTTP client, which we do not use
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

PASSWORD = "correct horse battery"  # noqa: S105 - of a user in a temporary folder
START = 1_763_800_000_000_000_000


class Hands:
    """A clock, the API's things, and clients with a key for some scopes."""

    def __init__(self, folder, settings=None):
        """It is START, and one user may do everything."""
        self.time, self.addresses = START, 0
        self.house = house(settings or Settings(data=folder), lambda: self.time)
        users.add_user(self.house.entrance, "ann", PASSWORD, SCOPES, self.time)
        self.app = create(self.house)

    def client(self, *scopes, address=None):
        """Return a client with a key for these scopes, at an address of its own; with none, one nobody knows."""
        self.addresses += 1
        where = address or f"client-{self.addresses}"
        client = TestClient(self.app, raise_server_exceptions=False, client=(where, 1))
        if scopes:
            key = keys.make_key(self.house.entrance, "test", "ann", scopes, days=1, now=self.time)
            client.headers["authorization"] = f"Bearer {key}"
        return client

    def later(self, seconds):
        """So many seconds pass."""
        self.time += round(seconds * 1e9)
