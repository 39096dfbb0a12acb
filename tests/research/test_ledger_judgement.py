"""What the ledger says: counts, correlations and deflated ratios, against figures worked out by hand."""

import math

import numpy as np
import pytest
from ledger_cases import trial

from tradewind.adapters.ledger import Mark, Trials
from tradewind.research.ledger import (
    Moments,
    correlation_of,
    honesty_of,
    judge,
    moments,
    sentence_of,
    sharpe_variance,
)
from tradewind.results.trials import effective_trials

PAPER = Moments(2.5 / math.sqrt(250), 1250, -3.0, 10.0)
"""Annual ratio 2.5 over five years of 250 days: the example of Bailey and Lopez de Prado (2014), domain rules 6.2."""


def marks_with(variance, count, days):
    """Return marks whose ratios have exactly that variance across them."""
    ratios = np.resize([-1.0, 1.0], count)
    ratios *= math.sqrt(variance / np.var(ratios, ddof=1))
    return [Mark(str(number), float(ratio), days) for number, ratio in enumerate(ratios)]


@pytest.mark.parametrize(("trials", "benchmark", "deflated"), [(100, 0.1132, 0.9004), (46, 0.1004, 0.9505)])
def test_the_example_of_the_paper(trials, benchmark, deflated):
    """A hundred independent trials with variance 1/2 a year give 0.1132 and 0.9004; 46 give 0.1004 and 0.9505."""
    verdict = judge(PAPER, marks_with(0.5 / 250, trials, 1250), 0.0)

    assert verdict.effective == trials
    assert verdict.benchmark == pytest.approx(benchmark, abs=5e-5)
    assert verdict.dsr == pytest.approx(deflated, abs=5e-5)


def test_moments_of_a_small_sample():
    """Returns -1, 0, 0, 1 % repeated: mean 0, ratio 0, no skew, raw kurtosis 0.5 / 0.25 = 2; too few say nothing."""
    found = moments(np.tile([-0.01, 0.0, 0.0, 0.01], 5))

    assert found == pytest.approx((0.0, 20, 0.0, 2.0))
    assert moments(np.tile([-0.01, 0.01], 9)) == (None, 18, None, None)
    assert moments(np.zeros(50)) == (None, 50, None, None)


def test_correlation_is_the_mean_over_pairs():
    """It is the mean of numpy's correlation matrix off its diagonal, where that is not negative."""
    rng = np.random.default_rng(5)
    shared = rng.normal(0, 0.01, 200)
    trials = [trial(number, returns=shared + rng.normal(0, 0.01, 200)) for number in range(7)]
    matrix = np.corrcoef([one.returns for one in trials])

    assert correlation_of(trials) == pytest.approx((matrix.sum() - 7) / 42, abs=1e-6)
    assert 0.4 < correlation_of(trials) < 0.6
    assert correlation_of(trials[:1]) == 0
    assert correlation_of([trial(1, returns=shared), trial(2, returns=-shared)]) == 0


def test_trials_that_share_no_date_are_unrelated_and_half_of_a_trial_is_half_the_correlation():
    """The same returns on other dates do not correlate; over half the dates they do by sqrt(1/2)."""
    steps = np.tile([0.01, -0.01], 50)

    assert correlation_of([trial(1, returns=steps), trial(2, returns=steps, first=30_000)]) == pytest.approx(0.0)
    half = [trial(1, returns=steps), trial(2, returns=steps[:50])]
    assert correlation_of(half) == pytest.approx(math.sqrt(0.5))


def test_effective_number_of_trials():
    """N_eff = rho + (1 - rho) M: all alike are one, unrelated are all, half alike are half and a half."""
    assert [effective_trials(100, rho) for rho in (0.0, 0.5, 1.0)] == [100, 50.5, 1]
    assert effective_trials(1, 0.0) == 1


def test_variance_of_ratios_is_never_below_chance_and_puts_lengths_on_one_scale():
    """Across -0.1 and 0.1 it is 0.02; of equal ones it is 1/250; 0.2 over 25 days is 0.0632 over 250."""
    assert sharpe_variance([Mark("a", -0.1, 250), Mark("b", 0.1, 250)], 250) == pytest.approx(0.02)
    assert sharpe_variance([Mark("a", 0.1, 250), Mark("b", 0.1, 250)], 250) == 1 / 250
    short = 0.2 * math.sqrt(0.1)
    assert sharpe_variance([Mark("a", 0.2, 25), Mark("b", -0.1, 250)], 250) == pytest.approx((short + 0.1) ** 2 / 2)


