"""Login, picture, catching up, finding, candles and the clock: a part of an answer is none, and nothing is guessed."""

import asyncio

import httpx
import pytest
from oanda_contract import FIXTURES, needs_fixtures
from oanda_scripted import (
    ACCOUNT,
    HOME,
    SECRET,
    TIME,
    Scripted,
    broker_on,
    happened,
    record,
    with_broker,
)

from tradewind.adapters.brokers.oanda.listing import differences
from tradewind.adapters.brokers.oanda.reading import document, listed
from tradewind.adapters.brokers.tokens import Token, read_token
from tradewind.broker import BrokerRefused, BrokerUnreachable
from tradewind.errors import BadSettings
from tradewind.kernel.orders import ENTRY, LIMIT, STOP, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import ACCEPTED, FILLED
from tradewind.markets.loading import load_profile

ID = "TWK7QD-3-1-1042-E0"


def opened(script):
    """Return the login, or raise."""
    return with_broker(script, lambda broker: asyncio.sleep(0, broker))


def test_a_login_says_who_and_whether_it_hedges_and_how_far_the_clocks_are_apart():
    async def work():
        script = Scripted()
        script.says("GET", "/pricing", {"prices": [{"tradeable": True}], "time": "2023-11-14T22:13:23.000000000Z"})
        return await broker_on(script).open()

    login = asyncio.run(work())
    assert login == (ACCOUNT, True, "USD", False, 3 * 10**9)


def test_while_the_market_is_closed_the_date_header_tells_the_time():
    """The time of prices stands still then; the header's half second is all that is known of its fraction."""

    async def work():
        script = Scripted()
        script.says("GET", "/pricing", {"prices": [{"tradeable": False}], "time": "2023-11-10T22:00:00.000000000Z"})
        return await broker_on(script).open()

    assert asyncio.run(work()).clock_offset == 5 * 10**8


