"""What somebody tries who means harm: paths out of the folder, files that are none, headers, floods, and repeats."""

import asyncio
import threading

import pytest
from api_hands import PASSWORD, START, Hands

from tradewind.adapters.entrance import users
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.adapters.job_store import JobStore
from tradewind.api.app import inventory
from tradewind.api.edge import A_SECOND, API_POLICY, AT_ONCE, HEADERS, LARGEST_UPLOAD, Edge
from tradewind.api.repeats import KEPT_NS

OUT = [
    "..", "../outside", "..%2foutside", "..%2Foutside", "..%252foutside", "%2e%2e%2foutside", "..%5coutside",
    "....//outside", "%2e%2e", "outside%00", "%00", "~", "%ff%fe", "outside\u2044", "a" * 5_000, "CON", "-rf", "$(id)",
    "';DROP TABLE users;--", "%0d%0aSet-Cookie:x=1", "{{7*7}}", "<script>alert(1)</script>",
]  # fmt: skip
SECRET = "what nobody may read"  # noqa: S105 - a mark in a file that must not be told
ASKED = {"strategies": ["opening_range"], "on": ["US30"]}


def raw(app, method, path, headers=(), body=b""):
    """Return (status, headers, body) of a request as it is, past what a client would put right or refuse."""
    given, told = [{"type": "http.request", "body": body, "more_body": False}], []

    async def receive():
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message):
        told.append(message)

    names = {name.lower() for name, _ in headers}
    headers = [(b"host", b"127.0.0.1"), *headers] if b"host" not in names else list(headers)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode("utf-8", "replace"), "query_string": b"", "root_path": "",
        "headers": headers, "client": ("raw", 1), "server": ("127.0.0.1", 8600),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return told[0]["status"], dict(told[0]["headers"]), b"".join(one.get("body", b"") for one in told[1:])


@pytest.fixture
def hands(tmp_path):
    """An API over a folder with something beside it that is none of its business."""
    for place in (tmp_path / "outside", tmp_path / "data" / "outside"):
        place.mkdir(parents=True)
        for name in ("status.json", "report.html", "flip.py"):
            (place / name).write_text(f'{{"secret": "{SECRET}"}}')
    return Hands(tmp_path / "data")


@pytest.fixture
def everything(hands):
    """Return a client that may do everything a key can; the edge's clock runs fast."""
    ticks = iter(range(0, 10**9, 100))
    hands.app.edge["clock"] = lambda: float(next(ticks))
    return hands.client(*SCOPES)


def named():
    """Return (method, path) of every route with a name in its path; {} stands where the name does."""
    for path, route in inventory():
        if "{" in path:
            for method in route.methods:
                yield method, "/".join("{}" if piece.startswith("{") else piece for piece in path.split("/"))


