"""What a sweep says: its best trials with how much of that is luck, a map of two parameters, and how sharp the peak is.

Arrays and plain data in, plain data out. The best of many trials looks good by chance alone: `expected_best` is what
the best of as many worthless variants, that scatter as these do, would show (Bailey and Lopez de Prado 2014; domain
rules 6.2). A parameter whose neighbours do as well is worth more than a higher peak that stands alone.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.results.overfitting import best_of_noise

Floats = NDArray[np.float64]


class TrialLine(NamedTuple):
    """A finished trial: its number, what was set, what came of it."""

    number: int
    params: Mapping[str, str]
    figures: Mapping[str, float | None]


class Luck(NamedTuple):
    """What the best of the trials is worth beside chance, in daily Sharpe ratios."""

    trials: int
    """With a Sharpe ratio."""
    best: float
    mean: float
    deviation: float
    """Across the trials."""
    expected_best: float
    """Of as many worthless variants that scatter as these do."""
    beyond: bool
    """Whether the best is above that."""


class HeatMap(NamedTuple):
    """A figure over two parameters; where several trials fall into a cell the best counts, NaN where none does."""

    across: str
    down: str
    columns: Sequence[str]
    rows: Sequence[str]
    values: Floats
    counts: NDArray[np.int64]


class Stability(NamedTuple):
    """A figure along one parameter, all others as in the best trial or, where no such trials are, at their best."""

    name: str
    values: Sequence[str]
    figures: Sequence[float | None]
    best: int
    """Place of the best trial's value."""
    kept: float | None
    """Mean of the two neighbours as a share of the best; near 1 is a plateau, near 0 or below a lone peak."""
    alone: bool
    """Whether all others are held; if not, each point is the best of all trials with that value."""


def ranked(trials: Sequence[TrialLine], objective: str, *, higher: bool = True) -> list[TrialLine]:
    """Return the trials that have the objective, best first; of equals the first tried."""
    known = [(one.figures.get(objective), one) for one in trials]
    sign = -1 if higher else 1
    return [
        one for _, one in sorted(((sign * v, t) for v, t in known if v is not None), key=lambda x: (x[0], x[1].number))
    ]


def luck(trials: Sequence[TrialLine]) -> Luck | None:
    """Return what the best daily Sharpe ratio is worth beside chance; None for fewer than two trials that have one."""
    values = np.array([v for one in trials if (v := one.figures.get("sharpe_day")) is not None], np.float64)
    if len(values) < 2:
        return None
    variance = float(values.var(ddof=1))
    expected = best_of_noise(variance, float(len(values)))
    best = float(values.max())
    return Luck(len(values), best, float(values.mean()), math.sqrt(variance), expected, best > expected)


def varied(trials: Sequence[TrialLine]) -> list[str]:
    """Return the parameters that take more than one value."""
    names = list(dict.fromkeys(name for one in trials for name in one.params))
    return [name for name in names if len({one.params.get(name) for one in trials}) > 1]


def heat_map(
    trials: Sequence[TrialLine], objective: str, across: str, down: str, *, higher: bool = True, most: int = 40
) -> HeatMap:
    """Return the map of an objective over two parameters; more than `most` values of one are gathered in bins."""
    columns, column = _bins([one.params[across] for one in trials], most)
    rows, row = _bins([one.params[down] for one in trials], most)
    values = np.full((len(rows), len(columns)), np.nan)
    counts = np.zeros(values.shape, np.int64)
    for one, x, y in zip(trials, column, row, strict=True):
        value = one.figures.get(objective)
        counts[y, x] += 1
        if value is not None and (np.isnan(values[y, x]) or (value > values[y, x]) == higher):
            values[y, x] = value
    return HeatMap(across, down, columns, rows, values, counts)


def stabilities(trials: Sequence[TrialLine], objective: str, *, higher: bool = True) -> list[Stability]:
    """Return how the objective falls off around the best trial, along each parameter that was varied."""
    order = ranked(trials, objective, higher=higher)
    if not order:
        return []
    return [_stability(order, objective, name, most=40) for name in varied(trials)]


