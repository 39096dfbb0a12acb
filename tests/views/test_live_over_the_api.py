"""A live account from a preview to its end, at a simulated broker: armed by a person, halted, re-armed, stopped."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from api_office import API, Office, act, until

from tradewind.settings import BrokerAccount
from tradewind.watchdog.processes import started

sys.path[:0] = [str(Path(__file__).parents[1] / "live")]

from simulated_oanda import simulated_oanda  # noqa: E402  after the path

WANTED = {"strategies": ["flip"], "on": ["XAUUSD"], "account": "practice", "watchdog": False, "warm_up": 0}


@pytest.fixture(scope="module")
def desk(traded, tmp_path_factory):
    """An API whose settings name an account at a simulated OANDA."""
    folder = tmp_path_factory.mktemp("live")
    with simulated_oanda() as venue:
        token = folder / "token"
        token.touch(0o600)
        token.write_text(venue.token)
        broker = BrokerAccount(name="oanda", account=venue.account, token_file=token, base_url=venue.url,
                               stream_url=venue.url)  # fmt: skip
        settings = traded.settings.model_copy(update={"data": folder / "data", "profile": "oanda", "broker": broker})
        (folder / "data").mkdir()
        yield Office(settings)
        for path in (folder / "data").glob("accounts/*/begun.json"):
            told = json.loads(path.read_text())
            if started(told["pid"]) == told["started"]:
                os.killpg(told["pid"], signal.SIGKILL)


def test_a_live_account_from_its_preview_to_its_end(desk):
    """Everything a person does to it, and what each step shows."""
    person = desk.person()
    seen = act(person, "/live/arm", WANTED).json()
    assert not seen["real_money"]
    assert seen["limits"]["name"] == "house"
    assert seen["type_this"] == "practice"

    armed = act(person, f"/live/arm/{seen['nonce']}", {"account": "practice"})
    assert armed.status_code == 202, armed.text
    told = until(
        lambda: person.get(f"{API}/accounts/practice").json(),
        lambda one: one.get("state") == "running" and one["epoch"] is not None,
    )
    assert (told["mode"], told["synthetic"], told["speed"]) == ("live", False, None)
    assert told["equity"] == told["balance"] > 0
    checks = until(  # a machine that is busy beats late
        lambda: {one["name"]: one["state"] for one in person.get(f"{API}/accounts/practice/health").json()["checks"]},
        lambda states: states["heartbeat"] == states["leader"] == states["limits"] == "good",
    )
    assert checks["broker"] != "not needed"

    robot = desk.client("trade", "read")
    assert act(robot, "/live/practice/halt").status_code == 200
    until(lambda: robot.get(f"{API}/accounts/practice").json(), lambda one: one["kill"]["level"] == 1)
    assert act(robot, "/live/practice/rearm", {"reason": "a robot says so"}).status_code == 403, "a key is never fresh"
    assert act(person, "/live/practice/rearm", {"reason": "looked at it"}).status_code == 200
    until(lambda: robot.get(f"{API}/accounts/practice").json(), lambda one: one["kill"]["level"] == 0)

    assert act(desk.client("paper"), "/paper/practice/stop").status_code == 409
    assert act(robot, "/live/practice/stop").status_code == 200
    ended = until(lambda: robot.get(f"{API}/live/practice/process").json()["process"], lambda one: not one["alive"])
    assert "Stopped." in ended["said"]
    assert robot.get(f"{API}/accounts/practice").json()["state"] == "stopped"
    again = act(person, "/live/arm", WANTED).json()
    assert "goes on from its journal" in " ".join(again["will"])
