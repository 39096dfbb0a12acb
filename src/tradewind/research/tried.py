"""Variants that are run once in a lifetime: what the ledger has seen need not run again.

The ledger keeps the daily returns of every trial, and a trial's hash is all that decides its result. So a study of many
variants that was killed goes on where it was, and another one over the same variants is free. Returns are taken as the
ledger has them, 32-bit, whether they come from it or from a run just finished: the answer is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.ledger import Trial, Trials
from tradewind.errors import BadData, BadLedger
from tradewind.research.counting import family_of
from tradewind.research.kit import Prepared
from tradewind.research.ledger import made_trial
from tradewind.research.variants import Outcome, run_prepared

BATCH = 32
"""Trials written to the ledger at once: a kill repeats at most so many and those that were running."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Tried:
    """Variants and what became of them, day by day."""

    variants: Sequence[Mapping[str, str]]
    digests: Sequence[str]
    dates: Integers
    """Days since 1970-01-01."""
    returns: Floats
    """Dates by variants."""
    known: int
    """How many the ledger had."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """What the strategy raised, by the variant's text; these are left out of the rest."""
    trouble: str = ""
    """Why the ledger could not be used; empty where it was."""


def try_variants(
    prepared: Prepared,
    variants: Sequence[Mapping[str, str]],
    store: Trials,
    *,
    family: str,
    source: str,
    threads: int = 0,
    on_done: Callable[[int], None] | None = None,
) -> Tried:
    """Return what became of the variants; those the ledger has not seen have run and stand in it.

    `on_done` is told how many are done, as they are. A ledger that cannot be used stops nothing.
    """
    digests = [prepared.digest(prepared.values(one)) for one in variants]
    found, trouble = _known(store, family, set(digests))
    known = sum(one in found for one in digests)
    missing = {digest: number for number, digest in enumerate(digests) if digest not in found}
    waiting: list[Trial] = []
    failed: dict[str, str] = {}
    done = len(variants) - len(missing)

    def keep() -> None:
        nonlocal trouble
        try:
            store.add(waiting)
        except BadLedger as error:
            trouble = trouble or str(error)
        waiting.clear()

    def take(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        if outcome.error:
            failed[_words(outcome.params)] = outcome.error
        else:
            found[outcome.digest] = trial = trial_of(outcome, prepared, family, source)
            waiting.append(trial)
        if len(waiting) >= BATCH:
            keep()
        if on_done is not None:
            on_done(done)

    try:
        run_prepared(prepared, [variants[number] for number in missing.values()], threads=threads, on_outcome=take)
    finally:
        keep()
    kept = [number for number, digest in enumerate(digests) if digest in found]
    if not kept:
        raise BadData("No variant came to an end.", next(iter(failed.values()), ""))
    trials = [found[digests[number]] for number in kept]
    return Tried(
        [variants[number] for number in kept], [one.digest for one in trials], trials[0].dates.astype(np.int64),
        np.stack([one.returns for one in trials], axis=1).astype(np.float64), known, failed, trouble,
    )  # fmt: skip


def recorder(
    store: Trials, prepared: Prepared, *, source: str = "sweep", warn: Callable[[str], None] | None = None
) -> Callable[[Sequence[Outcome]], None]:
    """Return a function by which a study's outcomes come to stand in the ledger; `warn` is told once why they cannot.

    What the ledger knows already is not added: a study that goes on after a kill repeats nothing. What a strategy
    raised is no trial: nobody saw a result.
    """
    family = family_of(prepared.strategy, synthetic=prepared.kit.facts.synthetic)
    told: list[str] = []
    known: set[str] = set()

    def record(outcomes: Sequence[Outcome]) -> None:
        try:
            if not known:
                known.update(mark.digest for mark in store.marks(family))
            fresh = [one for one in outcomes if not one.error and one.digest not in known]
            store.add([trial_of(one, prepared, family, source) for one in fresh])
            known.update(one.digest for one in fresh)
        except BadLedger as error:
            if warn is not None and not told:
                warn(str(error))
            told.append(str(error))

    return record


def trial_of(outcome: Outcome, prepared: Prepared, family: str, source: str) -> Trial:
    """Return a variant's outcome as a trial of the ledger."""
    facts = prepared.kit.facts
    values = prepared.values(outcome.params)._asdict()
    return made_trial(
        family,
        outcome.digest,
        strategy=facts.strategy_names[0],
        params={name: str(value) for name, value in values.items()},
        symbols=facts.symbols,
        period=(facts.start, facts.end),
        dates=outcome.dates,
        returns=outcome.returns,
        source=source,
    )


def _known(store: Trials, family: str, digests: set[str]) -> tuple[dict[str, Trial], str]:
    """Return the trials of the family that the ledger has, by digest, and why it could not be asked."""
    try:
        return {one.digest: one for one in store.of_family(family) if one.digest in digests}, ""
    except BadLedger as error:
        return {}, str(error)


def _words(params: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in params.items()) or "defaults"
