"""Rule set B by hand: an opening range of 28 points, 10,096 to 10,124, from 09:30 to 09:45 in a rising market.

The average day has 150 points and the cash session closed at 10,000 the day before. The buffer is a twentieth of the
range, 1.40 points, so the order waits at 10,125.40; the middle of the range is 10,110.
"""

import math

import pytest
from strategy_market import SPREAD, TEST_DAY, moment, news, path, play, runner_of, scene, table

NAME = "opening_range"
RANGE = """
    09:30 10120 10124 10112 10114
    09:35 10114 10116 10104 10106
    09:40 10106 10108 10096 10108
"""
NIGHT = "18:00 0  20:00 10  03:00 20  09:30 120"
FLAT = "09:45 108 17:00 108"
BREAK = "09:45 108 10:15 108 10:30 130 17:00 130"


def day(rest=FLAT, text=RANGE):
    """Return the bars of a test day with this opening range and this rest."""
    return path(TEST_DAY, NIGHT, 10_000) | path(TEST_DAY, rest, 10_000, wick=0) | table(TEST_DAY, text)


def played(rest=FLAT, params=None, more=(), text=RANGE, **options):
    return play(NAME, scene(day(rest, text), *more, **options), params)


def of_kind(result, kind):
    return [command for command in result.commands if command["kind"] == kind]


def test_order():
    """When the range is complete a buy stop waits above it, with its stop in the middle, for 150 minutes."""
    (order,) = played().orders

    assert order["ts"] == moment(TEST_DAY, "09:45")
    assert (order["side"], order["trigger"], order["stop_loss"]) == (1, 1_012_540, 1_011_000)
    assert order["take_profit"] == 0
    assert order["expires"] == moment(TEST_DAY, "12:00")


def test_values_by_hand():
    """What the gates measured is what a ruler on the chart measures."""
    result = played()

    assert result.gate("range_day", "09:45").value == pytest.approx(28 / 150)
    assert result.gate("gap", "09:45").value == pytest.approx((10_120 - 10_000) / 150)
    assert result.gate("direction", "09:45").value == -1200
    assert result.gate("stop", "09:45").value == 1540
    assert result.gate("life", "09:45").value == 135
    assert result.gate("unbroken", "09:45").value == 1_012_540 - 1_010_820


def test_fill_and_session_end():
    """The order fills at its price, and what is left of the day is closed at 15:55."""
    (trade,) = played(BREAK).trades

    assert trade["entry_cost"] == trade["quantity"] * 1_012_540
    assert trade["reason"] == 45
    assert abs(trade["closed_at"] - moment(TEST_DAY, "15:55")) < 10**9


@pytest.mark.parametrize(
    ("gate", "param", "tighter"),
    [
        ("range_day", "range_min", math.inf),
        ("range_day", "range_max", -math.inf),
        ("gap", "gap_max", -math.inf),
    ],
)
def test_limits_include_their_bound(gate, param, tighter):
    """At a limit of exactly the value measured there is an order, a hair beyond there is none."""
    value = played().gate(gate, "09:45").value
    beyond = played(params={param: math.nextafter(value, tighter)})

    assert len(played(params={param: value}).orders) == 1
    assert len(beyond.orders) == 0
    assert beyond.refusing("09:45") == {gate}
    assert beyond.refusing("09:50") == {"plan"}


@pytest.mark.parametrize(
    ("params", "time", "trigger", "stop"),
    [
        # One bar: 10,112 to 10,124, a buffer of 0.60, and the stop beyond the far side.
        ({"window": 5}, "09:35", 1_012_460, 1_011_140),
        ({"window": 30}, "10:00", 1_012_540, 1_011_000),
        ({"stop_at": 2}, "09:45", 1_012_540, 1_009_460),
        ({"stop_at": 3}, "09:45", 1_012_540, 1_011_040),  # ATR14(D) is 150 points
        ({"buffer_share": 0.0}, "09:45", 1_012_402, 1_011_000),
        ({"buffer_share": 0.0501}, "09:45", 1_012_541, 1_011_000),
    ],
)
def test_windows_stops_and_buffers(params, time, trigger, stop):
    """Window, stop and buffer are as the parameters say; a part of a tick is a whole one."""
    (order,) = played(params=params).orders

    assert (order["ts"], order["trigger"], order["stop_loss"]) == (moment(TEST_DAY, time), trigger, stop)


