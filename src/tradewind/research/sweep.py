"""A sweep: a plan of trials, run by workers, each stored as it ends, so that what is killed goes on where it stood.

The trials are numbered before they run. Whoever runs them, in whatever order, a trial's number, parameters and figures
are the same; a sweep that goes on runs the numbers that are missing. Choosing the best of many is itself a trial of
luck: what a best is worth is judged in `results.sweeps`, never here.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tradewind.errors import TradewindError, UnknownName
from tradewind.research import adaptive
from tradewind.research.adaptive import Search, Told
from tradewind.research.figures import FIGURES
from tradewind.research.kit import Prepared
from tradewind.research.sampling import METHODS as PLANNED
from tradewind.research.sampling import Point, sample
from tradewind.research.space import Space, texts
from tradewind.research.variants import Outcome, run_in_slices
from tradewind.research.workers import Workers
from tradewind.results.document import moment
from tradewind.results.provenance import digest_of, run_id

METHODS = (*PLANNED, *adaptive.METHODS)
LESS_IS_BETTER = ("cost_share", "ambiguous_share", "turnover", "exposure", "refusals", "expectancy_error_r")
FLUSH_S = 0.25
"""Outcomes are stored at least so often; of one group at once."""
ADAPTIVE_TRIALS = 200


@dataclass(frozen=True)
class Asked:
    """How to search."""

    method: str = "grid"
    trials: int | None = None
    objectives: tuple[str, ...] = ("sharpe_day",)
    seed: int = 1
    prune: bool = False
    study: str | None = None
    """Address of a database for Optuna's study."""

    def __post_init__(self) -> None:
        """A method or an objective that there is not is refused."""
        if self.method not in METHODS:
            raise UnknownName("method", self.method, METHODS)
        for name in self.objectives:
            if name not in FIGURES:
                raise UnknownName("objective", name, FIGURES)
        if self.method in PLANNED and (self.prune or self.study):
            raise TradewindError(f"Method {self.method} learns nothing on the way.", "Leave --prune and --study out.")

    @property
    def higher(self) -> list[bool]:
        """Whether more is better, of each objective."""
        return [name not in LESS_IS_BETTER for name in self.objectives]

    def words(self) -> dict[str, Any]:
        """Return what decides the result, as plain data."""
        return {
            "method": self.method, "trials": self.trials, "objectives": list(self.objectives), "seed": self.seed,
            "prune": self.prune,
        }  # fmt: skip


class Store(Protocol):
    """Where sweeps are kept: `adapters.sweeps`."""

    def begin(self, document: Mapping[str, Any], plan: Sequence[Mapping[str, str]] | None) -> str:
        """The sweep is stored; its id, that of an earlier one with the same content if any."""

    def plan(self, sweep: str) -> list[dict[str, str]] | None:
        """The parameters of every trial planned."""

    def done(self, sweep: str) -> set[int]:
        """The numbers of the finished trials."""

    def trials(self, sweep: str) -> Iterator[Any]:
        """The finished trials by number."""

    def add(self, sweep: str, trials: Sequence[Any]) -> int:
        """The trials are stored; how many were new."""


