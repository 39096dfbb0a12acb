"""The words a person gets: exact texts, worked out by hand from the profile's units."""

from datetime import date

import pytest

from tradewind.adapters import notices
from tradewind.broker import Link, Report
from tradewind.kernel.refusals import DAILY_HARD_LOSS, NOT_ENOUGH_MARGIN, STOP_LOSS_HIT
from tradewind.kernel.rows import FILLED, REJECTED
from tradewind.markets.loading import load_profile

GOLD = load_profile("metatrader").instrument("XAUUSD", date(2026, 1, 5))


def report(kind=FILLED, **about):
    return Report(kind, "TWK7QD-3-1-1042-E0", "77", **{"side": 1, "quantity": 5, "price": 241_230, **about})


def test_the_gold_of_these_texts_is_what_the_figures_assume():
    """A tick is 0.01, a step 0.01 lots, prices have two digits."""
    assert (str(GOLD.tick_size), str(GOLD.volume_step), GOLD.digits) == ("0.01", "0.01", 2)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (report(), "Bought 0.05 lots XAUUSD at 2,412.30."),
        (report(amount=-35, side=-1), "Sold 0.05 lots XAUUSD at 2,412.30: costs 0.35 USD."),
        (report(quantity=100, amount=12), "Bought 1 lot XAUUSD at 2,412.30: credit 0.12 USD."),
        (
            report(side=-1, realised=8_900, amount=-35, quantity=12_345),
            "Sold 123.45 lots XAUUSD at 2,412.30: profit 89.00 USD, costs 0.35 USD.",
        ),
        (
            report(realised=-123_456_789, reason=STOP_LOSS_HIT),
            "Bought 0.05 lots XAUUSD at 2,412.30: loss 1,234,567.89 USD (stop-loss).",
        ),
        (report(reason=9_999), "Bought 0.05 lots XAUUSD at 2,412.30 (reason 9999)."),
    ],
)
def test_a_fill_says_side_size_price_money_and_why(told, text):
    """Money has its currency, sizes are lots, prices have the instrument's digits."""
    assert notices.fill(told, GOLD, "USD") == ("fill", text)


def test_a_fill_names_its_strategy_and_an_account_without_cents():
    """Yen have no minor digits."""
    text = notices.fill(report(realised=12_345), GOLD, "JPY", "opening_range").text

    assert text == "Bought 0.05 lots XAUUSD at 2,412.30 for opening_range: profit 12,345 JPY."


@pytest.mark.parametrize(
    ("told", "by", "text"),
    [
        (
            report(REJECTED, reason=NOT_ENOUGH_MARGIN, text="INSUFFICIENT_MARGIN"),
            "broker",
            (
                "The broker refused to buy 0.05 lots XAUUSD: not enough margin. Free margin does not carry the order. "
                '"INSUFFICIENT_MARGIN"'
            ),
        ),
        (
            report(REJECTED, reason=DAILY_HARD_LOSS, side=-1),
            "us",
            "Not sent: to sell 0.05 lots XAUUSD: daily hard loss. The day's hard loss limit is reached (R7).",
        ),
        (report(REJECTED), "broker", "The broker refused to buy 0.05 lots XAUUSD."),
    ],
)
def test_a_refusal_says_who_refused_what_and_why(told, by, text):
    """The broker's own words stand last, in quotation marks."""
    assert notices.refusal(told, GOLD, by=by) == ("refusal", text)


def test_what_the_broker_writes_is_cut_and_cannot_look_like_ours():
    """No line breaks, no quotation marks, no end."""
    assert notices.quoted('no\nway "\x1b[31m" ' + "x" * 1_000) == f" \"no way ' [31m' {'x' * 185}\""
    assert notices.quoted(" \n ") == ""


@pytest.mark.parametrize(
    ("notice", "text"),
    [
        (
            notices.limit(DAILY_HARD_LOSS, "-2,000.00 USD", "-2,000.00 USD allowed", "Everything is closed"),
            "Limit reached, daily hard loss: -2,000.00 USD of -2,000.00 USD allowed. Everything is closed.",
        ),
        (
            notices.link(Link("quotes", up=False, reason="read timed out"), open_positions=2),
            (
                "Lost the stream of prices; no entries until it is back. 2 positions open, stops at the broker. "
                '"read timed out"'
            ),
        ),
        (
            notices.link(Link("reports", up=False), open_positions=0),
            "Lost the stream of order reports; no entries until it is back. Nothing is open.",
        ),
        (notices.link(Link("quotes", up=True), lasted_s=12.4), "The stream of prices is back after 12 s."),
        (
            notices.difference("position in XAUUSD", "0.05 lots", "0.10 lots"),
            (
                "Our books and the broker's differ, position in XAUUSD: 0.05 lots here, 0.10 lots there. "
                "No entries until a person decides."
            ),
        ),
        (notices.agreed(1), "Our books and the broker's agree again (1 difference settled)."),
        (
            notices.kill(2, "The trader hung.", "Ann Lee"),
            "Kill level 2 by Ann Lee: no entries, pending entries are cancelled. The trader hung.",
        ),
        (notices.kill(0, "Checked.", "Ann"), "Kill level 0 by Ann: re-armed: entries may pass again. Checked."),
    ],
)
def test_every_other_notice_says_what_follows_from_it(notice, text):
    """Whole sentences."""
    assert notice.text == text


def test_the_day_adds_up_on_the_screen():
    """Change of equity = closed trades + costs + financing + open positions: 1,000 = 1,200 - 50 - 30 - 120."""
    day = notices.Day(date(2026, 11, 20), "USD", 10_000_000, 10_100_000, 120_000, -5_000, -3_000, 6, 4, 2, 1, -45_000)

    told = notices.summary(day)

    assert told.kind == "summary"
    assert told.text == (
        "Fri 20 Nov 2026: +1,000.00 USD (+1.00 %)\n"
        "Equity 100,000.00 USD to 101,000.00 USD, deepest fall -450.00 USD.\n"
        "6 trades, 4 won; closed trades +1,200.00 USD, costs -50.00 USD, financing -30.00 USD, "
        "open positions -120.00 USD.\n"
        "1 open now, 2 refused."
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3_600, "60 min"), (7_500, "2 h 5 min")]
)
def test_stretches_of_time_are_told_as_people_do(seconds, words):
    """Seconds, minutes, hours and minutes."""
    assert notices.duration(seconds) == words
