"""Another future: the rows after a moment get other prices, all of them valid bars.

    walk       a random walk from a level three per cent away, twice as restless
    extremes   bars between half and twice the last price: as near to nonsense as a bar may come
    shuffled   the same bars in another order
    mirrored   every move turned round

Highs stay above lows, prices above zero, and times as they are: a decision made before must not care.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[np.float64]]
PRICES = ("open", "high", "low", "close")
KINDS = ("walk", "extremes", "shuffled", "mirrored")


def poisoned(columns: Mapping[str, NDArray[np.float64]], after: NDArray[np.bool_], kind: str, seed: int) -> Columns:
    """Return copies of price (and volume) columns in which the rows of the mask `after` tell another future."""
    made = {name: np.array(values, np.float64) for name, values in columns.items()}
    places = np.flatnonzero(after)
    if not len(places):
        return made
    draw = np.random.default_rng([seed, KINDS.index(kind)])
    last = made["close"][places[0] - 1] if places[0] else made["open"][0]
    bars = np.stack([made[name][places] for name in PRICES])
    for name, values in zip(PRICES, _FUTURES[kind](bars, float(last), draw), strict=True):
        made[name][places] = values
    for name in made.keys() - set(PRICES):
        made[name][places] = draw.permutation(made[name][places]) * draw.uniform(0.2, 5.0, len(places))
    return made


def _walk(bars: NDArray[np.float64], last: float, draw: np.random.Generator) -> NDArray[np.float64]:
    step = max(float(np.mean(np.abs(np.diff(bars[3])))) if bars.shape[1] > 1 else 0.0, last * 1e-5)
    level = last * (1.03 if draw.random() < 0.5 else 0.97)
    close = level + np.cumsum(draw.normal(0.0, 2.0 * step, bars.shape[1]))
    return _bar(np.concatenate([[level], close[:-1]]), close, np.abs(draw.normal(0.0, step, bars.shape)), last)


def _extremes(bars: NDArray[np.float64], last: float, draw: np.random.Generator) -> NDArray[np.float64]:
    opens, closes = last * draw.choice([0.5, 1.0, 2.0], (2, bars.shape[1]))
    return _bar(opens, closes, last * draw.uniform(0.0, 0.2, bars.shape), last)


def _shuffled(bars: NDArray[np.float64], last: float, draw: np.random.Generator) -> NDArray[np.float64]:
    order = draw.permutation(bars.shape[1])
    return bars[:, order[::-1]] if len(order) > 1 else _mirrored(bars, last, draw)


def _mirrored(bars: NDArray[np.float64], last: float, _draw: np.random.Generator) -> NDArray[np.float64]:
    opens, highs, lows, closes = np.maximum(2 * last - bars, last * 0.05)
    return np.stack([opens, lows, highs, closes])


def _bar(
    opens: NDArray[np.float64], closes: NDArray[np.float64], wicks: NDArray[np.float64], last: float
) -> NDArray[np.float64]:
    """Return bars from opens to closes with wicks, none below a twentieth of the last price."""
    made = np.stack([opens, np.maximum(opens, closes) + wicks[0], np.minimum(opens, closes) - wicks[1], closes])
    above: NDArray[np.float64] = np.maximum(made, last * 0.05)
    return above


_FUTURES = {"walk": _walk, "extremes": _extremes, "shuffled": _shuffled, "mirrored": _mirrored}
