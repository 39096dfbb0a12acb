"""What is done at the broker, level by level and fault by fault, over real sockets."""

import json
import sys
import time
from pathlib import Path

import pytest
from watchdog_broker import ENTRIES, PENDING, PROTECTION, TRADES, FakeOanda, write_key

from tradewind.watchdog import dealings, emergency, oanda
from tradewind.watchdog.keys import load_key


@pytest.fixture
def broker():
    with FakeOanda() as fake:
        yield fake


def deed(broker, folder, level, extra=""):
    """Return the outcome of a level in the account, the account, and what was said."""
    write_key(folder, broker.url, extra)
    said = []
    outcome = emergency.act(load_key(folder), level, said.append, sleep=lambda _seconds: None)
    assert "canary" not in f"{said}{outcome}"
    return outcome, broker.account(folder.name), said


@pytest.mark.parametrize("level", [0, 1])
def test_the_first_level_only_looks(broker, tmp_path, level):
    """Nothing is cancelled and nothing is closed; what is open without a stop would be named."""
    outcome, account, said = deed(broker, tmp_path / "gold", level)

    assert outcome.done
    assert (account.orders, account.trades) == (PENDING, TRADES)
    assert all(method == "GET" for method, _ in account.asked)
    assert said == []


def test_the_second_level_cancels_what_may_open_and_leaves_what_protects(broker, tmp_path):
    """Entries of every type go, an unknown type too; stops, targets and reduce-only orders stay."""
    outcome, account, said = deed(broker, tmp_path / "gold", 2)

    assert outcome.done
    assert (set(account.orders), account.trades) == (PROTECTION, TRADES)
    assert sorted(said) == [
        "cancelled: LIMIT 5 XAU_USD at 2400.0 (order 10)",
        "cancelled: MARKET_IF_TOUCHED 1 XAU_USD at 2500.0 (order 12)",
        "cancelled: SOMETHING_NEW 1 XAU_USD (order 13)",
        "cancelled: STOP -2 US30_USD at 39000.0 (order 11)",
    ]
    assert outcome.unprotected == ()


@pytest.mark.parametrize("level", [3, 4])
def test_the_third_and_fourth_level_close_every_trade(broker, tmp_path, level):
    """Entries first, then trades, and a last look."""
    outcome, account, said = deed(broker, tmp_path / "gold", level)

    assert outcome.done
    assert account.trades == {}
    assert set(account.orders) == {"14"}
    assert said[-2:] == ["closed: 5 XAU_USD from 2390.1 (trade 20)", "closed: -1 US30_USD from 38990.0 (trade 30)"]
    assert [method for method, _ in account.asked][-2:] == ["GET", "GET"]


def test_a_second_time_asks_for_nothing(broker, tmp_path):
    """What is done is done: only looks."""
    deed(broker, tmp_path / "gold", 2)
    account = broker.account("gold")
    account.asked.clear()
    outcome, _, said = deed(broker, tmp_path / "gold", 2)

    assert outcome.done
    assert said == []
    assert {method for method, _ in account.asked} == {"GET"}


def test_one_connection_serves_all_requests(broker, tmp_path):
    """OANDA takes two new connections a second."""
    deed(broker, tmp_path / "gold", 3)

    assert broker.connections == 1


def test_a_trade_without_a_stop_is_named(broker, tmp_path):
    """A take-profit protects nobody, a reduce-only order belongs to no trade."""
    account = broker.account("gold")
    del account.orders["21"]
    outcome, _, _ = deed(broker, tmp_path / "gold", 2)

    assert outcome.done
    assert outcome.unprotected == ("5 XAU_USD from 2390.1 (trade 20)",)


def test_a_stop_that_waits_no_longer_is_no_stop():
    """What the trade shows must be pending; an order of the list is."""
    row = {"id": "5", "instrument": "XAU_USD", "currentUnits": "1", "stopLossOrder": {"id": "6", "state": "CANCELLED"}}

    assert not oanda.read_trade(row).stopped
    assert oanda.read_trade({**row, "stopLossOrder": {"id": "6", "state": "PENDING"}}).stopped
    assert oanda.read_trade({**row, "guaranteedStopLossOrder": {"state": "PENDING"}}).stopped
    assert not oanda.read_trade({**row, "takeProfitOrder": {"state": "PENDING"}}).stopped


