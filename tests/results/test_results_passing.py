"""The chance to pass, where it can be known exactly, and the days a run is cut into."""

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tradewind.errors import BadData
from tradewind.markets.clock import DAY_CLOCKS
from tradewind.results.passing import (
    BREACHED,
    PASSED,
    TIMED_OUT,
    Play,
    chance,
    chance_of_days,
    played,
    stationary_days,
    wilson,
)
from tradewind.results.trading_days import TradingDays, trading_days
from tradewind.risk.limits import (
    AMOUNT_IN_CASH,
    AMOUNT_OF_BASE,
    BALANCE,
    BREACH_ON_EQUITY,
    CHECK_ON_TICK,
    DAILY,
    HALT,
    HIGHER,
    HIGHEST_BALANCE,
    HIGHEST_EQUITY,
    INITIAL,
    NEVER,
    NO_HIGHEST,
    OFF,
    ON_DAY_END,
    ON_TICK,
    ON_TRADE_CLOSE,
    TERMINATE,
    Goals,
    LossRule,
)

STATIC = LossRule(
    "total", "firm", INITIAL, NEVER, 0, AMOUNT_IN_CASH, 10, OFF, NO_HIGHEST, ON_TICK, OFF, BREACH_ON_EQUITY,
    CHECK_ON_TICK, 0, TERMINATE,
)  # fmt: skip
DAILY_LOSS = STATIC._replace(name="daily", base_mode=BALANCE, resets=DAILY, amount=5)


def days(*ways, traded=None):
    """Return days of one list of (equity, low, balance) samples each, as long as the longest."""
    longest = max(map(len, ways))
    padded = [[*way, *[(way[-1][0], way[-1][0], way[-1][2])] * (longest - len(way))] for way in ways]
    rows = np.array(padded, np.int64)
    return TradingDays(rows[:, :, 0], rows[:, :, 1], rows[:, :, 2], np.array(traded or [True] * len(ways)))


def flat(*profits):
    """Return days that close with these profits, lowest where they end if that is below zero."""
    return days(*([(profit, min(profit, 0), profit)] for profit in profits))


def one_path(made, *rules, goals=None, capital=1_000):
    """Return what became of the days in their order, from a capital of 1,000: status, rule and day."""
    play = Play(rules, goals or Goals(profit_target=10**6), capital, len(made.traded))
    outcome = played(made, np.arange(len(made.traded))[:, None], play)
    return outcome.status[0], outcome.rule[0], outcome.ended[0]


@pytest.mark.parametrize(("target", "ruin"), [(10, 10), (6, 12), (3, 9)])
def test_gamblers_ruin_of_a_fair_walk(target, ruin):
    """A fair walk of one a day reaches +a before -b with chance b / (a + b), after a x b days in the mean (Feller)."""
    rule = STATIC._replace(amount=ruin, inclusive=1)
    play = Play([rule], Goals(profit_target=target), 1_000, 4_000, block=1.0)
    made = flat(1, -1)
    paths = 20_000
    order = stationary_days(2, play.days, paths, 1.0, np.random.default_rng(1))

    outcome = played(made, order, play)
    passed = (outcome.status == PASSED).mean()
    exact = ruin / (target + ruin)

    assert passed == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / paths))
    assert outcome.ended.mean() == pytest.approx(target * ruin, rel=0.03)
    assert not (outcome.status == TIMED_OUT).any()


def test_gamblers_ruin_with_an_edge():
    """With chance p = 2/3 of +1 the chance is (1 - (q/p)^b) / (1 - (q/p)^(a+b)) (Feller XIV.2)."""
    rule = STATIC._replace(amount=4, inclusive=1)
    found = chance(flat(1, 1, -1), Play([rule], Goals(profit_target=6), 1_000, 2_000, block=1.0), 20_000, seed=2)
    exact = (1 - 0.5**4) / (1 - 0.5**10)

    low, high = found.passed_wilson
    assert found.passed == pytest.approx(exact, abs=0.007)
    assert low < found.passed < high
    assert found.breached == {"total": pytest.approx(1 - found.passed)}


def test_a_day_that_always_breaches_is_met_sooner_or_later():
    """Of ten days one is below the daily limit inside: after n days (9/10)^n of the paths live."""
    bad = [(0, -6, 0)]
    made = days(*[[(0, 0, 0)]] * 9, bad)
    found = chance(made, Play([DAILY_LOSS], Goals(profit_target=1), 1_000, 20, block=1.0), 20_000, seed=3)

    assert found.passed == 0.0
    assert found.median_days_to_pass is None
    assert found.timed_out == pytest.approx(0.9**20, abs=0.01)
    assert found.breached["daily"] == pytest.approx(1 - 0.9**20, abs=0.01)


