"""Sharing risk out: hand-calculated budgets, exactly solvable cases, properties, and the library against plain sums."""

import math
import tomllib
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.errors import TradewindError
from tradewind.results.budget import (
    METHODS,
    contributions,
    equal_contributions,
    recent_deviations,
    share_out,
    shrunk_covariance,
    volatility_target,
    yearly,
)
from tradewind.results.hierarchy import days_of, hierarchical_weights
from tradewind.results.printing_portfolio import budget_table, weights_toml
from tradewind.results.side_by_side import side_by_side
from tradewind.settings import Settings

PAIRS = [("opening_range", "US30"), ("opening_range", "XAUUSD"), ("pullback#2", "US30"), ("pullback#2", "XAUUSD")]


def covariance_of(deviations, correlations):
    """Return the covariance of deviations and a matrix of correlations."""
    return np.array(correlations) * np.outer(deviations, deviations)


def made_up(seed, days=250, scale=(0.004, 0.008, 0.002, 0.006)):
    """Return daily results of four lines, the first two moving together."""
    results = np.random.default_rng(seed).normal(0.0002, 1.0, (days, 4))
    results[:, 1] = 0.8 * results[:, 0] + 0.6 * results[:, 1]
    return results * np.array(scale)


def inverse_variance(covariance):
    """Return what stands in for the library where it is not asked: 1 / variance."""
    return 1 / np.diag(covariance)


def test_equal_contributions_of_two_lines_are_inverse_deviations():
    """With two lines the correlation does not matter: 1/0.01 against 1/0.03 is 3 to 1."""
    for together in (-0.5, 0.0, 0.9):
        covariance = covariance_of([0.01, 0.03], [[1, together], [together, 1]])

        assert equal_contributions(covariance) == pytest.approx([0.75, 0.25])


def test_equal_contributions_of_three_lines_by_hand():
    """Two lines with a correlation of 0.5, a third apart: weights x, x and 1 contribute x^2 (1 + 0.5), twice, and 1.

    So x = sqrt(2/3), and summing to 1 they are 0.3101, 0.3101 and 0.3798.
    """
    covariance = covariance_of([0.02] * 3, [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])
    x = math.sqrt(2 / 3)

    assert equal_contributions(covariance) == pytest.approx(np.array([x, x, 1]) / (2 * x + 1))


@given(seed=st.integers(1, 10_000), count=st.integers(1, 16))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_equal_contributions_are_equal(seed, count):
    """Whatever moves with what, every line contributes 1/N, and no weight is negative."""
    generator = np.random.default_rng(seed)
    results = generator.normal(0, 1, (count + 30, count)) @ generator.normal(0, 1, (count, count))
    covariance, _ = shrunk_covariance(results * generator.uniform(0.001, 1, count))
    weights = equal_contributions(covariance)

    assert contributions(weights, covariance) == pytest.approx(np.full(count, 1 / count), abs=1e-9)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights > 0).all()


def test_the_volatility_target_by_hand():
    """Deviations 1 % and 2 % a day, 10 % a year for two: 0.10 / 15.8745 / 2 is 0.315 % a day each: 0.315 and 0.157."""
    found = volatility_target(np.array([0.01, 0.02]), 0.10)

    assert found == pytest.approx([0.314970, 0.157485], abs=1e-6)


def test_the_newest_days_count_most():
    """One day of 3 % and one of 1 %: (0.94 x 9 + 1) / 1.94, the older first; the other way round (0.94 + 9) / 1.94."""
    found = recent_deviations(np.array([[0.03, 0.01], [0.01, 0.03]]))

    assert found == pytest.approx([0.01 * math.sqrt((0.94 * 9 + 1) / 1.94), 0.01 * math.sqrt((0.94 + 9) / 1.94)])


@pytest.mark.parametrize("target", [0.05, 0.10, None])
@pytest.mark.parametrize("method", ["equal", "inverse", "hrp"])
def test_the_level_is_the_target_or_that_of_weights_of_one(method, target):
    """The portfolio has the target's volatility a year, by the covariance the budget was made of."""
    results = made_up(3)
    budget = share_out(PAIRS, results, method, target=target, hierarchy=inverse_variance)
    covariance, _ = shrunk_covariance(results)

    assert budget.volatility == pytest.approx(budget.unweighted if target is None else target)
    assert budget.volatility == pytest.approx(yearly(np.array(budget.weights), covariance))
    assert budget.unweighted == pytest.approx(yearly(np.ones(4), covariance))
    assert sum(budget.contributions) == pytest.approx(1.0)


