"""The replica B0 and the two teaching strategies."""

import pytest
from strategy_market import EXACT, TEST_DAY, moment, path, play, scene, table

NIGHT = "18:00 0  20:00 10  03:00 20  09:30 120"


def played(name, first="10120 10124 10112 10114", rest="09:35 114 17:00 114", days=3):
    rows = path(TEST_DAY, NIGHT, 10_000) | path(TEST_DAY, rest, 10_000, wick=0)
    rows |= table(TEST_DAY, f"09:30 {first}")
    return play(name, scene(rows, days=days))


@pytest.mark.parametrize(
    ("first", "side", "stop", "target"),
    [
        ("10120 10124 10112 10121", 1, 1_011_200, 1_012_120 + 10 * 920),
        # Shorts enter on the bid and are stopped on the ask, one spread above the chart's high.
        ("10120 10124 10112 10114", -1, 1_012_420, 1_011_400 - 10 * 1_020),
    ],
)
def test_first_bar(first, side, stop, target):
    """An up bar is bought and a down bar sold at 09:35; stop at the other end, target ten times as far."""
    (order,) = played("first_bar", first).orders

    assert order["ts"] == moment(TEST_DAY, "09:35")
    assert (order["side"], order["stop_loss"], order["take_profit"]) == (side, stop, target)


def test_first_bar_unchanged():
    """A first bar that closes where it opened trades nothing."""
    result = played("first_bar", "10120 10124 10112 10120")

    assert len(result.orders) == 0
    assert result.refusing("09:35") == {"direction"}


def test_first_bar_size():
    """One percent of the capital at the stop, but at most four times the capital in value."""
    wide = played("first_bar", "10060 10180 10000 10040", days=1).orders[0]
    narrow = played("first_bar", "10114.5 10114.6 10113.9 10114", days=1).orders[0]
    lots = wide["quantity"] / 10
    capital = 100_000

    assert lots * (wide["stop_loss"] / 100 - 10_040) == pytest.approx(0.01 * capital, rel=0.05)
    assert narrow["quantity"] / 10 * 10_114.2 == pytest.approx(4 * capital, rel=0.05)


def test_first_bar_close():
    """What neither stop nor target ended is closed with the session."""
    (trade,) = played("first_bar").trades

    assert trade["reason"] == 45
    assert abs(trade["closed_at"] - moment(TEST_DAY, "16:00")) < 10**9


def test_ema_cross():
    """Long while the fast average is above the slow one, short while below: it turns, and is never flat."""
    result = played("ema_cross", rest="09:35 114 12:00 200 16:00 100 17:00 100")
    held = [trade["side"].item() for trade in result.rows("trades")]

    assert held[1:] == [-side for side in held[:-1]]
    assert result.runner.state["positions"]["quantity"][0, 0] != 0


def test_always_flat():
    """It orders nothing and the account ends as it began."""
    result = played("always_flat")

    assert len(result.rows("commands")) == 0
    assert result.runner.state["account"]["balance"][0] == EXACT.account.balance * 100
