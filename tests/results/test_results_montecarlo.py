"""What else might have come out: draws that keep what they must, intervals that hold what they promise."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_cases import DAY, HOUR, LOSER, START, UNRATED, WINNER, facts, rows, run_of

from tradewind.results import montecarlo, statistics
from tradewind.results.excursions import average_true_range, edge_ratios
from tradewind.results.reshuffle import drawdowns

R = [1.8, -1, -1, 2, -1, 0.4, -1, 2, 1.1, -1, -0.2, 2]


def test_a_block_goes_on_until_it_ends():
    """Places follow one another, wrapped round, except at about one place in five; every place is as likely."""
    places = np.concatenate(list(montecarlo.resampled(100, 5, 4000, seed=1)))
    follows = places[:, 1:] == (places[:, :-1] + 1) % 100

    assert places.shape == (4000, 100)
    assert follows.mean() == pytest.approx(0.8 + 0.2 / 100, abs=0.005)
    assert np.bincount(places.ravel(), minlength=100).std() / 4000 < 0.05


def test_the_seed_decides():
    """The same seed draws the same, another one does not; how many are drawn at once changes nothing of shape."""
    returns = np.random.default_rng(0).normal(0.001, 0.01, 200)
    one, same, other = (montecarlo.day_intervals(returns, 5, seed=seed, repeats=200) for seed in (1, 1, 2))

    assert one == same != other
    assert sum(len(part) for part in montecarlo.resampled(1_000_000, 5, 3, seed=1)) == 3


def test_intervals_hold_the_truth_as_often_as_they_say():
    """The true ratio of 2 a year lies in the 90 % interval of 200 samples of two years about 90 % of the time."""
    rng = np.random.default_rng(5)
    truth = 2 / np.sqrt(252)
    inside = 0
    for seed in range(200):
        found = montecarlo.day_intervals(rng.normal(truth, 1, 504) * 0.01, 5, seed=seed, repeats=300)["sharpe_year"]
        inside += found.low <= 2 <= found.high

    assert 0.82 <= inside / 200 <= 0.97


def test_the_bootstrap_is_that_of_arch():
    """The interval of the Sharpe ratio is the one that arch's stationary bootstrap gives, up to chance."""
    bootstrap = pytest.importorskip("arch.bootstrap")
    returns = np.random.default_rng(6).normal(0.0005, 0.01, 500)
    theirs = bootstrap.StationaryBootstrap(5, returns, seed=1).apply(lambda days: days.mean() / days.std(ddof=1), 4000)
    found = montecarlo.day_intervals(returns, 5, seed=1, repeats=4000)["sharpe_year"]

    assert found.low == pytest.approx(np.quantile(theirs, 0.05) * np.sqrt(252), abs=0.08)
    assert found.high == pytest.approx(np.quantile(theirs, 0.95) * np.sqrt(252), abs=0.08)


@given(st.lists(st.integers(-500, 500).map(lambda points: points / 10_000), min_size=20, max_size=60))
def test_drawdowns_are_between_nothing_and_everything(returns):
    """Whatever is drawn: limits in order, drawdowns in [-1, 0], chances in [0, 1]."""
    found = montecarlo.day_intervals(returns, 5, seed=3, repeats=50)

    assert -1 <= found["max_drawdown"].low <= found["max_drawdown"].median <= found["max_drawdown"].high <= 0
    assert found["annual_growth"].low <= found["annual_growth"].high
    assert 0 <= found["loss_probability"] <= 1


def test_other_orders_keep_the_end_and_change_the_way():
    """The drawdown of the order that happened is one of those that are drawn; many orders are drawn in parts."""
    worst = drawdowns(R, 0.005, 2000, seed=5)

    assert worst.min() < -0.009975 < worst.max()
    assert (drawdowns([], 0.005, 7, seed=1) == 0).all()
    assert drawdowns(np.tile(R, 100_000), 0.0001, 5, seed=1).shape == (5,)
    assert drawdowns([-2.0, 1], 1, 4, seed=1).min() == -1


def test_missed_trades():
    """Missing none changes nothing; of a hundred equal trades a tenth missed leaves nine tenths, and no loss."""
    none = montecarlo.missed([10, -5, 3], 0, seed=1, repeats=10)
    found = montecarlo.missed([1.0] * 100, seed=1)

    assert none["net"] == (8, 8, 8)
    assert found["net"].median == pytest.approx(90, abs=2)
    assert found["average_net"] == (1, 1, 1)
    assert found["loss_probability"] == 0
    assert montecarlo.missed([100, *[-1.0] * 50], seed=2)["loss_probability"] == pytest.approx(0.1, abs=0.03)


def test_costs_by_hand():
    """Two trades of 100 and -40 at mid prices with costs of 6 and 4: 60 without, 50, 45 and 40 with x1, x1.5, x2."""
    parts = {
        "gross_mid": [100, -40],
        "spread": [-4, -4],
        "slippage": [-2, 0],
        "commission": [0, 0],
        "financing": [0, 0],
    }
    found = montecarlo.at_costs(
        {name: np.array(values, np.float64) for name, values in parts.items()}, pl.Series([100.0, None])
    )

    assert [row["multiple"] for row in found] == [0, 1, 1.5, 2]
    assert [row["net"] for row in found] == [60, 50, 45, 40]
    assert [row["expectancy_r"] for row in found] == pytest.approx([1, 0.94, 0.91, 0.88])
    assert found[1]["profit_factor"] == pytest.approx(94 / 44)


