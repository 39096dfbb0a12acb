"""What the trial ledger says about a result: of how many tries it is the best, and whether that explains it.

Ten worthless variants have a best one, and its Sharpe ratio is not zero. The *deflated* Sharpe ratio is the probability
that the true ratio beats what the best of N worthless variants would show (Bailey and Lopez de Prado 2014, domain rules
6.2). N and the variance of Sharpe ratios come from the ledger, where every run of a strategy family stands; nobody has
to remember, and nobody can forget.

Three choices, all on the side of caution:

* Variants are alike, so they are fewer than their number: N_eff = rho + (1 - rho) M, with the average correlation of
  their daily returns, a negative one taken as none. N_eff is rounded up, since a best of 1.4 trials is none.
* The variance across trials is never taken below 1 / days, what chance alone gives to one worthless variant. Without
  this, variants that resemble each other would be discounted twice: by N_eff and by their own small differences.
* A trial of other length is put on the length judged by sqrt(days), because a Sharpe ratio of 0.5 a day is nothing
  over a month and a miracle over a year.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.adapters.ledger import Mark, Trial, Trials
from tradewind.results import statistics
from tradewind.results.overfitting import best_of_noise, minimum_track, probabilistic_sharpe
from tradewind.results.provenance import Provenance
from tradewind.results.trials import effective_trials

CONFIDENCE = 0.95
SAMPLE = 2_000
"""Trials of a family whose returns are looked at for their correlation; their number is always exact."""


class Moments(NamedTuple):
    """The shape of daily returns; Sharpe, skew and raw kurtosis are None where they cannot be said."""

    sharpe_day: float | None
    days: int
    skew: float | None
    kurtosis: float | None


class Verdict(NamedTuple):
    """What the ledger makes of one result."""

    trials: int
    """Distinct variants tried, this one included."""
    correlation: float
    effective: float
    variance: float
    """Of daily Sharpe ratios across trials, per day."""
    benchmark: float
    """The daily Sharpe ratio to expect of the best of so many worthless variants."""
    psr: float | None
    dsr: float | None
    min_track: float | None
    """Trading days until the ratio would be told from zero at 95 %; None where it never would."""
    min_track_deflated: float | None
    """The same against `benchmark`."""


def moments(returns: ArrayLike) -> Moments:
    """Return the moments of daily returns; skew and kurtosis are of the sample itself, without correction."""
    sample = np.asarray(returns, np.float64)
    ratio = statistics.sharpe(sample)
    if ratio is None:
        return Moments(None, sample.size, None, None)
    away = sample - sample.mean()
    spread = float((away**2).mean())
    skew, kurtosis = float((away**3).mean()) / spread**1.5, float((away**4).mean()) / spread**2
    return Moments(ratio.per_day, sample.size, skew, kurtosis)


def trial_digest(provenance: Provenance, strategy: str, symbols: Sequence[str], period: tuple[int, int]) -> str:
    """Return the hash by which a variant is known in the ledger: that of a backtest of this strategy alone.

    `strategy` is its name in the provenance; `period` is in ns UTC, the end exclusive.
    """
    alone = replace(
        provenance,
        strategies={strategy: provenance.strategies[strategy]},
        parameters={strategy: provenance.parameters[strategy]},
    )
    return alone.content("backtest", [strategy], list(symbols), *period)


def made_trial(
    family: str,
    digest: str,
    *,
    strategy: str,
    params: Mapping[str, str],
    symbols: Sequence[str],
    period: tuple[int, int],
    dates: NDArray[np.int64],
    returns: NDArray[np.float64],
    source: str,
    run: str = "",
) -> Trial:
    """Return a trial made now, with the moments of its daily returns; `period` is in ns UTC, `dates` in days."""
    (start, end), (sharpe_day, days, skew, kurtosis) = period, moments(returns)
    return Trial(
        family, digest, strategy, params, symbols, start, end, time.time_ns(), sharpe_day, days, skew, kurtosis,
        returns=np.asarray(returns, np.float32), dates=np.asarray(dates, np.int32), source=source, run=run,
    )  # fmt: skip


def correlation_of(trials: Sequence[Trial]) -> float:
    """Return the average correlation of the daily returns of all pairs, at least 0; 0 for fewer than two.

    A trial is standardised over its own dates, and dates it lacks count as its mean: two trials that share no date
    are unrelated. No pair is looked at: the sum of all correlations is the square of the sum of standardised returns.
    """
    rated = [trial for trial in trials if trial.sharpe_day is not None]
    if len(rated) < 2:
        return 0.0
    days = np.unique(np.concatenate([trial.dates for trial in rated]))
    total = np.zeros(days.size)
    for trial in rated:
        away = trial.returns - np.mean(trial.returns, dtype=np.float64)
        total[np.searchsorted(days, trial.dates)] += away / np.linalg.norm(away)
    count = len(rated)
    return min(max((float(total @ total) - count) / (count * (count - 1)), 0.0), 1.0)


def sharpe_variance(marks: Sequence[Mark], days: int) -> float:
    """Return the variance of daily Sharpe ratios across trials, as of `days` days, and at least 1 / days."""
    scaled = [mark.sharpe_day * math.sqrt(mark.days / days) for mark in marks if mark.sharpe_day is not None]
    across = float(np.var(scaled, ddof=1)) if len(scaled) > 1 else 0.0
    return max(across, 1.0 / days)


def judge(own: Moments, marks: Sequence[Mark], correlation: float) -> Verdict:
    """Return what `marks`, all trials of the family with the judged one among them, say about a result."""
    rated = [mark for mark in marks if mark.sharpe_day is not None]
    effective = effective_trials(len(rated), correlation) if rated else 0.0
    if own.sharpe_day is None or own.skew is None or own.kurtosis is None:
        return Verdict(len(marks), correlation, effective, 0.0, 0.0, None, None, None, None)
    variance = sharpe_variance(rated, own.days)
    independent = math.ceil(effective - 1e-9)
    benchmark = best_of_noise(variance, independent) if independent > 1 else 0.0
    shape = (own.days, own.skew, own.kurtosis)
    return Verdict(
        len(marks),
        correlation,
        effective,
        variance,
        benchmark,
        probabilistic_sharpe(own.sharpe_day, 0.0, *shape),
        probabilistic_sharpe(own.sharpe_day, benchmark, *shape),
        minimum_track(own.sharpe_day, 0.0, own.skew, own.kurtosis),
        minimum_track(own.sharpe_day, benchmark, own.skew, own.kurtosis),
    )


def sentence_of(family: str, place: int, repeats: int, verdict: Verdict) -> str:
    """Return the verdict as one line for a trader."""
    again = f", run {repeats + 1} times" if repeats else ""
    of = f" of {verdict.trials}" if place != verdict.trials else ""
    head = f"trial {place}{of} of {family}{again}"
    if verdict.dsr is None:
        return f"{head}; too few days, or nothing traded: nothing can be said of luck."
    noun = f"the best of {verdict.trials} worthless variants" if verdict.trials > 1 else "one worthless variant"
    if verdict.dsr < 0.5:
        luck = f"{noun} would look this good"
    elif verdict.dsr < CONFIDENCE:
        luck = f"{noun} would look this good with a chance of {1 - verdict.dsr:.0%}"
    else:
        luck = f"{noun} would hardly look this good ({max(1 - verdict.dsr, 0.001):.1%})"
    return f"{head}; deflated Sharpe {verdict.dsr:.2f}: {luck}."


def honesty_of(store: Trials, trial: Trial, families: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the ledger says of a trial that stands in it, as plain data for the document of a run.

    The trials of `families` count as well, each variant once: those of the members of a portfolio.
    """
    names = list(dict.fromkeys((trial.family, *families)))
    marks = {mark.digest: mark for name in names for mark in store.marks(name)}
    sample = {one.digest: one for name in names for one in store.of_family(name, SAMPLE)}
    own = Moments(trial.sharpe_day, trial.days, trial.skew, trial.kurtosis)
    verdict = judge(own, list(marks.values()), correlation_of(list(sample.values())))
    place = list(marks).index(trial.digest) + 1
    repeats = store.repeats(trial.family).get(trial.digest, 0)
    entry = store.entry_of(trial.family, trial.digest)
    return {
        "family": trial.family,
        "digest": trial.digest,
        "trial": place,
        "repeats": repeats,
        **_plain(verdict),
        "sharpe_day": trial.sharpe_day,
        "days": trial.days,
        "skew": trial.skew,
        "kurtosis": trial.kurtosis,
        "ledger": None if entry is None else {"number": entry.number, "chain": entry.chain},
        "sentence": sentence_of(trial.family, place, repeats, verdict),
    }


def _plain(verdict: Verdict) -> dict[str, Any]:
    names = {"effective": "n_eff", "min_track": "min_trl", "min_track_deflated": "min_trl_deflated"}
    return {names.get(name, name): value for name, value in verdict._asdict().items()}
