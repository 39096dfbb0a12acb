"""What the API tells is what the command line prints with --json, verb for verb."""

import json

import pytest
from api_office import API, Office
from typer.testing import CliRunner

from tradewind.cli import app

ORDER = ["buy", "0.2", "XAUUSD", "--stop", "2380", "--at", "2400"]
ASKED = {"side": "buy", "lots": "0.2", "on": "XAUUSD", "stop": "2380", "at": "2400"}
CHANCE = ["risk", "pass-probability", "latest", "--pack", "ftmo-2step", "--paths", "200", "--days", "20"]
HELD = "sell 0.1 XAUUSD 2400 2410"


@pytest.fixture(scope="module")
def said(traded, tmp_path_factory):
    """Return what the command line prints for words, over the account that has traded and a backtest of it."""
    file = tmp_path_factory.mktemp("settings") / "tradewind.toml"
    file.write_text(f'data = "{traded.data}"\nrisk = "house"\nstrategies = "{traded.settings.strategies}"\n')

    def run(*words):
        told = CliRunner().invoke(app, [*words, "--json", "--settings", str(file)])
        assert told.exit_code in (0, 1), (words, told.output, told.exception)
        return json.loads(told.stdout)

    strategy = str(traded.settings.strategies / "flip.py")
    run("backtest", strategy, "--on", "XAUUSD", "--feed", "synthetic")
    run("data", "doctor")
    return run


@pytest.fixture(scope="module")
def told(traded, said):  # noqa: ARG001 - the backtest has to be there
    """Return what the API answers to a path, or to a body sent to it."""
    client = Office(traded.settings).client("read")

    def ask(path, body=None):
        answer = client.get(f"{API}{path}") if body is None else client.post(f"{API}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (["risk", "show", "house"], "/risk/rules/house", None),
        (["risk", "show", "ftmo-2step", "--phase", "funded"], "/risk/rules/ftmo-2step?phase=funded", None),
        (["risk", "check", *ORDER], "/risk/check", ASKED),
        (["risk", "check", *ORDER, "--rules", "ftmo-2step", "--balance", "50000", "--open", HELD], "/risk/check",
         ASKED | {"rules": "ftmo-2step", "balance": "50000", "open": [HELD]}),
        (["risk", "check", *ORDER, "--run", "latest"], "/risk/check", ASKED | {"run": "latest"}),
        (["risk", "status", "latest"], "/runs/latest/risk", None),
        (["risk", "status", "latest", "--rules", "ftmo-1step"], "/runs/latest/risk?rules=ftmo-1step", None),
        (CHANCE, "/runs/latest/pass-probability?paths=200&days=20", None),
        (["news", "list", "--from", "2025-01-06", "--to", "2025-01-31"], "/news?start=2025-01-06&end=2025-01-31", None),
        (["news", "list", "--on", "XAUUSD", "--from", "2025-01-06", "--to", "2025-01-31", "--as-of", "2025-01-07"],
         "/news?on=XAUUSD&start=2025-01-06&end=2025-01-31&as_of=2025-01-07", None),
        (["why", "latest", "--at", "2025-01-20T14:35"], "/runs/latest/why?at=2025-01-20T14:35", None),
    ],
)  # fmt: skip
def test_a_question_has_one_answer(said, told, words, path, body):
    """To the letter."""
    assert told(path, body) == said(*words)


def test_accounts_are_their_heartbeats(said, told):
    """One by one."""
    listed = said("accounts")
    assert [told(f"/accounts/{one['account']}/status") for one in listed] == listed


def test_how_it_stands_with_the_kill_switch(said, told):
    """Of all accounts; how long a trader has been silent goes on."""
    assert [one | {"silent_s": 0} for one in told("/kill")["items"]] == [
        one | {"silent_s": 0} for one in said("kill", "--all", "--status")
    ]


def test_what_is_stored_and_what_the_doctor_found(said, told):
    """Series by series; the API tells months and open blockers besides."""
    listed = said("data", "list")
    assert [{name: one[name] for name in listed[0]} for one in told("/data/coverage")["items"]] == listed
    found = said("data", "doctor")
    shown = told("/data/quality")["items"]
    assert [one["series"] for one in shown] == [one["series"] for one in found]
    assert [one["findings"] for one in shown] == [one["findings"] for one in found]


def test_runs_are_listed_alike(said, told):
    """Newest first."""
    assert [one["id"] for one in told("/runs")["items"]] == [one["id"] for one in said("runs")]