def test_direction_can_be_asked_for():
    """The range closed below its open: with `with_direction` that is no long; one that rose is."""
    rising = RANGE.replace("10120 10124 10112 10114", "10107.99 10124 10107 10114")

    assert played(params={"with_direction": True}).refusing("09:45") == {"direction"}
    assert len(played(params={"with_direction": True}, text=rising).orders) == 1


@pytest.mark.parametrize(("close", "orders"), [("10125.40", 0), ("10125.41", 1)])
def test_close_entry(close, orders):
    """B-close buys at the market after the first M5 close beyond the buffer, not at it."""
    text = f"{RANGE}    10:15 10108 10126 10107 {close}\n"
    result = played("09:45 108 10:20 108 10:25 100 17:00 100", {"close_entry": True}, text=text)

    assert len(result.orders) == orders
    assert ("break_out" in result.refusing("10:20")) != bool(orders)
    assert all(order["trigger"] == 0 and order["ts"] == moment(TEST_DAY, "10:20") for order in result.orders)


@pytest.mark.parametrize(("rest", "trades"), [("11:50 108 11:55 130", 1), ("12:00 108 12:05 130", 0)])
def test_order_life(rest, trades):
    """A break up to 150 minutes after the anchor trades, a later one does not."""
    assert len(played(f"09:45 108 {rest} 17:00 130").trades) == trades


@pytest.mark.parametrize(("close", "cancelled"), [("10096.00", False), ("10095.99", True)])
def test_close_beyond_the_other_side(close, cancelled):
    """An M15 close below the range takes the waiting order away for good; one at its low does not."""
    text = f"{RANGE}    09:55 10100 10101 10095 {close}\n"
    result = played("09:45 100 10:15 100 10:30 130 17:00 130", text=text)

    assert bool(of_kind(result, 2)) == cancelled
    assert len(result.trades) == (0 if cancelled else 1)
    assert ("far_side" in result.refusing("10:00")) == cancelled


@pytest.mark.parametrize(("trend", "cancelled"), [(0.0, False), (-1.0, True)])
def test_trend_turns(trend, cancelled):
    """A higher trend that turns down takes the waiting order away; one that is merely lost does not."""
    events = scene(day())
    runner, journal = runner_of(NAME)
    runner.apply(events[events["ts"] <= moment(TEST_DAY, "10:05")])
    runner._views[0, 0]["trend"]["value"] = trend
    runner.apply(events[(events["ts"] > moment(TEST_DAY, "10:05")) & (events["ts"] < moment(TEST_DAY, "10:50"))])
    runner.flush()
    sent = journal.read("commands")

    assert (sent[-1]["kind"] == 2) == cancelled
    assert (sent[-1]["reason"] == 54) == cancelled


def test_news_withdraws_and_sends_again():
    """A waiting order is taken back when a news window opens and sent again when it has closed."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "09:50"), moment(TEST_DAY, "10:10"))
    result = played(more=[event])

    assert [order["ts"] for order in result.orders] == [moment(TEST_DAY, "09:45"), moment(TEST_DAY, "10:10")]
    assert [command["ts"] for command in of_kind(result, 2)] == [moment(TEST_DAY, "09:50")]
    assert result.refusing("10:05") == {"news"}


def test_broken_during_news():
    """A range broken during the news is not chased: no order while price stands beyond the trigger."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "09:50"), moment(TEST_DAY, "10:10"))
    result = played("09:45 108 09:55 108 10:00 130 17:00 130", more=[event])

    assert len(result.orders) == 1
    assert result.refusing("10:10") == {"unbroken"}


def test_one_trade_a_day():
    """After the stop a second break is left alone."""
    result = played("09:45 108 10:00 127 10:15 105 10:30 130 17:00 130")

    assert len(result.orders) == 1
    assert [trade["reason"] for trade in result.trades] == [41]


def test_target():
    """With a target of two risks it leaves at 10,125.40 + 2 x 15.40."""
    (trade,) = played("09:45 108 10:00 130 10:30 170 17:00 170", {"target": 2.0}).trades

    assert trade["reason"] == 42
    assert trade["exit_cost"] == trade["quantity"] * (1_012_540 + 2 * 1_540)


@pytest.mark.parametrize(("points", "moved"), [("140.79", False), ("140.80", True)])
def test_trail(points, moved):
    """From an M5 close one risk up, at 10,140.80, the stop follows the highest high less three ATR14(M5)."""
    result = played(f"09:45 108 10:00 127 10:10 {points} 10:15 130 17:00 130")
    replaced = of_kind(result, 3)

    assert bool(replaced) == moved
    assert all(command["ts"] >= moment(TEST_DAY, "10:10") for command in replaced)
    assert all(1_011_000 < command["trigger"] < 1_014_080 for command in replaced)