def _stability(order: Sequence[TrialLine], objective: str, name: str, most: int) -> Stability:
    best = order[0]
    held = [one for one in order if all(one.params.get(k) == v for k, v in best.params.items() if k != name)]
    alone = len({one.params[name] for one in held}) > 2
    labels, places = _bins([one.params[name] for one in (held if alone else order)], most)
    figures: list[float | None] = [None] * len(labels)
    for one, place in zip(held if alone else order, places, strict=True):  # best first: the first of a value counts
        if figures[place] is None:
            figures[place] = one.figures.get(objective)
    here = places[0]
    beside = [v for place in (here - 1, here + 1) if 0 <= place < len(figures) and (v := figures[place]) is not None]
    top = best.figures.get(objective)
    kept = sum(beside) / len(beside) / top if beside and top else None
    return Stability(name, labels, figures, here, kept, alone)


def _bins(texts: Sequence[str], most: int) -> tuple[list[str], list[int]]:
    """Return labels in order and the place of each text among them; many numbers share bins of equal count."""
    distinct = sorted(set(texts), key=_key)
    if len(distinct) <= most:
        place = {text: number for number, text in enumerate(distinct)}
        return distinct, [place[text] for text in texts]
    parts = np.array_split(np.arange(len(distinct)), max(2, most // 2))
    labels = [f"{distinct[part[0]]} - {distinct[part[-1]]}" for part in parts]
    place = {distinct[index]: number for number, part in enumerate(parts) for index in part.tolist()}
    return labels, [place[text] for text in texts]


def _key(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def report(document: Mapping[str, Any], trials: Sequence[TrialLine], *, most: int = 20) -> dict[str, Any]:
    """Return all of it as plain data: best trials, luck, heat map of the two most telling parameters, stabilities."""
    objective, higher = document["objectives"][0], document["higher"][0]
    order = ranked(trials, objective, higher=higher)
    chance = luck(trials)
    pairs = telling(trials, objective)[:2]
    shown = heat_map(trials, objective, pairs[0], pairs[1], higher=higher) if len(pairs) == 2 else None
    several = len(document["objectives"]) > 1
    return {
        "sweep": document["id"],
        "synthetic": document["synthetic"],
        "objective": objective,
        "total": document["total"],
        "done": len(trials),
        "failed": sum(all(value is None for value in one.figures.values()) for one in trials),
        "best": [
            {"number": one.number, "params": dict(one.params), "figures": dict(one.figures)} for one in order[:most]
        ],
        "luck": None if chance is None else chance._asdict(),
        "heat_map": None if shown is None else _plain_map(shown),
        "stability": [one._asdict() for one in stabilities(trials, objective, higher=higher)],
        "front": front(trials, document["objectives"], document["higher"]) if several else [],
    }


def _plain_map(shown: HeatMap) -> dict[str, Any]:
    values = [[None if math.isnan(v) else v for v in row] for row in shown.values.tolist()]
    return shown._asdict() | {"values": values, "counts": shown.counts.tolist()}


def telling(trials: Sequence[TrialLine], objective: str) -> list[str]:
    """Return the varied parameters, first those whose values explain most of the objective's variance."""
    known = [(one, v) for one in trials if (v := one.figures.get(objective)) is not None]
    explained = []
    for name in varied([one for one, _ in known]):
        _, places = _bins([one.params[name] for one, _ in known], 20)
        values, groups = np.array([v for _, v in known]), np.array(places)
        means = np.array(
            [values[groups == place].mean() if (groups == place).any() else 0.0 for place in range(max(places) + 1)]
        )
        explained.append((-float(((means[groups] - values.mean()) ** 2).sum()), name))
    order = {name: place for place, name in enumerate(varied(trials))}
    return [name for _, name in sorted(explained, key=lambda one: (round(one[0], 12), order[one[1]]))]


def front(trials: Sequence[TrialLine], objectives: Sequence[str], higher: Sequence[bool]) -> list[int]:
    """Return the numbers of the trials that no other beats in every objective (the Pareto front)."""
    known = [one for one in trials if all(one.figures.get(name) is not None for name in objectives)]
    if not known:
        return []
    signs = np.where(np.array(higher), 1.0, -1.0)
    values = np.array([[one.figures[name] for name in objectives] for one in known], np.float64) * signs
    kept = [
        one.number
        for one, mine in zip(known, values, strict=True)
        if not ((values >= mine).all(axis=1) & (values > mine).any(axis=1)).any()
    ]
    return sorted(kept)
