"""Many variants of one strategy over one tape: each with a state, a venue and an account of its own.

A variant differs from the next in its parameters and in nothing else, so everything before the first event is made
once and copied: markets, calendar, limits, and the tape itself, which lies in memory. What becomes of a variant is
what a backtest of the same parameters gives, byte for byte, however many run and in how many threads.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel.loop import NO_JOURNAL
from tradewind.modes import Request
from tradewind.ports import History
from tradewind.research.figures import FIGURES, Ending, Tally, daily_returns, figures, tally_of, trading_dates
from tradewind.research.herd import Herd, notional_worth
from tradewind.research.kit import Prepared, prepare
from tradewind.results.facts import Closing
from tradewind.runner import Runner

GROUP = 16
"""Variants that go over the tape together: enough to share what the cache holds, few enough to report soon."""


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
    error: str = ""
    """What the strategy raised; then nothing else is known."""


def run_variants(
    request: Request,
    variants: Sequence[Mapping[str, str]],
    history: History,
    *,
    threads: int = 0,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Return what became of each variant of the request's one strategy, in the order given.

    A variant is what to set on top of the overrides of the request's choice. `on_outcome` is called with each
    outcome as it is known, in this thread. With 0 threads there are as many as processors.
    """
    return run_prepared(prepare(request, history), variants, threads=threads, on_outcome=on_outcome)


def run_prepared(
    prepared: Prepared,
    variants: Sequence[Mapping[str, str]],
    *,
    threads: int = 0,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Return what became of each variant, as `run_variants`, on a tape that is ready."""
    values = [prepared.values(one) for one in variants]
    found: list[Outcome | None] = [None] * len(variants)
    for numbers, outcomes in _outcomes(prepared, values, threads or os.cpu_count() or 1):
        for number, outcome in zip(numbers, outcomes, strict=True):
            found[number] = named = replace(outcome, number=number, params=dict(variants[number]))
            if on_outcome is not None:
                on_outcome(named)
    return [one for one in found if one is not None]


def _outcomes(prepared: Prepared, values: Sequence[Any], threads: int) -> Iterator[tuple[Sequence[int], list[Outcome]]]:
    """Yield the numbers and the outcomes of each group of variants as it is through the tape."""
    if prepared.handler is None:
        for number, one in enumerate(values):
            yield [number], [_run_plain(prepared, one)]
        return
    length = max(1, min(GROUP, -(-len(values) // threads)))
    groups = [range(start, min(start + length, len(values))) for start in range(0, len(values), length)]
    stop = threading.Event()
    with _workers(threads, stop) as pool:
        waiting: dict[Future[list[Outcome]], range] = {
            pool.submit(_run_group, prepared, [values[number] for number in group], stop): group for group in groups
        }
        for done in as_completed(waiting):
            yield waiting.pop(done), done.result()


@contextmanager
def _workers(threads: int, stop: threading.Event) -> Iterator[ThreadPoolExecutor]:
    """Give threads that end soon after this is left, however it is left."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _run_group(prepared: Prepared, values: Sequence[Any], stop: threading.Event) -> list[Outcome]:
    """Return the outcomes of variants that went over the tape together."""
    herd = herd_of(prepared, values)
    for block in prepared.blocks:
        if stop.is_set():
            break
        herd.apply(block)
    return outcomes_of(prepared, values, herd)


def herd_of(prepared: Prepared, values: Sequence[Any]) -> Herd:
    """Return variants with these parameters before the first event."""
    kit = prepared.kit
    return Herd(
        prepared.state, prepared.venue, prepared.slot, values, prepared.handler, kit.days, spans=kit.instruments > 1
    )


def outcomes_of(prepared: Prepared, values: Sequence[Any], herd: Herd) -> list[Outcome]:
    """Return what has become of the variants of a herd so far."""
    herd.finish()
    return [
        _outcome(prepared, one, herd.state(number), herd.tally(number), herd.days(number), herd.errors.get(number, ""))
        for number, one in enumerate(values)
    ]


def _run_plain(prepared: Prepared, values: Any) -> Outcome:
    """Return the outcome of a variant of a plain-Python strategy."""
    slot, journal = prepared.slot, MemoryJournal()
    slot.params = values
    runner = Runner(prepared.state, prepared.venue, [slot], journal, None, NO_JOURNAL)
    try:
        runner.run(prepared.blocks)
    except Exception as error:  # noqa: BLE001  whatever a strategy raises is the outcome of that variant
        return _outcome(prepared, values, runner.state, Tally(), np.zeros((0, 2), np.int64), _said(error))
    samples = journal.read("samples")
    dated = samples[samples["date"] >= 0]
    days = np.stack([dated["date"], dated["equity"]], axis=1).astype(np.int64)
    tally = tally_of(journal.read("trades"), notional_worth(runner.state))
    return _outcome(prepared, values, runner.state, tally, days, "")


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _outcome(
    prepared: Prepared, values: Any, state: np.ndarray[Any, Any], tally: Tally, days: NDArray[np.int64], error: str
) -> Outcome:
    """Return the outcome of a variant that left this state and tally; `days` are dates and equities."""
    facts = prepared.kit.facts
    digest = prepared.digest(values)
    if error:
        nothing, blank = np.zeros(0), dict.fromkeys(FIGURES)
        return Outcome(0, {}, blank, np.zeros(0, np.int64), nothing, nothing, digest, error)
    closing = Closing.of(state)
    dates, equity = days[:, 0], days[:, 1]
    if closing.date > dates.max(initial=0):
        dates, equity = np.append(dates, closing.date), np.append(equity, closing.equity)
    kept = trading_dates(dates)
    dates, equity = dates[kept], equity[kept]
    refusals = int(state["strategies"]["refusals"].sum())
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
    return Outcome(0, {}, found, dates, daily_returns(equity, facts.initial), tally.r, digest)
