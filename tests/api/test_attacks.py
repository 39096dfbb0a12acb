"""Who may do what, route by route; and what people try who may not."""

import hashlib
import sqlite3

import pytest
from api_hands import PASSWORD
from test_routes import guard_of

from tradewind.adapters.entrance import keys
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.adapters.job_store import JobStore
from tradewind.api.app import inventory
from tradewind.api.edge import AT_ONCE, WRONG_A_MINUTE
from tradewind.api.routes.imports import cleaned

DAY_S = 86_400
NOBODIES = ("nobody", "expired", "revoked", "garbage", "another house's token")
FILLED = {"account": "demo", "run": "1", "job": "1", "strategy": "ema_cross", "symbol": "US30", "prefix": "aaaaaaaa",
          "nonce": "n", "name": "ema_cross", "rules": "house"}  # fmt: skip
UP = (
    "..%2f..%2fentrance.sqlite", "%2e%2e%2f%2e%2e%2fsecrets%2ftokens", "....//....//secrets", "..\\..\\secrets",
    "%2fetc%2fpasswd", "demo%00", "demo%2f..%2f..%2fsecrets", "%2e", "%2e%2e", "~root", "demo%0d%0aset-cookie:a=b",
    "\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}%2f", "a" * 5000,
)  # fmt: skip


def every_call():
    """Return every (method, address with its places filled, route)."""
    return [
        (method, path.format(**{name: FILLED.get(name, "1") for name in route.param_convertors}), route)
        for path, route in inventory()
        for method in sorted(route.methods)
    ]


