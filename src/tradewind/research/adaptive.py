"""Methods that learn from what they tried: TPE, CMA-ES and NSGA-II, by Optuna, asked and told in batches.

The engine is fastest with many variants at once, so a batch is asked for, run, and told in the order of its numbers.
A batch has the same size whoever works, so the same seed asks for the same variants with any number of workers. A
sweep that goes on is played again from its first trial: what is finished is told and not run, and the sampler, seeded
the same, asks for what it would have asked for. With a study in a database (`url`) the study remembers instead.

Optuna: Akiba and others, 2019. TPE: Bergstra and others, 2011. CMA-ES: Hansen, 2016. NSGA-II: Deb and others, 2002.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from tradewind.errors import TradewindError
from tradewind.research.conditions import Value
from tradewind.research.sampling import Point
from tradewind.research.space import Axis, Space, rounded

METHODS = ("tpe", "cmaes", "nsga2")
BATCH = 16
VAIN = 50
"""Batches asked for in vain (points tried before, or forbidden) before a search ends early."""
PARTS = 5
"""Into which the tape is cut where trials may be pruned."""
NUMBER = "number"


@dataclass(frozen=True)
class Told:
    """What became of a trial, as a sampler is told it: one value an objective, None where there is none."""

    values: Sequence[float | None]
    steps: Sequence[float | None] = field(default_factory=list)
    """The first objective after each part of the tape."""


Run = Callable[[Mapping[int, Point], Callable[[int, Mapping[int, float | None]], set[int]] | None], Mapping[int, Told]]
"""Runs points by number. The second argument, where trials may be pruned, is told the part and the values so far and
answers which trials end."""


class Search:
    """A study with its sampler."""

    def __init__(
        self,
        space: Space,
        method: str,
        seed: int,
        *,
        higher: Sequence[bool],
        prune: bool = False,
        study: tuple[str, str] | None = None,
    ) -> None:
        """`higher` says of each objective whether more is better; `study` is (url, name) of one in a database."""
        if method not in METHODS:
            raise TradewindError(f"There is no method {method!r}.", f"Choose one of {', '.join(METHODS)}.")
        if len(higher) > 1 and method != "nsga2":
            raise TradewindError(f"{method} has one objective.", "Use --method nsga2 for several.")
        if prune and len(higher) > 1:
            raise TradewindError("With several objectives nothing is pruned.", "Leave --prune out.")
        self._optuna = optuna = optuna_module()
        self._space, self._prune = space, prune
        self._axes = {axis.name: axis for axis in space.axes}
        directions = ["maximize" if one else "minimize" for one in higher]
        pruner = optuna.pruners.MedianPruner(n_startup_trials=BATCH) if prune else optuna.pruners.NopPruner()
        self._storage = None if study is None else _storage(optuna, study[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna calls its newer parts experimental
            self._distributions = {axis.name: distribution(axis, optuna.distributions) for axis in space.axes}
            self._study = optuna.create_study(
                sampler=_sampler(optuna, method, seed),
                pruner=pruner,
                directions=directions,
                storage=self._storage,
                study_name=None if study is None else study[1],
                load_if_exists=study is not None,
            )
        self._soft = method == "tpe"
        self._known: dict[tuple[Value, ...], Told] = {}

    def run(self, trials: int, run: Run) -> None:
        """`trials` different points have been asked for, run and told, or no more could be found."""
        try:
            self._run(trials, run)
        finally:
            if self._storage is not None:  # its connections close
                self._storage.remove_session()
                self._storage.engine.dispose()

    def _run(self, trials: int, run: Run) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            number = self._taken_up(run)
            vain = 0
            while number < trials and vain < VAIN:
                batch = self._asked(number, min(BATCH, trials - number))
                vain = 0 if batch else vain + 1
                if batch:
                    self._tell(batch, run)
                    number += len(batch)

    def _taken_up(self, run: Run) -> int:
        """Trials of the study that were asked for and never told have been run; return how many there are."""
        state = self._optuna.trial.TrialState
        open_trials: dict[int, tuple[Any, Point]] = {}
        count = 0
        for frozen in self._study.get_trials(deepcopy=False):
            if NUMBER not in frozen.user_attrs:
                continue
            number = int(frozen.user_attrs[NUMBER])
            point = self._point(frozen.params)
            count = max(count, number + 1)
            if frozen.state == state.RUNNING:
                open_trials[number] = (self._optuna.trial.Trial(self._study, frozen._trial_id), point)  # noqa: SLF001  there is no public way to go on with a trial
            elif frozen.values is not None:
                self._known[tuple(point.values())] = Told(list(frozen.values))
        if open_trials:
            self._tell(open_trials, run)
        return count

    def _asked(self, first: int, count: int) -> dict[int, tuple[Any, Point]]:
        """Return up to `count` new points by number, from `first` on; what was tried before is told again at once."""
        state = self._optuna.trial.TrialState
        batch: dict[int, tuple[Any, Point]] = {}
        taken: set[tuple[Value, ...]] = set()
        for _ in range(4 * count):
            trial = self._study.ask(self._distributions)
            point = self._point(trial.params)
            key = tuple(point.values())
            if not self._space.allows(point):
                self._study.tell(trial, state=state.PRUNED if self._soft else state.FAIL)
            elif key in self._known:
                self._say(trial, self._known[key])
            elif key in taken:
                self._study.tell(trial, state=state.FAIL)
            else:
                taken.add(key)
                trial.set_user_attr(NUMBER, first + len(batch))
                batch[first + len(batch)] = (trial, point)
                if len(batch) == count:
                    break
        return batch

    def _tell(self, batch: Mapping[int, tuple[Any, Point]], run: Run) -> None:
        """The batch has been run, and the study knows it in the order of its numbers."""
        reported: set[tuple[int, int]] = set()

        def judge(part: int, values: Mapping[int, float | None]) -> set[int]:
            ended = set()
            for number, value in sorted(values.items()):
                if value is not None:
                    trial = batch[number][0]
                    trial.report(value, part)
                    reported.add((number, part))
                    if trial.should_prune():
                        ended.add(number)
            return ended

        answers = run({number: point for number, (_, point) in batch.items()}, judge if self._prune else None)
        for number, (trial, point) in sorted(batch.items()):
            told = answers[number]
            self._known[tuple(point.values())] = told
            for part, value in enumerate(told.steps, 1):
                if value is not None and (number, part) not in reported:
                    trial.report(value, part)
            self._say(trial, told)

    def _say(self, trial: Any, told: Told) -> None:
        state = self._optuna.trial.TrialState
        values = [one for one in told.values if one is not None]
        if len(values) == len(told.values):
            self._study.tell(trial, values)
        else:
            self._study.tell(trial, state=state.PRUNED if told.steps else state.FAIL)

    def _point(self, params: Mapping[str, Any]) -> Point:
        """Return the values that Optuna's numbers stand for."""
        return {name: value_of(axis, params[name]) for name, axis in self._axes.items()}


