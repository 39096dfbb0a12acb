"""The same strategy with every number a little off: a result that needs its very parameters was found, not predicted.

The variants are not counted as trials, because nobody can choose among them: only how they did together is told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

import numpy as np

from tradewind.research.variants import Outcome
from tradewind.strategy import Strategy


class Jitter(NamedTuple):
    """How a strategy did with its numbers moved."""

    variants: int
    names: list[str]
    """What was moved."""
    sharpe_year: float | None
    """Of the run itself; None where it cannot be said."""
    low: float | None
    median: float | None
    high: float | None
    """The 5 %, 50 % and 95 % quantile of the variants' Sharpe ratios a year."""
    profitable: float | None
    """The share of them that made money."""
    better: float | None
    """The share of them that did better than the run."""


def moved(
    strategy: Strategy, values: Mapping[str, Any], *, share: float, count: int, seed: int
) -> list[dict[str, str]]:
    """Return `count` variants with every number within +- `share` of its value, whole numbers rounded.

    Moved are the parameters that the file declares a SPACE for, or all numbers; what is true or false stays, and so
    does 0.
    """
    names = moved_names(strategy, values)
    hints = get_type_hints(strategy.parameters)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        factors = rng.uniform(1 - share, 1 + share, len(names))
        made = {name: values[name] * float(factor) for name, factor in zip(names, factors, strict=True)}
        found.append({name: repr(round(value) if hints[name] is int else value) for name, value in made.items()})
    return found


def moved_names(strategy: Strategy, values: Mapping[str, Any]) -> list[str]:
    """Return the parameters that are numbers to be moved."""
    hints = get_type_hints(strategy.parameters)
    declared = getattr(strategy.module, "SPACE", None)
    return [
        name
        for name, value in values.items()
        if hints[name] in (int, float) and value != 0 and (declared is None or name in declared)
    ]


def jitter_of(own: Outcome, others: Sequence[Outcome], names: list[str]) -> Jitter:
    """Return how the others did beside the run; one that ended in an error did as badly as nothing."""
    ratio = own.figures["sharpe_year"]
    ratios = np.array([one.figures["sharpe_year"] or 0.0 for one in others])
    if not names or not others:
        return Jitter(0, names, ratio, None, None, None, None, None)
    low, median, high = np.quantile(ratios, (0.05, 0.5, 0.95)).tolist()
    won = float(np.mean([(one.figures["net"] or 0.0) > 0 for one in others]))
    better = None if ratio is None else float((ratios > ratio).mean())
    return Jitter(len(others), names, ratio, low, median, high, won, better)
