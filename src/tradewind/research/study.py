"""A walk-forward study of one strategy: its variants run, the windows walked, the tests joined to one document.

The document is of kind "walk-forward". Its tables: `windows`, a row each; `oos`, the daily returns of the tests;
`trades`, those opened on a tested date by the variant chosen for it, as they were in its own run. Beside it stand the
paths of combinatorial purged cross-validation over the same variants, and the probability of overfitting.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.adapters.histories import History
from tradewind.adapters.ledger import Trials
from tradewind.errors import BadLedger
from tradewind.markets.clock import day_close, day_date, day_open
from tradewind.modes import Choice, Request, backtest
from tradewind.research.counting import family_of
from tradewind.research.kit import Prepared, prepare
from tradewind.research.ledger import honesty_of, made_trial
from tradewind.research.purged import cross_validated, splits
from tradewind.research.tried import Floats, Integers, Tried, try_variants
from tradewind.research.walkforward import Walk, cut_by_date, longest_holding, neighbours_of, objective, walk
from tradewind.research.windows import Span, Window, span, trading_dates, windows
from tradewind.results.document import document as document_of
from tradewind.results.overfitting import overfitting_probability
from tradewind.results.statistics import TRADING_DATES_A_YEAR
from tradewind.runs import finish

if TYPE_CHECKING:
    import polars as pl

    Tables = Mapping[str, pl.DataFrame]

KIND = "walk-forward"
ROUNDS = 8
"""A longer purge may choose another variant, which may hold longer; so often at most."""
BLOCKS = 10
"""Of the probability of overfitting."""


@dataclass(frozen=True)
class Course:
    """How to walk."""

    train: Span
    test: Span
    anchored: bool = False
    purge: int | None = None
    """Trading dates; None for the longest holding period of what is chosen."""
    embargo: int = 1
    by: str = "sharpe"
    fresh: bool = False
    """Every window runs by itself."""
    warm_up: int = 60
    """Trading dates before a fresh window, for indicators; what is made on them is not counted."""
    groups: int = 8
    tested: int = 2
    """Of the cross-validation: groups of time, and how many of them are tested at once."""


def course_of(
    lengths: tuple[str, str], purge: str, embargo: str, warm_up: str, *, by: str, anchored: bool, fresh: bool
) -> Course:
    """Return how to walk, from the words of a command line; `lengths` are those learnt from and tested on."""
    objective(by)
    return Course(
        span(lengths[0], "--train"),
        span(lengths[1], "--test"),
        anchored=anchored,
        purge=None if purge.strip().lower() == "auto" else trading_dates(purge, "--purge"),
        embargo=trading_dates(embargo, "--embargo"),
        by=by,
        fresh=fresh,
        warm_up=trading_dates(warm_up, "--warm-up"),
    )


@dataclass
class Study:
    """A strategy, its variants and their history; `course` says how to walk."""

    request: Request
    history: History
    store: Trials
    variants: Sequence[Mapping[str, str]]
    course: Course
    threads: int = 0
    on_done: Callable[[int], None] | None = None
    """Told how many variants of the present pass are done."""
    family: str = ""
    _runs: "dict[tuple[int, int, int], Tables]" = field(default_factory=dict)

    def run(self) -> "tuple[Prepared, Tried, Walk, int]":
        """Return what was run, what became of every variant, the walk, and the purge in trading dates."""
        prepared = prepare(self.request, self.history)
        self.family = family_of(prepared.strategy, synthetic=prepared.kit.facts.synthetic)
        tried = try_variants(
            prepared, self.variants, self.store, family=self.family, source=KIND, threads=self.threads,
            on_done=self.on_done,
        )  # fmt: skip
        course, purge = self.course, self.course.purge or 0
        nearest = neighbours_of(tried.variants)
        for _ in range(ROUNDS):
            gap = purge + course.embargo
            parts = windows(tried.dates, course.train, course.test, anchored=course.anchored, gap=gap)
            cut = self._fresh_cut(tried) if course.fresh else cut_by_date(tried.returns)
            walked = walk(parts, cut, course.by, nearest)
            longest = max(self._longest(tried, one.chosen) for one in walked.steps)
            if course.purge is not None or longest <= purge:
                break
            purge = longest
        return prepared, tried, walked, purge

    def _fresh_cut(self, tried: Tried) -> Callable[[int, Window], tuple[Floats, Floats]]:
        """Return how to run the windows each by itself; finished ones are kept in a ledger of their own."""
        store = Trials(self.store.path.parent / KIND)

        def returns(first: int, last: int) -> Floats:
            request = self._between(tried.dates, first, last)
            prepared = prepare(request, self.history)
            alone = try_variants(
                prepared, tried.variants, store, family=self.family, source=KIND, threads=self.threads,
                on_done=self.on_done,
            )  # fmt: skip
            return _placed(alone, tried, tried.dates[first:last])

        def cut(_number: int, window: Window) -> tuple[Floats, Floats]:
            return returns(window.train_start, window.train_end), returns(window.test_start, window.test_end)

        return cut

    def _between(self, dates: Integers, first: int, last: int) -> Request:
        """Return the request for some dates only, with the warm-up before them."""
        start = day_open(day_date(int(dates[max(first - self.course.warm_up, 0)])))
        end = day_close(day_date(int(dates[last - 1]))) + 1
        return replace(self.request, start=max(start, self.request.start), end=min(end, self.request.end))

    def trades(self, tried: Tried, number: int, part: slice) -> "pl.DataFrame":
        """Return the trades of a variant that were opened on some of the dates, as its own run made them."""
        whole = self._tables(tried, number, part if self.course.fresh else slice(0, len(tried.dates)))
        trades = whole["trades"]
        rolls, dates = _rolls(whole)
        place = np.searchsorted(rolls, trades["opened"].to_physical().to_numpy())
        opened = np.append(dates, np.iinfo(np.int64).max)[place]
        first, last = int(tried.dates[part.start]), int(tried.dates[part.stop - 1])
        return trades.filter((opened >= first) & (opened <= last))

    def _tables(self, tried: Tried, number: int, part: slice) -> "Tables":
        """Return the tables of a backtest of one variant over some of the dates."""
        key = (number, part.start, part.stop)
        if key not in self._runs:
            choice = self.request.choices[0]
            request = self._between(tried.dates, part.start, part.stop) if self.course.fresh else self.request
            chosen = Choice(choice.path, {**choice.overrides, **tried.variants[number]})
            self._runs[key] = finish(backtest(replace(request, choices=[chosen]), self.history), self.history)[1]
        return self._runs[key]

    def _longest(self, tried: Tried, number: int) -> int:
        """Return how many rolls the longest trade of a variant was held over."""
        tables = self._tables(tried, number, slice(0, len(tried.dates)))
        opened, closed = (tables["trades"][name].to_physical().to_numpy() for name in ("opened", "closed"))
        return longest_holding(_rolls(tables)[0], opened, closed)


def _rolls(tables: "Tables") -> tuple[Integers, Integers]:
    """Return when each trading date ended, ns UTC, and its number."""
    dated = tables["equity"].filter(tables["equity"]["date"].is_not_null())
    return dated["ts"].to_physical().to_numpy(), dated["date"].to_physical().to_numpy().astype(np.int64)


def _placed(alone: Tried, whole: Tried, dates: Integers) -> Floats:
    """Return the returns of a shorter run on some dates, in the columns of the whole; 0 for what it lacks."""
    rows = np.zeros((len(dates), len(whole.variants)))
    columns = {tuple(sorted(one.items())): number for number, one in enumerate(alone.variants)}
    place = np.searchsorted(alone.dates, dates)
    there = np.flatnonzero((place < len(alone.dates)) & (alone.dates[np.minimum(place, len(alone.dates) - 1)] == dates))
    for number, one in enumerate(whole.variants):
        column = columns.get(tuple(sorted(one.items())))
        if column is not None:
            rows[there, number] = alone.returns[place[there], column]
    return rows


def validated(returns: Floats, course: Course, purge: int) -> dict[str, Any] | None:
    """Return the cross-validation of all variants as plain data; None where there is nothing to choose among."""
    moving = returns[:, returns.max(axis=0) > returns.min(axis=0)]
    if moving.shape[1] < 2 or len(returns) // course.groups <= purge + course.embargo + 1:
        return None
    found = cross_validated(
        moving, splits(len(returns), course.groups, course.tested, purge=purge, embargo=course.embargo)
    )
    years = found.sharpe_years
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = overfitting_probability(moving, BLOCKS)
    low, median, high = np.quantile(years, (0.05, 0.5, 0.95)).tolist()
    return {
        "groups": course.groups,
        "tested": course.tested,
        "splits": len(found.chosen),
        "paths": len(years),
        "inside_sharpe_year": float(found.inside.mean()) * TRADING_DATES_A_YEAR**0.5,
        "sharpe_year": {"mean": float(years.mean()), "low": low, "median": median, "high": high},
        "below_zero": float((years < 0).mean()),
        "variants_chosen": len(set(found.chosen)),
        "overfitting_probability": float(chance),
    }


def written(study: Study) -> "tuple[dict[str, Any], dict[str, pl.DataFrame]]":
    """Return the document and the tables of a study that is run now."""
    from tradewind.research.study_tables import days_table, pooled, trades_table, windows_table  # noqa: PLC0415  it loads polars, which only the end of a study needs

    prepared, tried, walked, purge = study.run()
    facts, course = prepared.kit.facts, study.course
    config = {
        "train": str(course.train), "test": str(course.test), "anchored": course.anchored, "embargo": course.embargo,
        "purge_asked": course.purge, "objective": course.by, "fresh": course.fresh, "warm_up": course.warm_up,
    }  # fmt: skip
    provenance = replace(prepared.kit.provenance, parameters={KIND: {**config, "digests": list(tried.digests)}})
    document = document_of(replace(facts, kind=KIND), provenance, None, time.time_ns())
    document["parameters"] = {facts.strategy_names[0]: dict(prepared.kit.base)}
    tables = {
        "windows": windows_table(study, tried, walked),
        "oos": days_table(tried, walked, facts.initial / facts.minor_per_unit),
        "trades": trades_table(study, tried, walked),
    }
    document["walk_forward"] = {
        **config,
        "purge": purge,
        "variants": len(tried.variants),
        "variants_known": tried.known,
        "variants_failed": dict(tried.failed),
        **pooled(tried, walked, tables["trades"]),
        "cross_validation": validated(tried.returns, course, purge),
    }
    document["honesty"] = _honesty(study, document, tried, walked)
    return document, tables


def _honesty(study: Study, document: Mapping[str, Any], tried: Tried, walked: Walk) -> dict[str, Any]:
    """The walk stands in the ledger, in a family of walks: whoever walks often enough finds one that looks good."""
    facts_period = (int(tried.dates[0]), int(tried.dates[-1]))
    trial = made_trial(
        f"{study.family}, walked forward",
        document["hashes"]["content"],
        strategy=document["strategies"][0],
        params={name: str(document["walk_forward"][name]) for name in ("train", "test", "anchored", "objective")},
        symbols=document["instruments"],
        period=facts_period,
        dates=tried.dates[walked.places],
        returns=walked.returns,
        source=KIND,
        run=document["id"],
    )
    try:
        study.store.add([trial])
        return honesty_of(study.store, trial) | ({"warning": tried.trouble} if tried.trouble else {})
    except BadLedger as error:
        return {"error": str(error)}