def test_one_trial_is_not_deflated():
    """The first trial's deflated ratio is its probabilistic one."""
    verdict = judge(PAPER, [Mark("a", PAPER.sharpe_day, 1250)], 0.0)

    assert verdict.benchmark == 0
    assert verdict.dsr == verdict.psr > 0.99


def test_variants_that_are_nearly_one_still_count_as_two():
    """Ten trials correlated 0.99 are worth 1.09; that is rounded up to 2, whose best is 0.52 of a deviation."""
    verdict = judge(Moments(0.1, 100, 0.0, 3.0), [Mark(str(n), 0.1, 100) for n in range(10)], 0.99)

    assert verdict.effective == pytest.approx(1.09)
    # (1 - g) z(1/2) + g z(1 - 1/(2e)) = 0.5772 x 0.9005, and a deviation is sqrt(1/100)
    assert verdict.benchmark == pytest.approx(0.5772 * 0.9005 / 10, abs=1e-5)


@pytest.mark.parametrize(
    ("sharpe", "said"),
    [
        (None, "nothing can be said"),
        (0.01, "the best of 37 worthless variants would look this good."),
        (0.25, "would look this good with a chance of"),
        (0.6, "would hardly look this good"),
    ],
)
def test_the_sentence(sharpe, said):
    """A trader reads which trial it was and whether that many tries explain it."""
    own = Moments(sharpe, 100, None if sharpe is None else 0.0, None if sharpe is None else 3.0)
    marks = [Mark(str(number), sharpe, 100) for number in range(37)]

    sentence = sentence_of("opening_range", 37, 0, judge(own, marks, 0.0))

    assert sentence.startswith("trial 37 of opening_range; ")
    assert said in sentence


def test_the_honesty_of_a_run_reads_the_ledger(tmp_path):
    """Number, repeats and correlation are the ledger's; trials of a portfolio's members count for the whole."""
    store = Trials(tmp_path)
    store.add([trial(number) for number in range(1, 6)])
    store.add([trial(9, family="other"), trial(2)])
    own = trial(2)
    alone, whole = honesty_of(store, own), honesty_of(store, own, ["other"])

    assert (alone["trials"], alone["trial"], alone["repeats"], whole["trials"]) == (5, 2, 1, 6)
    assert alone["sentence"].startswith("trial 2 of 5 of breakouts, run 2 times; ")
    assert 0 <= whole["dsr"] <= alone["dsr"] <= alone["psr"] <= 1
    assert alone["ledger"]["number"] == 2
    expected = effective_trials(5, correlation_of(store.of_family("breakouts")))
    assert alone["n_eff"] == expected


def histories(kind, rng):
    """Return the daily returns of a family of worthless variants, days by variants: how alike they are is the kind."""
    noise, shared = rng.normal(0, 0.01, (120, 40)), rng.normal(0, 0.01, (120, 1))
    if kind == "unrelated":
        return noise
    if kind == "alike":
        return np.sqrt(0.8) * shared + np.sqrt(0.2) * noise
    return np.concatenate([np.repeat(shared, 60, axis=1) + noise[:, :1] * 0.1, noise[:, :8]], axis=1)


@pytest.mark.parametrize("kind", ["unrelated", "alike", "one sweep and eight ideas"])
def test_the_best_of_worthless_variants_is_seldom_called_real(kind):
    """Of 300 such families at most 5 % are, within three standard errors, however the variants resemble each other."""
    rng = np.random.default_rng(8)
    naive = called = 0
    for _ in range(300):
        returns = histories(kind, rng)
        trials = [trial(number, returns=column) for number, column in enumerate(returns.T)]
        marks = [Mark(one.digest, one.sharpe_day, one.days) for one in trials]
        best = max(trials, key=lambda one: one.sharpe_day)
        verdict = judge(moments(returns[:, int(best.params["fast"])]), marks, correlation_of(trials))
        naive += verdict.psr >= 0.95
        called += verdict.dsr >= 0.95

    assert called <= 0.05 * 300 + 3 * math.sqrt(0.05 * 0.95 * 300)
    assert naive > 2 * 0.05 * 300
