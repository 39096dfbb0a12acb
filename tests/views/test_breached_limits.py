"""A floor is broken in a paper account: what people see of it, and how a person lets it trade again."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from tradewind.live.paper import run_tape
from tradewind.live.people import carry_out
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.modes import open_history, plan_backtest
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF, RESETS, SEVERITIES
from tradewind.views import accounts, alerts, limits, orders
from tradewind.views.halts import halts_of
from tradewind.views.heart import RUNNING, Heart


def opened(traded, data):
    """Return desk, journal and tape of an account that may lose 100 from the start."""
    rules = traded.request.risk.loss_rules
    tight = tuple(
        rule._replace(amount=10_000, share=OFF) if rule.name == "drawdown from the start" else rule for rule in rules
    )
    # Without R8, which would not let an order pass whose stop lies beyond the floor.
    held = with_digest(traded.request.risk._replace(loss_rules=tight, name="tight", floor_buffer=OFF))
    (data / "history").symlink_to(traded.data / "history")
    settings = traded.settings.model_copy(update={"data": data})
    request = replace(traded.request, risk=held, settings=settings)
    desk, journal = open_account(prepare(request), "broken", "paper", beats=False)
    blocks = plan_backtest(request, open_history(settings)).feed()
    return desk, journal, (rows[place : place + 30] for rows in blocks for place in range(0, len(rows), 30))


@pytest.fixture(scope="module")
def broken(traded, tmp_path_factory):
    """An account of the same tape that may lose 100 from the start, and has."""
    desk, journal, pieces = opened(traded, tmp_path_factory.mktemp("broken"))
    beats = []
    with journal:
        desk.begin(1, desk.start_document)
        run_tape(desk, pieces, on_turn=lambda one: beats.append(one.folder.read_status()), synthetic=True)
        told = next(beat for beat in beats if beat["kill"])
        told |= {"monotonic_ns": time.monotonic_ns() + 3_600_000_000_000, "ended": False}
        yield desk, told


@pytest.fixture
def alive(broken):
    """The account's folder, with the first heartbeat after the breach as if it were of now."""
    desk, told = broken
    desk.folder.status.write_text(json.dumps({**told, "monotonic_ns": time.monotonic_ns()}))
    return desk


def test_the_broken_floor_is_the_first_thing_people_see(alive):
    """Not ready, why, and which limit is reached."""
    told = accounts.overview(alive.prepared.request.settings, alive.folder.name)

    assert not told["ready"]
    assert told["kill"]["level"] > 0
    assert {one["name"] for one in told["reasons"]} & {"kill switch", "static drawdown"}
    row = next(one for one in told["limits"] if one["name"] == "drawdown from the start")
    assert (row["state"], row["limit"]) == ("reached", 100.0)
    assert row["share"] > 0.8, "it may have come back a little since; the floor stays broken"
    assert "re-arms" in row["does"]


def test_people_are_told_and_the_log_of_the_gate_says_what_it_did(alive):
    """As an alert, and row by row."""
    told = alerts.alerts(alive.prepared.request.settings, alive.folder.name, 500)
    critical = [one for one in told if one["level"] == "critical"]

    assert any("latch" in one["text"] or "kill" in one["text"] for one in critical)
    did = orders.actions(alive.prepared.request.settings, alive.folder.name, orders.Cut(500)).items
    assert {"latch", "kill"} & {one["action"] for one in did}
    after = [one for one in did if one["rule"] == "kill switch" and one["action"] == "refuse"]
    assert after, "orders are refused from then on"
    assert limits.limits_view(alive.prepared.request.settings, alive.folder.name)["limits"]["name"] == "tight"


