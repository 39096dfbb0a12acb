"""Requests nobody would think of, generated from our own description of the API: none of them makes us fail."""

import asyncio
import contextlib
import warnings
from urllib.parse import unquote

import httpx
import hypothesis
import pytest
from api_hands import PASSWORD

from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.live.folder import Folder
from tradewind.live.start import open_journal
from tradewind.settings import Settings

with warnings.catch_warnings():  # of libraries of theirs
    warnings.simplefilter("ignore")
    import schemathesis

ORDINARY, SOAK = 5_000, 100_000
AN_ADDRESS = 150
"""Requests one address may make at once, with room to spare."""
ACCOUNT = "demo"
THERE = {"account": ACCOUNT, "strategy": "ema_cross", "symbol": "US30", "name": "ema_cross", "rules": "house"}
"""Names that lead somewhere: every case with a name in its address is sent with these too."""
NOT_HERE = ("/api/v1/login", "/api/v1/renew", "/api/v1/logout")
"""Passwords take their time by design, and a log-out ends what the others come in with: see their own tests."""


class Caller:
    """Somebody who may do everything, from ever new addresses; the application is called as a server would call it."""

    def __init__(self, hands):
        """Their token is the same for all requests."""
        told = hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).json()
        self.app, self.token, self.count, self.runner = hands.app, told["token"], 0, asyncio.Runner()

    def send(self, case):
        """Return status, kind and text of the answer to a case."""
        self.count += 1
        words = case.as_transport_kwargs(base_url="http://testserver")
        given = {name: value for name, value in (words.get("headers") or {}).items() if _sendable(value)}
        given.setdefault("idempotency-key", f"generated-{self.count}")
        given["authorization"] = f"Bearer {self.token}"
        body = {name: words[name] for name in ("json", "data", "content", "files") if words.get(name) is not None}
        if isinstance(body.get("data"), bytes | str):
            body["content"] = body.pop("data")
        request = httpx.Request(words["method"], words["url"], params=words.get("params"), headers=given, **body)
        return self.runner.run(asgi(self.app, request, f"generated-{self.count // AN_ADDRESS}"))


async def asgi(app, request, address):
    """Return status, kind and text of an application's answer to a request from an address."""
    path, _, query = request.url.raw_path.partition(b"?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": unquote(path.decode("ascii")), "raw_path": path, "query_string": query, "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw], "client": (address, 1),
        "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    told, coming = [], [{"type": "http.request", "body": request.read(), "more_body": False}]

    async def receive():
        return coming.pop() if coming else {"type": "http.disconnect"}

    async def send(message):
        told.append(message)

    with contextlib.suppress(Exception):  # it is told as an answer before it is raised
        await app(scope, receive, send)
    kind = dict(told[0]["headers"]).get(b"content-type", b"").decode()
    return told[0]["status"], kind, b"".join(one.get("body", b"") for one in told[1:])


def _sendable(value):
    return isinstance(value, str) and value.isascii() and value.isprintable()


def operations(app):
    """Return every operation of the description."""
    found = schemathesis.openapi.from_dict(app.openapi())
    return [one for one in (each.ok() for each in found.get_all_operations()) if one.path not in NOT_HERE]


def asked(operation, mode, caller, about):
    """Send generated requests for one operation; return those that we failed at. `about`: how many, and the seed."""
    failed = []

    @hypothesis.seed(about[1])
    @hypothesis.settings(
        max_examples=about[0], database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        for names in ({}, THERE) if case.path_parameters else ({},):
            case.path_parameters.update({name: names[name] for name in case.path_parameters if name in names})
            status, kind, text = caller.send(case)
            if status >= 500 and status != 503:
                failed.append((case.method, case.formatted_path, case.query, case.body, text[:300]))
            elif 400 <= status < 500 and kind != "application/problem+json":
                failed.append((case.method, case.formatted_path, status, kind))

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        ask()
    return failed


def sent(hands, count):
    """Send so many requests or more, shared out among all operations, some of them against the description."""
    caller, failed, seed = Caller(hands), [], 8
    positive, negative = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    plan = [(one, mode) for one in operations(hands.app) for mode in (positive, negative)]
    plan = [(one, mode) for one, mode in plan if mode == positive or _has_words(one)]
    with caller.runner:
        while caller.count < count:
            each = max(1, -(-(count - caller.count) // len(plan)))
            for one, mode in plan:
                failed += asked(one, mode, caller, (each if mode == positive else -(-each // 4), seed))
            seed += 1
    assert not failed, failed[:5]
    return caller.count


def _has_words(operation):
    """Whether an operation is given anything that could be wrong; any text is good for a path."""
    return any(len(part) for part in (operation.query, operation.body))


@pytest.fixture
def furnished(hands, tmp_path):
    """Return an API over a data folder with an account, for somebody who may do everything."""
    assert set(SCOPES)
    folder = Folder(tmp_path / "accounts" / ACCOUNT)
    folder.root.mkdir(parents=True)
    with open_journal(Settings(data=tmp_path), folder) as journal:
        journal.note("alert", {"about": "test", "level": "info", "text": "", "ts": 1})
        journal.commit(1)
    return hands


@pytest.mark.filterwarnings("ignore")
def test_five_thousand_generated_requests_and_no_failure_of_ours(furnished):
    assert sent(furnished, ORDINARY) >= ORDINARY


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_a_hundred_thousand_generated_requests_and_no_failure_of_ours(furnished):
    assert sent(furnished, SOAK) >= SOAK
