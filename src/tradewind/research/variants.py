"""Many variants of one strategy over one tape: each with a state, a venue and an account of its own.

A variant differs from the next in its parameters and in nothing else, so everything before the first event is made
once and copied: markets, calendar, limits, the tape itself. What becomes of a variant is what a backtest of the same
parameters gives, byte for byte.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.memory import MemoryJournal
from tradewind.errors import TradewindError
from tradewind.kernel.loop import NO_JOURNAL
from tradewind.modes import Choice, Plan, Request, plan_backtest
from tradewind.ports import History, Rows
from tradewind.research.figures import Ending, daily_returns, figures, tally_of, trading_dates
from tradewind.results.facts import Closing, RunFacts
from tradewind.results.provenance import Provenance
from tradewind.runner import Runner, Slot
from tradewind.runs import facts_of, provenance_of


@dataclass(frozen=True)
class Outcome:
    """What became of one variant."""

    number: int
    """Of the variant, in the order given."""
    params: Mapping[str, str]
    """What was set, as text, as in Choice.overrides."""
    figures: Mapping[str, float | None]
    """By the names in `figures.FIGURES`."""
    dates: NDArray[np.int64]
    """Trading dates, days since 1970-01-01."""
    returns: NDArray[np.float64]
    """Daily return on each of them (17:00 New York to 17:00), days without a trade included."""
    trades_r: NDArray[np.float64]
    """R of each trade in order; NaN where none."""
    digest: str
    """Content hash of strategy file, parameters, data and settings: that of a backtest's document; a trial's key."""


def run_variants(
    request: Request,
    variants: Sequence[Mapping[str, str]],
    history: History,
    *,
    threads: int = 0,  # noqa: ARG001  the first version runs in one
    on_outcome: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Return what became of each variant of the request's one strategy, in the order given.

    A variant is what to set on top of the overrides of the request's choice. `on_outcome` is called with each
    outcome as it is known.
    """
    if len(request.choices) != 1:
        raise TradewindError(f"{len(request.choices)} strategies were given.", "Vary the parameters of one.")
    plan = plan_backtest(request, history)  # type: ignore[arg-type]
    strategy, base = plan.strategies[0], request.choices[0].overrides
    params = [strategy.params({**base, **one}) for one in variants]
    blocks = list(plan.feed())
    facts = facts_of(plan)
    provenance = provenance_of(plan, facts, history)  # type: ignore[arg-type]
    found = []
    for number, (given, values) in enumerate(zip(variants, params, strict=True)):
        runner, journal = _run(plan, values, blocks)
        outcome = _outcome(runner, journal, facts, provenance, values)
        outcome = replace(outcome, number=number, params=dict(given))
        if on_outcome is not None:
            on_outcome(outcome)
        found.append(outcome)
    return found


def _run(plan: Plan, params: Any, blocks: Sequence[Rows]) -> tuple[Runner, MemoryJournal]:
    """Return the runner and the journal of one variant that has read all blocks."""
    first = plan.runner
    slot = first.slots[0]
    journal = MemoryJournal()
    state, venue = _same(first.state), _same(first.venue)
    slots = [Slot(slot.strategy, params, slot.instruments, slot.bar_seconds)]
    runner = Runner(state, venue, slots, journal, first.handler, NO_JOURNAL)
    runner.run(blocks)
    return runner, journal


def _same(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a copy of every byte; numpy's own `copy` leaves out what lies between the fields."""
    return np.frombuffer(bytearray(rows.tobytes()), rows.dtype)


def _outcome(runner: Runner, journal: MemoryJournal, facts: RunFacts, provenance: Provenance, params: Any) -> Outcome:
    closing = Closing.of(runner.state)
    samples = journal.read("samples")
    dates, equity = samples["date"].astype(np.int64), samples["equity"].astype(np.int64)
    if closing.date > dates.max(initial=0):
        dates, equity = np.append(dates, closing.date), np.append(equity, closing.equity)
    kept = trading_dates(dates)
    dates, equity = dates[kept], equity[kept]
    row = runner.state[0]
    worth = {
        number: one["value_numerator"] / one["value_denominator"] * row["currencies"]["rate_bid"][one["currency"]]
        for number, one in enumerate(row["instruments"][: int(row["instrument_count"])])
        if one["tradable"]
    }
    tally = tally_of(journal.read("trades"), worth)
    refusals = int(row["strategies"]["refusals"].sum())
    ending = Ending(facts.initial, closing.equity, closing.drawdown, closing.adverse_drawdown, refusals)
    period = facts.end - facts.start
    hours = [one.open_ns for one in facts.instruments]
    found = figures(
        tally,
        ending,
        equity,
        open_ns=max(hours) if all(hours) else period,
        period_ns=period,
        minor_per_unit=facts.minor_per_unit,
    )
    name = facts.strategy_names[0]
    content = replace(provenance, parameters={name: params._asdict()}).content(
        facts.kind, facts.strategy_names, facts.symbols, facts.start, facts.end
    )
    return Outcome(0, {}, found, dates, daily_returns(equity, facts.initial), tally.r, content)


__all__ = ["Choice", "Outcome", "run_variants"]