def test_people_are_told_which_limit_how_far_since_when_and_what_helps(alive):
    """The numbers are those of the gate's own log."""
    settings, name = alive.prepared.request.settings, alive.folder.name
    (halt,) = accounts.overview(settings, name)["halts"]
    did = next(one for one in orders.actions(settings, name, orders.Cut(500)).items if one["action"] == "latch")

    assert (halt["rule"], halt["value"], halt["does"]) == ("drawdown from the start", "100.00 USD", "latch")
    assert (halt["equity"], halt["floor"]) == pytest.approx((did["value"], did["limit"]))
    assert halt["limit"] == 100.0
    assert halt["lost"] == pytest.approx(100_000 - did["value"])
    assert np.datetime64(did["ts"].removesuffix("Z"), "ns").astype(int) == halt["since"]
    assert halt["ends"] == "by a person"


def test_people_are_told_where_arming_is_of_no_use(broken, alive):
    """Equity decides: below the floor the first trade would be stopped again, above it a reason is enough."""
    desk, told = broken
    settings, name = desk.prepared.request.settings, desk.folder.name
    floor = told["risk"]["floors"]["drawdown from the start"]
    found = []
    for equity in (floor["trips"] - 1, floor["trips"]):
        beat = {**told, "equity": equity, "monotonic_ns": time.monotonic_ns()}
        alive.folder.status.write_text(json.dumps(beat))
        (halt,) = accounts.overview(settings, name)["halts"]
        found.append(
            (halt["again"], "first trade would be stopped" in halt["todo"], "looser risk rules" in halt["todo"])
        )

    assert found == [(True, True, True), (False, False, False)]


def test_armed_below_the_floor_the_first_trade_is_stopped_again(traded, tmp_path):
    """What people are told is what the gate does: the account may trade, opens something, and is stopped at it."""
    desk, journal, pieces = opened(traded, tmp_path)
    killed = []

    def look(one):
        if one.core.state["risk"]["kill"]:
            killed.append(int(one.core.state["strategies"][0]["trades"]))
            one.stopping = len(killed) == 2
            if len(killed) == 1:
                carry_out(one, {"verb": "rearm", "person": "ann", "reason": "to see what happens"})
                assert not one.core.state["risk"]["kill"]

    with journal:
        desk.begin(1, desk.start_document)
        run_tape(desk, pieces, on_turn=look)

    assert killed[1] - killed[0] == 1


@pytest.mark.parametrize(
    ("severity", "resets", "ends", "says"),
    [
        ("no entries", "day", "by itself", "ends by itself when the day begins at 17:00"),
        ("halt", "week", "by itself", "ends by itself when the week begins"),
        ("halt", "never", "by itself", "never resets"),
        ("latch", "day", "by a person", "set anew when the day begins"),
        ("terminate", "never", "never", "begin a new one"),
    ],
)
def test_each_severity_has_its_own_way_back(broken, severity, resets, ends, says):
    """As the kernel does it: what resets is released by its clock, what is latched by a person."""
    desk, told = broken
    rules = tuple(
        rule._replace(severity=SEVERITIES.index(severity), resets=RESETS.index(resets))
        for rule in desk.limits().loss_rules
    )
    beat = {**told, "kill": 0, "equity": 0}
    (halt,) = halts_of(desk.folder, Heart(beat, 0.0, RUNNING), desk.limits()._replace(loss_rules=rules))

    assert (halt.does, halt.ends) == (severity, ends)
    assert says in halt.todo
    assert (halt.at is not None) == ((resets, ends) == ("day", "by itself"))


def test_a_kill_by_a_person_is_told_as_one(broken):
    """A level that was ordered has no rule; one that a broken rule raised is told by the rule alone."""
    desk, told = broken
    floors = {name: {**row, "breached": 0} for name, row in told["risk"]["floors"].items()}
    beat = {**told, "kill": 2, "risk": {**told["risk"], "kill_cause": "operator", "floors": floors}}
    (halt,) = halts_of(desk.folder, Heart(beat, 0.0, RUNNING), desk.limits())

    assert halt.rule == "kill switch, level 2: no entries, pending entries cancelled"
    assert "Somebody stopped it" in halt.todo
    assert halts_of(desk.folder, Heart({**beat, "kill": 0}, 0.0, RUNNING), desk.limits()) == []