@pytest.mark.parametrize(("low", "inclusive", "status"), [(-10, 0, TIMED_OUT), (-11, 0, BREACHED), (-10, 1, BREACHED)])
def test_a_floor_is_broken_strictly_below_it(low, inclusive, status):
    """Equity at the floor is no breach of a firm's rule, and one of the house's."""
    assert one_path(days([(0, low, 0)]), STATIC._replace(inclusive=inclusive))[0] == status


def test_the_days_low_counts_and_not_its_end():
    assert one_path(days([(0, -11, 0), (20, 0, 20)]), STATIC) == (BREACHED, 0, 1)


def test_the_overnight_trap():
    """8.13: 4,000 closed and 13,000 floating on 200,000 pass the evening and break the floor after midnight."""
    rule = DAILY_LOSS._replace(amount=10_000)
    trap = days([(-9_000, -9_000, 4_000)], [(0, 0, 13_000)])

    assert one_path(trap, rule, capital=200_000) == (BREACHED, 0, 2)
    assert one_path(trap, rule._replace(amount=13_001), capital=200_000)[0] == TIMED_OUT


def test_the_higher_of_balance_and_equity_is_the_base():
    """5 % of the higher: 1,000 closed after 40 floating gives a floor of 988 the next day, not 950."""
    rule = DAILY_LOSS._replace(base_mode=HIGHER, amount_of=AMOUNT_OF_BASE, amount=OFF, share=0.05)
    made = days([(40, 0, 0)], [(-52, -52, -52)], [(-1, -1, -1)])

    assert one_path(made, rule)[0] == TIMED_OUT
    assert one_path(days([(40, 0, 0)], [(-53, -53, -53)]), rule) == (BREACHED, 0, 2)


@pytest.mark.parametrize(
    ("update", "source", "status"),
    [
        (ON_TICK, HIGHEST_EQUITY, BREACHED),
        (ON_TRADE_CLOSE, HIGHEST_BALANCE, TIMED_OUT),
        (ON_DAY_END, HIGHEST_EQUITY, TIMED_OUT),
    ],
)
def test_what_a_trailing_floor_follows(update, source, status):
    """A floating peak of 8 that is given back: only the floor that follows floating equity inside the day is broken."""
    rule = STATIC._replace(highest_source=source, highest_update=update)
    made = days([(8, 0, 0), (-3, -3, -3)])

    assert one_path(made, rule)[0] == status


def test_a_peak_raises_the_floor_from_the_next_sample_on():
    rule = STATIC._replace(highest_source=HIGHEST_EQUITY, highest_update=ON_TICK)

    assert one_path(days([(8, -5, 8)]), rule)[0] == TIMED_OUT
    assert one_path(days([(8, -5, 8), (8, -3, 8)]), rule) == (BREACHED, 0, 1)


def test_a_lock_stops_the_floor():
    """8.12, Topstep 50k: 52,500 gives 50,000, and 55,000 does not raise it."""
    rule = STATIC._replace(amount=2_000, highest_source=HIGHEST_BALANCE, highest_update=ON_DAY_END, lock=50_000)
    made = flat(2_500, 2_500, -5_000)

    assert one_path(made, rule, capital=50_000)[0] == TIMED_OUT
    assert one_path(made, rule._replace(lock=OFF), capital=50_000) == (BREACHED, 0, 3)


def test_one_step_floor_follows_the_best_evening():
    """8.12, FTMO 1-step: after evenings at 104,000 and 103,000 the floor is 94,000."""
    rule = STATIC._replace(amount=10_000, highest_source=HIGHEST_BALANCE, highest_update=ON_DAY_END)

    assert one_path(flat(4_000, -1_000, -9_000), rule, capital=100_000)[0] == TIMED_OUT
    assert one_path(flat(4_000, -1_000, -9_001), rule, capital=100_000) == (BREACHED, 0, 3)


def test_a_daily_limit_that_only_stops_the_day():
    """A firm that closes everything at its daily limit ends the day there: the rest of it does not happen."""
    rule = DAILY_LOSS._replace(severity=HALT, inclusive=1)
    made = days([(0, -5, 0), (-50, -50, -50)], [(0, 0, 0)])

    assert one_path(made, rule, STATIC)[0] == TIMED_OUT
    assert one_path(made, STATIC) == (BREACHED, 0, 1)


@pytest.mark.parametrize(
    ("goals", "ended"),
    [
        (Goals(profit_target=10), 2),
        (Goals(profit_target=10, minimum_days=4), 4),
        (Goals(profit_target=10, best_day=0.5), 3),
        (Goals(profit_target=10, minimum_profitable_days=3, profitable_day=2), 4),
        (Goals(profit_target=10, best_day=0.45, best_day_of_all=False), 4),
    ],
)
def test_goals_are_asked_for_at_the_end_of_days(goals, ended):
    """Profits of 8, 2, 6 and 2 reach ten on the second day; what else is asked for comes later."""
    made = flat(8, 2, 6, 2)
    if goals.minimum_profitable_days == 3:
        made = flat(8, 2, -1, 2)
    status, _, day = one_path(made, goals=goals)

    assert (status, day) == (PASSED, ended)


