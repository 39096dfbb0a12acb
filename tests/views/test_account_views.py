"""What people see of an account: the numbers of the backtest of its tape, and nothing called fine without proof."""

import json
import shutil
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tradewind.adapters.journal import SqliteJournal
from tradewind.broker import Report
from tradewind.errors import UnknownName
from tradewind.kernel.records import FILLED
from tradewind.live.folder import Folder
from tradewind.live.prepare import prepare
from tradewind.live.start import LAYOUTS, open_account
from tradewind.results.facts import InstrumentFacts, RunFacts, StrategyFacts
from tradewind.results.risk_status import floor_statuses, samples_of
from tradewind.results.tables import tables
from tradewind.risk.headroom import heat
from tradewind.trading.executions import execution_row
from tradewind.views import accounts, alerts, gates, health, limits, orders, past, strategies
from tradewind.views.heart import RUNNING, STALE, Heart, heart_of
from tradewind.views.order_check import market_here, standing_of
from tradewind.views.pages import Cut, rows_of
from tradewind.watchdog.beats import write_beat


@pytest.fixture(scope="module")
def expected(traded):
    """The tables of the backtest of the same tape."""
    plan = traded.plan
    facts = RunFacts(
        "paper", [StrategyFacts("flip", ("flat", "turn"))], [InstrumentFacts.of(plan.listings[0].instrument)], "USD",
        10_000_000, plan.start, plan.end, risk={"limits": traded.request.risk.as_tree()},
    )  # fmt: skip
    names = ("events", "commands", "gates", "trades", "samples", "risk", "lines")
    return tables({name: plan.journal.read(name) for name in names}, facts)


def all_of(view, traded, limit=7):
    """Return every row of a view, page by page, oldest first."""
    found, before = [], None
    while True:
        page = view(traded.settings, traded.name, Cut(limit, before))
        found += page.items
        if page.next is None:
            return found[::-1]
        before = page.next


@pytest.mark.parametrize(
    ("view", "table"),
    [(orders.orders, "orders"), (orders.fills, "fills"), (orders.trades, "trades"), (orders.actions, "risk"),
     (orders.equity, "equity")],
)  # fmt: skip
def test_pages_are_the_tables_of_the_backtest(traded, expected, view, table):
    """Row for row, whatever the size of a page."""
    rows = rows_of(expected[table])

    found = [{key: value for key, value in row.items() if key != "sequence"} for row in all_of(view, traded)]

    assert len(rows) > 10
    assert found == rows


def test_rows_behind_a_sequence_come_oldest_first_and_end_with_the_newest(traded):
    """What a stream asks for when it comes back."""
    whole = all_of(orders.trades, traded)
    after = whole[4]["sequence"]

    page = orders.trades(traded.settings, traded.name, Cut(5, after=after))

    assert list(page.items) == whole[5:10]
    assert page.next == whole[9]["sequence"]
    assert page.newest == whole[-1]["sequence"]
    assert orders.trades(traded.settings, traded.name, Cut(500, after=page.newest)).items == []


def test_an_order_is_told_with_its_fills_and_reports(traded):
    """From the command to the end of what was attached to it."""
    first = next(one for one in all_of(orders.orders, traded, 200) if one["status"] == "filled")

    told = orders.journey(traded.settings, traded.name, first["order"])

    assert {**told, "fills": 0, "reports": 0} == {**first, "fills": 0, "reports": 0}
    assert sum(one["lots"] for one in told["fills"] if one["role"] == "entry") == pytest.approx(first["filled"])
    assert {"accepted", "filled"} <= {one["kind"] for one in told["reports"]}
    assert orders.journey(traded.settings, traded.name, 10**9) is None


def test_signals_are_the_bars_at_which_gates_were_asked(traded, expected):
    """Grouped by bar, with what blocked each."""
    rows = expected["gates"]
    asked = rows.group_by("ts", maintain_order=True).agg(pl.col("passed").all())

    found = all_of(gates.bars, traded, 100)

    assert [one["passed"] for one in found] == asked["passed"].to_list()
    assert [one["ts"] for one in found] == asked["ts"].to_physical().to_list()
    assert all((one["blocked_by"] is None) == one["passed"] for one in found)
    assert {gate["gate"] for one in found for gate in one["gates"]} == {"flat", "turn"}


