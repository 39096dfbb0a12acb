"""Rule set C by hand: Asia 10,005 to 10,025, London up to 10,125 from 10,015, New York closes an M15 bar beyond.

The edge is 10,125 plus a twentieth of ATR14(M15), 0.73 points. The stop is below the lowest low of the last four M15
bars or a quarter of London's range below its high, 10,097.50, whichever is lower.
"""

import math

import pytest
from strategy_market import TEST_DAY, moment, news, path, play, scene, table

NAME = "london_continuation"
NIGHT = "18:00 0  20:00 10  03:00 20  09:30 120"
CALM = "09:30 120 09:45 120 17:00 120"
BREAK = "    09:55 10120 10129 10119 10128\n"
AFTER = "09:30 120 10:00 128 "


def day(text=BREAK, rest=CALM, night=NIGHT):
    """Return the bars of a test day with this night, rest and break."""
    return path(TEST_DAY, night, 10_000) | path(TEST_DAY, rest, 10_000) | table(TEST_DAY, text)


def played(params=None, text=BREAK, rest=CALM, night=NIGHT, more=()):
    return play(NAME, scene(day(text, rest, night), *more), params)


def exits(rest):
    """Return the one trade of a day that goes on like this after the break at 10:00."""
    (trade,) = played(rest=AFTER + rest).trades
    return trade


def test_entry():
    """The first M15 close beyond London's high buys, in two halves, one with a target 1.5 risks away."""
    first, second = played().orders
    risk = 1_012_820 - first["stop_loss"]

    assert first["ts"] == second["ts"] == moment(TEST_DAY, "10:00")
    assert first["side"] == second["side"] == 1
    assert 0 <= second["quantity"] - first["quantity"] <= 1
    assert first["stop_loss"] == second["stop_loss"] < 1_009_750
    assert first["take_profit"] == math.ceil(1_012_820 + 1.5 * risk)
    assert second["take_profit"] == 0


def test_values_by_hand():
    """What the gates measured is what a ruler on the chart measures."""
    result = played()

    assert result.gate("location", "09:30").value == pytest.approx(105 / 110)
    assert result.gate("efficiency", "09:30").value == pytest.approx(100 / 98.717948, rel=1e-4)
    assert result.gate("range_usual", "09:30").value == pytest.approx(1)
    assert result.gate("above_asia", "09:30").value == pytest.approx(12_500 - 2_500 - 0.1 * 2_000)
    assert result.gate("close_above_asia", "09:30").value == pytest.approx(12_000 - 2_500)
    assert result.gate("stretch", "09:30").value == pytest.approx(125 / 150)


@pytest.mark.parametrize(
    ("gate", "param", "tighter"),
    [
        ("location", "location_min", math.inf),
        ("efficiency", "efficiency_min", math.inf),
        ("range_usual", "range_min", math.inf),
        ("range_usual", "range_max", -math.inf),
        ("stretch", "stretch_max", -math.inf),
    ],
)
def test_limits_include_their_bound(gate, param, tighter):
    """At a limit of exactly the value measured there is a trade, a hair beyond there is none."""
    value = played().gate(gate, "09:30").value
    beyond = played({param: math.nextafter(value, tighter)})

    assert len(played({param: value}).orders) == 2
    assert len(beyond.orders) == 0
    assert beyond.refusing("09:30") == {gate}
    assert beyond.refusing("10:00") == {"bias"}


def test_london_inside_asia():
    """A London that did not leave Asia's range has nothing to continue."""
    refused = played(night="18:00 0  20:00 10  21:00 125  03:00 20  09:30 120").refusing("09:30")

    assert refused >= {"above_asia", "close_above_asia"}


@pytest.mark.parametrize(("points", "orders"), [(-0.01, 0), (0.01, 2)])
def test_break(points, orders):
    """The close must be beyond London's high by the buffer."""
    buffer = 12_800 - 12_500 - played().gate("break_out", "10:00").value
    close = 10_125 + math.floor(buffer) / 100 + (max(points, 0))
    result = played(text=f"    09:55 10120 10129 10119 {close:.2f}\n")

    assert len([order for order in result.orders if order["ts"] == moment(TEST_DAY, "10:00")]) == orders


def test_only_the_first_close_counts():
    """When news forbid the first close beyond, the next one is not taken either."""
    event = news(moment(TEST_DAY, "03:00"), moment(TEST_DAY, "09:50"), moment(TEST_DAY, "10:10"))
    result = played(rest=AFTER + "17:00 128", more=[event])

    assert len(result.orders) == 0
    assert result.refusing("10:00") == {"news"}
    assert result.refusing("10:15") == {"bias"}


@pytest.mark.parametrize(("close", "alive"), [("10070.00", True), ("10069.99", False)])
def test_close_below_the_middle(close, alive):
    """An M15 close below London's middle, 10,070, ends the setup before it began."""
    text = f"    09:40 10120 10121 10069 {close}\n    10:25 10120 10129 10119 10128\n"
    result = played({"partial": 0.0}, text=text, rest="09:30 120 17:00 120")

    assert ("middle" in result.refusing("09:45")) != alive
    assert (result.refusing("10:30") == {"bias"}) != alive


@pytest.mark.parametrize(("minutes", "orders"), [(29, 0), (30, 2)])
def test_setup_window(minutes, orders):
    """The close may come up to the last minute of the window."""
    assert len(played({"setup_minutes": minutes}).orders) == orders


def test_london_close():
    """At 16:30 London, 11:30 in New York, what is not half a risk up is closed; what is stays until 15:55."""
    losing, winning = exits("17:00 128"), exits("11:00 146 17:00 146")

    assert (losing["reason"], winning["reason"]) == (44, 45)
    assert abs(losing["closed_at"] - moment(TEST_DAY, "11:30")) < 10**9
    assert abs(winning["closed_at"] - moment(TEST_DAY, "15:55")) < 10**9


def test_half_at_target_then_trail():
    """Half leaves 1.5 risks up; from then on the stop of the rest follows the M15 average, until it is hit."""
    result = played(rest=AFTER + "11:00 180 12:00 120 17:00 120")
    (trade,) = result.trades
    first, second = result.orders
    moved = [command["trigger"].item() for command in result.commands if command["kind"] == 3]

    assert moved == sorted(set(moved))
    assert (trade["fills"], trade["reason"]) == (4, 41)
    assert trade["exit_cost"] == first["quantity"] * first["take_profit"] + second["quantity"] * moved[-1]


def test_flat_before_a_release():
    """Where the run asks for it both halves leave at the last close before the release."""
    at = {"flat_at": moment(TEST_DAY, "10:28")}
    event = news(moment(TEST_DAY, "10:02"), moment(TEST_DAY, "10:15"), moment(TEST_DAY, "10:45"), **at)
    (trade,) = played(rest=AFTER + "17:00 128", more=[event]).trades

    assert trade["reason"] == 58
    assert abs(trade["closed_at"] - moment(TEST_DAY, "10:25")) < 10**9
