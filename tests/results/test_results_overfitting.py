"""How much of a result is luck: ratios discounted, trials counted, variants tested together."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import BadData
from tradewind.results.dependence import LEAST_DAYS, block_days, block_length
from tradewind.results.overfitting import (
    best_of_noise,
    cross_validate,
    deflate,
    deflated_sharpe,
    minimum_track,
    moments,
    probabilistic_sharpe,
)
from tradewind.results.superiority import superiority
from tradewind.results.trials import clusters, count_trials, deflated_best, effective_trials, mean_correlation

RATIOS = st.floats(-0.5, 0.5)


def noise(seed, periods=750, variants=40):
    """Return daily returns of worthless variants, one per cent a day."""
    return np.random.default_rng(seed).standard_normal((periods, variants)) * 0.01


def persistent(phi, seed=0, count=2000):
    """Return a series in which each value remembers `phi` of the one before."""
    shocks, values = np.random.default_rng(seed).standard_normal(count), np.zeros(count)
    for place in range(1, count):
        values[place] = phi * values[place - 1] + shocks[place]
    return values


def test_moments_of_a_sample_made_by_hand():
    """1, 2, 3, 4, 10: mean 4, deviation sqrt(12.5), skew 36 x sqrt(5) / 50 x sqrt(5), kurtosis as scipy says."""
    found = moments([1, 2, 3, 4, 10])
    centred = np.array([-3, -2, -1, 0, 6.0])

    assert found is not None
    assert found.sharpe == pytest.approx(4 / math.sqrt(12.5))
    assert found.skew == pytest.approx((centred**3).mean() / 10**1.5)
    assert found.kurtosis == pytest.approx((centred**4).mean() / 10**2)
    assert moments([0.01] * 30) is None
    assert moments([]) is None


def test_moments_are_those_of_scipy():
    """Skew and kurtosis are scipy's defaults, with Fisher's 3 added back."""
    stats = pytest.importorskip("scipy.stats")
    sample = np.random.default_rng(4).standard_t(4, 400)
    found = moments(sample)

    assert found is not None
    assert found.skew == pytest.approx(stats.skew(sample), rel=1e-12)
    assert found.kurtosis == pytest.approx(stats.kurtosis(sample, fisher=False), rel=1e-12)


@given(RATIOS, RATIOS, st.integers(20, 3000), st.floats(-3, 3), st.floats(0, 20))
def test_a_higher_ratio_against_a_lower_bar_is_never_less_probable(sharpe, benchmark, periods, skew, more):
    """PSR falls with the benchmark, is a half at it, and for normal returns rises with the ratio."""
    kurtosis = 1 + skew**2 + more
    found = probabilistic_sharpe(sharpe, benchmark, periods, skew, kurtosis)

    assert 0 <= found <= 1
    assert probabilistic_sharpe(sharpe, benchmark + 0.1, periods, skew, kurtosis) <= found
    assert probabilistic_sharpe(sharpe, sharpe, periods, skew, kurtosis) == 0.5
    assert probabilistic_sharpe(sharpe + 0.1, 0, periods, 0, 3) >= probabilistic_sharpe(sharpe, 0, periods, 0, 3)


@given(RATIOS, st.floats(0.01, 0.5), st.floats(-3, 3), st.floats(0.1, 20), st.floats(0.6, 0.999))
def test_minimum_track_is_where_the_probability_is_reached(benchmark, above, skew, more, confidence):
    """With as many periods as MinTRL says, PSR is the confidence; below the benchmark no length is enough."""
    kurtosis, sharpe = 1 + skew**2 + more, benchmark + above
    periods = minimum_track(sharpe, benchmark, skew, kurtosis, confidence=confidence)

    assert periods is not None
    assert probabilistic_sharpe(sharpe, benchmark, periods, skew, kurtosis) == pytest.approx(confidence, abs=1e-9)
    assert minimum_track(benchmark, sharpe, skew, kurtosis) is None


def test_minimum_track_by_hand():
    """An annual ratio of 2 on normal days, 252 a year, beats 0 at 95 % after 1 + 1.00794 x (1.64485 / 0.12599)^2."""
    found = minimum_track(2 / math.sqrt(252), 0, 0, 3)

    assert found == pytest.approx(1 + (1 + 0.5 * 4 / 252) * (1.6448536 / (2 / math.sqrt(252))) ** 2, rel=1e-7)
    assert round(found or 0) == 173


def test_one_trial_deflates_nothing():
    """A single trial is judged against 0, and each further one raises the bar."""
    returns = noise(3)[:, 0] + 0.001
    alone, many = (deflate(returns, variance=1 / 750, trials=number) for number in (1, 100))

    assert alone is not None
    assert many is not None
    assert alone.noise == 0
    assert alone.probability == probabilistic_sharpe(*_with_benchmark(returns))
    assert many.probability < alone.probability
    bars = [best_of_noise(0.002, number) for number in (1, 1.2, 2, 5, 100, 10_000)]
    assert bars == sorted(bars)


def _with_benchmark(returns):
    found = moments(returns)
    assert found is not None
    return found.sharpe, 0.0, found.periods, found.skew, found.kurtosis


def test_the_best_of_noise_is_what_noise_shows():
    """The expected best of 50 independent ratios is met by simulation within two per cent."""
    best = np.random.default_rng(8).standard_normal((20_000, 50)).max(axis=1).mean() * 0.05

    assert best_of_noise(0.05**2, 50) == pytest.approx(best, rel=0.02)


def test_every_split_is_tried_once():
    """The vectorised cross-validation is the plain one: each split by itself, ranks by sorting."""
    from itertools import combinations  # noqa: PLC0415  only this test needs it

    returns = noise(5, periods=96, variants=7) + 0.002
    parts = np.array_split(returns, 6)
    logits = []
    for chosen in combinations(range(6), 3):
        inside, outside = (
            np.concatenate([parts[place] for place in range(6) if (place in chosen) == wanted])
            for wanted in (True, False)
        )
        best = (inside.mean(axis=0) / inside.std(axis=0)).argmax()
        ratios = outside.mean(axis=0) / outside.std(axis=0)
        share = (np.argsort(np.argsort(ratios))[best] + 1) / 8
        logits.append(math.log(share / (1 - share)))
    found = cross_validate(returns, 6)

    assert np.sort(found.logits) == pytest.approx(np.sort(logits))
    assert found.probability == np.mean(np.array(logits) <= 0)


def test_variants_that_are_all_the_same_say_nothing():
    """A choice among copies is no choice: ranks are shared and no split speaks for the one chosen."""
    returns = np.repeat(noise(6, variants=1), 9, axis=1)

    assert cross_validate(returns, 8).probability == 1


def test_a_variant_that_did_nothing_has_a_ratio_of_zero():
    """Variants without a trade are neither chosen before a good one nor cause a warning."""
    returns = noise(7, variants=10) + 0.003
    returns[:, :4] = 0

    assert np.isfinite(cross_validate(returns, 10).outside).all()
    assert cross_validate(returns, 10).inside.min() > 0


@pytest.mark.parametrize(("periods", "variants", "blocks"), [(100, 5, 7), (100, 1, 10), (15, 5, 10)])
def test_what_cannot_be_cross_validated_is_refused(periods, variants, blocks):
    """An odd number of blocks, a single variant and too short a time are refused."""
    with pytest.raises(BadData, match="cannot be cross-validated"):
        cross_validate(noise(1, periods, variants), blocks)


def test_scaling_a_variant_changes_no_overfitting():
    """Leverage is no skill: variants at other sizes give the same splits."""
    returns = noise(9, variants=12)
    sizes = np.linspace(0.5, 4, 12)

    assert cross_validate(returns, 10).logits == pytest.approx(cross_validate(returns * sizes, 10).logits)


def test_effective_trials_by_hand():
    """N is rho + (1 - rho) M: a hundred at 0.9 are 10.9, at 0 a hundred, at 1 a single one; below 0 counts as 0."""
    assert effective_trials(100, 0.9) == pytest.approx(10.9)
    assert effective_trials(100, 0) == 100
    assert effective_trials(100, 1) == 1
    assert effective_trials(100, -0.01) == 100


def test_mean_correlation_is_that_of_all_pairs():
    """Without a matrix of pairs it is the mean above the diagonal of numpy's matrix."""
    returns = noise(10, variants=15) + noise(11, variants=1)

    assert mean_correlation(returns) == pytest.approx(np.corrcoef(returns.T)[np.triu_indices(15, 1)].mean())
    assert mean_correlation(returns[:, :1]) == 0