def test_an_order_that_is_gone_already_is_no_trouble(broker, tmp_path):
    """Filled or cancelled between the look and the request: 404, and the next look shows how it stands."""
    gone = []

    def fault(method, path):
        if method == "PUT" and "/orders/10/" in path and not gone:
            gone.append(path)
            del broker.account("gold").orders["10"]

    broker.faults = fault
    outcome, account, said = deed(broker, tmp_path / "gold", 2)

    assert outcome.done
    assert set(account.orders) == PROTECTION
    assert "was gone already: LIMIT 5 XAU_USD at 2400.0 (order 10)" in said


def test_an_order_the_broker_still_lists_for_a_moment_is_looked_at_again(broker, tmp_path):
    """The list lags behind the cancel: done only when a look shows it."""
    looks = []

    def fault(_method, path):
        if path.endswith("pendingOrders"):
            looks.append(path)
            if len(looks) == 2:
                return 200, {"orders": [{"id": "10", "type": "LIMIT"}]}
        return None

    broker.faults = fault
    outcome, _, _ = deed(broker, tmp_path / "gold", 2)

    assert outcome.done
    assert len(looks) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b"",
        b"[]",
        b"{}",
        b'{"orders": null}',
        b'{"orders": {}}',
        b'{"orders": [null]}',
        b'{"orders": [{"type": "LIMIT"}]}',
        b'{"orders": [{"id": "../../5", "type": "LIMIT"}]}',
        b'{"orders": [{"id": 5}]}',
        b"[" * 50_000,
        b'{"orders": [{"id": "5"',
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_a_list_that_is_unclear_is_never_taken_for_an_empty_one(broker, tmp_path, body, status):
    """Not done, with a reason, and nothing was asked."""
    broker.faults = lambda _method, path: (status, body) if path.endswith("pendingOrders") else None
    outcome, account, _ = deed(broker, tmp_path / "gold", 2)

    assert not outcome.done
    assert outcome.trouble
    assert account.orders == PENDING


def test_trades_that_cannot_be_listed_do_not_keep_orders_alive(broker, tmp_path):
    """Entries are cancelled before anybody asks for trades."""
    broker.faults = lambda _method, path: (503, b"busy") if path.endswith("openTrades") else None
    outcome, account, _ = deed(broker, tmp_path / "gold", 2)

    assert not outcome.done
    assert set(account.orders) == PROTECTION


def test_one_order_that_cannot_be_cancelled_does_not_save_the_others(broker, tmp_path):
    """It is told, tried in each round, and the outcome is not done."""
    broker.faults = lambda _method, path: (400, {"errorCode": "BROKEN"}) if "/orders/11/" in path else None
    outcome, account, said = deed(broker, tmp_path / "gold", 2)

    assert not outcome.done
    assert set(account.orders) == PROTECTION | {"11"}
    assert "could not cancel STOP -2 US30_USD at 39000.0 (order 11): 400 BROKEN" in said


def test_a_closed_market_leaves_the_trade_and_says_why(broker, tmp_path):
    """A 200 or 201 with a cancelled close is no close."""
    halted = {"orderCreateTransaction": {}, "orderCancelTransaction": {"reason": "MARKET_HALTED"}}
    broker.faults = lambda _method, path: (200, halted) if path.endswith("/trades/20/close") else None
    outcome, account, _ = deed(broker, tmp_path / "gold", 3)

    assert not outcome.done
    assert "MARKET_HALTED" in outcome.trouble
    assert set(account.trades) == {"20"}
    assert outcome.trades == ("5 XAU_USD from 2390.1 (trade 20)",)


def test_a_key_the_broker_refuses_is_said(broker, tmp_path):
    """A clear sentence without the key."""
    write_key(tmp_path, broker.url).write_text(
        f'broker = "oanda"\naccount = "x"\ntoken = "other"\nurl = "{broker.url}"\n'
    )
    outcome = emergency.act(load_key(tmp_path), 2, print, sleep=lambda _seconds: None)

    assert outcome == dealings.Outcome(done=False, trouble="the broker refuses our key (401)")


