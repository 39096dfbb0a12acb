"""The equity curve: growth, ratios and drawdowns against answers worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.results import growth, statistics
from tradewind.results.growth import Spell

RETURNS = st.lists(st.integers(-2000, 2000).map(lambda points: points / 10_000), min_size=20, max_size=80)


def test_growth_of_a_year_and_of_half_of_one():
    """A year of +10 % is 10 %; half a year of it is 1.1^2 - 1 = 21 %; a lost account is -100 %."""
    assert growth.annual_growth(100, 110, 365.25) == pytest.approx(0.10)
    assert growth.annual_growth(100, 110, 365.25 / 2) == pytest.approx(0.21)
    assert growth.annual_growth(100, 0, 30) == -1
    assert growth.annual_growth(100, 110, 0) is None
    assert growth.annual_growth(100, 110, 1e-4) is None


def test_sortino_counts_all_days():
    """Twenty days, half +2 %, half -1 %: mean 0.5 %, root of mean squared loss sqrt(0.5) %, ratio sqrt(0.5) a day.

    The deviation of the losing days alone would be zero.
    """
    assert growth.sortino([0.02, -0.01] * 10) == pytest.approx(math.sqrt(0.5) * math.sqrt(252))
    assert growth.sortino([0.01] * 30) is None
    assert growth.sortino([0.02, -0.01] * 9) is None


def test_lo_by_hand():
    """Days of +1, -1 by turns about a mean: rho_1 = -19/20 of 20 days; q = 2 gives SR x 2 / sqrt(2 - 2 x 19/20)."""
    returns = np.array([0.02, 0.0] * 10)
    ratio = statistics.sharpe(returns)

    assert growth.adjusted_sharpe(returns, year=2, lags=1) == pytest.approx(ratio.per_day * 2 / math.sqrt(2 - 1.9))


def test_lo_without_memory_is_the_plain_ratio():
    """Without any lag the factor is sqrt(252); trends make a year worse than that, reversals better."""
    rng, calm = np.random.default_rng(2), np.zeros(1000)
    shocks = rng.standard_normal(1000)
    for place in range(1, 1000):
        calm[place] = 0.4 * calm[place - 1] + shocks[place]
    returns = calm * 0.01 + 0.001
    plain = statistics.sharpe(returns).per_year

    assert growth.adjusted_sharpe(returns, lags=0) == pytest.approx(plain)
    assert 0 < growth.adjusted_sharpe(returns) < plain
    assert growth.adjusted_sharpe(np.tile([0.02, -0.01], 300)) is None or growth.adjusted_sharpe(returns) < plain


def test_drawdowns_by_hand():
    """100, 120, 90, 120, 130, 117: under water at 90 (-25 %) and 117 (-10 %); Ulcer sqrt((.0625 + .01) / 6)."""
    equity = [100, 120, 90, 120, 130, 117]

    assert growth.under_water(equity, 100) == pytest.approx([0, 0, -0.25, 0, 0, -0.1])
    assert growth.ulcer(equity, 100) == pytest.approx(math.sqrt(0.0725 / 6))
    assert growth.ulcer([], 100) == 0


@pytest.mark.parametrize(
    ("equity", "spell"),
    [
        ([], Spell(0, recovered=True)),
        ([110, 120], Spell(0, recovered=True)),
        ([90, 100], Spell(2, recovered=True)),  # from the start at 0 to 2
        ([120, 90, 95, 120, 110], Spell(3, recovered=True)),  # from 1 to 4; open at the end: 1
        ([120, 130, 90, 95, 99, 98], Spell(4, recovered=False)),  # from 2 to the end at 6
        ([110, 110, 90, 110], Spell(2, recovered=True)),  # from the last moment at the peak
    ],
)
def test_time_under_water(equity, spell):
    """From the last moment at the peak to the recovery, else to the end."""
    assert growth.longest_drawdown(np.arange(1, len(equity) + 1), equity, 100, 0) == spell


def test_calmar():
    """20 % a year over a drawdown of 10 % is 2; without a drawdown there is none."""
    assert growth.calmar(0.2, -0.1) == 2
    assert growth.calmar(0.2, 0.0) is None
    assert growth.calmar(None, -0.1) is None


@given(RETURNS, st.floats(0.1, 1000))
def test_the_size_of_an_account_changes_nothing(returns, size):
    """Growth, drawdowns and their duration are of shares."""
    equity = np.cumprod(1 + np.array(returns))
    when = np.arange(1, len(returns) + 1)

    assert growth.under_water(equity * size, size) == pytest.approx(growth.under_water(equity, 1), abs=1e-12)
    assert growth.annual_growth(size, equity[-1] * size, 100) == pytest.approx(growth.annual_growth(1, equity[-1], 100))
    assert 0 <= growth.longest_drawdown(when, equity, 1, 0).length <= len(returns)


@given(RETURNS, st.integers(0, 2**32 - 1))
def test_the_order_of_days_changes_no_ratio(returns, seed):
    """Sharpe and Sortino know no order; the deepest drawdown is between nothing and everything, and bounds Ulcer."""
    shuffled = np.random.default_rng(seed).permutation(returns)
    equity = np.cumprod(1 + np.array(returns))
    deepest = statistics.max_drawdown(equity, 1)

    assert _close(growth.sortino(shuffled), growth.sortino(returns))
    assert -1 <= deepest <= 0
    assert growth.ulcer(equity, 1) <= -deepest + 1e-12
    assert deepest <= float(growth.under_water(equity, 1).min(initial=0)) + 1e-12


@given(RETURNS, st.floats(0.1, 10))
def test_leverage_changes_no_ratio(returns, leverage):
    """Twice the size is twice the return and twice the deviation."""
    bigger = np.array(returns) * leverage

    assert _close(growth.sortino(bigger), growth.sortino(returns))
    assert _close(growth.adjusted_sharpe(bigger), growth.adjusted_sharpe(returns))


def _close(one, other):
    return one == other or (one is not None and other is not None and one == pytest.approx(other, rel=1e-6, abs=1e-9))
