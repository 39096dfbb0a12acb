"""Acceptance vectors 8.11 to 8.15 of the domain rules: margin close-out, loss floors, R statistics, overfitting."""

from decimal import Decimal

import numpy as np
import pytest

from tradewind.kernel.sizing import kelly_fraction
from tradewind.markets.loading import load_profile
from tradewind.markets.loss_floors import daily_floor, is_breach, static_floor, trailing_floor
from tradewind.results.overfitting import best_of_noise, deflated_sharpe, overfitting_probability
from tradewind.results.reshuffle import compounded, drawdowns
from tradewind.results.statistics import expectancy, max_drawdown, profit_factor, quality_number, win_rate

R = [1.8, -1, -1, 2, -1, 0.4, -1, 2, 1.1, -1, -0.2, 2]


def test_oanda_closeout():
    """8.11: margin used 9949.8 at a net asset value of 49393.658 is 0.10072 of the way to the close-out."""
    share = load_profile("oanda").closeout_share(Decimal("9949.8"), Decimal("49393.658"))

    assert round(share, 5) == Decimal("0.10072")


@pytest.mark.parametrize(
    ("balances", "floors"),
    [((104_000, 103_000), (94_000, 94_000))],
)
def test_one_step_floor_only_rises(balances, floors):
    """8.12: FTMO 1-step on 100,000 starts at 90,000, rises to 94,000 after 104,000 and stays there after 103,000."""
    highest, seen = 100_000, []
    start = trailing_floor(100_000, highest, 10_000)
    for balance in balances:
        highest = max(highest, balance)
        seen.append(trailing_floor(100_000, highest, 10_000))

    assert start == 90_000
    assert tuple(seen) == floors


def test_end_of_day_trailing_floor_locks():
    """8.12: Topstep 50k: 50,500 gives 48,500, 50,000 keeps it, 52,500 gives 50,000 and there it is locked."""
    highest, seen = 50_000, []
    for balance in (50_500, 50_000, 52_500, 55_000):
        highest = max(highest, balance)
        seen.append(trailing_floor(50_000, highest, 2_000, lock=50_000))

    assert seen == [48_500, 48_500, 50_000, 50_000]


def test_overnight_trap():
    """8.13: 4,000 closed and 13,000 floating on 200,000 is legal before Prague midnight and a breach after it."""
    equity = 200_000 + 4_000 - 13_000
    before = daily_floor(200_000, 10_000)
    after = daily_floor(204_000, 10_000)

    assert (before, is_breach(equity, before)) == (190_000, False)
    assert (after, is_breach(equity, after)) == (194_000, True)
    assert static_floor(200_000, 20_000) == 180_000


def test_r_statistics():
    """8.14: mean 0.3417, standard deviation 1.3568, SQN 0.872, profit factor 1.788, half of the trades won."""
    estimate = expectancy(R)

    assert estimate is not None
    assert estimate.mean == pytest.approx(0.3417, abs=5e-5)
    assert np.std(R, ddof=1) == pytest.approx(1.3568, abs=5e-5)
    assert quality_number(R) == pytest.approx(0.872, abs=5e-4)
    assert profit_factor(R) == pytest.approx(1.788, abs=5e-4)
    assert win_rate(R) == 0.5


def test_fixed_fraction_path():
    """8.14: at half a per cent 100,000 becomes 102,043.65 with a drawdown of 0.9975 %, in any order the same end."""
    equity = compounded(R, 0.005, 100_000)
    shuffled = compounded(np.random.default_rng(3).permutation(R), 0.005, 100_000)

    assert equity[-1] == pytest.approx(102_043.65, abs=0.005)
    assert shuffled[-1] == pytest.approx(equity[-1], rel=1e-12)
    assert max_drawdown(equity, 100_000) == pytest.approx(-0.009975, abs=5e-7)


def test_reshuffled_drawdown():
    """8.14: the worst twentieth of the orders has a drawdown of 2.08 % or more."""
    worst = drawdowns(R, 0.005, 20_000, seed=5)

    assert np.quantile(worst, 0.05) == pytest.approx(-0.0208, abs=0.0006)


def test_empirical_kelly():
    """8.14: the fraction that maximises the mean of ln(1 + f R) is 0.225."""
    assert kelly_fraction(np.array(R), len(R)) == pytest.approx(0.225, abs=5e-4)


@pytest.mark.parametrize(("trials", "noise", "deflated"), [(100, 0.1132, 0.9004), (46, 0.1004, 0.9505)])
def test_deflated_sharpe(trials, noise, deflated):
    """8.15: Bailey and Lopez de Prado's example, annual Sharpe 2.5 over 1,250 days."""
    sharpe = 2.5 / np.sqrt(250)
    variance = 0.5 / 250

    assert best_of_noise(variance, trials) == pytest.approx(noise, abs=5e-5)
    assert deflated_sharpe(sharpe, 1_250, -3, 10, variance=variance, trials=trials) == pytest.approx(deflated, abs=5e-5)


def test_pure_noise_is_overfitted_half_of_the_time():
    """8.15: over 60 seeds the probability of overfitting of pure noise averages between 0.45 and 0.56."""
    found = [
        overfitting_probability(np.random.default_rng(seed).standard_normal((1_000, 100)), 10) for seed in range(60)
    ]

    assert 0.45 <= np.mean(found) <= 0.56


def test_a_true_edge_is_seldom_overfitted():
    """One variant with a true daily Sharpe ratio of 0.15 among noise brings the probability down to about 0.12."""
    found = []
    for seed in range(20):
        returns = np.random.default_rng(seed).standard_normal((1_000, 100))
        returns[:, 0] += 0.15
        found.append(overfitting_probability(returns, 10))

    assert np.mean(found) < 0.25