@dataclass
class Progress:
    """How far a sweep is."""

    sweep: str
    total: int
    done: int = 0
    already: int = 0
    """Finished before this command began."""
    failed: int = 0
    best: float | None = None
    best_params: Mapping[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def a_second(self) -> float:
        """Trials finished in a second."""
        return (self.done - self.already) / max(time.monotonic() - self.began, 1e-9)


def begin(
    prepared: Prepared,
    space: Space,
    asked: Asked,
    store: Store,
    command: Mapping[str, Any] | None = None,
    *,
    resume: Mapping[str, Any] | None = None,
) -> str:
    """Return the id of the stored sweep that was asked for; the same request again finds the one that is there.

    `resume` is the document of the sweep that it has to be; raise TradewindError if it is not any more.
    """
    kit = prepared.kit
    adaptive_method = asked.method in adaptive.METHODS
    if adaptive_method:
        asked = replace(asked, trials=asked.trials or ADAPTIVE_TRIALS)
        Search(space, asked.method, asked.seed, higher=asked.higher, prune=asked.prune)  # says now what is wrong
    plan = None if adaptive_method else [texts(one) for one in sample(space, asked.method, asked.trials, asked.seed)]
    for one in (plan or [])[:1]:
        prepared.values(one)
    content = digest_of([prepared.digest(prepared.values({})), space.words(), asked.words()])
    if resume is not None:
        if content != resume["content"]:
            raise TradewindError(
                f"Sweep {resume['id']} cannot go on: its strategy file, its data, the settings or the engine have "
                "changed since.",
                "Put back what has changed, or begin a new sweep with the same words.",
            )
        return str(resume["id"])
    created = time.time_ns()
    facts = kit.facts
    document = {
        "id": run_id(created, content),
        "content": content,
        "created": moment(created),
        "strategy": facts.strategy_names[0],
        "instruments": facts.symbols[: kit.instruments],
        "from": moment(facts.start),
        "to": moment(facts.end),
        "synthetic": facts.synthetic,
        "currency": facts.currency,
        "total": asked.trials if plan is None else len(plan),
        "space": space.words(),
        "set": dict(kit.base),
        "command": dict(command or {}),
        "higher": asked.higher,
        **asked.words(),
    }
    return store.begin(document, plan)


def carry_on(
    sweep: str,
    prepared: Prepared,
    space: Space,
    asked: Asked,
    store: Store,
    *,
    workers: Workers,
    on_progress: Callable[[Progress], None] | None = None,
    record: Callable[[Sequence[Outcome]], None] | None = None,
) -> Progress:
    """Every trial of the sweep is finished and stored; return how it stands. Whatever ends this loses no trial stored.

    `record` is given the outcomes that are about to be stored, for the trial ledger.
    """
    plan = store.plan(sweep)
    total = len(plan) if plan is not None else asked.trials or ADAPTIVE_TRIALS
    work = _Work(sweep, store, asked, Progress(sweep, total), on_progress=on_progress, record=record)
    stored = work.take_up()
    if plan is not None:
        missing = [number for number in range(len(plan)) if number not in stored]
        work.keep(workers.outcomes([plan[number] for number in missing]), missing)
        return work.progress
    study = None if asked.study is None else (asked.study, f"tradewind {sweep}")
    search = Search(space, asked.method, asked.seed, higher=asked.higher, prune=asked.prune, study=study)

    def run(points: Mapping[int, Point], judge: Any) -> Mapping[int, Told]:
        """Run what is not stored; the sampler is told of all."""
        missing = [number for number in sorted(points) if number not in stored]
        variants = [texts(points[number]) for number in missing]
        if any(dict(stored[number].params) != texts(points[number]) for number in points.keys() - set(missing)):
            raise TradewindError(
                f"Sweep {sweep} was asked for other trials before.",
                "Give the same --study as then, and the same version of Optuna.",
            )
        if judge is None:
            outcomes: Iterable[Outcome] = workers.outcomes(variants)
        else:
            outcomes = _pruned(prepared, variants, missing, asked.objectives[0], judge)
        for outcome in work.keep(outcomes, missing):
            stored[outcome.number] = outcome
        return {number: work.told(stored[number]) for number in points}

    search.run(total, run)
    return work.progress


def _pruned(
    prepared: Prepared, variants: Sequence[Mapping[str, str]], numbers: Sequence[int], objective: str, judge: Any
) -> list[Outcome]:
    """Return the outcomes of variants some of which may end early."""
    steps: list[list[float | None]] = [[] for _ in variants]

    def at(part: int, figures: Sequence[Mapping[str, float | None] | None]) -> list[bool]:
        values = {place: one.get(objective) for place, one in enumerate(figures) if one is not None}
        for place, value in values.items():
            steps[place].append(value)
        ended = judge(part, {numbers[place]: value for place, value in values.items()})
        return [number in ended for number in numbers]

    outcomes = run_in_slices(prepared, variants, adaptive.PARTS, at)
    return [replace(one, steps=steps[one.number]) for one in outcomes]


class _Work:
    """A sweep at work: outcomes go to the store, the ledger and whoever watches."""

    def __init__(
        self,
        sweep: str,
        store: Store,
        asked: Asked,
        progress: Progress,
        *,
        on_progress: Callable[[Progress], None] | None,
        record: Callable[[Sequence[Outcome]], None] | None,
    ) -> None:
        self._sweep, self._store, self._asked = sweep, store, asked
        self.progress, self._on_progress, self._record = progress, on_progress, record

    def take_up(self) -> dict[int, Any]:
        """Return the stored trials by number; the progress counts them."""
        stored = {one.number: one for one in self._store.trials(self._sweep)}
        for one in stored.values():
            self._count(one)
        self.progress.already = self.progress.done
        self._tell()
        return stored

    def keep(self, outcomes: Iterable[Outcome], numbers: Sequence[int]) -> list[Outcome]:
        """The outcomes, whose numbers are places in `numbers`, are stored as they come; return those of the last call.

        Also where this is interrupted: what had come by then is stored.
        """
        found, fresh = list[Outcome](), list[Outcome]()
        last = time.monotonic()
        keeps = self._asked.method in adaptive.METHODS
        try:
            for outcome in outcomes:
                fresh.append(replace(outcome, number=numbers[outcome.number]))
                if time.monotonic() - last >= FLUSH_S:
                    self._flush(fresh, found if keeps else None)
                    last = time.monotonic()
        finally:
            self._flush(fresh, found if keeps else None)
        return found

    def _flush(self, fresh: list[Outcome], found: list[Outcome] | None) -> None:
        if self._record is not None and fresh:
            self._record(fresh)  # first: a trial that is stored never runs again, and so would never be counted
        self._store.add(self._sweep, fresh)
        for one in fresh:
            self._count(one)
        if found is not None:
            found.extend(fresh)
        fresh.clear()
        self._tell()

    def _count(self, trial: Any) -> None:
        progress, (objective, *_), (higher, *_) = self.progress, self._asked.objectives, self._asked.higher
        progress.done += 1
        progress.failed += bool(trial.error)
        value = trial.figures.get(objective)
        if value is not None and (progress.best is None or (value > progress.best) == higher):
            progress.best, progress.best_params = value, trial.params

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.progress)

    def told(self, trial: Any) -> Told:
        """Return what a sampler is told of a finished trial."""
        return Told([trial.figures.get(name) for name in self._asked.objectives], list(trial.steps))
