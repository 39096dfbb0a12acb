"""Transactions, prices and candles of OANDA in our words: real answers, exact cash, whose leg it was."""

import pytest
from oanda_contract import FIXTURES, fixture, needs_fixtures
from oanda_scripted import NOW, XAUUSD, Scripted, happened, with_broker

from tradewind.adapters.brokers.oanda.listing import Listing
from tradewind.adapters.brokers.oanda.memory import Memory
from tradewind.adapters.brokers.oanda.reading import document, moment, number
from tradewind.adapters.brokers.oanda.streams import quote_of
from tradewind.adapters.brokers.oanda.transactions import Account, reports_of
from tradewind.broker import BrokerUnreachable
from tradewind.kernel.records import CANCELLED, FILLED, FINANCING
from tradewind.kernel.refusals import NIGHT, STOP_LOSS_HIT, STOPPED_OUT
from tradewind.markets.loading import load_profile


def account():
    return Account(Listing([load_profile("oanda").instrument(one) for one in ("EURUSD", "XAUUSD")]), Memory(), "USD")


@needs_fixtures
def test_real_transactions_are_read():
    """Each of the real answers of the fixtures; the expected values are read off the files by eye."""
    with_account = account()
    (rejected, financed) = fixture("transaction/sinceid")["transactions"]
    (closed,) = fixture("account/changes")["changes"]["transactions"][:1]
    with_account.memory.note(rejected)

    (night,) = reports_of(financed, with_account)
    assert (night.kind, night.instrument, night.amount, night.reason, night.position) == (
        FINANCING,
        0,
        -1,
        NIGHT,
        "409",
    )
    (report,) = reports_of(closed | {"instrument": "EUR_USD"}, with_account)
    assert (report.kind, report.side, report.quantity, report.position) == (FILLED, -1, 150, "978")
    for name in ("market_order", "stop_loss_order", "cancel_order", "replace", "error/market_halted"):
        for each in fixture(f"order/{name}").values():
            if isinstance(each, dict):
                with_account.memory.note(each)
                reports_of(each, with_account)


def test_the_sum_of_all_reports_is_the_balance_to_the_cent():
    """A hundred nights of -0.0083 cost 83 cents; rounded one by one they would cost a dollar."""
    with_account, balance, total = account(), 100_000_000, 0
    for number_ in range(1, 101):
        balance -= 83
        night = happened("DAILY_FINANCING", number_, financing="-0.0083", accountBalance=f"{balance / 10000:.4f}",
                         positionFinancings=[{"instrument": "XAU_USD", "financing": "-0.0083"}])  # fmt: skip
        total += sum(one.amount for one in reports_of(night, with_account))

    assert total == -83


@pytest.mark.parametrize(
    ("reason", "client", "id_", "why"),
    [("STOP_LOSS_ORDER", "S0", "S0", STOP_LOSS_HIT), ("STOP_LOSS_ORDER", "S0-TRAIL", "S0", STOP_LOSS_HIT),
     ("MARKET_ORDER_MARGIN_CLOSEOUT", None, "", STOPPED_OUT)],
)  # fmt: skip
def test_a_fill_of_a_leg_carries_the_legs_id_and_one_of_the_brokers_own_carries_none(reason, client, id_, why):
    more = {"clientOrderID": client} if client else {}
    fill = happened("ORDER_FILL", 20, orderID="13", instrument="XAU_USD", units="-12", price="1990.000", pl="-120.0000",
                    financing="-0.5000", guaranteedExecutionFee="0.0000", accountBalance="9879.5000", reason=reason,
                    tradesClosed=[{"tradeID": "12", "units": "-12", "realizedPL": "-120.0000",
                                   "financing": "-0.5000"}], **more)  # fmt: skip
    (report,) = reports_of(fill, account())

    assert (report.id, report.reason, report.position, report.amount, report.realised) == (id_, why, "12", -50, -12_000)


def test_the_end_of_a_leg_is_told_by_what_is_remembered_of_its_order():
    script = Scripted()
    gone = happened("ORDER_CANCEL", 11, orderID="7", reason="LINKED_TRADE_CLOSED")
    script.says("GET", "/transactions/sinceid", {"transactions": [gone], "lastTransactionID": "11"})
    made = happened("TAKE_PROFIT_ORDER", 7, tradeID="5", price="2020.000", clientExtensions={"id": "T0"})
    script.says("GET", "/transactions/7", {"transaction": made})
    trade = {"id": "5", "instrument": "XAU_USD", "currentUnits": "0"}
    script.says("GET", "/trades/5", {"trade": trade, "lastTransactionID": "11"})
    told = with_broker(script, lambda broker: broker.since("10"))

    assert [(one.kind, one.id, one.instrument, one.position) for one in told.reports] == [
        (CANCELLED, "T0", XAUUSD, "5")
    ]


def bar(ts, *, complete=True):
    prices = {"o": "2000.000", "h": "2001.000", "l": "1999.000", "c": "2000.500"}
    return {"time": ts, "bid": prices, "ask": prices, "volume": 7, "complete": complete}


def test_candles_are_those_that_are_complete_and_open_in_the_window():
    candles = [bar("2023-11-14T22:09:00Z"), bar("2023-11-14T22:10:00Z"), bar("2023-11-14T22:11:00Z"),
               bar("2023-11-14T22:12:00Z", complete=False)]  # fmt: skip
    script = Scripted()
    answer = {"instrument": "XAU_USD", "granularity": "M1", "candles": candles}
    script.says("GET", "/instruments/XAU_USD/candles", answer)
    start = NOW - 200 * 10**9
    found_ = with_broker(script, lambda broker: broker.candles(XAUUSD, 60, start, NOW + 10**12))

    assert [one.open_ts - NOW for one in found_] == [-200 * 10**9, -140 * 10**9]
    assert found_[0].bid == (2_000_000, 2_001_000, 1_999_000, 2_000_500)
    asked = script.asked[-1].url.params
    assert (asked["price"], asked["granularity"], asked["alignmentTimezone"]) == ("BA", "M1", "America/New_York")
    assert moment({"to": asked["to"]}, "to") <= NOW


@needs_fixtures
def test_a_real_line_of_prices_is_a_quote():
    line = document((FIXTURES / "price_stream.ndjson").read_bytes().splitlines()[0])
    quote = quote_of(line, account().listing)

    assert (quote.instrument, quote.bid, quote.ask, quote.tradable) == (0, 118_724, 118_736, True)
    assert quote.ts == 1_505_958_875_452_443_932


@pytest.mark.parametrize(("said", "value"), [("1.5", "1.5"), (10_000_000, "10000000"), ("250000.5", "250000.5")])
def test_numbers_come_as_text_or_as_numbers_and_stay_exact(said, value):
    assert str(number(document(f'{{"liquidity": {said!r}}}'.replace("'", '"').encode()), "liquidity")) == value


@pytest.mark.parametrize("said", ["true", '"NaN"', '"1e9999999"', "Infinity", '""', "[1]", "null"])
def test_what_is_no_number_is_not_understood(said):
    with pytest.raises(BrokerUnreachable):
        money(f'{{"price": {said}}}')


def money(text):
    """Return the cents a text names as a price."""
    return account().minor(number(document(text.encode()), "price"))
