"""From the settings' word for risk rules to the limits of a request."""

import pytest

from tradewind.errors import TradewindError
from tradewind.requests import backtest_request, risk_rules, with_news_lock
from tradewind.settings import Settings


def request(risk=None, **changes):
    """Return the request of a backtest with that --risk and those settings."""
    given = {"risk": risk} if risk else {}
    return backtest_request(
        ["opening_range"], ["XAUUSD"], (None, None), [], given=given, settings=Settings.model_validate(changes)
    )


def test_without_a_word_there_are_no_rules():
    assert request().risk is None
    assert request("none").risk is None


def test_the_settings_name_rules_and_the_option_wins():
    assert request(risk=None).settings.risk == "none"
    assert backtest_request(
        ["opening_range"], ["XAUUSD"], (None, None), [], given={}, settings=Settings(risk="house")
    ).risk.name == "house"  # fmt: skip
    assert request("ftmo-2step").risk.name == "ftmo-2step"


def test_rules_are_for_the_account_of_the_settings():
    """Floors are measured from the account's balance, in its currency."""
    limits = request("house", account={"balance": 50_000, "currency": "EUR"}).risk

    assert (limits.capital, limits.currency) == (5_000_000, "EUR")
    assert limits.loss_rules[1].amount == 125_000


def test_a_firms_news_lock_is_on_the_tape():
    """The5ers locks two minutes on either side; a longer lock of the settings stays."""
    assert request("the5ers").settings.news.lock == (2, 2)
    assert request("the5ers", news={"lock": (5, 1)}).settings.news.lock == (5, 2)
    assert request("house").settings.news.lock == (0, 0)


def test_a_lock_that_is_off_locks_nothing():
    assert with_news_lock(Settings(), -1).news.lock == (0, 0)


@pytest.mark.parametrize("words", ["0.005", "1", "5e-3"])
def test_a_share_is_not_the_name_of_rules(words):
    with pytest.raises(TradewindError, match="--fraction"):
        request(words)


def test_rules_need_a_size_the_firm_has():
    with pytest.raises(TradewindError, match="has no account of"):
        risk_rules(Settings(risk="apex-like", account={"balance": 30_000}))