def test_the_volatility_method_stays_below_its_target():
    """Each line moves a quarter of the target by itself; together they move less, unless they move as one."""
    results = made_up(4)
    budget = share_out(PAIRS, results, "volatility", target=0.12)

    assert np.array(budget.weights) * recent_deviations(results) == pytest.approx(0.03 / math.sqrt(252))
    assert budget.volatility < 0.12
    as_one = np.outer(made_up(5)[:, 0], [1, 2, 3, 4])
    assert share_out(PAIRS, as_one, "volatility", target=0.12).shrinkage == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_no_weight_is_larger_than_allowed(method):
    """A calm line would get a large weight: it gets the most there may be, and is named."""
    budget = share_out(PAIRS, made_up(1, scale=(0.01, 0.01, 0.0001, 0.01)), method, target=0.2, most=2.0,
                       hierarchy=inverse_variance)  # fmt: skip

    assert max(budget.weights) == 2.0
    assert PAIRS[2] in budget.limited
    assert sum(budget.contributions) == pytest.approx(1.0)


def test_few_days_move_correlations_to_zero():
    """Deviations stay as measured; the fewer the days, the further correlations are moved; never beyond zero."""
    found = []
    for days in (20, 60, 250, 5000):
        results = made_up(7, days)
        covariance, shrinkage = shrunk_covariance(results)
        measured = np.corrcoef(results.T)[0, 1]
        found.append(shrinkage)

        assert np.sqrt(np.diag(covariance)) == pytest.approx(results.std(axis=0, ddof=1))
        shrunk = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
        assert shrunk == pytest.approx((1 - shrinkage) * measured)
    assert 1 >= found[0] > found[1] > found[2] > found[3] > 0


def test_the_shrinkage_is_that_of_the_paper():
    """Ledoit and Wolf's b^2 / d^2, summed day by day, on results divided by their deviation."""
    results = made_up(8, 40)
    standard = (results - results.mean(axis=0)) / results.std(axis=0)
    sample = np.cov(standard.T, ddof=0)
    noise = sum(((np.outer(day, day) - sample) ** 2).sum() for day in standard) / 40**2
    apart = ((sample - np.eye(4)) ** 2).sum()

    assert shrunk_covariance(results)[1] == pytest.approx(noise / apart)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (made_up(1, 19), "19 trading dates are too few"),
        (made_up(1) * np.array([1, 0, 1, 1]), "opening_range in XAUUSD has the same result on every date"),
    ],
)
def test_what_cannot_be_measured_is_refused(results, said):
    """Too few dates, and a line that never traded."""
    with pytest.raises(TradewindError, match=said):
        share_out(PAIRS, results, "equal")


def test_an_unknown_method_is_answered_with_the_nearest():
    """The name is said, and what there is."""
    with pytest.raises(TradewindError, match="equal"):
        share_out(PAIRS, made_up(1), "equall")


@given(seed=st.integers(1, 1000), count=st.integers(1, 12))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_made_up_days_have_the_covariance(seed, count):
    """What the library is shown has exactly the covariance it is to use."""
    root = np.random.default_rng(seed).normal(0, 0.01, (count, count + 3))
    covariance = root @ root.T

    assert np.cov(days_of(covariance).T, ddof=1).reshape(count, count) == pytest.approx(covariance, rel=1e-9, abs=1e-15)


def clusters(deviations):
    """Return a covariance in which lines 0 and 2 move together, and 1 and 3, and HRP's weights by hand.

    Each cluster gets 1 / its variance under inverse-variance weights, which within it are 1 / variance too.
    """
    together = np.array([[1, 0.1, 0.8, 0.1], [0.1, 1, 0.1, 0.8], [0.8, 0.1, 1, 0.1], [0.1, 0.8, 0.1, 1]])
    covariance = covariance_of(deviations, together)
    weights, risk = np.zeros(4), {}
    for pair in ((0, 2), (1, 3)):
        inside = 1 / np.diag(covariance)[list(pair)]
        inside /= inside.sum()
        weights[list(pair)] = inside
        risk[pair] = inside @ covariance[np.ix_(pair, pair)] @ inside
    for pair, other in (((0, 2), (1, 3)), ((1, 3), (0, 2))):
        weights[list(pair)] *= 1 - risk[pair] / (risk[pair] + risk[other])
    return covariance, weights


@pytest.mark.parametrize("deviations", [(0.01,) * 4, (0.01, 0.02, 0.03, 0.005), (0.002, 0.03, 0.002, 0.04)])
def test_hierarchical_risk_parity_of_two_clusters_by_hand(deviations):
    """The library's answer is that of the paper's two steps done by hand."""
    pytest.importorskip("skfolio", reason="tradewind[portfolio] is not installed")
    covariance, weights = clusters(deviations)

    assert hierarchical_weights(covariance) == pytest.approx(weights, rel=1e-9)