def tree(folder):
    """Return every file below a folder."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("evil", OUT)
def test_no_name_in_a_path_leads_out_of_the_folder(everything, tmp_path, evil):
    """On every route that takes a name: refused or unknown, nothing from elsewhere told, nothing written elsewhere."""
    before = tree(tmp_path)
    for method, path in named():
        answer = everything.request(method, path.replace("{}", evil), headers={"idempotency-key": "attacked"}, json={})

        assert answer.status_code < 500, (method, path, answer.text)
        assert SECRET not in answer.text
        assert "root:" not in answer.text
    assert {path.name.partition(".")[0] for path in tree(tmp_path) - before} <= {"entrance", "jobs", "tokens"}


@pytest.mark.parametrize(
    ("name", "status"),
    [("../../outside/x.csv", 202), ("..\\..\\outside\\x.csv", 202), ("/etc/cron.d/x.csv", 202), ("~/.bashrc.csv", 202),
     ("x.csv\0.exe", 415), ("x.exe", 415), (".csv", 415), ("..", 415), ("x.csv/", 415), ("-rf.csv", 202),
     ("--settings=x.toml.csv", 202), ("x.py", 415), ("x.sqlite", 415), ("KILL", 415)],
)  # fmt: skip
def test_a_file_lies_where_we_say_under_a_name_we_made(everything, tmp_path, name, status):
    """Whatever it is called: in a folder of its own below imports, or not at all."""
    before = tree(tmp_path)

    answer = everything.post("/api/v1/imports", params={"name": name}, content=b"a,b\n",
                             headers={"idempotency-key": "attacked"})  # fmt: skip

    assert answer.status_code == status, answer.text
    new = {path for path in tree(tmp_path) - before if path.parts[1] != "secrets" and ".sqlite" not in path.name}
    assert len(new) == (1 if status == 202 else 0)
    for path in new:
        assert path.parts[:2] == ("data", "imports")
        assert len(path.parts) == 4
        assert path.name[0].isalnum()
        assert (tmp_path / path).stat().st_mode & 0o177 == 0
    if status == 202:
        assert JobStore(tmp_path / "data").get(answer.json()["id"]).command[-2] == "--"


def test_a_file_that_is_too_large_or_nothing_leaves_nothing(everything, hands, monkeypatch):
    headers = {"idempotency-key": "attacked"}
    empty = everything.post("/api/v1/imports", params={"name": "x.csv"}, content=b"", headers=headers)
    announced = raw(hands.app, "POST", "/api/v1/imports", [(b"content-length", str(LARGEST_UPLOAD + 1).encode())])
    monkeypatch.setattr("tradewind.api.routes.imports.LARGEST_UPLOAD", 100_000)
    chunks = (b"x" * 10_000 for _ in range(11))
    long = everything.post("/api/v1/imports", params={"name": "x.csv"}, content=chunks, headers=headers)

    assert (empty.status_code, announced[0], long.status_code) == (422, 413, 413)
    assert not list((hands.house.data / "imports").glob("*/*"))


@pytest.mark.parametrize(
    "headers",
    [[(b"host", b"\xff\xfe")], [(b"host", b"")], [(b"host", b"127.0.0.1:8600:1")], [(b"host", b"[::1")],
     [(b"host", b"::1")],
     [(b"host", b"127.0.0.1.evil.example")], [(b"origin", b"http://[")], [(b"origin", b"\xff")], [(b"origin", b"null")],
     [(b"origin", b"http://127.0.0.1.evil.example")], [(b"origin", b"http://127.0.0.1@evil.example")],
     [(b"content-length", b"-1")], [(b"content-length", b"1e9")], [(b"content-length", b"\xb2")],
     [(b"authorization", b"Bearer \xff\x00")], [(b"authorization", b"Bearer " + b"a" * 60_000)],
     [(b"authorization", b"bearer tw_\xff")], [(b"authorization", b"Bearer a.b.c")],
     [(b"cookie", b"tradewind_session=\xff\xfe; ;=;")], [(b"cookie", b"tradewind_session=a.b.c")],
     [(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-host", b"127.0.0.1")]],
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/me"), ("POST", "/api/v1/kill")])
def test_headers_nobody_sends_get_nobody_in(hands, method, path, headers):
    """Bytes that are no text, numbers that are none, names of others: refused, never a mistake of ours."""
    status, told, _ = raw(hands.app, method, path, headers)

    assert 400 <= status < 500
    assert told[b"content-type"] == b"application/problem+json"


def test_our_own_names_are_known_with_and_without_a_port(hands):
    for host in (b"127.0.0.1", b"localhost:8600", b"[::1]:8600", b"[::1]", b"127.0.0.1:1"):
        assert raw(hands.app, "GET", "/livez", [(b"host", host)])[0] == 200


def test_a_flood_is_turned_away_and_others_are_not(hands):
    """One address has its requests used up, and has them back with time."""
    now = [0.0]
    hands.app.edge["clock"] = lambda: now[0]
    one, other = hands.client("read"), hands.client("read")
    seen = [one.get("/api/v1/me").status_code for _ in range(round(AT_ONCE) + 5)]

    assert seen == [200] * round(AT_ONCE) + [429] * 5
    assert one.get("/api/v1/me").headers["retry-after"] == "1"
    assert other.get("/api/v1/me").status_code == 200
    now[0] = 1.0
    assert [one.get("/api/v1/me").status_code for _ in range(round(A_SECOND) + 1)] == [200] * round(A_SECOND) + [429]


def test_very_many_addresses_take_no_memory_without_end():
    edge = Edge(None, clock=lambda: 0.0)
    for number in range(12_000):
        edge._refused({"path": "/"}, {b"host": b"127.0.0.1"}, str(number))

    assert len(edge.requests) == 10_000


def test_guesses_from_many_addresses_lock_the_name_and_nobody_else(hands):
    """What locks is the name; a key of the same person goes on working."""
    users.add_user(hands.house.entrance, "ben", PASSWORD, ["read"], START)
    wrong = {"name": "ann", "password": "wrong wrong wrong"}
    statuses = [hands.client().post("/api/v1/login", json=wrong).status_code for _ in range(6)]

    assert statuses == [401] * 6
    assert hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).status_code == 401
    assert hands.client().post("/api/v1/login", json={"name": "ben", "password": PASSWORD}).status_code == 200
    assert hands.client("read").get("/api/v1/me").status_code == 200
    hands.later(users.lock_seconds(6))
    assert hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).status_code == 200


def submitted(client, key, wanted=None):
    """Return the answer to a backtest that is asked for with a key."""
    return client.post("/api/v1/backtests", json=wanted or ASKED, headers={"idempotency-key": key})


def test_a_wish_that_is_sent_again_is_granted_once(hands):
    """Its first answer comes again; another wish under the same key, and no key, are refused."""
    client, other = hands.client("backtest"), hands.client("backtest")
    first, again = submitted(client, "once-only"), submitted(client, "once-only")

    assert first.status_code == again.status_code == 202
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert submitted(client, "once-only", ASKED | {"stress": True}).status_code == 422
    assert client.post("/api/v1/backtests", json=ASKED).status_code == 400
    assert submitted(client, "short").status_code == 400
    assert submitted(other, "once-only").json()["id"] != first.json()["id"]
    assert len(JobStore(hands.house.data).list()) == 2

    hands.later(KEPT_NS / 1e9 + 1)

    assert submitted(hands.client("backtest"), "once-only").json()["id"] != first.json()["id"]


def test_a_wish_that_is_sent_by_many_at_once_is_granted_once(hands):
    client = hands.client("backtest")
    ready, answers = threading.Barrier(8), []

    def send():
        own = hands.client()
        own.headers["authorization"] = client.headers["authorization"]
        ready.wait()
        answers.append(submitted(own, "at-the-same-time").status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(JobStore(hands.house.data).list()) == 1
    assert 202 in answers
    assert set(answers) <= {202, 409}


def test_a_wish_that_is_refused_may_be_sent_again_when_it_can_be_granted(hands):
    client = hands.client("backtest")
    for number in range(20):
        submitted(client, f"wish-number-{number}")
    assert submitted(client, "one-too-many").status_code == 409

    JobStore(hands.house.data).cancel(JobStore(hands.house.data).list()[0].id, hands.time)

    assert submitted(client, "one-too-many").status_code == 202


def test_a_wish_whose_end_nobody_knows_is_not_granted_twice(hands, monkeypatch):
    """It may have been done before what failed: whoever sends it again is told to look, and it is not tried anew."""

    def fails(*_arguments, **_more):
        raise OSError(28, "No space left on device")

    client = hands.client("backtest")
    with monkeypatch.context() as patched:
        patched.setattr("tradewind.api.routes.jobs.noted", fails)
        assert submitted(client, "disk-is-full").status_code == 500

    assert submitted(client, "disk-is-full").status_code == 409
    assert len(JobStore(hands.house.data).list()) == 1


def test_jobs_made_in_one_moment_are_all_told_page_by_page(hands):
    """The clock stands still: no job is lost between two pages and none is told twice."""
    client = hands.client("read", "backtest")
    made = {submitted(client, f"wish-number-{number}").json()["id"] for number in range(5)}
    found, cursor = [], {}
    while cursor is not None:
        told = client.get("/api/v1/jobs", params={"limit": 2} | cursor).json()
        found += [one["id"] for one in told["items"]]
        cursor = {"cursor": told["next"]} if told["next"] else None

    assert len({one.made_ns for one in JobStore(hands.house.data).list()}) == 1
    assert len(found) == 5
    assert set(found) == made


def test_what_nobody_foresaw_has_the_headers_of_every_answer(hands, monkeypatch):
    """Starlette answers it outside of all middleware."""

    def fails(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("tradewind.api.routes.jobs.JobStore", fails)
    answer = hands.client("read").get("/api/v1/jobs")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    for name, value in (*HEADERS, API_POLICY, (b"cache-control", b"no-store")):
        assert answer.headers.get_list(name.decode()) == [value.decode()], name


def test_a_list_is_read_to_its_end_and_cursors_nobody_gave_are_refused(hands):
    client = hands.client("read", "backtest")
    for number in range(5):
        hands.later(1)
        submitted(client, f"wish-number-{number}")
    found, cursor = [], {}
    while cursor is not None:
        told = client.get("/api/v1/jobs", params={"limit": 2} | cursor).json()
        found += [one["id"] for one in told["items"]]
        cursor = {"cursor": told["next"]} if told["next"] else None

    assert found == [one.id for one in JobStore(hands.house.data).list()]
    for strange in ("x", "-1", "1.5", "9" * 30, "\u0661", " "):
        assert client.get("/api/v1/jobs", params={"cursor": strange}).status_code == 422
