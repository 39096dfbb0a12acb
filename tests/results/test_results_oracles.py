"""Our formulas against quantstats and empyrical-reloaded on the same days; where they differ on purpose, why.

The product imports neither. Seen with quantstats 0.0.86 and empyrical-reloaded 0.7.1.
"""

import warnings
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from tradewind.results import growth, overfitting, statistics, trade_quality

DAYS = 600
SAMPLES = range(4)


@pytest.fixture(scope="module")
def oracles():
    """The libraries; loading them warns of many things that are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            names = {"pandas": "pandas", "quantstats": "quantstats.stats", "empyrical": "empyrical"}
            return SimpleNamespace(**{name: import_module(path) for name, path in names.items()})
        except ImportError as error:
            pytest.skip(f"{error.name} is not installed")


def sample(seed):
    """Return daily returns with fat tails, some idle days and a little drift, and the equity they make of 100."""
    returns = np.random.default_rng(seed).standard_t(5, DAYS) * 0.006 + 0.0004
    returns[50:60] = 0
    return returns, 100 * np.cumprod(1 + returns)


def dated(oracles, returns):
    return oracles.pandas.Series(returns, oracles.pandas.date_range("2022-01-03", periods=len(returns)))


@pytest.mark.parametrize("seed", SAMPLES)
def test_ratios_are_theirs(oracles, seed):
    """Sharpe and Sortino ratios, without and with a riskless rate a day, are those of both libraries."""
    returns, _ = sample(seed)
    series, riskless = dated(oracles, returns), 0.02 / 252

    assert statistics.sharpe(returns).per_year == pytest.approx(oracles.quantstats.sharpe(series, periods=252))
    assert statistics.sharpe(returns).per_year == pytest.approx(oracles.empyrical.sharpe_ratio(series))
    assert statistics.sharpe(returns - riskless).per_year == pytest.approx(
        oracles.empyrical.sharpe_ratio(series, risk_free=riskless)
    )
    assert growth.sortino(returns) == pytest.approx(oracles.quantstats.sortino(series, periods=252))
    assert growth.sortino(returns) == pytest.approx(oracles.empyrical.sortino_ratio(series))
    assert growth.sortino(returns, 0.0002) == pytest.approx(
        oracles.empyrical.sortino_ratio(series, required_return=0.0002)
    )


@pytest.mark.parametrize("seed", SAMPLES)
def test_drawdowns_are_theirs(oracles, seed):
    """The deepest and the whole series of drawdowns agree; their Ulcer index divides by n - 1, ours by n days."""
    returns, equity = sample(seed)
    series = dated(oracles, returns)

    assert statistics.max_drawdown(equity, 100) == pytest.approx(oracles.quantstats.max_drawdown(series))
    assert statistics.max_drawdown(equity, 100) == pytest.approx(oracles.empyrical.max_drawdown(series))
    assert growth.under_water(equity, 100) == pytest.approx(
        oracles.quantstats.to_drawdown_series(series).to_numpy(), abs=1e-12
    )
    assert growth.ulcer(equity, 100) * np.sqrt(DAYS / (DAYS - 1)) == pytest.approx(
        oracles.quantstats.ulcer_index(series)
    )


@pytest.mark.parametrize("seed", SAMPLES)
def test_the_longest_drawdown_is_theirs(oracles, seed):
    """They count the days under water, we the time from the peak to the recovery: one day more; unless it never came.

    What had not recovered ends for both with the last day: ours is then as long as theirs.
    """
    returns, equity = sample(seed)
    details = oracles.quantstats.drawdown_details(oracles.quantstats.to_drawdown_series(dated(oracles, returns)))
    found = growth.longest_drawdown(np.arange(1, DAYS + 1), equity, 100, 0)

    assert found.length == details["days"].max() + (1 if found.recovered else 0)


@pytest.mark.parametrize("seed", SAMPLES)
def test_growth_and_calmar_are_theirs(oracles, seed):
    """They take 252 dates for a year, we 365.25 calendar days: with as many of those the growth is the same."""
    returns, equity = sample(seed)
    series = dated(oracles, returns)
    yearly = growth.annual_growth(100, float(equity[-1]), DAYS / 252 * 365.25)

    assert yearly == pytest.approx(oracles.quantstats.cagr(series, periods=252))
    assert yearly == pytest.approx(oracles.empyrical.cagr(series))
    assert growth.calmar(yearly, statistics.max_drawdown(equity, 100)) == pytest.approx(
        oracles.empyrical.calmar_ratio(series)
    )


@pytest.mark.parametrize("seed", SAMPLES)
def test_results_of_single_bets_are_theirs(oracles, seed):
    """Profit factor, payoff and losing streak agree; their win rate leaves out days at zero, ours counts them."""
    returns, _ = sample(seed)
    series = dated(oracles, returns)

    assert statistics.profit_factor(returns) == pytest.approx(oracles.quantstats.profit_factor(series))
    assert trade_quality.payoff(returns) == pytest.approx(oracles.quantstats.payoff_ratio(series))
    assert statistics.longest_losing_streak(returns) == oracles.quantstats.consecutive_losses(series)
    assert statistics.win_rate(returns[returns != 0]) == pytest.approx(oracles.quantstats.win_rate(series))


@pytest.mark.parametrize("seed", SAMPLES)
def test_the_probability_of_a_sharpe_ratio_is_theirs(oracles, seed):
    """Theirs takes unbiased skew and kurtosis, ours those of the sample; put into ours they give theirs."""
    returns, _ = sample(seed)
    series, found = dated(oracles, returns), overfitting.moments(returns)
    theirs = oracles.quantstats.probabilistic_sharpe_ratio(series, periods=252)
    skew, kurtosis = oracles.quantstats.skew(series), oracles.quantstats.kurtosis(series) + 3

    assert found is not None
    assert overfitting.probabilistic_sharpe(found.sharpe, 0, DAYS, skew, kurtosis) == pytest.approx(theirs, rel=1e-12)
    assert overfitting.probabilistic_sharpe(found.sharpe, 0, *found[1:]) == pytest.approx(theirs, abs=1e-3)
