"""Rule set D by hand: the cash session before closed at 10,000; 10:00, 15:00 and 15:30 decide, the close ends it."""

import numpy as np
import pytest
from strategy_market import TEST_DAY, moment, news, path, play, scene

NAME = "half_hour_momentum"
NIGHT = "18:00 0  20:00 10  03:00 20  09:30 120  "
QUICK = {"sessions": 20}


def played(rest="10:00 130 15:00 110 15:30 100 17:00 100", params=None, more=(), **options):
    rows = path(TEST_DAY, NIGHT + rest, 10_000)
    return play(NAME, scene(rows, *more, **options), QUICK | (params or {}))


def test_entry_and_exit():
    """The first half hour was up: buy at 15:30, a disaster stop 0.35 ATR14(D) away, no target, out before 16:00."""
    result = played()
    (order,) = result.orders
    (trade,) = result.trades

    assert order["ts"] == moment(TEST_DAY, "15:30")
    assert (order["side"], order["take_profit"]) == (1, 0)
    assert order["stop_loss"] == 1_010_020 - 5_250  # ATR14(D) is 150 points
    assert trade["reason"] == 45
    # Bars of five minutes: the next close would be too late.
    assert abs(trade["closed_at"] - moment(TEST_DAY, "15:55")) < 10**9


def test_exit_in_the_last_minute():
    """On one-minute bars it leaves at 15:59."""
    rows = path(TEST_DAY, NIGHT + "10:00 130 15:30 100 17:00 100", 10_000, minutes=1)
    events = scene(rows, days=22, minutes=1)
    (trade,) = play(NAME, events, QUICK, bar_seconds=60).trades

    assert abs(trade["opened_at"] - moment(TEST_DAY, "15:30")) < 10**9
    assert abs(trade["closed_at"] - moment(TEST_DAY, "15:59")) < 10**9


@pytest.mark.parametrize(
    ("variant", "rest", "side"),
    [
        (1, "10:00 130 15:00 -20 15:30 -40 17:00 -40", 1),
        (1, "10:00 -60 15:00 20 15:30 40 17:00 40", -1),
        (2, "10:00 130 15:00 110 15:30 120 17:00 120", 1),
        (2, "10:00 130 15:00 110 15:30 100 17:00 100", 0),
        (2, "10:00 -60 15:00 20 15:30 10 17:00 10", -1),
        (3, "10:00 130 15:00 -20 15:30 -40 17:00 -40", -1),
        (3, "10:00 -60 15:00 20 15:30 40 17:00 40", 1),
    ],
)
def test_variants(variant, rest, side):
    """D1 follows the morning, D2 only where the half hour before agrees, D3 the day so far."""
    orders = played(rest, {"variant": variant, "threshold": 0.0}).orders

    assert [order["side"].item() for order in orders] == ([side] if side else [])


def test_threshold():
    """The return must be half a standard deviation of the last sessions' own; today's is not among them."""
    result = played()
    gate = result.gate("threshold", "15:30")
    # The prelude gains the same 120.56 points by 10:00, sixty points higher each day.
    before = [10_000 - 60 * days for days in range(20, 0, -1)]
    returns = [(base + 120 + 20 / 5) / base - 1 for base in before]

    assert gate.value == pytest.approx(130 / 10_000)
    assert gate.low == pytest.approx(0.5 * np.std(returns), rel=0.02)


@pytest.mark.parametrize(("hair", "orders"), [(-1e-9, 1), (1e-9, 0)])
def test_threshold_on_both_sides(hair, orders):
    """A hair below the return there is a trade, a hair above there is none."""
    gate = played().gate("threshold", "15:30")
    threshold = 0.5 * gate.value / gate.low * (1 + hair)

    assert len(played(params={"threshold": threshold}).orders) == orders


def test_history_needed():
    """Before as many sessions as the deviation is taken over there is no trade."""
    result = played(params={"sessions": 40})

    assert result.refusing("15:30") == {"threshold"}


@pytest.mark.parametrize(
    ("opens", "closes", "kinds", "fomc"),
    [
        ("13:30", "15:00", 2, True),
        ("13:30", "15:30", 3, True),
        ("13:45", "14:15", 1, False),
        ("09:30", "11:00", 2, False),
    ],
)
def test_fomc(opens, closes, kinds, fomc):
    """A rate decision at 14:00 skips the day; another release at that time, or a decision in the morning, does not."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, opens), moment(TEST_DAY, closes), kinds=kinds)

    assert (played(more=[event]).refusing("15:30") == {"fomc"}) == fomc
    assert len(played(more=[event], params={"trade_fomc": True}).orders) == 1


def test_no_official_close():
    """Gold has no close of its own: refused, unless the run says that it explores."""
    rows = path(TEST_DAY, NIGHT + "10:00 130 15:30 100 17:00 100", 10_000)
    events = scene(rows, symbol="XAUUSD")
    refused = play(NAME, events, QUICK, symbols=("XAUUSD",))
    explored = play(NAME, events, QUICK | {"exploratory": "true"}, symbols=("XAUUSD",))

    assert refused.refusing("15:30") == {"official_close"}
    assert len(explored.orders) == 1


def test_no_change():
    """A morning that ends exactly at the last close has no side."""
    result = played("10:00 0 15:30 0 17:00 0", {"threshold": 0.0})

    assert result.refusing("15:30") == {"direction"}


def test_flat_before_a_release():
    """Where the run asks for it the position leaves at the last close before a release in its half hour."""
    at = {"flat_at": moment(TEST_DAY, "15:43")}
    event = news(moment(TEST_DAY, "15:36"), moment(TEST_DAY, "15:30"), moment(TEST_DAY, "16:00"), **at)
    (trade,) = played(more=[event]).trades

    assert trade["reason"] == 58
    assert abs(trade["closed_at"] - moment(TEST_DAY, "15:40")) < 10**9
