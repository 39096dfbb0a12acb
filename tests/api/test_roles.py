"""Every route with everybody who might ask: who gets in, who does not, and that who does not has changed nothing."""

import hashlib
import sqlite3
from contextlib import closing
from typing import Any, NamedTuple

import pytest
from api_hands import PASSWORD

from tradewind.adapters.entrance import keys, users
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.api.app import inventory
from tradewind.live.folder import account_folder
from tradewind.live.launch import Launched

NOBODIES = ("nobody", "expired key", "revoked key", "expired token", "unknown key", "empty", "basic")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
ASKED = {"strategies": ["opening_range"], "on": ["US30"]}
FILE = b"2025-01-06 10:00,1,2,0,1,0\n"


class Deed(NamedTuple):
    """A request that changes something when the right person sends it."""

    method: str
    path: str
    scope: str
    more: dict[str, Any]


DEEDS = (
    Deed("POST", "/api/v1/kill", "kill", {"json": {"level": 3}}),
    Deed("POST", "/api/v1/backtests", "backtest", {"json": ASKED}),
    Deed("POST", "/api/v1/imports?name=a.csv", "backtest", {"content": FILE}),
    Deed("POST", "/api/v1/paper", "paper", {"json": ASKED | {"account": "new"}}),
    Deed("POST", "/api/v1/keys", "admin", {"json": {"name": "more", "scopes": ["read"]}}),
    Deed("DELETE", "/api/v1/keys/{prefix}", "admin", {}),
    Deed("DELETE", "/api/v1/jobs/{job}", "backtest", {}),
    Deed("POST", "/api/v1/logout", "read", {}),
)


def guard_of(route):
    """Return what a route says it needs: (scope, whether a password must have been given just now)."""
    return next((one.call.scope, one.call.fresh) for one in route.dependant.dependencies if hasattr(one.call, "scope"))


def addresses():
    """Return every route that is not open: method, address, scope, and whether it wants a password given just now."""
    found = []
    for path, route in inventory():
        scope, fresh = guard_of(route)
        if scope in SCOPES:
            whole = path.replace("{order}", "1").replace("{rules}", "house").replace("{", "").replace("}", "")
            found.extend((method, whole, scope, fresh) for method in sorted(route.methods))
    return found


def token_of(hands):
    """Return a short token of ann, whose password was given at this moment."""
    return hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).json()["token"]


@pytest.fixture
def strangers(hands):
    """Return a client for each kind of somebody who must not get in."""
    expired, token = hands.client(*SCOPES), token_of(hands)
    hands.later(86_400)
    revoked = hands.client(*SCOPES)
    keys.revoke_key(hands.house.entrance, revoked.headers["authorization"][len("Bearer tw_") :].partition("_")[0])
    found: dict[str, Any] = {name: hands.client() for name in NOBODIES}
    found |= {"expired key": expired, "revoked key": revoked}
    found["expired token"].headers["authorization"] = f"Bearer {token}"
    found["unknown key"].headers["authorization"] = "Bearer tw_aaaaaaaa_" + "b" * 43
    found["empty"].headers["authorization"] = "Bearer "
    found["basic"].headers["authorization"] = "Basic YW5uOmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="
    return found


@pytest.fixture(autouse=True)
def patient(hands):
    """Wrong keys are not counted here: the edge's clock runs fast. No process is begun."""
    ticks = iter(range(0, 10**9, 100))
    hands.app.edge["clock"] = lambda: float(next(ticks))


@pytest.mark.parametrize("name", NOBODIES)
def test_strangers_get_nowhere(strangers, name):
    """401 on every route and method."""
    seen = {(method, path): strangers[name].request(method, path).status_code for method, path, _, _ in addresses()}

    assert {one: status for one, status in seen.items() if status != 401} == {}
    assert len(seen) > 60


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_with_one_scope_gets_where_that_scope_leads_and_nowhere_else(hands, scope):
    """403 elsewhere, and wherever a password given just now is wanted, which no key has."""
    client = hands.client(scope)
    for method, path, needed, fresh in addresses():
        status = client.request(method, path).status_code
        assert (status == 403) == (needed != scope or fresh), (method, path, status)
        assert status not in (401, 500), (method, path, status)


