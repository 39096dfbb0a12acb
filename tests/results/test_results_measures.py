"""Every measure of a run, from its tables and its document."""

import json
import math
from datetime import date

import polars as pl
import pytest
from results_cases import DAY, HOUR, LOSER, START, UNRATED, US30, WINNER, facts, rows, run_of
from test_acceptance_statistics import R

from tradewind.results import statistics
from tradewind.results.facts import Closing
from tradewind.results.measures import daily_returns, measure, notionals


def sampled(equity, days=None):
    """Return samples of the account at the ends of trading dates from Monday 2024-03-04, in minor units."""
    weekdays = [19_786 + 7 * (place // 5) + place % 5 for place in range(len(equity))]
    return rows(
        "samples",
        *(
            {"ts": day * DAY + 22 * HOUR, "date": day, "balance": cents, "equity": cents, "low_equity": cents}
            for day, cents in zip(days or weekdays, equity, strict=True)
        ),
    )


def three_trades(equity=None):
    """Return a run with a winner of 196.50, a loser of -101.75 and a trade without a stop of -0.03 dollars."""
    return run_of(
        trades=rows("trades", WINNER, LOSER, UNRATED), samples=sampled(equity or [10_019_650, 10_009_475, 10_009_472])
    )


def measured(run):
    document, tables = run
    return measure(tables, document)


def test_measures_of_three_trades_by_hand():
    """Net 196.50 - 101.75 - 0.03 = 94.72; R 1.965 and -1.0175, mean 0.47375; costs 4 + 2 + 3 + 0.5 + 10 + 1.75 + 0.04.

    Before spread (14) and slippage (2) they made 94.72 + 16 = 110.72, which is 6.92 times them.
    """
    found = measured(three_trades())

    assert (found["trades"], found["wins"], found["losses"], found["rated"]) == (3, 1, 2, 2)
    assert found["win_rate"] == pytest.approx(1 / 3)
    assert found["win_rate_error"] == pytest.approx(math.sqrt(2 / 27))
    assert found["average_net"] == pytest.approx(94.72 / 3)
    assert found["profit_factor"] == pytest.approx(196.5 / 101.78)
    assert found["payoff"] == pytest.approx(196.5 / (101.78 / 2))
    assert found["expectancy_r"] == pytest.approx(0.47375)
    assert found["costs"] == pytest.approx(-21.29)
    assert found["cost_share"] == pytest.approx(21.29 / (94.72 + 21.29))
    assert found["cost_r"] == pytest.approx((9.5 + 11.75) / 2 / 100)
    assert found["break_even_multiple"] == pytest.approx(110.72 / 16)
    # The winner fell 20 points below its entry, 20 x 2 lots of the 100 risked, and rose 110.
    assert found["mae_r"] == pytest.approx((0.4 + 1.0) / 2)
    assert found["mfe_r"] == pytest.approx((2.2 + 0.5) / 2)
    assert found["edge_ratio"] == pytest.approx(2.7 / 1.4)
    assert found["efficiency"] == pytest.approx(1.965 / 2.2)
    assert found["scratches"] == 0


def test_trades_that_overlap_count_once():
    """The loser was opened while the winner was open: two of the three are separate, and one of the two rated."""
    found = measured(three_trades())

    assert found["effective_trades"] == 2
    assert found["expectancy_error_r"] == pytest.approx(2.9825 / math.sqrt(2) / math.sqrt(2))
    assert found["expectancy_error_effective_r"] == pytest.approx(2.9825 / math.sqrt(2))


def test_notional_and_turnover_by_hand():
    """The winner was 2 lots at 40,000 and 40,100, a dollar a point; the loser half a lot of 100 ounces at 2,000."""
    _, tables = three_trades()
    bought, sold = notionals(tables["trades"])

    assert bought[:2] == pytest.approx([80_000, 100_000], rel=1e-4)
    assert sold[:2] == pytest.approx([80_200, 100_100], rel=1e-4)
    found = measured(three_trades())
    mean, years = (100_196.5 + 100_094.75 + 100_094.72) / 3, 1 / 365.25
    assert found["turnover"] == pytest.approx((bought + sold).sum() / mean / years)


def test_leverage_is_notional_over_equity_and_time():
    """One trade of 80,000 for an hour on 100,000, in a day of 24 hours or of the 23 that US30 trades."""
    document, tables = run_of(facts(US30), trades=rows("trades", WINNER), samples=sampled([10_000_000]))
    found = measure(tables, document)
    known = measure(tables, document | {"settings": {"profile": "metatrader"}})

    assert found["exposure"] == pytest.approx(0.1)
    assert found["leverage"] == pytest.approx(0.8 / 24, rel=1e-6)
    assert found["holding_days"] == pytest.approx(1 / 24)
    assert known["leverage"] == pytest.approx(0.8 / 23, rel=1e-6)


def test_growth_and_drawdown_of_days():
    """Four days at 101, 99, 100 and 102 thousand: -1.98 % from the second to the fourth, two days under water."""
    run = facts(end=START + 4 * DAY)
    document, tables = run_of(run, samples=sampled([10_100_000, 9_900_000, 10_000_000, 10_200_000]))
    found = measure(tables, document)

    assert found["return_share"] == pytest.approx(0.02)
    assert found["annual_growth"] == pytest.approx(1.02 ** (365.25 / 4) - 1)
    assert found["max_drawdown"] == pytest.approx(99 / 101 - 1)
    assert found["drawdown_days"] == 3
    assert found["drawdown_recovered"]
    assert found["calmar"] == pytest.approx(found["annual_growth"] / -found["max_drawdown"])
    assert found["ulcer"] == pytest.approx(math.sqrt(((2 / 101) ** 2 + (1 / 101) ** 2) / 4))
    assert found["sharpe_day"] is None


def test_drawdowns_are_those_the_kernel_saw():
    """Between two samples an account may have been lower; the kernel knows, and its closing says so."""
    closing = Closing(START + DAY, 19_787, 10_000_000, 10_000_000, 0, -0.03, -0.04)
    found = measured(run_of(facts(closing=closing), samples=sampled([10_000_000])))

    assert found["max_drawdown"] == -0.03
    assert found["worst_drawdown"] == -0.04


def test_days_without_a_trade_are_days():
    """Thirty days of which one made money: the ratio counts all of them; cash at 2 % a year takes 2 / 252 % a day."""
    equity = [10_000_000 + (100_000 if place > 10 else 0) + place % 2 for place in range(30)]
    document, tables = run_of(facts(end=START + 45 * DAY), samples=sampled(equity))
    returns = daily_returns(tables["equity"], document)
    found, above_cash = measure(tables, document), measure(tables, document, riskless=0.02)

    assert found["trading_dates"] == len(returns) == 30
    assert found["sharpe_year"] == statistics.sharpe(returns).per_year
    assert found["sharpe_year_error"] == pytest.approx(found["sharpe_day_error"] * math.sqrt(252))
    assert above_cash["sharpe_day"] == statistics.sharpe(returns - 0.02 / 252).per_day
    assert 0.5 < found["sharpe_probability"] < 1
    assert found["minimum_track_dates"] > 1


def test_a_run_without_trades_can_be_measured():
    """Where nothing happened nothing is said, and nothing fails; the answer is plain data for JSON."""
    found = measured(run_of(samples=sampled([10_000_000] * 30)))

    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["trades"] == found["turnover"] == found["drawdown_days"] == 0
    assert {found[name] for name in ("expectancy_r", "quality_number", "sharpe_day", "calmar", "payoff")} == {None}
    assert measured(run_of())["trades"] == 0


def test_a_ruined_account_has_no_ratio():
    """An account at or below zero has no daily returns from there; its growth is -100 %."""
    document, tables = run_of(samples=sampled([10_000_000] * 30 + [-5]))
    found = measure(tables, document)

    assert found["sharpe_day"] is None
    assert found["annual_growth"] == -1


def test_the_vector_of_the_rules():
    """8.14: twelve trades by their R give mean 0.3417, SQN 0.872, profit factor 1.788 and a win rate of a half."""
    trades = [
        WINNER | {
            "number": place, "opened_at": START + place * HOUR, "closed_at": START + (place + 1) * HOUR,
            "gross": round(r * 10_000), "commission": 0, "financing": 0, "spread_cost": 0, "slippage_cost": 0,
        }
        for place, r in enumerate(R)
    ]  # fmt: skip
    found = measured(run_of(trades=rows("trades", *trades), samples=sampled([10_041_000])))

    assert found["expectancy_r"] == pytest.approx(0.3417, abs=5e-5)
    assert found["expectancy_error_r"] == pytest.approx(1.3568 / math.sqrt(12), abs=5e-5)
    assert found["quality_number"] == pytest.approx(0.872, abs=5e-4)
    assert found["profit_factor"] == pytest.approx(1.788, abs=5e-4)
    assert found["win_rate"] == 0.5
    assert found["effective_trades"] == 12


def test_daily_returns_begin_with_the_first_date():
    """The roll before the first date ends no date; the initial balance stands before the first one."""
    document, tables = run_of(samples=sampled([10_100_000, 10_100_000]))
    dated = tables["equity"].filter(pl.col("date").is_not_null())

    assert dated["date"][0] == date(2024, 3, 4)
    assert daily_returns(tables["equity"], document) == pytest.approx([0.01, 0.0])