def test_clusters_are_the_families_that_were_planted():
    """Three families of variants, each its own theme with a little noise, and two strangers are five clusters."""
    themes = noise(12, variants=3)
    returns = np.hstack([np.repeat(themes, 6, axis=1) + noise(13, variants=18) * 0.4, noise(14, variants=2)])
    found = clusters(returns)
    counted = count_trials(returns)

    assert found.tolist() == [0] * 6 + [1] * 6 + [2] * 6 + [3, 4]
    assert counted.clusters == 5
    assert 1 < counted.effective < 20


def test_clusters_are_those_of_scipy():
    """Average linkage cut at the distance of a correlation of a half is scipy's."""
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    distance_of = pytest.importorskip("scipy.spatial.distance").squareform
    for seed in range(5):
        returns = noise(seed, 60, 25) + noise(seed + 50, 60, 1)
        distance = np.sqrt(np.maximum(1 - np.corrcoef(returns.T), 0) / 2)
        tree = hierarchy.linkage(distance_of(distance, checks=False), "average")
        theirs = hierarchy.fcluster(tree, 0.5, "distance")
        mine = clusters(returns)

        assert len(set(zip(mine.tolist(), theirs.tolist(), strict=True))) == len(set(mine)) == len(set(theirs))


def test_a_single_trial_and_one_without_trades_are_counted():
    """One variant is one trial without a variance; one that did nothing is a trial of its own."""
    alone = count_trials(noise(15, variants=1))
    idle = noise(16, variants=3)
    idle[:, 1] = 0

    assert (alone.tried, alone.effective, alone.clusters, alone.variance) == (1, 1, 1, 0)
    assert count_trials(idle).clusters == 3