def test_a_person_gets_everywhere_and_for_five_minutes_to_what_wants_a_fresh_password(hands):
    client = hands.client()
    client.headers["authorization"] = f"Bearer {token_of(hands)}"
    fresh = [(method, path) for method, path, _, fresh in addresses() if fresh]

    soon = {one: client.request(*one).status_code for one in fresh}
    hands.later(301)
    late = {one: client.request(*one).status_code for one in fresh}

    assert fresh
    assert not {401, 403} & set(soon.values())
    assert set(late.values()) == {403}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "PROPFIND"])
def test_methods_there_are_none_of_are_refused(hands, method):
    client = hands.client(*SCOPES)
    there = {(method, path) for method, path, _, _ in addresses()}
    for path in {path for _, path, _, _ in addresses()}:
        if (method, path) not in there:
            assert client.request(method, path).status_code in (404, 405)


def test_a_user_who_is_gone_is_nobody_at_once(hands):
    """A short token says who it was made for; whether they may still come in is asked at every request."""
    told = hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).json()
    shown = {"headers": {"authorization": f"Bearer {told['token']}"}}
    assert hands.client().get("/api/v1/me", **shown).status_code == 200
    users.disable_user(hands.house.entrance, "ann")

    assert hands.client().get("/api/v1/me", **shown).status_code == 401
    assert hands.client().post("/api/v1/renew", json={"token": told["renewal"]}).status_code == 401
    assert hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).status_code == 401


class Place:
    """An API with an account, a key and a job; what somebody might change."""

    def __init__(self, hands, monkeypatch):
        """The account stands still, and a trader that was begun is only pretended."""
        self.hands = hands
        account_folder(hands.house.data, "demo").make()
        self.prefix = keys.make_key(hands.house.entrance, "x", "ann", ["read"], days=30, now=hands.time)[3:11]
        users.add_user(hands.house.entrance, "ben", PASSWORD, SCOPES, hands.time)
        asked = {"headers": {"idempotency-key": "of-the-test"}, "json": ASKED}
        self.job = hands.client("backtest").post("/api/v1/backtests", **asked).json()["id"]

        def pretend(folder, *_):
            (folder.root.parent / "begun").touch()
            return Launched(2**22, "nothing", 0, alive=False, said="")

        monkeypatch.setattr("tradewind.api.routes.desks.launch", pretend)

    def sent(self, client, deed):
        """Return the status of the answer to a deed."""
        path = deed.path.format(prefix=self.prefix, job=self.job)
        more = deed.more | {"headers": {"idempotency-key": f"{deed.method} {path}".replace(" ", "-")}}
        return client.request(deed.method, path, **more).status_code

    def state(self):
        """Return a digest of every file, and of what stands in the databases but when a key was used last."""
        root, found = self.hands.house.data, hashlib.sha256()
        for path in sorted(root.rglob("*")):
            if ".sqlite" not in path.name:
                found.update(f"{path} {path.read_bytes() if path.is_file() else ''}".encode())
        for path in sorted(root.rglob("*.sqlite")):
            with closing(sqlite3.connect(path)) as database:
                database.execute("UPDATE keys SET used_ns = 0") if path.stem == "entrance" else None
                found.update("\n".join(database.iterdump()).encode())
        return found.hexdigest()


@pytest.fixture
def place(hands, monkeypatch):
    """An API with something to change."""
    return Place(hands, monkeypatch)


def permitted(hands):
    """Return a client of a person who may do everything and has just given the password."""
    client = hands.client()
    told = client.post("/api/v1/login", json={"name": "ben", "password": PASSWORD}).json()
    client.headers["authorization"] = f"Bearer {told['token']}"
    return client


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: f"{deed.method} {deed.path}")
def test_what_the_right_person_changes_nobody_else_does(hands, place, strangers, deed):
    """The same request of strangers and of keys with every other scope leaves everything as it was."""
    others = {scope: hands.client(scope) for scope in SCOPES if scope != deed.scope}
    right = permitted(hands)
    before = place.state()

    for name, client in (strangers | others).items():
        assert place.sent(client, deed) == (401 if name in NOBODIES else 403), name
        assert place.state() == before, name

    assert place.sent(right, deed) in (200, 201, 202)
    assert place.state() != before
