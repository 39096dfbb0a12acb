"""Accounts over the API: the same as the views, begun and changed by people who may, and outliving the API."""

import json
import os
import signal
import threading
import uuid

import pytest
from api_office import API, Office, act, until

from tradewind.adapters.entrance import audit
from tradewind.live.asking import Unanswered, asked
from tradewind.live.folder import Folder
from tradewind.settings import BrokerAccount
from tradewind.views import accounts, gates, health, limits, orders
from tradewind.watchdog.processes import started

PAPER = {"strategies": ["flip"], "on": ["XAUUSD"], "source": "synthetic", "speed": 1200, "start": "2025-01-06",
         "end": "2025-02-07", "account": "desk", "risk": "house"}  # fmt: skip


@pytest.fixture(scope="module")
def stored(traded):
    """An API over the account that has traded."""
    return Office(traded.settings)


@pytest.fixture(scope="module")
def office(traded, tmp_path_factory):
    """An API over an empty data folder; whatever trader was begun there is gone afterwards."""
    found = Office(traded.settings.model_copy(update={"data": tmp_path_factory.mktemp("office")}))
    yield found
    for path in found.house.data.glob("accounts/*/begun.json"):
        told = json.loads(path.read_text())
        if started(told["pid"]) == told["started"]:
            os.kill(told["pid"], signal.SIGKILL)


@pytest.fixture(scope="module")
def running(office):
    """A paper account begun over the API, which has said that it runs."""
    client = office.client("paper", "read")
    answer = act(client, "/paper", PAPER)
    assert answer.status_code == 202, answer.text
    until(lambda: client.get(f"{API}/accounts").json()["items"], lambda found: found and found[0]["state"] == "running")
    return client


@pytest.mark.parametrize(
    ("path", "view"),
    [("", accounts.overview), ("/limits", limits.limits_view), ("/health", health.account_health),
     ("/gates", lambda *of: {"items": gates.summary(*of), "next": None}), ("/nearest", gates.nearest_miss),
     ("/why", lambda *of: gates.why_at(*of, orders.ALL))],
)  # fmt: skip
def test_routes_tell_what_the_views_tell(stored, traded, path, view):
    """But for ages, which go on."""
    told = stored.client("read").get(f"{API}/accounts/flip{path}")

    assert told.status_code == 200, told.text
    assert ageless(told.json()) == ageless(json.loads(json.dumps(view(traded.settings, "flip"))))


