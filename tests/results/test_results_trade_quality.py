"""What single trades tell, against answers worked out by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.results import statistics
from tradewind.results import trade_quality as quality


def test_payoff_and_win_rate_with_its_error():
    """Wins 100 and 50, losses 60 and 40 and a trade at zero: 75 / 50 = 1.5; 2 of 5, error sqrt(.4 x .6 / 5)."""
    net = [100, -60, 0, 50, -40]

    assert quality.payoff(net) == 1.5
    assert quality.win_rate_error(net) == pytest.approx(math.sqrt(0.048))
    assert quality.payoff([1, 2]) is None
    assert quality.win_rate_error([]) is None


def test_a_scratch_is_less_than_a_twentieth_of_the_risk():
    """0.049 R and nothing are scratches, 0.05 R is a result."""
    assert quality.scratches([0.049, -0.049, 0.05, -0.05, 0, 2]) == 3


def test_excursions_by_hand():
    """MFE 2 and 1 over MAE 0.5 and 1: 1.5 / 0.75 = 2; a winner of 1 R at a best of 2 R kept half, one of 1.5 all."""
    assert quality.edge_ratio([2, 1], [0.5, 1]) == 2
    assert quality.edge_ratio([1], [0]) is None
    assert quality.efficiency([1, 1.5, -1], [2, 1.5, 3]) == 0.75
    assert quality.efficiency([-1], [1]) is None


def test_cost_in_r():
    """Costs of 10 and 30 at risks of 100 and 200 are 0.1 and 0.15 R, 0.125 on average; unknown risks are left out."""
    assert quality.cost_in_r([-10, -30, -99], [100, 200, math.nan]) == pytest.approx(0.125)
    assert quality.cost_in_r([-10], [math.nan]) is None


def test_break_even_multiple():
    """300 before spread and slippage of 100 stand three times of them; a loss before them stands none."""
    assert quality.break_even_multiple(300, -100) == 3
    assert quality.break_even_multiple(-1, -100) == 0
    assert quality.break_even_multiple(300, 0) is None


@pytest.mark.parametrize(
    ("spans", "count"),
    [
        ([], 0),
        ([(0, 10)], 1),
        ([(0, 10), (10, 20)], 2),  # one closed when the other opened
        ([(0, 10), (5, 15), (10, 20)], 2),
        ([(0, 100), (1, 2), (3, 4)], 2),  # the long one is given up
        ([(5, 5), (5, 5)], 1),  # the same moment twice
    ],
)
def test_separate_trades(spans, count):
    """Trades that overlap count once, and the selection is the largest there is."""
    opened, closed = (np.array([span[side] for span in spans], np.int64) for side in (0, 1))
    assert quality.separate_trades(opened, closed) == count


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=9)


@given(SPANS)
def test_separate_trades_are_the_most_there_can_be(spans):
    """Against trying every selection."""
    found = [(start, start + length) for start, length in spans]
    opened, closed = (np.array([span[side] for span in found], np.int64) for side in (0, 1))
    most = max(
        size
        for size in range(len(found) + 1)
        for chosen in itertools.combinations(sorted(found), size)
        if all(first[1] <= second[0] for first, second in itertools.pairwise(chosen))
    )

    assert quality.separate_trades(opened, closed) == most


def test_what_a_unit_of_price_is_worth():
    """Two trades made 200 for 20 points x lots, one lost 50 for 5: 10 each; without a move nobody knows."""
    worth = quality.cash_per_price(
        np.array([200.0, -50.0, 0.0]), np.array([20.0, -5.0, 0.0]), np.array([0, 0, 1]), instruments=2
    )

    assert worth[0] == 10
    assert math.isnan(worth[1])


NETS = st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=40)


@given(NETS, st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_order_and_size_change_no_quality(net, factor, seed):
    """Rates, factors and numbers of quality are the same for trades in another order and at another size."""
    other = np.random.default_rng(seed).permutation(net) * factor
    formulas = [statistics.win_rate, statistics.profit_factor, quality.payoff, quality.win_rate_error]
    formulas += [statistics.quality_number] if len(set(net)) > 1 else []

    for formula in formulas:
        assert _close(formula(other), formula(net))


@given(NETS, st.floats(-100, -0.01))
def test_at_the_break_even_multiple_nothing_is_left(net, scaled):
    """So much more spread and slippage turns the result into nothing, exactly; no multiple helps a loss before them."""
    before = float(sum(net))
    multiple = quality.break_even_multiple(before, scaled)

    assert before + multiple * scaled == pytest.approx(min(before, 0.0), abs=1e-6)


def _close(one, other):
    return one == other or (one is not None and other is not None and one == pytest.approx(other, rel=1e-9))
