"""Who comes in and who does not: passwords, tokens, keys, cookies, and where requests come from."""

import sqlite3

import jwt
import pytest
from api_hands import PASSWORD

from tradewind.adapters.entrance import audit, users
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.adapters.entrance.users import lock_seconds
from tradewind.errors import BadData

GOOD = {"name": "ann", "password": PASSWORD}


def bearer(text):
    """Return the header that shows a token."""
    return {"authorization": f"Bearer {text}"}


def test_a_password_gives_tokens_that_say_who_it_is(hands):
    client = hands.client()
    told = client.post("/api/v1/login", json=GOOD).json()

    me = client.get("/api/v1/me", headers=bearer(told["token"])).json()

    assert me == {"name": "ann", "scopes": sorted(SCOPES), "by": "token"}


@pytest.mark.parametrize(
    "wrong", [{"name": "ann", "password": "wrong wrong wrong"}, {"name": "bob", "password": PASSWORD}]
)
def test_a_wrong_name_and_a_wrong_password_are_told_the_same(hands, wrong):
    answer = hands.client().post("/api/v1/login", json=wrong)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Name or password are wrong, or there were too many guesses."


def test_who_guesses_wrong_waits_longer_each_time_and_the_right_password_too(hands):
    client = hands.client()
    for _ in range(5):
        assert client.post("/api/v1/login", json={"name": "ann", "password": "wrong wrong wrong"}).status_code == 401
    assert client.post("/api/v1/login", json=GOOD).status_code == 401

    hands.later(lock_seconds(5))

    assert client.post("/api/v1/login", json=GOOD).status_code == 200
    assert [lock_seconds(count) for count in (1, 4, 5, 6, 10, 40)] == [0, 0, 2, 4, 64, 3600]


def test_a_short_token_ends_and_the_long_one_renews_it_once(hands):
    client = hands.client()
    first = client.post("/api/v1/login", json=GOOD).json()
    hands.later(901)
    assert client.get("/api/v1/me", headers=bearer(first["token"])).status_code == 401

    second = client.post("/api/v1/renew", json={"token": first["renewal"]}).json()
    assert client.get("/api/v1/me", headers=bearer(second["token"])).status_code == 200

    # A copy of the first long token ends the family, the newest token of it too.
    assert client.post("/api/v1/renew", json={"token": first["renewal"]}).status_code == 401
    assert client.post("/api/v1/renew", json={"token": second["renewal"]}).status_code == 401


@pytest.mark.parametrize(
    "change", [{"aud": "other"}, {"iss": "other"}, {"exp": 1}, {"nbf": 2**40}, {"alg": "none"}, {"key": "k" * 32}]
)
def test_a_token_that_is_not_ours_in_any_part_is_nobodys(hands, change):
    told = hands.client().post("/api/v1/login", json=GOOD).json()
    claims = jwt.decode(told["token"], options={"verify_signature": False})
    key = change.pop("key", hands.house.key)
    algorithm = change.pop("alg", "HS256")
    forged = jwt.encode(claims | change, None if algorithm == "none" else key, algorithm)

    assert hands.client().get("/api/v1/me", headers=bearer(forged)).status_code == 401


def test_a_key_does_what_it_may_until_it_expires_or_is_revoked(hands):
    reader = hands.client("read")
    assert reader.get("/api/v1/me").json()["by"] == "key"
    assert reader.get("/api/v1/keys").status_code == 403
    (only,) = (
        hands.client()
        .get("/api/v1/keys", headers=bearer(hands.client().post("/api/v1/login", json=GOOD).json()["token"]))
        .json()
    )
    assert only["scopes"] == ["read"]
    assert only["used_ns"] == hands.time

    assert hands.client("admin").delete(f"/api/v1/keys/{only['prefix']}").status_code == 200
    assert reader.get("/api/v1/me").status_code == 401
    other = hands.client("read")
    hands.later(86_400)
    assert other.get("/api/v1/me").status_code == 401


def test_a_key_is_made_only_with_a_password_just_given_and_for_no_more_than_one_has(hands):
    wanted = {"name": "robot", "scopes": ["read", "trade"]}
    assert (
        hands.client("admin", "read", "trade").post("/api/v1/keys", json=wanted).status_code == 403
    )  # a key: never fresh
    users.add_user(hands.house.entrance, "bob", PASSWORD, ["admin", "read"], hands.time)
    token = hands.client().post("/api/v1/login", json={"name": "bob", "password": PASSWORD}).json()["token"]

    refused = hands.client().post("/api/v1/keys", json=wanted, headers=bearer(token))
    made = hands.client().post("/api/v1/keys", json=wanted | {"scopes": ["read"]}, headers=bearer(token))

    assert refused.status_code == 403
    assert made.status_code == 201
    assert hands.client().get("/api/v1/me", headers=bearer(made.json()["key"])).json()["scopes"] == ["read"]
    hands.later(301)
    assert hands.client().post("/api/v1/keys", json=wanted, headers=bearer(token)).status_code == 403


def test_a_cookie_changes_nothing_without_the_header_of_our_own_pages(hands):
    client = hands.client()
    answer = client.post("/api/v1/login", json=GOOD | {"cookie": True})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "token" not in answer.json()
    assert client.get("/api/v1/me").json()["by"] == "session"

    assert client.post("/api/v1/kill", json={}).status_code == 403
    assert client.post("/api/v1/kill", json={}, headers={"x-tradewind-csrf": "1"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"origin": "https://evil.example"}, 403), ({"origin": "null"}, 403), ({"host": "evil.example"}, 400),
     ({"origin": "http://testserver"}, 200)],
)  # fmt: skip
def test_pages_of_others_and_names_of_others_are_refused(hands, headers, status):
    assert hands.client("read").get("/api/v1/me", headers=headers).status_code == status


@pytest.mark.parametrize("password", ["admin123", "short", "aaaaaaaaaaaaaaaa", "PASSWORD", "x" * 201])
def test_a_password_others_would_guess_is_refused(hands, password):
    with pytest.raises(BadData, match="too weak"):
        users.add_user(hands.house.entrance, "carl", password, ["read"], 0)


def test_neither_passwords_nor_keys_stand_in_the_database(hands):
    key = hands.client("read").headers["authorization"].removeprefix("Bearer tw_")
    raw = b"".join(path.read_bytes() for path in hands.house.data.rglob("entrance.sqlite*"))

    assert PASSWORD.encode() not in raw
    assert key.partition("_")[2].encode() not in raw
    assert hands.house.entrance.path.stat().st_mode & 0o077 == 0


def test_the_audit_trail_shows_whatever_was_changed_in_it(hands):
    client = hands.client("admin", "kill")
    for level in (1, 2, 3):
        client.post("/api/v1/kill", json={"level": level})
    assert audit.first_break(hands.house.entrance) is None
    assert [one["action"] for one in client.get("/api/v1/audit").json()["items"]] == ["kill"] * 3

    with sqlite3.connect(hands.house.entrance.path) as database:
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("DELETE FROM audit WHERE number = 2")
        database.execute("DROP TRIGGER audit_no_update")
        database.execute("UPDATE audit SET who = 'somebody' WHERE number = 2")

    assert client.get("/api/v1/audit").json()["first_break"] == 2
