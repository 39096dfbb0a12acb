"""The tapes everybody runs on: seeded, synthetic, made once and kept in the cache folder.

Bars are a walk in integer ticks of 0.1 point that looks like US30 at one minute, day and night without a
break. Every bar opens at the close before it. That is on purpose: "filled at the close of the signal's bar"
and "filled at the next open" are then the same price, so peers that can only do one of them still make the
same trades as peers that can only do the other, and the table can check that all of them did the same work.

Quotes are a walk of bid and ask at irregular times, about nine a second.
"""

from typing import NamedTuple

import numpy as np

from bench.cache import cache_folder

TICK = 0.1
BARS = 1_000_000
QUOTES = 10_000_000
START = np.datetime64("2023-01-02T00:00", "ns").astype(np.int64).item()
MINUTE = 60_000_000_000
DAY = 1440
SEED = 20_230_102


class Bars(NamedTuple):
    """Bars as columns: `ts` is the opening time in ns UTC, prices are ticks."""

    ts: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray


class Quotes(NamedTuple):
    """Quotes as columns: `ts` in ns UTC, strictly rising; prices are ticks."""

    ts: np.ndarray
    bid: np.ndarray
    ask: np.ndarray


def make_bars(count: int) -> Bars:
    """Return a walk whose minutes have a busy New York session and a quiet night."""
    rng = np.random.default_rng(SEED)
    minute = np.arange(count) % DAY
    width = np.where((minute >= 870) & (minute < 1260), 90.0, 35.0)
    moves = np.rint(rng.standard_normal(count) * width).astype(np.int64)
    close = 400_000 + np.cumsum(moves)
    if close.min() < 50_000:
        raise ValueError(f"the walk fell to {close.min()} ticks; choose another seed than {SEED}")
    opens = np.concatenate(([np.int64(400_000)], close[:-1]))
    up = np.rint(np.abs(rng.standard_normal(count)) * width * 0.4).astype(np.int64)
    down = np.rint(np.abs(rng.standard_normal(count)) * width * 0.4).astype(np.int64)
    ts = START + np.arange(count, dtype=np.int64) * MINUTE
    return Bars(ts, opens, np.maximum(opens, close) + up, np.minimum(opens, close) - down, close)


def make_quotes(count: int) -> Quotes:
    """Return a walk of the bid in steps of up to 3 ticks, with a spread of 15 to 24 ticks."""
    rng = np.random.default_rng(SEED + 1)
    bid = 400_000 + np.cumsum(rng.integers(-3, 4, count, dtype=np.int64))
    ask = bid + rng.integers(15, 25, count, dtype=np.int64)
    ts = START + np.cumsum(rng.integers(1_000_000, 220_000_000, count, dtype=np.int64))
    return Quotes(ts, bid, ask)


def tape_of(work: str, rows: int) -> Bars | Quotes:
    """Return the first `rows` rows of the tape a work runs on."""
    whole = quotes() if work == "W4" else bars()
    return type(whole)(*(column[:rows] for column in whole))


def bars(count: int = BARS) -> Bars:
    """Return the bar tape, made and saved if this is the first time."""
    return Bars(*_columns("bars", count, Bars._fields, make_bars))


def quotes(count: int = QUOTES) -> Quotes:
    """Return the quote tape, made and saved if this is the first time."""
    return Quotes(*_columns("quotes", count, Quotes._fields, make_quotes))


def _columns(name, count, fields, make):
    where = cache_folder() / "tapes" / f"{name}-{count}-{SEED}"
    if not (where / "done").exists():
        where.mkdir(parents=True, exist_ok=True)
        for field, column in zip(fields, make(count), strict=True):
            np.save(where / f"{field}.npy", column)
        (where / "done").touch()
    return [np.load(where / f"{field}.npy") for field in fields]
