"""From words to a sweep that runs: the request, its tape, its workers, and the stored sweep they belong to.

The words are those of the command line as plain data; they are stored with the sweep, so that it goes on without them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tradewind.adapters.sweeps import SqliteSweeps
from tradewind.errors import Interrupted, TradewindError
from tradewind.modes import open_history
from tradewind.requests import backtest_request
from tradewind.research.cluster import Cluster
from tradewind.research.kit import Prepared, prepare
from tradewind.research.space import Space, space_of
from tradewind.research.sweep import Asked, Progress, begin, carry_on
from tradewind.research.variants import Outcome
from tradewind.research.workers import Processes, Threads, Workers
from tradewind.settings import Settings

CLUSTER = "ray://"


class Sweeping:
    """A sweep ready to run."""

    def __init__(
        self,
        store: SqliteSweeps,
        sweep: str,
        prepared: Prepared,
        space: Space,
        asked: Asked,
        *,
        cluster: str | None,
        workers: int,
    ) -> None:
        """It is stored as `sweep`; `workers` threads or processes run it, or those of a cluster."""
        self.store, self.sweep, self.prepared = store, sweep, prepared
        self._space, self._asked = space, asked
        self._workers: Any
        if cluster is not None:
            self._workers = Cluster(prepared, cluster, workers)
        elif prepared.kit.plain:
            self._workers = Processes(prepared, workers)
        else:
            self._workers = Threads(prepared, workers)

    @property
    def words(self) -> str:
        """Who works, for a person."""
        return str(self._workers.words)

    def run(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        record: Callable[[Sequence[Outcome]], None] | None = None,
    ) -> Progress:
        """Every trial is finished and stored; whatever ends this early says how to go on."""
        try:
            with ExitStack() as stack:
                workers: Workers = self._workers
                if not isinstance(self._workers, Threads):
                    workers = stack.enter_context(self._workers)
                return carry_on(
                    self.sweep, self.prepared, self._space, self._asked, self.store, workers=workers,
                    on_progress=on_progress, record=record,
                )  # fmt: skip
        except (KeyboardInterrupt, Interrupted):
            done = len(self.store.done(self.sweep))
            raise Interrupted(
                f"Interrupted; {done:,} finished trials are kept.", f"Go on: tradewind sweep --resume {self.sweep}"
            ) from None


def open_sweeps(settings: Settings) -> SqliteSweeps:
    """Return the store of sweeps that the settings name."""
    return SqliteSweeps(settings.data)


def open_sweeping(words: Mapping[str, Any], settings: Settings, *, resume: str | None, workers: int) -> Sweeping:
    """Return the sweep that the words ask for, or the stored one named by `resume`, ready to run.

    The same words on the same data and code find the sweep that is there. Raises TradewindError for what cannot be,
    and where a stored sweep is not what its words would give now.
    """
    store = open_sweeps(settings)
    if resume is not None:
        stored = store.get(store.find(resume))
        asked_cluster = [one for one in words["on"] if one.startswith(CLUSTER)]
        words = {**stored["command"], "study": words["study"] or stored["command"]["study"]}
        words = {**words, "on": [*(one for one in words["on"] if not one.startswith(CLUSTER)), *asked_cluster]}
    elif words["strategy"] is None:
        raise TradewindError("No strategy was given.", "Name one, or go on with --resume ID.")
    clusters = [one.removeprefix(CLUSTER) for one in words["on"] if one.startswith(CLUSTER)]
    symbols = [one for one in words["on"] if not one.startswith(CLUSTER)]
    given = {**words["given"], "rate": list(words["given"]["rate"])}
    request = backtest_request(
        [words["strategy"]], symbols, (words["from"], words["to"]), words["set"], given=given, settings=settings,
        feed=words["feed"], bar=words["bar"], plain=words["plain"],
    )  # fmt: skip
    asked = Asked(
        words["method"],
        words["trials"],
        tuple(one.strip() for one in words["objective"].split(",") if one.strip()),
        words["seed"],
        words["prune"],
        words["study"],
    )
    prepared = prepare(request, open_history(settings))
    space = space_of(prepared.strategy, prepared.kit.base, words["vary"], words["where"])
    study = None if words["study"] is None or "@" in words["study"] else words["study"]  # no password is stored
    kept = {**words, "strategy": str(_absolute(words["strategy"])), "study": study}
    sweep = begin(prepared, space, asked, store, kept, resume=None if resume is None else stored)
    return Sweeping(store, sweep, prepared, space, asked, cluster=clusters[0] if clusters else None, workers=workers)


def _absolute(strategy: str) -> Path | str:
    """Return the path of a strategy file from anywhere; the name of a shipped one as it is."""
    path = Path(strategy)
    return path.resolve() if path.is_file() else strategy
