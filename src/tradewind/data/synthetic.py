"""Synthetic bars: a market made up from a seed, so that everything can be tried before any data is imported.

Nothing here is a fact about a market, and no result on it means anything. The feed is named "synthetic"
wherever it appears. It has what the rest of the system must cope with: real opening hours, with breaks,
weekends and holidays; a day whose shape is that of the instrument (US30 wakes at 09:30 New York, gold with
London and from 08:30 to 10:30 New York); spreads that widen around the roll. Prices are a walk without
drift or memory: there is nothing to be earned on it but luck, less costs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.series import BARS, History, Outcome, Series
from tradewind.data.spread import Floats, Integers, new_york, typical
from tradewind.markets.clock import MINUTE
from tradewind.markets.hours import open_intervals
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile

FEED = "synthetic"
SEED = 2025
FIRST, LAST = 1_759_276_800_000_000_000, 1_767_225_600_000_000_000
"""2025-10-01 and 2026-01-01, 00:00 UTC."""

_MOVES_A_MINUTE = 12


class Shape(NamedTuple):
    """Where a walk begins, and how far a minute moves from each New York minute on; price units."""

    start: float
    steps: dict[int, float]


SHAPES = {
    "US30": Shape(46_400.0, {0: 5, 180: 8, 480: 9, 570: 30, 600: 20, 690: 13, 900: 17, 960: 6, 1080: 5}),
    "XAUUSD": Shape(3_860.0, {0: 0.6, 180: 0.9, 480: 1.0, 510: 2.0, 630: 1.2, 720: 0.8, 960: 0.5, 1080: 0.6}),
}


def synthetic_bars(
    instrument: Instrument, first_ns: int = FIRST, last_ns: int = LAST, seed: int = SEED
) -> pl.DataFrame:
    """Return M1 bid bars with spreads for every minute the instrument trades; the seed decides all."""
    shape = SHAPES[instrument.symbol]
    rng = np.random.default_rng([seed, *instrument.symbol.encode()])
    opens = [np.arange(begin, end, MINUTE) for begin, end in open_intervals(instrument, first_ns, last_ns)]
    ts: Integers = np.concatenate(opens).astype(np.int64)
    tick = float(instrument.tick_size)
    size = _size(ts, shape) / tick
    moves = rng.standard_normal((len(ts), _MOVES_A_MINUTE)) * (size / _MOVES_A_MINUTE**0.5)[:, None]
    # The walk within each minute gives a bar its height.
    path = np.rint(shape.start / tick + np.cumsum(moves).reshape(moves.shape)).astype(np.int64)
    open_ = np.concatenate([[round(shape.start / tick)], path[:-1, -1]])
    digits = instrument.digits
    prices = {
        "open": open_,
        "high": np.maximum(path.max(axis=1), open_),
        "low": np.minimum(path.min(axis=1), open_),
        "close": path[:, -1],
        "spread": _spread(ts, instrument, rng),
    }
    columns = {name: np.round(values * tick, digits) for name, values in prices.items()}
    volume = rng.poisson(40 + 160 * size / size.max()).astype(np.float64)
    time = pl.Series("ts", ts).cast(pl.Datetime("ns", "UTC"))
    return pl.DataFrame({"ts": time, **columns, "volume": volume})


def write_synthetic(
    history: History, symbols: Sequence[str] = tuple(SHAPES), seed: int = SEED
) -> dict[Series, Outcome]:
    """Store three synthetic months of each symbol and return what each write did."""
    profile = load_profile("metatrader")
    written = {}
    for symbol in symbols:
        frame = synthetic_bars(profile.instrument(symbol), seed=seed)
        series = Series(symbol, BARS, 60, FEED, "bid")
        provenance = {
            "file": f"made by tradewind from seed {seed}",
            "clock": "UTC",
            "side": "bid",
            "rows": frame.height,
        }
        written[series] = history.write(series, frame, provenance)
    return written


def _size(ts: Integers, shape: Shape) -> Floats:
    """Return the standard deviation of each minute's move, in price units."""
    minute = new_york(ts) // MINUTE % 1440
    places = np.searchsorted(list(shape.steps), minute, side="right") - 1
    sizes: Floats = np.array(list(shape.steps.values()), dtype=np.float64)[places]
    return sizes


def _spread(ts: Integers, instrument: Instrument, rng: np.random.Generator) -> Integers:
    """Return the typical spread of each minute and up to half as much again, in ticks."""
    usual = typical(instrument, ts, instrument.tick_size)
    return usual + rng.integers(0, usual // 2 + 1)