def test_the_nearest_miss_is_the_bar_with_the_fewest_gates_missed_by_the_least(traded):
    """Found again by looking at every bar of the day."""
    told = gates.nearest_miss(traded.settings, traded.name)
    day = [one for one in all_of(gates.bars, traded, 500) if one["ts"] >= told["since"]]
    missed = [one for one in day if not one["passed"]]

    assert told["bars"] == len(day)
    assert told["signals"] == len(day) - len(missed)
    assert told["bar"] in missed
    assert told["bar"]["failed"] == min(one["failed"] for one in missed)
    least = min(
        abs(gate["missing"]) for one in missed if one["failed"] == 1 for gate in one["gates"] if not gate["passed"]
    )
    assert min(abs(gate["missing"]) for gate in told["bar"]["gates"] if not gate["passed"]) == least


def test_gates_are_counted_as_often_as_they_were_asked(traded, expected):
    """Over everything since the beginning."""
    counted = {one["gate"]: (one["asked"], one["failed"]) for one in gates.summary(traded.settings, traded.name, 0)}
    table = expected["gates"]

    for name in ("flat", "turn"):
        mine = table.filter(table["gate"] == name)
        assert counted[name] == (mine.height, int((~mine["passed"]).sum()))


def test_why_tells_of_the_last_bar_or_of_any(traded):
    """With the gates, the orders and the sentence a stored run has."""
    last = all_of(gates.bars, traded, 500)[-1]

    told = gates.why_at(traded.settings, traded.name, orders.ALL)

    assert told["exact"]
    assert [one["passed"] for one in told["gates"]] == [one["passed"] for one in last["gates"]]
    assert "gate" in told["sentence"]


def test_the_overview_is_what_the_account_is_worth(traded, expected):
    """In units of its currency; a trader that has stopped proves nothing, and every limit says so."""
    told = accounts.overview(traded.settings, traded.name)

    assert told["balance"] == told["equity"] == expected["equity"]["balance"][-1]
    assert (told["state"], told["ready"], told["synthetic"]) == ("stopped", False, True)
    assert told["reasons"][0]["name"] == "stopped"
    assert {one["state"] for one in told["limits"]} == {"unknown"}
    assert [one["symbol"] for one in told["clock"]] == ["XAUUSD"]
    assert told["clock"][0]["next"], "the market opens again"


def test_room_under_the_floors_is_what_the_samples_of_the_run_say(traded, expected):
    """The gate's own floors against those counted again from balance and equity."""
    rules = {one.rule.name: one for one in floor_statuses(traded.request.risk, samples_of(expected["equity"], 2))}
    rows = {one["name"]: one for one in limits.limits_view(traded.settings, traded.name)["rows"]}

    for name in ("weekly loss", "drawdown from the start"):
        assert round(rows[name]["headroom"] * 100) == rules[name].headroom, name


def test_every_limit_has_a_row_and_says_what_happens_at_it(traded):
    """None is left out, none is called fine."""
    rows = limits.limits_view(traded.settings, traded.name)["rows"]
    names = {one["name"] for one in rows}

    assert {rule.name for rule in traded.request.risk.loss_rules} <= names
    assert {"risk_per_trade", "open_risk", "trades_per_day", "messages_per_second", "clock_skew_s"} <= names
    assert all(one["does"] and one["value"] for one in rows)
    assert {one["state"] for one in rows} <= {"unknown", "per order", "off"}


def test_what_is_at_stake_is_what_stops_would_cost(traded):
    """The heartbeat's heat against the exact one of the order check, within what a stop is expected to slip."""
    assert len(traded.held) > 10
    for beat in traded.held[:50]:
        heart = Heart(beat, 0.0, RUNNING)
        market = market_here(traded.settings, heart, ["XAUUSD"])
        standing = standing_of(heart, traded.request.risk, market)
        exact = heat(traded.request.risk, standing.holdings)
        one = beat["risk"]["instruments"]["XAUUSD"]
        assert all(position["stops"] for position in beat["positions"])
        assert one["heat_long"] + one["heat_short"] == pytest.approx(float(exact), rel=0.02)
        rows = {row.name: row for row in limits.rows_of(traded.request.risk, heart)}
        assert rows["open_risk"].used == pytest.approx((one["heat_long"] + one["heat_short"]) / 100)
        assert rows["open_risk"].state == "ok"
        assert rows["trades_per_day"].used >= 0


