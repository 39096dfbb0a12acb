"""Requests that schemathesis makes of our own description, sent to the application inside this process."""

import itertools
from collections import Counter

import schemathesis
from api_hands import PASSWORD, Hands
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from tradewind.live.folder import account_folder
from tradewind.live.launch import Launched
from tradewind.watchdog.beats import write_whole

EACH = 21
"""Requests of one route at a time."""
NOT_READY = ("/readyz", "/tradez")
"""Where 503 is an answer like any other."""
NOT_HERE = "/api/v1/logout"
"""It ends what the others come in with: see the tests of the entrance."""
KNOWN = {
    "account": ["demo", "empty", "nobody", "..", "%2e%2e%2f", "demo\x00", ""],
    "on": ["XAUUSD", "US30", "NOTHING", "../XAUUSD"],
    "symbol": ["XAUUSD", "US30"],
    "strategy": ["orb", "../../etc/passwd"],
    "name": ["orb", "trades", "prices.csv", "../../x.csv", "x.exe"],
    "run": ["latest", "20250101-000000-abcdef", ""],
    "start": ["2025-01-01", "1969-12-31", "9999-12-31", "tomorrow"],
    "end": ["2025-02-01", "0001-01-01", "2025-02-30"],
    "at": ["2025-01-10T14:35Z", "2025-01-10 14:35", "now"],
    "cursor": ["1", "0", "-1", "999999999999999999999", "a.b:c", "1_0", "\u0661"],
    "timeframe": [60, 300, 86400, 7, 0, -1, 2**70],
}
"""By the name of a parameter: what is there, what is not, and what should not be; chance alone makes no symbol."""


class Asked:
    """An API whose every route is asked whatever its description allows and does not."""

    def __init__(self, folder, monkeypatch, settings=None, known=None):
        """Nothing was asked yet; no process is ever begun."""
        self.hands = Hands(folder, settings)
        self.answers, self.wrong, self.numbers = Counter(), [], itertools.count()
        for place in ("tradewind.api.routes.desks.launch", "tradewind.api.arming.launch"):
            monkeypatch.setattr(place, lambda *_: Launched(2**22, "nothing", 0, alive=False, said=""))
        account_folder(folder, "empty").make()
        demo = account_folder(folder, "demo")
        demo.make()
        write_whole(demo.status, b'{"account": "demo", "mode": "paper", "ready": false, "reasons": {}, "ended": true}')
        # A key and a password given just now, for ever: the clock of the house stands still. The edge's runs fast.
        self.hands.app.edge["clock"] = (float(10 * number) for number in itertools.count()).__next__
        told = self.hands.client().post("/api/v1/login", json={"name": "ann", "password": PASSWORD}).json()
        self.headers = {"authorization": f"Bearer {told['token']}", "host": "testserver"}
        self.schema = schemathesis.openapi.from_dict(richer(self.hands.app.openapi(), known))
        self.client = self.hands.client()

    def everything(self, requests, below="/"):
        """So many requests were sent or a few more, every route asked as often as it has something to be asked."""
        found = [one.ok() for one in self.schema.get_all_operations()]
        operations = [one for one in found if one.path.startswith(below) and one.path != NOT_HERE]
        wanted = self.answers.total() + requests
        with self.client:
            for number in itertools.count():
                for operation in operations:
                    # The hash of a password takes its time on purpose.
                    each = 2 if operation.path == "/api/v1/login" else EACH
                    self.operation(operation, GenerationMode.POSITIVE, each, number)
                    if list(operation.query) or list(operation.body):  # any text is right in a path
                        self.operation(operation, GenerationMode.NEGATIVE, each, number)
                if self.answers.total() >= wanted:
                    return

    def operation(self, operation, mode, examples, number):
        """One route was asked so many things that are, or are not, as its description says."""

        @seed(number)
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            self.send(case)

        ask()

    def send(self, case):
        """The case was sent; an answer of 5xx, or one that is no problem document, is kept."""
        count = next(self.numbers)
        key = {"idempotency-key": f"generated-{count}"} if count % 10 else {}
        parts = case.as_transport_kwargs(base_url="http://testserver")
        request = {name: parts[name] for name in ("params", "json", "data", "files", "cookies") if parts.get(name)}
        headers = {**(parts.get("headers") or {}), **key, **self.headers}
        answer = self.client.request(parts["method"], parts["url"], headers=headers, **request)
        self.answers[answer.status_code] += 1
        fine = answer.status_code < 500 or (case.path in NOT_READY and answer.status_code == 503)
        if not fine or (answer.status_code >= 400 and not self.is_problem(case.path, answer)):
            self.wrong.append((case.method, parts["url"], request, answer.status_code, answer.text[:300]))

    @staticmethod
    def is_problem(path, answer):
        """Return whether a refusal is told as RFC 9457 has it, or by a check of health in its own way."""
        kind = answer.headers["content-type"]
        told = kind == "application/problem+json" and answer.json()["status"] == answer.status_code
        return told or path in NOT_READY


def richer(document, known):
    """Return the description with `known` instead of what it allows; else with KNOWN beside what it allows."""
    for methods in document["paths"].values():
        for described in methods.values():
            for parameter in described.get("parameters", []):
                name = parameter["name"]
                if known is not None and name in known:
                    parameter["schema"] = {"enum": known[name]}
                elif known is None and name in KNOWN:
                    parameter["schema"] = {"anyOf": [{"enum": KNOWN[name]}, parameter["schema"]]}
    return document