def contents(folder):
    """Return what lies in a folder: rows of databases, hashes of other files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".sqlite":
            with sqlite3.connect(path) as database:
                found[path] = list(database.iterdump())
        elif path.is_file() and not path.name.endswith(("-wal", "-shm")):
            found[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def shown(hands, kind):
    """Return the header of somebody who may nothing."""
    entrance, now = hands.house.entrance, hands.time
    if kind == "nobody":
        return {}
    if kind == "garbage":
        return {"authorization": "Bearer tw_aaaaaaaa_" + "x" * 43, "cookie": "tradewind_session=a.b.c"}
    if kind == "another house's token":
        return {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."}
    key = keys.make_key(
        entrance, "test", "ann", SCOPES, days=1, now=now - (2 * DAY_S * 10**9 if kind == "expired" else 0)
    )
    if kind == "revoked":
        keys.revoke_key(entrance, key[3:11])
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("kind", NOBODIES)
def test_who_may_nothing_changes_nothing_by_any_route(hands, tmp_path, kind):
    """401 everywhere but where it is public; and afterwards every byte is as it was."""
    headers = shown(hands, kind)
    hands.client("read").get("/api/v1/jobs")
    before = contents(tmp_path)
    for method, address, route in every_call():
        answer = hands.client().request(
            method, address, headers={**headers, "idempotency-key": "k" * 20}, json={"account": "demo", "level": 4}
        )
        if guard_of(route)[0] in SCOPES:
            assert answer.status_code == 401, (method, address)
        else:
            assert answer.status_code in (200, 422, 503), (method, address)

    assert contents(tmp_path) == before


def test_what_a_cookie_does_needs_our_own_page(hands, tmp_path):
    """A form of another site sends the cookie, but not our header; and nothing has changed then."""
    client = hands.client()
    client.post("/api/v1/login", json={"name": "ann", "password": PASSWORD, "cookie": True})
    assert client.get("/api/v1/me").json()["by"] == "session"
    before = contents(tmp_path)
    for method, address, route in every_call():
        if method != "GET" and guard_of(route)[0] in SCOPES:
            forged = hands.client()
            forged.cookies.update(client.cookies)
            answer = forged.request(method, address, json={"account": "demo"}, headers={"idempotency-key": "k" * 20})
            assert answer.status_code == 403, (method, address)

    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", UP)
def test_no_name_in_an_address_leads_out_of_its_folder(hands, tmp_path, name):
    (tmp_path / "accounts" / "demo").mkdir(parents=True)
    everything = hands.client(*SCOPES)
    for path, route in inventory():
        for place in route.param_convertors:
            address = path.format(**{one: name if one == place else FILLED.get(one, "1") for one in
                                     route.param_convertors})  # fmt: skip
            for method in sorted(route.methods):
                answer = everything.request(method, address, headers={"idempotency-key": "k" * 20})
                assert answer.status_code in (400, 403, 404, 405, 409, 422, 307), (method, address, answer.text[:200])
                assert "set-cookie" not in answer.headers
                assert b"root:" not in answer.content
                assert hands.house.key not in answer.content
        everything = hands.client(*SCOPES)  # from another address, before this one has asked too often

    assert {one.name for one in tmp_path.iterdir()} <= {
        "accounts", "entrance.sqlite", "entrance.sqlite-wal", "entrance.sqlite-shm", "jobs.sqlite",
        "jobs.sqlite-wal", "jobs.sqlite-shm", "secrets",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["../../secrets/tokens.csv", "/etc/passwd.csv", "C:\\windows\\x.csv", "..\\..\\x.csv", "a/../../b.csv", "\0x.csv",
     ".x.csv", "-rf.csv", "x" * 110 + ".csv", "über.csv", "x.csv\nx.csv"],
)  # fmt: skip
def test_files_are_kept_under_harmless_names_in_their_own_folder(hands, tmp_path, name):
    client = hands.client("backtest")
    answer = client.post("/api/v1/imports", params={"name": name}, content=b"a", headers={"idempotency-key": "k" * 20})

    assert answer.status_code == 202, answer.text
    files = [one for one in (tmp_path / "imports").rglob("*") if one.is_file()]
    assert len(files) == 1
    assert files[0].parent == tmp_path / "imports" / answer.json()["id"]
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert files[0].name == cleaned(name)


@pytest.mark.parametrize("name", ["x.py", "x.exe", "x", "x.csv.sh", "x.csv/", ".csv", "..", "x.parquet.so"])
def test_files_of_other_kinds_are_not_taken(hands, tmp_path, name):
    client = hands.client("backtest")
    answer = client.post("/api/v1/imports", params={"name": name}, content=b"a", headers={"idempotency-key": "k" * 20})

    assert answer.status_code in (415, 422)
    assert not list((tmp_path / "imports").rglob("*.*"))
    assert JobStore(tmp_path).list() == []


def test_words_of_an_import_do_not_become_options(hands):
    client = hands.client("backtest")
    for field, value in (("symbol", "--data=/etc"), ("feed", "-x"), ("clock", "; rm -rf /"), ("bar", "M1 --force")):
        answer = client.post(
            "/api/v1/imports", params={"name": "x.csv", field: value}, content=b"a",
            headers={"idempotency-key": f"key-of-{field}"},
        )  # fmt: skip
        assert answer.status_code == 422, (field, answer.text)


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(hands, tmp_path):
    answer = hands.client("backtest").post(
        "/api/v1/imports", params={"name": "x.csv"}, headers={"idempotency-key": "k" * 20, "content-length": str(2**40)}
    )

    assert answer.status_code == 413
    assert not (tmp_path / "imports").exists()


def test_who_gives_many_wrong_passwords_waits_at_the_door_and_keeps_nobody_else_from_stopping(hands):
    """All of one machine have one address: a stale password in a script must not shut out who is in already."""
    client, wrong = hands.client("read", "kill"), {"name": "nobody", "password": "wrong wrong wrong"}
    statuses = [client.post("/api/v1/renew", json={"token": "x"}).status_code for _ in range(int(WRONG_A_MINUTE) + 5)]

    assert statuses[-1] == 429
    assert client.post("/api/v1/login", json=wrong).status_code == 429
    assert client.get("/api/v1/me").status_code == 200
    assert client.post("/api/v1/kill", json={}).status_code == 200


def test_a_flood_does_not_keep_anybody_from_stopping(hands):
    hands.app.edge["clock"] = lambda: 0.0
    client = hands.client("kill")
    assert 429 in {client.get("/livez").status_code for _ in range(int(AT_ONCE) * 2)}

    assert client.post("/api/v1/kill", json={}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"host": b"\xff\xfe"}, {"host": ""}, {"origin": "null"},
     {"origin": "http://testserver.evil.example"}, {"content-length": "-1"}, {"content-length": "9e9"}],
)  # fmt: skip
def test_strange_headers_are_refused_and_nothing_fails(hands, headers):
    answer = hands.client("read").get("/api/v1/me", headers=headers)

    assert answer.status_code in (400, 403), answer.text