def test_a_position_without_a_stop_is_a_risk_without_an_end(traded):
    """It is shown as reached, and its check is red."""
    beat = json.loads(json.dumps(traded.held[0]))
    beat["risk"]["instruments"]["XAUUSD"]["heat_long"] = None
    rows = {row.name: row for row in limits.rows_of(traded.request.risk, Heart(beat, 0.0, RUNNING))}

    assert (rows["open_risk"].used, rows["open_risk"].state) == (None, "reached")
    assert rows["group METALS"].state == "reached"


@pytest.fixture
def beating(traded, tmp_path):
    """An account folder whose heartbeat a test writes."""
    settings = traded.settings.model_copy(update={"data": tmp_path})
    folder = Folder(tmp_path / "accounts" / "flip")
    folder.make()

    def beat(age_s, **more):
        told = {**traded.held[0], "monotonic_ns": time.monotonic_ns() - round(age_s * 1e9), "pid": 2, "turn": 1, **more}
        folder.status.write_text(json.dumps(told))
        return settings

    return beat


def test_a_silent_trader_is_stale_and_nothing_of_it_is_fine(beating):
    """Whatever its last words were."""
    settings = beating(60.0)
    told = accounts.overview(settings, "flip")

    assert told["state"] == STALE
    assert not told["ready"]
    assert told["reasons"][0]["name"] == STALE
    assert {one["fact"]: one["state"] for one in told["facts"]}["heartbeat"] == "stale"
    checks = {one["name"]: one["state"] for one in health.account_health(settings, "flip")["checks"]}
    assert checks["heartbeat"] == "bad"
    assert {checks[name] for name in ("leader", "limits", "outcomes", "stops")} == {"unknown"}


def test_a_beat_from_before_the_machine_was_started_proves_nothing(beating):
    """Its clock runs ahead of ours."""
    assert heart_of(Folder(beating(-3600.0).data / "accounts" / "flip")).state == STALE


def test_a_living_trader_without_a_journal_is_shown_with_what_is_known(beating):
    """Positions and worth from its beat; no limits."""
    told = accounts.overview(beating(0.0), "flip")

    assert told["state"] == RUNNING
    assert told["positions"][0]["protected"]
    assert told["positions"][0]["unrealised"] == pytest.approx(told["equity"] - told["balance"])
    assert told["limits"] == []


def test_a_kill_file_is_a_reason_at_once(beating):
    """Before the trader has said that it saw it."""
    settings = beating(0.0)
    (settings.data / "accounts" / "flip" / "KILL").write_text("3\n")
    told = accounts.brief(settings.data, "flip")

    assert not told["ready"]
    assert told["kill"]["level"] == 3
    assert told["reasons"][0]["name"] == "kill switch"


def test_strategies_are_read_and_never_run(traded, tmp_path):
    """A file that would write when it is imported is shown with its parameters, and writes nothing."""
    settings = traded.settings.model_copy(update={"strategies": tmp_path})
    (tmp_path / "loud.py").write_text(
        '"""Loud."""\nfrom pathlib import Path\nPath(__file__).with_name("ran").touch()\n'
        'class Params:\n    fast: int = 3\n    """Bars."""\nGATES = gates("one")\n'
        "def on_bar(state, bar, memory, params): ...\n"
    )
    (tmp_path / "broken.py").write_text("def on_bar(")
    found = {one["name"]: one for one in strategies.strategies(settings)}

    assert found["loud"]["parameters"][0] | {"kind": ""} == {
        "name": "fast", "type": "int", "kind": "", "default": 3, "meaning": "Bars."
    }  # fmt: skip
    assert (found["loud"]["gates"], found["loud"]["source"]) == (["one"], "own")
    assert found["broken"]["broken"]
    assert "news" in found["opening_range"]["gates"]
    assert not (tmp_path / "ran").exists()


def test_a_strategy_knows_which_accounts_run_it(traded):
    """With the parameters they gave."""
    told = strategies.strategy(traded.settings, "flip")

    assert [(one["account"], one["state"], one["symbols"]) for one in told["runs"]] == [("flip", "stopped", ["XAUUSD"])]
    with pytest.raises(UnknownName, match="flap"):
        strategies.strategy(traded.settings, "flap")


def test_alerts_come_newest_first_and_go_on_from_a_key(traded):
    """The start of the account is one."""
    found = alerts.alerts(traded.settings)

    assert [one["key"] for one in found] == sorted((one["key"] for one in found), reverse=True)
    assert found[-1]["about"] == "start"
    assert alerts.alerts(traded.settings, before=found[-1]["key"]) == []