WRONG = {
    "a wrong token": ("/v3/accounts", (401, {"errorMessage": "Insufficient authorization"}), "refuses the token"),
    "a wrong account": ("/v3/accounts", {"accounts": [{"id": "101-004-9999999-002"}]}, r"1 other \(\.\.\.002\)"),
    "an account of MetaTrader": ("/v3/accounts", {"accounts": [{"id": ACCOUNT, "mt4AccountID": 7}]}, "MetaTrader"),
    "an instrument that is not there": (
        f"{HOME}/instruments", {"instruments": [record("XAU_USD")]}, "does not offer US30_USD",
    ),
    "another number of digits": (
        f"{HOME}/instruments", {"instruments": [record("XAU_USD", displayPrecision=2), record("US30_USD")]},
        "digits of a price is 2 at OANDA and 3 in the profile",
    ),
    "a larger smallest size": (
        f"{HOME}/instruments", {"instruments": [record("XAU_USD", minimumTradeSize="10"), record("US30_USD")]},
        "smallest size is 10 at OANDA and 1",
    ),
    "a higher margin": (
        f"{HOME}/instruments", {"instruments": [record("XAU_USD"), record("US30_USD", marginRate="0.1")]},
        "margin rate is 0.1 at OANDA and 0.05",
    ),
    "a currency unknown to us": (
        f"{HOME}/summary", {"account": {"currency": "XTS", "lastTransactionID": "1"}}, "no currency named 'XTS'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_login_that_is_not_what_it_should_be_is_refused_by_name(name):
    path, answer, told = WRONG[name]
    script = Scripted()
    script.answers["GET", path] = answer

    with pytest.raises(BrokerRefused, match=told) as refused:
        opened(script)

    assert SECRET not in str(refused.value)


def test_no_answer_to_the_login_is_unreachable_after_three_tries():
    script = Scripted()
    script.answers["GET", "/v3/accounts"] = [httpx.ConnectError(f"no route for {SECRET}")]

    with pytest.raises(BrokerUnreachable) as lost:
        opened(script)

    assert SECRET not in str(lost.value)
    assert sum(one.url.path == "/v3/accounts" for one in script.asked) == 3


@pytest.mark.parametrize(
    "url", ["http://example.org", "http://localhost:1", "ftp://127.0.0.1", "http://127.0.0.1.evil.org"]
)
def test_a_token_is_told_to_https_or_to_this_machine_only(url):
    with pytest.raises(BrokerRefused, match="in the open"):
        broker_on(Scripted(), base_url=url)


def test_a_token_file_that_others_may_read_is_refused_and_a_token_shows_nothing(tmp_path):
    file = tmp_path / "token"
    file.write_text(SECRET + "\n")
    file.chmod(0o644)
    with pytest.raises(BadSettings, match="chmod 600"):
        read_token(file)
    file.chmod(0o600)

    assert read_token(file).revealed() == SECRET
    assert SECRET not in repr(read_token(file)) + str(Token(SECRET)) + f"{read_token(file)}"


@needs_fixtures
def test_the_instruments_of_a_real_account_are_read_and_compared():
    found = document((FIXTURES / "instruments.json").read_bytes())
    records = {one["name"]: one for one in listed(found, "instruments")}
    profile = load_profile("oanda")
    gold = differences(records["XAU_USD"], profile.instrument("XAUUSD"))

    assert len(records) == 124
    assert [(one.what, one.broker, one.ours, one.refused) for one in gold] == [
        ("largest size", "50000.0", "10000", False),
        ("margin rate", "0.02", "0.05", False),
    ]


def account_with(orders, trades, **counts):
    found = {
        "id": ACCOUNT, "currency": "USD", "balance": "10000.0050", "NAV": "10010.5000", "marginUsed": "1200.0000",
        "orders": orders, "trades": trades, "openTradeCount": len(trades), "pendingOrderCount": len(orders),
        "lastTransactionID": "50",
    }  # fmt: skip
    return {"account": found | counts, "lastTransactionID": "50"}


def leg(number_, kind, id_, **more):
    return {"id": number_, "type": kind, "tradeID": "12", "state": "PENDING", "clientExtensions": {"id": id_}} | more


TRADE = {
    "id": "12", "instrument": "XAU_USD", "price": "2000.1004", "currentUnits": "12", "openTime": TIME, "state": "OPEN",
    "clientExtensions": {"id": ID},
}  # fmt: skip
LEGS = [
    leg("13", "STOP_LOSS", "S0", price="1990.000"),
    leg("14", "TRAILING_STOP_LOSS", "S0-TRAIL", distance="5.000", trailingStopValue="1995.000"),
    leg("15", "TAKE_PROFIT", "T0", price="2020.000"),
]
WORKING = {"id": "20", "type": "STOP", "instrument": "US30_USD", "units": "-2", "price": "35000.5", "state": "PENDING"}


def test_the_picture_has_every_order_and_every_trade_with_its_protection():
    script = Scripted()
    script.says("GET", "", account_with([*LEGS, WORKING], [TRADE]))
    picture = with_broker(script, lambda broker: broker.picture())

    assert (picture.sequence, picture.currency, picture.balance, picture.equity) == ("50", "USD", 1_000_000, 1_001_050)
    (position,) = picture.positions
    assert (position.position, position.id, position.quantity, position.price) == ("12", ID, 12, 2_000_100.4)
    assert (position.stop_loss, position.take_profit) == (1_995_000, 2_020_000)
    told = [(one.id, one.side, one.quantity, one.type, one.price, one.trigger, one.role) for one in picture.orders]
    assert told == [
        ("S0", -1, 12, STOP, 0, 1_995_000, STOP_LOSS),
        ("T0", -1, 12, LIMIT, 2_020_000, 0, TAKE_PROFIT),
        ("", -1, 2, STOP, 0, 350_005, ENTRY),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        account_with([], [TRADE], openTradeCount=2),
        account_with([], [TRADE], pendingOrderCount=1),
        account_with([dict(WORKING, price="x")], []),
        {"account": {"id": ACCOUNT}},
        {},
        "<html>maintenance</html>",
        (503, "busy"),
        (204, ""),
    ],
    ids=["trades missing", "orders missing", "no price", "a stub", "nothing", "a page", "busy", "no content"],
)
def test_a_picture_of_which_a_part_is_missing_is_no_picture(answer):
    script = Scripted()
    script.says("GET", "", answer)

    with pytest.raises(BrokerUnreachable):
        with_broker(script, lambda broker: broker.picture())


def order(number_, id_):
    return happened(
        "LIMIT_ORDER", number_, instrument="XAU_USD", units="1", price="2000.000", timeInForce="GTC",
        reason="CLIENT_ORDER", clientExtensions={"id": id_},
    )  # fmt: skip


def test_what_sinceid_shows_a_part_of_is_fetched_by_range_in_pages():
    """1500 orders were missed, `sinceid` shows the first three: two ranges bring the rest."""
    log = {number_: order(number_, f"TW-{number_}") for number_ in range(11, 1511)}

    def ranged(request):
        first, last = (int(request.url.params[name]) for name in ("from", "to"))
        return {"transactions": [log[key] for key in range(first, last + 1)], "lastTransactionID": "1510"}

    script = Scripted()
    shown = [log[11], log[12], log[13]]
    script.says("GET", "/transactions/sinceid", {"transactions": shown, "lastTransactionID": "1510"})
    script.says("GET", "/transactions/idrange", ranged)
    told = with_broker(script, lambda broker: broker.since("10"))

    assert [one.execution for one in told.reports] == [str(number_) for number_ in range(11, 1511)]
    assert (told.sequence, script.count("GET", "/transactions/idrange")) == ("1510", 2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"transactions": [], "lastTransactionID": "12"}, BrokerUnreachable),
        ({"lastTransactionID": "12"}, BrokerUnreachable),
        ({"transactions": [], "lastTransactionID": "3"}, BrokerRefused),
    ],
    ids=["a part", "no list", "an account set back"],
)
def test_a_log_that_is_not_whole_or_not_ours_is_not_believed(answer, error):
    script = Scripted()
    script.says("GET", "/transactions/sinceid", answer)
    script.says("GET", "/transactions/idrange", {"transactions": [], "lastTransactionID": "12"})

    with pytest.raises(error):
        with_broker(script, lambda broker: broker.since("10"))