def distribution(axis: Axis, kinds: Any) -> Any:
    """Return what Optuna draws for an axis: a place in its list of points, or a number."""
    if axis.log:
        if axis.kind is int:
            return kinds.IntDistribution(int(axis.low), int(axis.high), log=True)
        return kinds.FloatDistribution(axis.low, axis.high, log=True)
    if axis.continuous:
        return kinds.FloatDistribution(axis.low, axis.high)
    if axis.ordered and len(axis.points) > 1:
        return kinds.IntDistribution(0, len(axis.points) - 1)
    return kinds.CategoricalDistribution(list(range(len(axis.points))))


def value_of(axis: Axis, drawn: Any) -> Value:
    """Return the value of an axis that Optuna drew."""
    if axis.points and not axis.log:
        return axis.points[int(drawn)]
    return int(drawn) if axis.kind is int else rounded(float(drawn))


def _sampler(optuna: Any, method: str, seed: int) -> Any:
    if method == "tpe":
        return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True, n_startup_trials=BATCH)
    if method == "nsga2":
        return optuna.samplers.NSGAIISampler(seed=seed, population_size=2 * BATCH)
    if find_spec("cmaes") is None:  # Optuna loads it late, and says so with a traceback
        raise TradewindError("Method cmaes needs cmaes.", "Install it: pip install cmaes.")
    return optuna.samplers.CmaEsSampler(seed=seed, n_startup_trials=BATCH)


def _storage(optuna: Any, url: str) -> Any:
    """Return the database of studies at an SQLAlchemy address; raise TradewindError where none answers."""
    try:
        return optuna.storages.RDBStorage(url, heartbeat_interval=None)
    except Exception as error:  # noqa: BLE001  every driver has errors of its own
        cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise TradewindError(
            f"No studies can be kept at {_without_password(url)}: {cause}",
            "Check the address, postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, and that its driver is installed.",
        ) from None


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.split(':')[0]}@{tail}" if at else url


def optuna_module() -> Any:
    """Return the library, quiet; raise TradewindError where it is not installed."""
    try:
        import optuna  # noqa: PLC0415  an extra, needed only here
    except ImportError:
        raise TradewindError(
            "Methods tpe, cmaes and nsga2 need Optuna.", "Install it: pip install 'tradewind[research]'."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