def ageless(told):
    """Return a document without its ages."""
    if isinstance(told, dict):
        return {name: ageless(one) for name, one in told.items() if name not in ("age_s", "clock")}
    return [ageless(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("path", ["orders", "fills", "trades", "equity", "actions", "signals"])
def test_lists_go_page_by_page_to_their_beginning(stored, path):
    """Each row once, newest first; behind a row, oldest first; and not both."""
    client = stored.client("read")
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{API}/accounts/flip/{path}?limit=500{cursor}").json()
        found += [one["sequence"] for one in page["items"]]
        cursor = None if page["next"] is None else f"&cursor={page['next']}"

    assert found == sorted(set(found), reverse=True)
    later = client.get(f"{API}/accounts/flip/{path}?limit=3&after={found[10]}").json()["items"]
    assert [one["sequence"] for one in later] == found[7:10][::-1]
    assert client.get(f"{API}/accounts/flip/{path}?after=1&cursor=5").status_code == 422


def test_the_documents_of_the_journal_can_be_read(stored):
    """From the first start on; a simulated venue has no words of its own."""
    client = stored.client("read")
    told = client.get(f"{API}/accounts/flip/notes").json()

    assert [one["kind"] for one in told["items"]][-1] == "start"
    assert told["items"][-1]["document"]["symbols"] == ["XAUUSD"]
    assert client.get(f"{API}/accounts/flip/executions").json() == {"items": [], "next": None, "newest": None}


def test_what_is_not_there_is_404_and_what_is_wrong_422(stored):
    """With words."""
    client = stored.client("read")

    assert client.get(f"{API}/accounts/flop").status_code == 404
    assert client.get(f"{API}/accounts/..%2Fflip").status_code == 404
    assert client.get(f"{API}/accounts/flip/orders/999999").status_code == 404
    assert client.get(f"{API}/accounts/flip/orders?limit=0").status_code == 422
    assert client.get(f"{API}/accounts/flip/why?on=US30").status_code == 404
    assert client.get(f"{API}/strategies/flap").status_code == 404
    assert "flip" in client.get(f"{API}/accounts/flop").json()["detail"] + client.get(f"{API}/accounts/flop").text


def test_an_order_to_an_account_is_asked_about_with_its_limits(running):
    """A size that fits passes; one that is far too large says at which price it would break a floor."""
    small = running.post(
        f"{API}/accounts/desk/check", json={"side": "buy", "lots": "0.01", "on": "XAUUSD", "stop": "1"}
    )
    assert small.status_code == 200, small.text
    price = until(lambda: running.get(f"{API}/accounts/desk").json()["instruments"][0]["ask"], bool)

    body = {"side": "buy", "lots": "50", "on": "XAUUSD", "stop": f"{price - 20:.2f}", "at": f"{price:.2f}"}
    told = running.post(f"{API}/accounts/desk/check", json=body).json()

    refused = {one["control"] for one in told["verdicts"] if not one["passes"]}
    assert {"R1", "R2"} <= refused
    assert 0 < float(told["fits_lots"]) < 1
    assert told["state"] == "running"


def test_a_running_account_shows_what_is_used_of_its_limits(running):
    """Fresh, and so each with a verdict."""
    told = running.get(f"{API}/accounts/desk").json()

    assert {one["state"] for one in told["limits"]} <= {"ok", "near", "reached"}
    assert {one["name"] for one in told["limits"]} >= {"daily hard loss", "open_risk"}
    assert told["facts"][0]["state"] == "fresh"
    assert running.get(f"{API}/paper/desk/process").json()["process"]["alive"]


def test_supervisors_learn_of_checks_and_not_of_what_is_held(running):
    """Without a key."""
    answer = running.get("/tradez", headers={"authorization": ""})
    (told,) = answer.json()["accounts"]

    assert answer.status_code == (200 if told["ready"] else 503)
    assert (told["account"], told["running"]) == ("desk", True)
    assert {"heartbeat", "kill switch", "stops", "limits"} <= {one["name"] for one in told["checks"]}
    assert {name for one in told["checks"] for name in one} == {"name", "state", "age_s", "limit"}
    assert "USD" not in answer.text


@pytest.mark.parametrize("path", ["/strategies", "/risk/rules/house", "/data/coverage"])
def test_who_has_an_answer_already_is_told_so(stored, path):
    """By its tag."""
    client = stored.client("read")
    first = client.get(f"{API}{path}")

    again = client.get(f"{API}{path}", headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert client.get(f"{API}{path}", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_same_wish_sent_twice_begins_one_trader(running, office):
    """The second answer is the first; another wish for the account is refused."""
    assert act(running, "/paper", PAPER).status_code == 409
    key = uuid.uuid4().hex
    body = {"reason": "a test of twice"}
    first = act(running, "/paper/desk/strategies/flip/enable", body, key)
    second = act(running, "/paper/desk/strategies/flip/enable", body, key)

    assert first.status_code == 200, first.text
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert list(Folder(office.house.data / "accounts" / "desk").inbox.glob("*")) == []


def test_a_strategy_is_disabled_and_enabled_in_somebodys_name(running, office):
    """The journal and the audit trail know who."""
    assert act(running, "/paper/desk/strategies/flip/disable").json()["text"].startswith("flip is disabled")
    off = until(lambda: running.get(f"{API}/accounts/desk").json()["strategies"], lambda one: not one[0]["enabled"])
    assert off[0]["strategy"] == "flip"
    assert act(running, "/paper/desk/strategies/flap/disable").status_code == 409
    assert act(running, "/paper/desk/strategies/flip/enable").status_code == 422, "a reason is missing"
    assert act(running, "/paper/desk/strategies/flip/enable", {"reason": "looked at"}).status_code == 200

    told = until(
        lambda: running.get(f"{API}/alerts").json()["items"], lambda one: any("enable" in a["about"] for a in one)
    )
    assert any(one["text"].startswith("ann/") and one["text"].endswith("flip is enabled.") for one in told)
    done = [(one.action, one.outcome) for one in audit.deeds(office.house.entrance, 0, 500)]
    assert ("disable", "done") in done
    assert ("disable", "refused") in done


def test_a_halt_holds_until_somebody_rearms(running):
    """Level 1 by the desk; then none."""
    assert act(running, "/paper/desk/halt").status_code == 200
    halted = until(lambda: running.get(f"{API}/accounts/desk").json(), lambda one: one["kill"]["level"] == 1)
    assert not halted["ready"]
    assert "kill switch" in {one["name"] for one in halted["reasons"]}

    assert act(running, "/paper/desk/rearm", {"reason": "seen enough"}).status_code == 200
    until(lambda: running.get(f"{API}/accounts/desk").json(), lambda one: one["kill"]["level"] == 0 and one["ready"])


def test_a_kill_file_goes_with_the_rearm(running, office):
    """Killed in one step with another scope; armed again in a person's name."""
    told = office.client("kill").post(f"{API}/kill", json={"level": 2, "account": "desk"}).json()
    assert told["trouble"] == {}
    until(lambda: running.get(f"{API}/accounts/desk/status").json(), lambda one: one["kill"] == 2)

    assert act(running, "/paper/desk/rearm", {"reason": "a drill"}).status_code == 200
    until(lambda: running.get(f"{API}/accounts/desk").json(), lambda one: one["kill"]["level"] == 0)


def test_limits_are_tightened_at_once_and_loosened_only_if_asked_for(running):
    """A firm's rules beside the house's."""
    answer = act(running, "/paper/desk/limits", {"rules": "ftmo-2step", "reason": "try the firm's"})

    assert answer.status_code == 409
    assert "looser" in answer.json()["detail"]
    assert act(running, "/paper/desk/limits", {"rules": "../x", "reason": "try paths"}).status_code == 422
    assert act(running, "/paper/desk/limits", {"reason": "nothing at all"}).status_code == 422

    wish = {"set": {"risk_per_trade": "0.2 %", "loss_rules.daily hard loss": "1000"}, "reason": "a careful week"}
    done = act(running, "/paper/desk/limits", wish)
    assert done.status_code == 200, done.text

    def values():
        rows = running.get(f"{API}/accounts/desk/limits").json()["rows"]
        return {one["name"]: one["value"] for one in rows}

    told = until(values, lambda one: one["risk_per_trade"] == "0.2 %")
    assert told["daily hard loss"].startswith("1,000.00 USD")
    assert act(running, "/paper/desk/limits", wish | {"set": {"risk_per_trade": "0.5 %"}}).status_code == 409


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("risk_per_trade", "20 %", "out of its bounds"), ("risk_per_trade", "much", "a share such as"),
     ("risk_per_trad", "0.1 %", "Did you mean 'risk_per_trade'"), ("kappa", "off", "cannot be switched off"),
     ("loss_rules.daily hard loss", "9000000", "below it"), ("flat_minute", "25:00", "New York time"),
     ("trades_per_day", "0", "does not switch a limit off")],
)  # fmt: skip
def test_a_limit_that_cannot_be_is_refused_with_what_to_write(running, name, text, said):
    """Nothing changes."""
    answer = act(running, "/paper/desk/limits", {"set": {name: text}, "reason": "try it out"})

    assert answer.status_code in (404, 422), answer.text
    assert said in answer.text


def test_paper_is_not_stopped_as_live(running, office):
    """Each mode has its own scope and its own path."""
    assert act(office.client("trade"), "/live/desk/stop").status_code == 409
    assert act(office.client("trade"), "/paper/desk/stop").status_code == 403
    assert running.get(f"{API}/accounts/desk").json()["state"] == "running"


@pytest.mark.usefixtures("running")
def test_a_trader_outlives_the_api_and_another_api_stops_it(office):
    """The second API knows it from its folder alone."""
    other = Office(office.house.settings)
    client = other.client("paper", "read")
    before = client.get(f"{API}/paper/desk/process").json()["process"]
    assert before["alive"]
    assert os.getsid(before["pid"]) == before["pid"], "it has a session of its own"

    assert act(client, "/paper/desk/stop").status_code == 200
    after = until(lambda: client.get(f"{API}/paper/desk/process").json()["process"], lambda one: not one["alive"])

    assert after["pid"] == before["pid"]
    assert client.get(f"{API}/accounts/desk").json()["state"] == "stopped"
    assert act(client, "/paper/desk/halt").status_code == 409, "nobody is there to do it"


def test_live_is_armed_in_two_steps_by_a_person(office):
    """A preview says what will happen; another name, another person, a key or a second time do not arm."""
    broker = BrokerAccount(name="oanda", account="001-004-1234567-001", practice=False, base_url="http://127.0.0.1:1")
    desk = Office(office.house.settings.model_copy(update={"broker": broker}))
    wanted = {"strategies": ["flip"], "on": ["XAUUSD"], "account": "real", "watchdog": False}
    person = desk.person()

    seen = act(person, "/live/arm", wanted)
    told = seen.json()

    assert seen.status_code == 201, seen.text
    assert told["real_money"]
    assert "REAL" in " ".join(told["will"])
    assert "WITHOUT a watchdog" in " ".join(told["will"])
    assert "--arm=001-004-1234567-001" in told["command"]
    assert not (desk.house.data / "accounts" / "real").exists(), "a preview begins nothing"
    path = f"/live/arm/{told['nonce']}"
    assert act(desk.client("trade"), path, {"account": "real"}).status_code == 403, "a key is never fresh"
    assert act(person, path, {"account": "reel"}).status_code == 422
    assert act(person, "/live/arm/none", {"account": "real"}).status_code == 404
    armed = act(person, path, {"account": "real"})
    assert armed.status_code == 202, armed.text
    assert act(person, path, {"account": "real"}).status_code == 404, "used once"
    ended = until(lambda: person.get(f"{API}/live/real/process").json()["process"], lambda one: not one["alive"])
    assert "token" in ended["said"], "without its token it does not trade"


def test_nothing_is_armed_after_something_changed(office):
    """A kill file raised after the preview, and settings without a broker."""
    assert act(office.person(), "/live/arm", {"strategies": ["flip"], "on": ["XAUUSD"]}).status_code == 409
    broker = BrokerAccount(name="oanda", account="101", base_url="http://127.0.0.1:1")
    desk = Office(office.house.settings.model_copy(update={"broker": broker}))
    person = desk.person()
    told = act(person, "/live/arm", {"strategies": ["flip"], "on": ["XAUUSD"], "account": "other"}).json()
    Folder(desk.house.data / "accounts" / "other").make()
    (desk.house.data / "accounts" / "other" / "KILL").write_text("1\n")

    assert act(person, f"/live/arm/{told['nonce']}", {"account": "other"}).status_code == 409


def test_an_order_nobody_answers_is_taken_back_or_told_as_not_known(tmp_path):
    """One that was taken may not be sent again by guessing; one that was not is gone."""
    folder = Folder(tmp_path / "accounts" / "mute")
    folder.make()

    with pytest.raises(Unanswered) as left:
        asked(folder, {"verb": "stop"}, 0.2)
    assert not left.value.taken
    assert list(folder.inbox.iterdir()) == []

    taker = threading.Timer(0.1, lambda: [one.unlink() for one in folder.inbox.glob("*.json")])
    taker.start()
    with pytest.raises(Unanswered) as gone:
        asked(folder, {"verb": "stop"}, 0.5)
    assert gone.value.taken