def test_a_sequence_that_is_no_number_is_never_sent():
    with pytest.raises(BrokerRefused, match="not the number"):
        with_broker(Scripted(), lambda broker: broker.since("1&id=2"))


def found(script, id_=ID):
    return with_broker(script, lambda broker: broker.find(id_))


def test_an_order_of_an_unknown_fate_is_found_by_id_or_in_the_log_with_all_that_happened():
    fill = happened(
        "ORDER_FILL", 10, orderID="9", clientOrderID=ID, instrument="XAU_USD", units="1", price="2000.000", pl="0",
        accountBalance="100", reason="LIMIT_ORDER", tradeOpened={"tradeID": "10", "units": "1"},
    )  # fmt: skip
    absent = (404, {"errorCode": "NO_SUCH_ORDER", "errorMessage": "none"})
    for by_id in ({"order": {"id": "9", "state": "FILLED"}}, absent):
        script = Scripted()
        script.says("GET", f"/orders/@{ID}", by_id)
        script.says("GET", "/transactions/idrange", {"transactions": [order(9, ID), fill], "lastTransactionID": "10"})
        result = found(script)

        assert result.state == "filled"
        assert [one.kind for one in result.reports] == [ACCEPTED, FILLED]


def test_an_order_that_is_in_no_log_is_absent_and_one_that_waits_is_working():
    script = Scripted()
    script.says("GET", "/transactions/idrange", {"transactions": [order(10, "TWOTHER")], "lastTransactionID": "10"})
    assert found(script).state == "absent"

    script.says("GET", f"/orders/@{ID}", {"order": {"id": "10", "state": "PENDING"}})
    script.says("GET", "/transactions/idrange", {"transactions": [order(10, ID)], "lastTransactionID": "10"})
    assert found(script).state == "working"


def test_a_search_that_fails_says_nothing_about_the_order():
    script = Scripted()
    script.says("GET", "/transactions/idrange", (502, "<html>"))

    with pytest.raises(BrokerUnreachable):
        found(script)


def test_a_close_is_found_after_a_crash_by_the_mark_before_it():
    """The answer to the close was lost and so was our memory: the log has the mark, then the close, then its fill."""
    close_id = "TWK7QD-3-1-9-X0"
    log = [
        happened("TRADE_CLIENT_EXTENSIONS_MODIFY", 8, tradeID="5",
                 tradeClientExtensionsModify={"comment": f"closes for {close_id}"}),
        happened("MARKET_ORDER", 9, instrument="XAU_USD", units="-1", reason="TRADE_CLOSE", timeInForce="FOK",
                 tradeClose={"tradeID": "5", "units": "1"}),
        happened("ORDER_FILL", 10, orderID="9", instrument="XAU_USD", units="-1", price="2001.000", pl="1.0000",
                 accountBalance="101.0000", reason="MARKET_ORDER_TRADE_CLOSE",
                 tradesClosed=[{"tradeID": "5", "units": "-1", "realizedPL": "1.0000"}]),
    ]  # fmt: skip

    def ranged(request):
        first, last = (int(request.url.params[name]) for name in ("from", "to"))
        before = [order(number_, f"TW-{number_}") for number_ in range(1, 8)]
        return {"transactions": [*before, *log][first - 1 : last], "lastTransactionID": "10"}

    script = Scripted()
    script.says("GET", "/transactions/idrange", ranged)
    result = found(script, close_id)
    assert (result.state, [(one.id, one.position, one.realised) for one in result.reports]) == (
        "filled", [(close_id, "5", 100)]
    )  # fmt: skip

    script.says("GET", "/transactions/sinceid", {"transactions": log[2:], "lastTransactionID": "10"})
    script.says("GET", "/transactions/9", {"transaction": log[1]})
    caught = with_broker(script, lambda broker: broker.since("9"))
    assert [one.id for one in caught.reports] == [close_id]
