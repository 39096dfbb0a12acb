"""One table about one run: every way in which it could be luck, and whether it survives each.

No single check proves anything. A result that passes all of them has survived what is known to fool people: the choice
among many, a record too short, parameters found instead of predicted, costs that were a little too kind, a few lucky
trades, and entries that any coin would have found.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tradewind.adapters.histories import History
from tradewind.adapters.ledger import Trials
from tradewind.errors import BadLedger, TradewindError
from tradewind.modes import Request
from tradewind.research.again import at_costs
from tradewind.research.entries import entries_by_lot
from tradewind.research.jitter import Jitter, jitter_of, moved, moved_names
from tradewind.research.kit import Prepared, prepare
from tradewind.research.ledger import CONFIDENCE, SAMPLE, Moments, correlation_of, judge
from tradewind.research.variants import Outcome, run_prepared, run_variants
from tradewind.results.document import moment
from tradewind.results.montecarlo import simulate
from tradewind.results.reshuffle import drawdowns
from tradewind.results.superiority import superiority

if TYPE_CHECKING:
    import polars as pl

    Tables = Mapping[str, pl.DataFrame]

MULTIPLES = (1.5, 2.0)
LEAST_PROFITABLE = 0.8
"""Of the variants with moved numbers so many should make money."""
LEAST_KEPT = 0.5
"""And the one in the middle should keep so much of the run's Sharpe ratio."""


class Check(NamedTuple):
    """One way to be fooled."""

    name: str
    said: str
    """What was found, for a trader."""
    value: float | None
    passes: bool | None
    """None where it only informs, or could not be asked."""


@dataclass(frozen=True)
class Trial:
    """A saved run before its judges."""

    document: Mapping[str, Any]
    tables: "Tables"
    request: Request
    """By which it can run again."""
    history: History
    store: Trials
    seed: int = 1
    variants: int = 100
    draws: int = 1000
    repeats: int = 2000
    moved: float = 0.2
    threads: int = 0


def examined(trial: Trial) -> dict[str, Any]:
    """Return every check of a run and the verdict, as plain data."""
    prepared = prepare(trial.request, trial.history)
    names = moved_names(prepared.strategy, prepared.values({})._asdict())
    others = moved(
        prepared.strategy, prepared.values({})._asdict(), share=trial.moved, count=trial.variants if names else 0,
        seed=trial.seed,
    )  # fmt: skip
    own, *rest = run_prepared(prepared, [{}, *others], threads=trial.threads)
    checks = [
        *_made_money(own),
        *_counted(trial),
        *_moved(jitter_of(own, rest, names), trial.moved),
        *_dearer(trial),
        *_resampled(trial),
        _reordered(trial),
        _by_lot(trial, prepared),
        *_superior(trial),
    ]
    notes = []
    if own.digest != trial.document["hashes"]["content"]:
        notes.append("Run again, its inputs were not the same any more: data, news or Tradewind itself has changed.")
    return {
        "run": trial.document["id"],
        "created": moment(time.time_ns()),
        "seed": trial.seed,
        "checks": [one._asdict() for one in checks],
        "verdict": verdict(checks),
        "notes": notes,
    }


def verdict(checks: list[Check]) -> str:
    """Return in one sentence what the checks come to."""
    asked = [one for one in checks if one.passes is not None]
    failed = [one.name for one in asked if not one.passes]
    if checks and checks[0].passes is False:
        return "It lost money, so there is nothing that could be luck."
    if not failed:
        return f"It survived all {len(asked)} checks. That is no promise: trade it small, on paper first."
    few = f"It failed {len(failed)} of {len(asked)} checks: {', '.join(failed)}."
    if "many tries" in failed or "entry by lot" in failed:
        return f"{few} As it stands, luck explains it."
    return f"{few} Do not believe it before these are explained."


def _made_money(own: Outcome) -> list[Check]:
    net, trades = own.figures["net"] or 0.0, own.figures["trades"] or 0
    return [Check("profit", f"{net:+,.2f} net of every cost in {trades:,.0f} trades", net, net > 0)]


def _counted(trial: Trial) -> list[Check]:
    """Return what the ledger says now: trials since the run count too, because it was kept while they were not."""
    told = trial.document.get("honesty") or {}
    if told.get("sharpe_day") is None:
        why = told.get("error", "too few days, or nothing traded")
        return [Check("many tries", f"cannot be said: {why}", None, None)]
    try:
        marks = trial.store.marks(told["family"])
        correlation = correlation_of(trial.store.of_family(told["family"], SAMPLE))
    except BadLedger as error:
        return [Check("many tries", f"cannot be said: {error}", None, None)]
    if told["digest"] not in {mark.digest for mark in marks}:
        return [Check("many tries", "cannot be said: the ledger does not know the run any more", None, None)]
    own = Moments(told["sharpe_day"], told["days"], told["skew"], told["kurtosis"])
    found = judge(own, marks, correlation)
    dsr = found.dsr if found.dsr is not None else math.nan
    said = f"deflated Sharpe {dsr:.2f} as one of {found.trials:,} of {told['family']}, worth {found.effective:.1f}"
    track = found.min_track
    long = "never told from nothing" if track is None else f"{own.days} days; told from nothing after {track:,.0f}"
    return [
        Check("many tries", said, found.dsr, dsr >= CONFIDENCE),
        Check("track length", long, track, track is not None and own.days >= track),
        _apart(told),
    ]