@pytest.mark.parametrize(
    ("symbol", "anchor", "time"), [("XAUUSD", 0, "03:15"), ("EURUSD", 2, "03:15"), ("GER40", 3, "03:15")]
)
def test_anchors(symbol, anchor, time):
    """Gold and FX open with London at 08:00, GER40 with Xetra at 09:00 Berlin: 03:00 in New York."""
    options = {"symbols": (symbol,)}
    result = play(NAME, scene(day(), symbol=symbol), {"anchor": anchor, "gap_max": 9}, **options)
    judged = result.rows("gates")
    asked = judged[(judged["gate"] == result.names.index("range_day")) & (judged["ts"] > moment(TEST_DAY, "18:00"))]

    assert [row["ts"] for row in asked] == [moment(TEST_DAY, time)]


@pytest.mark.parametrize(("ticks", "refused"), [(50, set()), (51, {"spread"})])
def test_spread(ticks, refused):
    """A spread of two and a half times the usual one is the most when the order is sent."""
    spread = {0: SPREAD, moment(TEST_DAY, "09:40"): ticks}

    assert played(spread=spread).refusing("09:45") == refused


def test_missing_bars():
    """A range that lacks one of its three bars is none."""
    rows = day()
    del rows[moment(TEST_DAY, "09:35")]

    assert play(NAME, scene(rows)).refusing("09:45") == {"bars"}


@pytest.mark.parametrize(("gap", "refused"), [("09:25", True), ("09:20", False)])
def test_reopening(gap, refused):
    """There is no entry in the first 15 minutes after prices came back, and one at exactly 15."""
    rows = day()
    for time in list(rows):
        if moment(TEST_DAY, "08:00") <= time < moment(TEST_DAY, gap):
            del rows[time]
    result = play(NAME, scene(rows), {"window": 5})

    assert ("reopened" in result.refusing("09:35")) == refused


def test_a_window_between_two_bars_is_kept_clear():
    """A window that opens at 09:53 takes the order back at 09:50, the last close before; it is sent again after it."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "09:53"), moment(TEST_DAY, "10:03"))
    result = played(more=[event])

    assert [order["ts"] for order in result.orders] == [moment(TEST_DAY, "09:45"), moment(TEST_DAY, "10:05")]
    assert [command["ts"] for command in of_kind(result, 2)] == [moment(TEST_DAY, "09:50")]


def test_nothing_is_sent_just_before_a_window():
    """With news due before the next bar closes no order is sent that would have to be taken back unseen."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "09:48"), moment(TEST_DAY, "10:03"))
    result = played(more=[event])

    assert [order["ts"] for order in result.orders] == [moment(TEST_DAY, "10:05")]
    assert result.refusing("09:45") == {"news_ahead"}
    assert of_kind(result, 2) == []


def test_news_that_become_known_late_take_the_order_back():
    """A release nobody knew of withdraws the order at the first close after it became known."""
    event = news(moment(TEST_DAY, "09:52"), moment(TEST_DAY, "09:37"), moment(TEST_DAY, "10:07"))
    result = played(more=[event])

    assert [command["ts"] for command in of_kind(result, 2)] == [moment(TEST_DAY, "09:55")]
    assert [order["ts"] for order in result.orders] == [moment(TEST_DAY, "09:45"), moment(TEST_DAY, "10:10")]


def test_no_order_waits_inside_any_window():
    """Wherever a window of half an hour lies, no entry fills inside it."""
    for minute in range(46, 100, 3):
        opens = moment(TEST_DAY, f"{9 + minute // 60:02}:{minute % 60:02}")
        closes = opens + 30 * 60 * 10**9
        result = played(BREAK, more=[news(moment(TEST_DAY, "03:00"), opens, closes)])

        assert [trade for trade in result.trades if opens <= trade["opened_at"] < closes] == []


def test_news_of_another_instrument_mean_nothing():
    """A window of instrument 1 leaves instrument 0 alone."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "09:50"), moment(TEST_DAY, "10:10"), instrument=1)

    assert len(played(more=[event]).orders) == 1


def test_flat_before_a_release():
    """Where the run asks for it the position leaves at the last close before it would be held through the release."""
    at = {"flat_at": moment(TEST_DAY, "13:58")}
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "13:30"), moment(TEST_DAY, "15:30"), kinds=2, **at)
    (trade,) = played(BREAK, more=[event]).trades

    assert trade["reason"] == 58
    assert abs(trade["closed_at"] - moment(TEST_DAY, "13:55")) < 10**9
