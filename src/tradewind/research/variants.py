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
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.histories import History
from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel.loop import NO_JOURNAL
from tradewind.modes import Request
from tradewind.ports import Rows
from tradewind.research.figures import (
    FIGURES,
    Ending,
    Tally,
    daily_returns,
    figures,
    open_hours,
    tally_of,
    trading_dates,
)
from tradewind.research.herd import Herd, notional_worth
from tradewind.research.kit import Prepared, prepare
from tradewind.results.facts import Closing
from tradewind.runner import Runner

GROUP = 32
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
    """What the strategy raised, or that it was pruned; then nothing else is known."""
    steps: Sequence[float | None] = ()
    """The objective on the way, where the sweep asked for it."""


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
    found = []
    for outcome in each_outcome(prepared, variants, threads=threads):
        if on_outcome is not None:
            on_outcome(outcome)
        found.append(outcome)
    return sorted(found, key=lambda one: one.number)


def each_outcome(prepared: Prepared, variants: Sequence[Mapping[str, str]], *, threads: int = 0) -> Iterator[Outcome]:
    """Yield what became of each variant as it is known; the threads end soon after nobody asks any more."""
    values = [prepared.values(one) for one in variants]
    if prepared.handler is None:
        for number, one in enumerate(values):
            yield replace(_run_plain(prepared, one), number=number, params=dict(variants[number]))
        return
    threads = threads or os.cpu_count() or 1
    length = max(1, min(GROUP, -(-len(values) // threads)))
    groups = [range(start, min(start + length, len(values))) for start in range(0, len(values), length)]
    stop = threading.Event()
    with _workers(threads, stop) as pool:
        waiting: dict[Future[list[Outcome]], range] = {
            pool.submit(_run_group, prepared, [values[number] for number in group], stop): group for group in groups
        }
        for done in as_completed(waiting):
            for number, outcome in zip(waiting.pop(done), done.result(), strict=True):
                yield replace(outcome, number=number, params=dict(variants[number]))


def run_in_slices(
    prepared: Prepared,
    variants: Sequence[Mapping[str, str]],
    slices: int,
    judge: Callable[[int, Sequence[Mapping[str, float | None] | None]], Sequence[bool]],
    *,
    threads: int = 0,
) -> list[Outcome]:
    """Return what became of each variant where `judge` may end some of them early.

    The tape is cut into `slices` parts. After each part but the last `judge` is told its number, from 1, and the
    figures of each variant so far (None of those that have ended), and says which are to end.
    """
    values = [prepared.values(one) for one in variants]
    threads = threads or os.cpu_count() or 1
    length = max(1, min(GROUP, -(-len(values) // threads)))
    starts = range(0, len(values), length)
    herds = [herd_of(prepared, values[start : start + length]) for start in starts]
    parts = _parts(prepared.blocks, slices)
    found: list[Outcome] = []
    stop = threading.Event()
    with _workers(threads, stop) as pool:
        for place in range(1, slices + 1):
            for done in [pool.submit(_graze, herd, parts[place - 1], stop) for herd in herds]:
                done.result()
            made = [
                outcomes_of(prepared, values[start : start + length], herd)
                for start, herd in zip(starts, herds, strict=True)
            ]
            found = [one for group in made for one in group]
            if place < slices:
                ended = judge(place, [None if one.error else one.figures for one in found])
                for number in np.flatnonzero(np.array(ended, bool)).tolist():
                    herds[number // length].end(number % length, f"pruned after {place} of {slices} parts")
    return [
        replace(one, number=number, params=dict(given))
        for number, (one, given) in enumerate(zip(found, variants, strict=True))
    ]


def _parts(blocks: Sequence[Rows], count: int) -> list[list[Rows]]:
    """Return the tape in `count` parts of as many events each, every part as blocks."""
    starts = np.cumsum([0, *(len(block) for block in blocks)]).tolist()
    cuts = [starts[-1] * place // count for place in range(count + 1)]
    return [
        [
            block[max(low - start, 0) : high - start]
            for start, block in zip(starts, blocks, strict=False)
            if start < high and low < start + len(block)
        ]
        for low, high in pairwise(cuts)
    ]


def _graze(herd: Herd, blocks: Sequence[Rows], stop: threading.Event) -> None:
    """The herd has applied the blocks, or as many as it could before `stop`."""
    for block in blocks:
        if stop.is_set():
            break
        herd.apply(block)


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
    _graze(herd, prepared.blocks, stop)
    return outcomes_of(prepared, values, herd)


def herd_of(prepared: Prepared, values: Sequence[Any]) -> Herd:
    """Return variants with these parameters before the first event."""
    kit = prepared.kit
    return Herd(
        prepared.state,
        prepared.venue,
        prepared.slot,
        values,
        prepared.handler,
        days=kit.days,
    )


def outcomes_of(prepared: Prepared, values: Sequence[Any], herd: Herd) -> list[Outcome]:
    """Return what has become of the variants of a herd so far."""
    herd.finish()
    hours, errors = open_hours(prepared.kit.facts), herd.errors
    return [
        _outcome(
            prepared,
            one,
            herd.state(number),
            herd.tally(number, hours),
            herd.days(number),
            error=errors.get(number, ""),
        )
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
        return _outcome(prepared, values, runner.state, Tally(), np.zeros((0, 2), np.int64), error=_said(error))
    samples = journal.read("samples")
    dated = samples[samples["date"] >= 0]
    days = np.stack([dated["date"], dated["equity"]], axis=1).astype(np.int64)
    tally = tally_of(journal.read("trades"), notional_worth(runner.state), open_hours(prepared.kit.facts))
    return _outcome(prepared, values, runner.state, tally, days)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _outcome(
    prepared: Prepared,
    values: Any,
    state: np.ndarray[Any, Any],
    tally: Tally,
    days: NDArray[np.int64],
    *,
    error: str = "",
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
    found = figures(
        tally,
        ending,
        equity,
        period_ns=period,
        minor_per_unit=facts.minor_per_unit,
    )
    return Outcome(0, {}, found, dates, daily_returns(equity, facts.initial), tally.r, digest)