@pytest.mark.parametrize("shared", [0, 0.6, 0.9])
def test_luck_that_moves_together_is_not_called_skill(shared):
    """Of the best of 60 worthless variants, however they correlate, at most 5 % are called significant at 5 %.

    Not deflated, every second one and more would be, unless they are nearly the same.
    """
    deflated, plain = [], []
    for seed in range(150):
        theme = noise(seed + 1000, 250, 1)
        returns = np.sqrt(shared) * theme + np.sqrt(1 - shared) * noise(seed, 250, 60)
        best, found = deflated_best(returns)
        deflated.append(found.probability > 0.95)
        plain.append(deflate(returns[:, best], variance=0, trials=1).probability > 0.95)

    assert np.mean(deflated) <= 0.05
    assert np.mean(plain) > 0.1


@pytest.mark.parametrize("phi", [0, 0.3, 0.6, 0.9])
def test_block_length_is_that_of_arch(phi):
    """The length chosen for series of short and long memory is that of arch, where it is above one."""
    bootstrap = pytest.importorskip("arch.bootstrap")
    values = persistent(phi)
    theirs = float(bootstrap.optimal_block_length(values)["stationary"].iloc[0])

    assert block_length(values) == pytest.approx(max(theirs, 1), rel=1e-9)


def test_blocks_are_five_days_and_the_holding_time_at_least():
    """Independent days ask for no block, the rules for five days, a longer holding time for more."""
    values = persistent(0, seed=3)

    assert block_days(values) == LEAST_DAYS
    assert block_days(values, holding=12) == 12
    assert block_days(persistent(0.9)) > 20
    assert block_length([0.0] * 50) == 1


def test_a_planted_edge_is_found_and_its_mirror_is_not():
    """One good variant among 40 is found; the same numbers with the sign turned, as losses, are not.

    This is the sign of `arch`: were returns passed where it expects losses, the two would change places.
    """
    pytest.importorskip("arch")
    returns = noise(17)
    returns[:, 7] += 0.0025
    found, turned = superiority(returns, seed=1), superiority(-returns, seed=1)

    assert found.best == 7
    assert max(found.lower, found.consistent, found.upper, found.reality_check) < 0.01
    assert turned.best != 7
    assert min(turned.consistent, turned.reality_check) > 0.1


def test_loud_variants_do_not_drown_a_quiet_one():
    """A good variant at a tenth of the size of worthless ones is found by Hansen's test, and missed by White's."""
    pytest.importorskip("arch")
    returns = noise(21)
    returns[:, 3] = (returns[:, 3] + 0.0025) / 10
    found = superiority(returns, seed=1)

    assert found.best == 3
    assert found.consistent < 0.01
    assert found.reality_check > 0.1


def test_the_reality_check_is_that_of_plain_means():
    """Where all variants are as loud as each other, both tests say the same."""
    pytest.importorskip("arch")
    returns = noise(22)
    found = superiority(returns / returns.std(axis=0) * 0.01, seed=1)

    assert found.upper == pytest.approx(found.reality_check, abs=0.002)


def test_bad_variants_are_not_superior():
    """Variants that all lose are not called better than doing nothing, whichever p-value is read."""
    pytest.importorskip("arch")
    found = superiority(noise(18) - 0.003, seed=1)

    assert found.lower > 0.5
    assert found.lower <= found.consistent <= found.upper


def test_noise_is_called_superior_as_often_as_was_agreed():
    """Over 60 seeds of noise the p-values below a tenth are few: at most 15 %, where 10 % are expected."""
    pytest.importorskip("arch")
    found = [superiority(noise(seed, 250, 20), seed=seed, repeats=200).consistent for seed in range(60)]

    assert np.mean(np.array(found) < 0.1) <= 0.15
    assert 0.35 < np.mean(found) < 0.65


def test_a_benchmark_is_what_is_to_be_beaten():
    """A variant as good as a good benchmark is not superior to it; the same seed gives the same answer."""
    pytest.importorskip("arch")
    returns = noise(19, variants=5)
    returns[:, 2] += 0.002
    benchmark = returns[:, 2]
    against = superiority(np.delete(returns, 2, axis=1), benchmark, seed=4)

    assert superiority(returns, seed=4).consistent < 0.05
    assert against.consistent > 0.3
    assert superiority(returns, seed=4) == superiority(returns, seed=4)


def test_nothing_to_test_is_refused():
    """Variants that never traded cannot be tested."""
    with pytest.raises(BadData, match="No variant differs"):
        superiority(np.zeros((100, 3)), seed=1)


@given(st.floats(0.0001, 0.01), st.floats(1, 1000))
def test_deflating_is_a_higher_bar(variance, trials):
    """A deflated ratio is never more probable than the same ratio against zero."""
    alone = probabilistic_sharpe(0.1, 0, 500, 0.2, 4)

    assert deflated_sharpe(0.1, 500, 0.2, 4, variance=variance, trials=trials) <= alone