def test_hierarchical_risk_parity_of_lines_apart_is_inverse_variance():
    """Where nothing moves together the tree does not matter."""
    pytest.importorskip("skfolio", reason="tradewind[portfolio] is not installed")
    variances = np.array([1.0, 4.0, 0.25, 2.0, 9.0]) * 1e-4

    assert hierarchical_weights(np.diag(variances)) == pytest.approx(1 / variances / (1 / variances).sum())
    assert hierarchical_weights(np.array([[0.01]])).tolist() == [1.0]


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    """One sentence, and another method to go on with."""
    monkeypatch.setitem(__import__("sys").modules, "skfolio.cluster", None)
    with pytest.raises(TradewindError, match=r"tradewind\[portfolio\].*--method equal"):
        hierarchical_weights(np.eye(2))


def stored(name, pairs, profits, **changes):
    """Return a run as the store gives it: `profits` in cents by date, each line's."""
    first = date(2026, 1, 5)
    days = [first + timedelta(days=number + number // 5 * 2) for number in range(len(profits))]
    moments = [int((day - date(1970, 1, 1)).days) * 86_400_000_000_000 for day in days]
    standing = np.cumsum(profits, axis=0) / 100
    lines = [
        {"ts": ts, "strategy": pair[0], "symbol": pair[1], "earned": float(value), "unrealised": 0.0}
        for ts, row in zip(moments, standing, strict=True)
        for pair, value in zip(pairs, row, strict=True)
    ]
    schema = {
        "ts": pl.Int64,
        "strategy": pl.String,
        "symbol": pl.String,
        "earned": pl.Float64,
        "unrealised": pl.Float64,
    }
    equity = pl.DataFrame({"ts": moments, "date": days, "equity": 100_000 + standing.sum(axis=1)})
    as_time = pl.col("ts").cast(pl.Datetime("ns", "UTC"))
    document = {
        "id": name,
        "account": {"currency": "USD", "balance": "100000.00"},
        "summary": {"lines": [{"strategy": one, "symbol": two} for one, two in pairs]},
        "settings": {
            "sizing": {"method": "fixed_fraction", "fraction": 0.005, "cap": 0.01} | changes.get("sizing", {}),
            "portfolio": {"weights": changes.get("weights", {})},
        },
    }
    return document, {
        "lines": pl.DataFrame(lines, schema).with_columns(as_time),
        "equity": equity.with_columns(as_time),
    }


def test_runs_side_by_side_are_shares_of_their_own_equity():
    """Two runs over the dates that both have: profit over the equity of the evening before, per weight."""
    first = stored("one", PAIRS[:1], [[100_000], [-101_000], [0]])
    second = stored("two", PAIRS[1:2], [[50_000], [0], [100_500], [7]], weights={"opening_range": {"XAUUSD": 0.5}})
    found = side_by_side([first, second])

    assert found.pairs == PAIRS[:2]
    assert found.dates == [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)]
    assert found.shares[:, 0] == pytest.approx([0.01, -0.01, 0.0])
    assert found.shares[:, 1] == pytest.approx([0.01, 0.0, 0.02])
    assert found.most == 2.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sizing": {"method": "fixed_lots"}}, "fixed lots, which no weight can scale"),
        ({"sizing": {"fraction": 0.01}}, "sized by different rules"),
        ({"pairs": PAIRS[:1]}, "Several of the runs hold opening_range in US30"),
        ({"weights": {"opening_range": {"XAUUSD": 0}}}, "ran with a weight of 0"),
        ({"profits": [[-10_000_000], [0]]}, "was ruined"),
    ],
)
def test_runs_that_do_not_go_together_are_refused(changes, said):
    """Each with what to do."""
    pairs, profits = changes.pop("pairs", PAIRS[1:2]), changes.pop("profits", [[0], [1]])
    with pytest.raises(TradewindError, match=said):
        side_by_side([stored("one", PAIRS[:1], [[1], [2]]), stored("two", pairs, profits, **changes)])


def test_the_weights_written_are_settings():
    """What is written is read again as the same weights, cut to four digits, with names that need quotes."""
    budget = share_out(PAIRS, made_up(2), "equal", most=2.0)
    text = weights_toml(budget, ["20260105-120000000-abcdef0123"])
    weights = Settings.model_validate(tomllib.loads(text)).portfolio.weights
    read = [weights[strategy][symbol] for strategy, symbol in PAIRS]

    assert read == [math.floor(weight * 10_000) / 10_000 for weight in budget.weights]
    assert '[portfolio.weights."pullback#2"]' in text
    assert len(budget_table(budget, synthetic=True).rows) == 4
