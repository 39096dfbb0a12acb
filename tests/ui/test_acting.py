"""What people order from pages: who may, what it takes, and what stands in the audit trail."""

import json
from types import SimpleNamespace

import pytest

from tradewind.adapters.entrance import audit, sessions, users
from tradewind.adapters.entrance.scopes import SCOPES, Principal
from tradewind.api.house import house
from tradewind.api.problems import Problem
from tradewind.errors import BadData, TradewindError
from tradewind.live.asking import asked
from tradewind.settings import BrokerAccount, Settings
from tradewind.ui import acting
from tradewind.ui.visit import Visit

PASSWORD = "correct horse battery"  # noqa: S105 - of a user in a temporary folder
START = 1_763_800_000_000_000_000
LIVE = {"strategies": "first_bar", "on": "XAUUSD", "account": "mine", "risk": "house", "watchdog": "true"}


@pytest.fixture
def visit(tmp_path):
    """Return a visit of somebody who may do everything, with a practice account at a broker in the settings."""
    broker = BrokerAccount(name="oanda", account="101-004-1234567-001", practice=True)
    at = house(Settings(data=tmp_path, broker=broker), lambda: START)
    ann = users.add_user(at.entrance, "ann", PASSWORD, SCOPES, START)
    sessions.begin(at.entrance, at.key, ann, START)
    return Visit(at, Principal("ann", frozenset(SCOPES), "session", START), SimpleNamespace(), "mine")


def trail(visit):
    """Return what stands in the audit trail: (action, outcome)."""
    return [(one.action, one.outcome) for one in audit.deeds(visit.house.entrance)]


def begun(monkeypatch):
    """Return the commands that would have been begun; nothing is."""
    found = []
    for place in ("tradewind.api.arming.launch", "tradewind.ui.acting.launch"):
        monkeypatch.setattr(place, lambda folder, command, *_: found.append((folder.name, list(command))))
    return found


def test_live_begins_only_with_the_name_typed_and_the_password(visit, monkeypatch):
    """A wrong name and a wrong password begin nothing; both right begin it, once."""
    found = begun(monkeypatch)
    shown = acting.look(visit, LIVE)
    assert shown.told["type_this"] == "mine"
    assert "practice account" in " ".join(shown.told["will"])
    with pytest.raises(Problem, match="not the name"):
        acting.begin(visit, {"alias": "yours", "password": PASSWORD}, shown)
    with pytest.raises(users.WrongPassword):
        acting.begin(visit, {"alias": "mine", "password": "wrong"}, shown)
    assert found == []

    assert acting.begin(visit, {"alias": "mine", "password": PASSWORD}, shown) == "mine is armed and begins."
    assert [name for name, _ in found] == ["mine"]
    assert found[0][1][0] == "live"
    with pytest.raises(Problem, match="no such preview"):
        acting.begin(visit, {"alias": "mine", "password": PASSWORD}, shown)
    assert trail(visit) == [
        ("preview live", "done"), ("arm live", "refused"), ("password", "refused"), ("arm live", "done"),
        ("arm live", "refused"),
    ]  # fmt: skip


def test_paper_begins_as_typed(visit, monkeypatch):
    found = begun(monkeypatch)
    told = acting.start_paper(visit, {"strategies": "first_bar", "on": "XAUUSD", "account": "toy", "speed": "600",
                                      "risk": "house", "set": "", "start": "2025-11-03"})  # fmt: skip

    assert told.startswith("toy begins")
    assert "--speed=600.0" in found[0][1]
    assert "--from=2025-11-03" in found[0][1]


@pytest.mark.parametrize(
    "wrong",
    [{"strategies": "../../etc/passwd"}, {"on": "--evil"}, {"account": "../x"}, {"set": "a=$(rm)"}, {"speed": "nan"}],
)
def test_what_is_no_wish_is_refused_before_anything_begins(visit, monkeypatch, wrong):
    found = begun(monkeypatch)
    given = {"strategies": "first_bar", "on": "XAUUSD", "account": "toy", "speed": "60"}

    with pytest.raises(BadData, match=r"\w"):
        acting.start_paper(visit, given | wrong)
    assert found == []


@pytest.mark.parametrize(
    "act", [acting.stop, acting.rearm, acting.switch, acting.limits, acting.start_paper, acting.look]
)
def test_who_lost_the_scope_or_the_session_can_do_nothing(visit, monkeypatch, act):
    """A page that was opened with all rights asks again."""
    found = begun(monkeypatch)
    given = {"reason": "a reason", "password": PASSWORD, "verb": "enable", "strategy": "x", **LIVE}
    with visit.house.entrance.opened() as database:
        database.execute("UPDATE users SET scopes = 'read' WHERE name = 'ann'")
    with pytest.raises(Problem, match="has not the scope"):
        act(visit, given)
    sessions.end(visit.house.entrance, "ann")
    with pytest.raises(Problem, match="session is over"):
        act(visit, given)
    assert found == []


def test_more_on_a_live_account_wants_a_reason_and_the_password(visit, monkeypatch):
    """Where the mode is not known to be paper, money may be behind it."""
    (visit.data / "accounts" / "mine" / "inbox").mkdir(parents=True)
    status = visit.data / "accounts" / "mine" / "status.json"
    status.write_text(json.dumps({"mode": "live"}))
    with pytest.raises(BadData, match="no reason"):
        acting.rearm(visit, {"reason": " "})
    with pytest.raises(users.WrongPassword):
        acting.rearm(visit, {"reason": "looked at it"})

    status.write_text(json.dumps({"mode": "paper"}))
    monkeypatch.setattr(acting, "asked", lambda folder, order: asked(folder, order, 0.1))
    with pytest.raises(TradewindError, match="did not answer"):
        acting.switch(visit, {"reason": "looked at it", "verb": "enable", "strategy": "first_bar"})
    assert trail(visit)[-1] == ("enable", "refused")
    assert not list((visit.data / "accounts" / "mine" / "inbox").iterdir())
