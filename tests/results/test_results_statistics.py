"""The formulas against answers worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.results import statistics
from tradewind.results.statistics import Estimate


def test_win_rate_and_profit_factor():
    """Wins 100 + 50 = 150, losses 60: 150 / 60 = 2.5; two of four won, and the one at zero did not."""
    net = [100, -60, 0, 50]
    assert statistics.win_rate(net) == 0.5
    assert statistics.profit_factor(net) == 2.5


def test_without_losses_there_is_no_profit_factor():
    assert statistics.profit_factor([5, 1]) is None
    assert statistics.profit_factor([]) is None
    assert statistics.win_rate([]) is None


def test_expectancy_with_its_error():
    """R 2, -1, -1, 2: mean 0.5, deviations 1.5 each, variance 4 x 2.25 / 3 = 3, error sqrt(3 / 4)."""
    mean, error = statistics.expectancy([2, -1, -1, 2])
    assert mean == 0.5
    assert error == pytest.approx(math.sqrt(0.75))
    assert statistics.expectancy([1.5]) == Estimate(1.5, None)
    assert statistics.expectancy([]) is None


@pytest.mark.parametrize(
    ("net", "streak"),
    [([], 0), ([1], 0), ([-1], 1), ([-1, -1, 1, -1], 2), ([-1, 1, -1, -1, -1], 3), ([-1, 0, -1], 1)],
)
def test_the_longest_losing_streak(net, streak):
    assert statistics.longest_losing_streak(net) == streak


@pytest.mark.parametrize(
    ("equity", "drawdown"),
    [([], 0.0), ([110, 121], 0.0), ([90], -0.1), ([120, 90, 100, 130, 117], -0.25), ([80, 160, 140], -0.2)],
)
def test_drawdown_begins_at_the_initial_equity(equity, drawdown):
    """From 120 to 90 is a quarter; from the initial 100 to 80 a fifth."""
    assert statistics.max_drawdown(equity, 100) == pytest.approx(drawdown)


def test_worst_corners_are_measured_from_the_peak_before_them():
    """Interval 2 fell to 99 from the 110 before it (-10 %), not from the 132 after it (-25 %)."""
    assert statistics.worst_drawdown([110, 132], [100, 99], 100) == pytest.approx(-0.1)
    assert statistics.worst_drawdown([], [], 100) == 0.0


def test_sharpe_of_a_series_done_by_hand():
    """Twenty days, half +2 %, half -1 %: mean 0.5 %, variance 20 x 1.5^2 / 19, deviation 1.538968 %.

    0.5 / 1.538968 = 0.324893 a day, x sqrt(252) = 5.157519 a year; error sqrt((1 + 0.105556 / 2) / 20) =
    0.229432.
    """
    ratio = statistics.sharpe([0.02, -0.01] * 10)
    assert ratio.per_day == pytest.approx(0.324893, abs=1e-6)
    assert ratio.per_year == pytest.approx(5.157519, abs=1e-5)
    assert ratio.error == pytest.approx(0.229432, abs=1e-6)


@pytest.mark.parametrize("returns", [[0.01, -0.01] * 9 + [0.01], [0.0] * 30, [0.01, -1.0] * 15, []])
def test_where_a_sharpe_ratio_says_nothing_there_is_none(returns):
    """Nineteen days, days without any change, a lost account, no day at all."""
    assert statistics.sharpe(returns) is None


def test_daily_returns_count_from_the_initial_equity_and_keep_idle_days():
    """100 -> 110 -> 110 -> 99: +10 %, 0, -10 %."""
    assert statistics.daily_returns([110, 110, 99], 100) == pytest.approx([0.1, 0.0, -0.1])


def test_cost_share():
    """Costs of 25 out of a gross of 100; a gross loss has no share."""
    assert statistics.cost_share(-25, 100) == 0.25
    assert statistics.cost_share(-25, -1) is None


SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12)


@given(SPANS)
def test_time_covered_counts_every_moment_once(spans):
    """Against counting the moments one by one."""
    opened = np.array([start for start, _ in spans], np.int64)
    closed = np.array([start + length for start, length in spans], np.int64)
    moments = {moment for start, length in spans for moment in range(start, start + length)}
    assert statistics.time_covered(opened, closed) == len(moments)