def _apart(told: Mapping[str, Any]) -> Check:
    apart, trades = told.get("trades_apart", 0), told.get("trades", 0)
    return Check("trades apart", f"{apart:,} of {trades:,} trades were never open together", float(apart), None)


def _moved(found: Jitter, share: float) -> list[Check]:
    """Return whether the result stays when its numbers are moved."""
    if found.median is None or found.profitable is None:
        return [Check("moved numbers", "no number to move", None, None)]
    kept = None if not found.sharpe_year else found.median / found.sharpe_year
    said = (
        f"{found.variants} variants within {share:.0%} in {', '.join(found.names)}: {found.profitable:.0%} made money, "
        f"Sharpe {found.median:+.2f} ({found.low:+.2f} to {found.high:+.2f}) beside {found.sharpe_year or 0:+.2f}"
    )
    passes = found.profitable >= LEAST_PROFITABLE and kept is not None and kept >= LEAST_KEPT
    return [Check("moved numbers", said, found.profitable, passes)]


def _dearer(trial: Trial) -> list[Check]:
    """Return what is left at higher spreads and slippage, each run again."""
    checks = []
    for multiple in MULTIPLES:
        (found,) = run_variants(at_costs(trial.request, multiple), [{}], trial.history)
        net = found.figures["net"] or 0.0
        checks.append(Check(f"costs x{multiple:g}", f"{net:+,.2f} net", net, net > 0))
    return checks


def _resampled(trial: Trial) -> list[Check]:
    """Return what resampled days and missed trades say."""
    found = simulate(trial.tables, trial.document, seed=trial.seed, repeats=trial.repeats)
    checks = []
    if found["days"] is not None:
        low, middle, high = (found["days"]["sharpe_year"][name] for name in ("low", "median", "high"))
        said = f"Sharpe {middle:+.2f} ({low:+.2f} to {high:+.2f}) a year, blocks of {found['block_days']:.1f} days"
        checks.append(Check("resampled days", said, low, low > 0))
    if found["missed"] is not None:
        loss = found["missed"]["loss_probability"]
        checks.append(Check("missed trades", f"without a tenth of them {loss:.1%} lose", loss, loss <= 1 - CONFIDENCE))
    return checks


def _reordered(trial: Trial) -> Check:
    """Return what drawdown the same trades could have had in another order."""
    trades, account = trial.tables["trades"], trial.document["summary"]["account"]
    net = trades["net"].to_numpy()
    before = account["initial"] + np.concatenate(([0.0], np.cumsum(net)[:-1])) if net.size else net
    if net.size < 2 or (before <= 0).any():
        return Check("reordered trades", "too few trades", None, None)
    drawn = drawdowns(net / before, 1.0, trial.repeats, trial.seed)
    worst, middle = np.quantile(drawn, (0.05, 0.5)).tolist()
    said = (
        f"drawdown {middle:.1%} in the middle, {worst:.1%} in the worst twentieth; here {account['max_drawdown']:.1%}"
    )
    return Check("reordered trades", said, worst, None)


def _by_lot(trial: Trial, prepared: Prepared) -> Check:
    """Return whether the entries are better than chance at the same exits."""
    found = entries_by_lot(prepared, trial.tables, draws=trial.draws, seed=trial.seed)
    if found is None:
        return Check("entry by lot", "no trade with a stop at its entry, or no bars to draw from", None, None)
    said = (
        f"mean R {found.mean_r:+.3f} beside {found.drawn.mean():+.3f} by lot, same hours, sides and exits: "
        f"p {found.p_value:.3f} ± {found.p_error:.3f} ({found.trades:,} trades, {trial.draws:,} draws)"
    )
    return Check("entry by lot", said, found.p_value, found.p_value <= 1 - CONFIDENCE)


def _superior(trial: Trial) -> list[Check]:
    """Return White's and Hansen's answer for the trials of the family that ran over the run's own dates."""
    family = (trial.document.get("honesty") or {}).get("family")
    if family is None:
        return []
    try:
        trials = trial.store.of_family(family, SAMPLE)
        own = next(one for one in trials if one.digest == trial.document["honesty"]["digest"])
        alike = [one for one in trials if np.array_equal(one.dates, own.dates)]
        returns = np.stack([one.returns for one in alike], axis=1).astype(np.float64)
        if len(alike) < 2:
            return []
        found = superiority(returns, seed=trial.seed)
    except (StopIteration, BadLedger):
        return []
    except TradewindError as error:
        return [Check("best of the family", f"not asked: {error}", None, None)]
    said = f"best of {len(alike):,}: Hansen's p {found.consistent:.3f}, White's {found.reality_check:.3f}"
    return [Check("best of the family", said, found.consistent, found.consistent <= 1 - CONFIDENCE)]