def test_a_profit_that_floats_is_no_profit_yet():
    assert one_path(days([(12, 0, 0)], [(0, 0, 0)]), goals=Goals(profit_target=10))[0] == PASSED
    assert one_path(days([(12, 0, 0)], [(0, 0, -12)]), goals=Goals(profit_target=10))[0] == TIMED_OUT


def test_blocks_keep_days_together():
    """With blocks of ten days in the mean, nine days of ten follow the one before; with one, none has to."""
    drawn = stationary_days(50, 2_000, 20, 10.0, np.random.default_rng(4))
    single = stationary_days(50, 2_000, 20, 1.0, np.random.default_rng(4))

    assert ((drawn[1:] - drawn[:-1]) % 50 == 1).mean() == pytest.approx(0.9 + 0.1 / 50, abs=0.01)
    assert ((single[1:] - single[:-1]) % 50 == 1).mean() == pytest.approx(1 / 50, abs=0.005)
    assert np.bincount(drawn.ravel(), minlength=50).min() > 0


def test_the_same_seed_gives_the_same_chance():
    play = Play([STATIC], Goals(profit_target=5), 1_000, 50)

    assert chance(flat(1, -1), play, 500, seed=7) == chance(flat(1, -1), play, 500, seed=7)
    assert chance(flat(1, -1), play, 500, seed=7) != chance(flat(1, -1), play, 500, seed=8)


def test_few_days_make_a_wide_interval():
    """Forty days say less than four hundred: the interval of the days shrinks, that of the simulation stays."""
    play = Play([STATIC], Goals(profit_target=10), 1_000, 200, block=1.0)
    rng = np.random.default_rng(11)
    few, many = (flat(*rng.integers(-3, 4, count).tolist()) for count in (40, 1_000))
    narrow, wide = (chance_of_days(made, play, 60, 200, seed=1) for made in (many, few))

    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)]
)
def test_wilson_interval(successes, trials, low, high):
    """Published values: 0 and 5 of 10; 81 of 263 gives 0.2553 to 0.3662 (Newcombe 1998, table I)."""
    assert wilson(successes, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_without_a_target_nothing_can_be_passed():
    with pytest.raises(BadData, match="profit target"):
        chance(flat(1), Play([STATIC], Goals(), 1_000, 10), 10, seed=1)


def table(rows):
    """Return an equity table of (moment, balance, equity, low) in dollars."""
    when = [datetime.fromisoformat(f"{text}+00:00").astimezone(UTC) for text, *_ in rows]
    columns = {"ts": pl.Series(when, dtype=pl.Datetime("ns", "UTC"))}
    for place, name in enumerate(("balance", "equity", "low_equity"), 1):
        columns[name] = pl.Series([float(row[place]) for row in rows])
    return pl.DataFrame(columns)


def opened(*moments):
    when = [datetime.fromisoformat(f"{text}+00:00").astimezone(UTC) for text in moments]
    return pl.DataFrame({"opened": pl.Series(when, dtype=pl.Datetime("ns", "UTC"))})


def test_days_are_cut_at_prague_midnight():
    """In January Prague's midnight is 23:00 UTC: the sample taken there ends the day, the next one begins another."""
    samples = table(
        [
            ("2026-01-14T22:00", 100, 101, 99),
            ("2026-01-14T23:00", 102, 102, 100.5),
            ("2026-01-15T00:00", 102, 105, 101),
            ("2026-01-15T22:00", 104, 104, 98),
        ]
    )
    made = trading_days(samples, opened("2026-01-15T10:00"), 10_000, 2, DAY_CLOCKS["prop"])

    assert made.equity.tolist() == [[100, 200], [300, 200]]
    assert made.low.tolist() == [[-100, 50], [-100, -400]]
    assert made.balance.tolist() == [[0, 200], [0, 200]]
    assert made.traded.tolist() == [False, True]


def test_quiet_weekends_are_no_days():
    samples = table([("2026-01-16T20:00", 100, 100, 100), ("2026-01-17T12:00", 100, 100, 100),
                     ("2026-01-18T12:00", 100, 101, 100), ("2026-01-19T12:00", 100, 100, 100)])  # fmt: skip
    made = trading_days(samples, opened(), 10_000, 2, DAY_CLOCKS["prop"])

    assert len(made.traded) == 3


def test_a_larger_account_has_larger_days():
    made = days([(10, -4, 10)]).scaled(2.5)

    assert (made.equity[0, 0], made.low[0, 0], made.balance[0, 0]) == (25, -10, 25)
