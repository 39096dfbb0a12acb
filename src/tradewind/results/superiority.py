"""Is the best of many variants better than doing nothing, when so many were tried? White's and Hansen's answers.

White (2000), "A Reality Check for Data Snooping": the best mean is compared with the best means of resampled returns
from which every variant's own mean was taken. Hansen (2005), "A Test for Superior Predictive Ability", does not let
hopeless variants weaken the test: `consistent` leaves out those that are clearly worse, `lower` all that are worse,
`upper` none. His statistic is a mean over its error, so that loud variants do not drown quiet ones; White's is the
plain mean. Resampling is the stationary bootstrap of whole days across all variants, by `arch`, whose statistic is
always the plain mean: for Hansen's, variants are scaled to the same deviation before.

`arch` expects *losses*. Given returns it tests, silently, whether the worst is worse; so they are negated here, once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.errors import BadData, TradewindError
from tradewind.results.dependence import block_days

Floats = NDArray[np.float64]


class Superiority(NamedTuple):
    """Chances to see a best variant as good as this if none were better than the benchmark."""

    lower: float
    consistent: float
    """Hansen's."""
    upper: float
    reality_check: float
    """White's."""
    best: int
    """The column with the best mean over deviation."""
    block_days: float
    repeats: int


def superiority(
    returns: Floats,
    benchmark: ArrayLike | None = None,
    *,
    seed: int,
    repeats: int = 1000,
    holding: float = 0.0,
) -> Superiority:
    """Return the p-values of `returns`, dates x variants, against a benchmark's returns; None for doing nothing.

    `holding` is the mean holding time in days, which no block may be shorter than. Variants that never differ from
    the benchmark say nothing and are left out.
    """
    rivals = np.zeros(len(returns)) if benchmark is None else np.asarray(benchmark, np.float64)
    ahead = returns - rivals[:, None]
    telling = np.flatnonzero(ahead.min(axis=0) != ahead.max(axis=0)) if len(ahead) else np.zeros(0, np.int64)
    if telling.size == 0:
        raise BadData("No variant differs from the benchmark.", "Test variants that traded.")
    ahead = ahead[:, telling]
    scaled = ahead / ahead.std(axis=0)
    place = int(scaled.mean(axis=0).argmax())
    length = block_days(ahead[:, place], holding)
    lower, consistent, upper = _p_values(scaled, round(length), repeats, seed)
    plain = _p_values(ahead, round(length), repeats, seed)[2]
    return Superiority(lower, consistent, upper, plain, int(telling[place]), length, repeats)


def _p_values(ahead: Floats, block: int, repeats: int, seed: int) -> tuple[float, float, float]:
    """Return the lower, consistent and upper p-value of returns above the benchmark's; losses go to the library."""
    try:
        from arch.bootstrap import SPA  # noqa: PLC0415  an extra, slow to load
    except ImportError as error:
        raise TradewindError(
            "The reality check needs arch, which is not installed.",
            "Install it: pip install 'tradewind[research]'.",
        ) from error
    test = SPA(np.zeros(len(ahead)), -ahead, block_size=block, reps=repeats, seed=seed)
    test.compute()
    found = test.pvalues
    return float(found["lower"]), float(found["consistent"]), float(found["upper"])