def run_of_days(count=60):
    """Return a run of one trade a day, winners and losers by turns, and its samples."""
    trades, samples, balance = [], [], 10_000_000
    for place in range(count):
        opened = START + (7 * (place // 5) + place % 5) * DAY
        gross = 20_000 if place % 2 else -10_000
        balance += gross - 350
        trades.append(
            WINNER | {"number": place, "opened_at": opened + HOUR, "closed_at": opened + 2 * HOUR, "gross": gross}
        )
        day = 19_786 + 7 * (place // 5) + place % 5
        samples.append(
            {"ts": opened + 22 * HOUR, "date": day, "balance": balance, "equity": balance, "low_equity": balance}
        )
    return run_of(facts(end=START + 84 * DAY), trades=rows("trades", *trades), samples=rows("samples", *samples))


def test_a_run_is_simulated_as_plain_data():
    """All of it is there, survives JSON, and the middle of what is drawn is near what happened."""
    document, tables = run_of_days()
    found = montecarlo.simulate(tables, document, seed=4, repeats=400)

    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["block_days"] >= 5
    low, middle, high = (found["expectancy_r"][name] for name in ("low", "median", "high"))
    assert low < 0.465 < high
    assert middle == pytest.approx(0.465, abs=0.1)
    assert found["days"]["annual_growth"]["low"] < found["days"]["annual_growth"]["high"]
    assert found["reordered_drawdown"]["worst_1"] <= found["reordered_drawdown"]["worst_50"] < 0
    assert found["costs"][1]["net"] == pytest.approx(sum(tables["trades"]["net"]))


def test_the_interval_of_expectancy_keeps_dates_together():
    """Four copies of each trade on its date tell no more than one: the interval stays as wide."""
    _, tables = run_of_days()
    once = montecarlo.expectancy_interval(tables["trades"], seed=1)
    often = montecarlo.expectancy_interval(pl.concat([tables["trades"]] * 4), seed=1)
    error = statistics.expectancy(tables["trades"]["r"].to_numpy()).error

    assert once == often
    assert once.high - once.low == pytest.approx(2 * 1.645 * error, rel=0.1)


@pytest.mark.parametrize("trades", [(), (WINNER,), (UNRATED, UNRATED | {"number": 31}), (WINNER, LOSER)])
def test_a_record_that_is_too_short_says_so(trades):
    """Without days, trades or stops there is None instead of an error."""
    document, tables = run_of(trades=rows("trades", *trades))
    found = montecarlo.simulate(tables, document, seed=1, repeats=20)

    assert found["days"] is None
    assert (found["missed"] is None) == (len(trades) < 2)


def prices(closes):
    """Return five-minute bars whose high and low are one above and below the close, opening at the last close."""
    opens = [closes[0], *closes[:-1]]
    return pl.DataFrame({
        "ts": [START + place * 300 * 10**9 for place in range(len(closes))], "open": [float(one) for one in opens],
        "high": [max(one, two) + 1.0 for one, two in zip(opens, closes, strict=True)],
        "low": [min(one, two) - 1.0 for one, two in zip(opens, closes, strict=True)],
        "close": [float(one) for one in closes],
    })  # fmt: skip


def entered(places, side):
    """Return trades opened at the open of bars."""
    return pl.DataFrame(
        {"opened": [START + place * 300 * 10**9 for place in places], "side": [side] * len(places)}
    ).with_columns(closed=pl.col("opened"))


def test_edge_ratio_by_hand():
    """Flat bars of height 2, then up 4 a bar: from the open at 100 the best of two bars is 9, the worst 1; ATR is 2."""
    bars = prices([100] * 20 + [104, 108, 112])
    long, short = (edge_ratios(entered([20], side), bars, (2, 5))[0] for side in ("long", "short"))

    assert (long.favour, long.against, long.ratio, long.trades) == (4.5, 0.5, 9, 1)
    assert short.ratio == pytest.approx(1 / 9)
    assert edge_ratios(entered([20, 5], "long"), bars, (5,))[0].trades == 0


def test_entries_by_chance_have_an_edge_of_one():
    """Over a random walk the ratio is near 1 at every horizon, for both sides."""
    rng = np.random.default_rng(9)
    bars = prices((10_000 + np.cumsum(rng.normal(0, 2, 40_000))).tolist())
    places = rng.choice(np.arange(100, 39_000), 3_000, replace=False).tolist()
    found = edge_ratios(pl.concat([entered(places, "long"), entered(places[::2], "short")]), bars)

    assert [edge.ratio for edge in found] == pytest.approx([1] * 6, abs=0.05)
    assert all(abs(edge.ratio - 1) < 3 * edge.error for edge in found)
    assert all(0.005 < edge.error < 0.03 for edge in found)


def test_the_average_true_range_is_wilders():
    """Fourteen ranges of 2, then one of 16: 2, then 2 + 14 / 14 = 3; nothing before there are fourteen."""
    high, low = np.full(15, 101.0), np.full(15, 99.0)
    high[14] = 115
    found = average_true_range(high, low, np.full(15, 100.0))

    assert found[12:].tolist() == [0, 2, 3]