def test_names_that_lead_elsewhere_are_no_accounts(traded):
    """Only what is in the folder."""
    for name in ("..", "../flip", "flip/../flip", "", "FLIP"):
        with pytest.raises(UnknownName):
            accounts.overview(traded.settings, name)
    assert np.all([one["account"] == "flip" for one in accounts.accounts(traded.data)])


def test_a_long_journal_is_read_from_its_end_and_nothing_is_guessed_meanwhile(traded, monkeypatch):
    """Orders whose reports were not read yet say so; then everything is as if it had been read at once."""
    whole = all_of(orders.orders, traded, 500)
    journal = Folder(traded.data / "accounts" / "flip").journal
    past.forget(journal)
    for name, value in (("AT_ONCE", 40), ("PIECE", 40), ("REST_S", 0.05)):
        monkeypatch.setattr(past, name, value)

    first = all_of(orders.orders, traded, 500)
    reader = past.past_of(traded.settings, Folder(traded.data / "accounts" / "flip"))
    ends = time.monotonic() + 30
    while reader.first_commit and time.monotonic() < ends:
        time.sleep(0.05)

    unread = [one["sequence"] for one in first if one["status"] == orders.NOT_READ]
    assert unread
    known = {one["sequence"]: one for one in whole}
    assert all(
        one == known[one["sequence"]] for one in first if one["sequence"] not in unread and one["status"] != "sent"
    )
    assert all(known[one["sequence"]]["status"] == "filled" for one in first if one["status"] == orders.NOT_READ)
    assert all_of(orders.orders, traded, 500) == whole


def test_an_account_begun_anew_under_its_name_is_read_anew(traded, tmp_path):
    """Its former journal lies elsewhere."""
    settings = traded.settings.model_copy(update={"data": tmp_path})
    shutil.copytree(traded.data / "accounts", tmp_path / "accounts")
    before = orders.trades(settings, "flip").newest
    (tmp_path / "accounts" / "flip").rename(tmp_path / "accounts" / "flip-until-then")
    assert orders.trades(settings, "flip-until-then").newest == before
    desk, journal = open_account(prepare(replace(traded.request, settings=settings)), "flip", "paper", beats=False)
    with journal:
        desk.begin(1, desk.start_document)

    assert not orders.trades(settings, "flip").items


def test_what_a_broker_reported_is_shown_in_its_own_words(traded, tmp_path):
    """Prices, lots and cash as people have them; of somebody else's order no strategy."""
    settings = traded.settings.model_copy(update={"data": tmp_path})
    folder = Folder(tmp_path / "accounts" / "told")
    folder.make()
    start = past.past_of(traded.settings, Folder(traded.data / "accounts" / "flip")).notes[0]
    with SqliteJournal.open(folder.journal, LAYOUTS) as journal:
        journal.note("start", start.document)
        for number, strategy in ((7, 0), (0, -1)):
            report = Report(FILLED, "", "9", 0, side=-1, quantity=33, price=281_465, amount=-150, realised=1_234,
                            broker_order="4711", text="MARKET_ORDER")  # fmt: skip
            journal.append("executions", execution_row(report, number, 88 if strategy == 0 else 0, strategy))
        journal.commit(1)

    theirs, ours = orders.executions(settings, "told").items

    assert (ours["kind"], ours["strategy"], ours["side"], ours["symbol"]) == ("filled", "flip", "sell", "XAUUSD")
    assert (ours["lots"], ours["price"], ours["amount"], ours["realised"]) == (0.33, 2814.65, -1.5, 12.34)
    assert (ours["broker_order"], ours["text"], ours["order"]) == ("4711", "MARKET_ORDER", 88)
    assert theirs["strategy"] is None


def test_a_trader_that_still_loads_is_said_to_be_starting_until_it_beats_or_is_gone(tmp_path):
    """Never ran, starting, running, stopped, starting again; a process that is gone starts nothing."""
    folder = Folder(tmp_path / "accounts" / "new")
    found = [heart_of(folder).state]
    folder.begins()
    found.append(heart_of(folder).state)
    write_beat(folder.status, 1, {"mode": "paper"})
    found.append(heart_of(folder).state)
    write_beat(folder.status, 2, {"mode": "paper", "ended": True})
    found.append(heart_of(folder).state)
    folder.begins()
    found.append(heart_of(folder).state)
    begun = json.loads(folder.beginning.read_text())
    folder.beginning.write_text(json.dumps({**begun, "started": begun["started"] + 1}))
    found.append(heart_of(folder).state)

    assert found == ["never ran", "starting", "running", "stopped", "starting", "stopped"]