def test_nobody_there_is_said(tmp_path):
    """No connection, and a broker nobody knows."""
    write_key(tmp_path, "http://127.0.0.1:1")
    assert "no answer" in emergency.act(load_key(tmp_path), 2, print, sleep=lambda _seconds: None).trouble

    (tmp_path / "emergency.toml").write_text('broker = "acme"\n')
    assert "names no broker" in emergency.act(load_key(tmp_path), 2, print).trouble


def test_a_broker_that_never_answers_costs_bounded_time(broker, tmp_path, monkeypatch):
    """Each request has an end, and a silent broker is not asked for every order."""
    asked = []

    def fault(method, path):
        if method == "PUT":
            asked.append(path)
            time.sleep(0.5)

    monkeypatch.setattr(oanda.Wire.__init__, "__defaults__", (0.1,))
    broker.faults = fault
    outcome, account, _ = deed(broker, tmp_path / "gold", 2)

    assert outcome.trouble or outcome.done
    assert len(asked) <= 2 * emergency.ROUNDS
    assert set(account.orders) >= PROTECTION


def test_a_connection_that_was_closed_behind_our_back_is_opened_again(broker, tmp_path):
    """A kept connection may be cut between two requests."""
    write_key(tmp_path / "gold", broker.url)
    with oanda.connect(load_key(tmp_path / "gold")) as hands:
        assert len(hands.orders()) == len(PENDING)
        with FakeOanda() as other:
            assert other.url != broker.url
        hands.orders.__closure__[0].cell_contents._line.sock.close()

        assert len(hands.trades()) == len(TRADES)


def test_the_user_s_own_program_does_the_work_where_we_have_no_hands(tmp_path):
    """It gets the level and the account; its lines are told, its exit code decides."""
    program = tmp_path / "pull.py"
    program.write_text(
        "import sys\nprint('pulled', *sys.argv[1:])\n"
        "print('unprotected 1 lot of gold')\nsys.exit(int(sys.argv[1]) - 2)\n"
    )
    run = f'broker = "command"\nrun = {json.dumps([sys.executable, str(program)])}\n'
    write_key(tmp_path / "gold", "").write_text(run)
    said = []
    two = emergency.act(load_key(tmp_path / "gold"), 2, said.append)
    three = emergency.act(load_key(tmp_path / "gold"), 3, said.append)

    assert said[0] == "pulled 2 gold"
    assert (two.done, two.unprotected) == (True, ("unprotected 1 lot of gold",))
    assert not three.done
    assert "ended with code 1" in three.trouble


def test_a_program_that_is_missing_or_never_ends_is_said(tmp_path):
    """No exception reaches the watchdog."""
    write_key(tmp_path, "").write_text('broker = "command"\nrun = ["/nowhere/at/all"]\n')
    key = load_key(tmp_path)
    assert "could not be run" in emergency.act(key, 2, print).trouble
    slow = key._replace(run=(sys.executable, "-c", "import time; time.sleep(600)"))

    assert "did not end" in emergency.scripted.act(slow, 2, print, limit_s=0.2).trouble


def test_entries_and_protection_of_the_fake_are_all_its_orders():
    """The fake's own tables are whole."""
    assert set(PENDING) == ENTRIES | PROTECTION
    assert Path(__file__).exists()


@pytest.mark.parametrize(
    ("row", "protective"),
    [
        ({"id": "1", "type": "MARKET_IF_TOUCHED", "positionFill": "OPEN_ONLY"}, False),
        ({"id": "1", "type": "LIMIT"}, False),
        ({"id": "1"}, False),
        ({"id": "1", "type": 5, "units": {}, "price": []}, False),
        ({"id": "1", "type": "LIMIT", "positionFill": "REDUCE_ONLY"}, True),
        ({"id": "1", "type": "LIMIT", "positionFill": "REDUCE_FIRST"}, False),
        ({"id": "1", "type": "GUARANTEED_STOP_LOSS", "tradeID": "7"}, True),
        ({"id": "1", "type": "NEW_KIND", "tradeID": "7"}, True),
        ({"id": "1", "type": "NEW_KIND", "tradeID": ""}, False),
    ],
)
def test_what_protects_is_what_can_only_reduce(row, protective):
    """The first row is a real answer's; unknown types with a trade are left alone, without one they go."""
    assert oanda.read_order(row).protective is protective
