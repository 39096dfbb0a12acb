"""An API over a data folder, people at it, and waiting for what they see."""

import time
import uuid
import warnings

from tradewind.adapters.entrance import keys, users
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.api.app import create
from tradewind.api.house import house

with warnings.catch_warnings():  # it would rather have another HTTP client, which we do not use
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

PASSWORD = "correct horse battery"  # noqa: S105 - of a user in a temporary folder
API = "/api/v1"


class Office:
    """An API over a data folder, and people at it."""

    def __init__(self, settings):
        """Ann may do everything."""
        self.house = house(settings)
        if not any(one.name == "ann" for one in users.users(self.house.entrance)):
            users.add_user(self.house.entrance, "ann", PASSWORD, SCOPES, self.house.now())
        self.app = create(self.house)

    def client(self, *scopes):
        """Return a client with a key for some scopes."""
        client = TestClient(self.app, raise_server_exceptions=False, client=(uuid.uuid4().hex, 1))
        key = keys.make_key(self.house.entrance, "test", "ann", scopes, 1, self.house.now())
        client.headers["authorization"] = f"Bearer {key}"
        return client

    def person(self):
        """Return a client with a token for a password given just now."""
        client = TestClient(self.app, raise_server_exceptions=False, client=(uuid.uuid4().hex, 1))
        told = client.post(f"{API}/login", json={"name": "ann", "password": PASSWORD}).json()
        client.headers["authorization"] = f"Bearer {told['token']}"
        return client


def act(client, path, body=None, key=None):
    """Post something that acts, with a key of its own."""
    return client.post(f"{API}{path}", json=body or {}, headers={"idempotency-key": key or uuid.uuid4().hex})


def until(found, what, seconds=90.0):
    """Return what `found` gives once it is as it should be."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        told = found()
        if what(told):
            return told
        time.sleep(0.1)
    raise AssertionError(told)
