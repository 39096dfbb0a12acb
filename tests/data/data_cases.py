"""What the data tests share: small frames, a history that is a dictionary, and where the real files are."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from tradewind.data.series import NS, Series

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
REQUIRED = os.environ.get("TRADEWIND_REQUIRE_DATA") == "1"
needs_data = pytest.mark.skipif(not DATA.is_dir() and not REQUIRED, reason=f"no market data at {DATA}")

TIME = pl.Datetime("ns", "UTC")
PROVENANCE = {"file": "made by a test", "clock": "UTC"}


def ns(text):
    """Return an instant written as 2025-01-31T12:00 in ns UTC."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def times(values):
    return pl.Series("ts", np.asarray(values, dtype=np.int64)).cast(TIME)


def bars_at(opens, start=100.0, spread=None, seed=1):
    """Return bars that open at the times given: a seeded walk on the grid of 0.01."""
    rng = np.random.default_rng(seed)
    close = np.round(start + np.cumsum(rng.integers(-30, 31, len(opens))) / 100, 2)
    first = np.concatenate([[start], close[:-1]])
    frame = pl.DataFrame(
        {
            "ts": times(opens),
            "open": first,
            "high": np.round(np.maximum(first, close) + rng.integers(0, 20, len(opens)) / 100, 2),
            "low": np.round(np.minimum(first, close) - rng.integers(0, 20, len(opens)) / 100, 2),
            "close": close,
            "volume": rng.integers(1, 500, len(opens)).astype(float),
        }
    )
    return frame if spread is None else frame.with_columns(spread=pl.lit(spread, pl.Float64))


def bars(first, count, seconds=60, **walk):
    """Return `count` bars without a gap from the time written in `first`."""
    return bars_at(ns(first) + np.arange(count, dtype=np.int64) * seconds * NS, **walk)


def ticks_at(moments, start=100.0, width=0.2, seed=2):
    """Return ticks at the times given, with one spread."""
    rng = np.random.default_rng(seed)
    bid = np.round(start + np.cumsum(rng.integers(-3, 4, len(moments))) / 100, 2)
    return pl.DataFrame({"ts": times(moments), "bid": bid, "ask": np.round(bid + width, 2)})


class Held(NamedTuple):
    """One series of the toy."""

    series: Series
    first: int
    last: int
    version: str = ""


class Shelf:
    """The toy history: frames in a dictionary, given out in pieces of a month, and documents in another."""

    def __init__(self, **frames):
        self.frames = {}
        self.documents = {}
        for frame in frames.values():
            self.put(*frame)

    def put(self, series, frame):
        wanted = (
            ("ts", "bid", "ask")
            if series.kind == "ticks"
            else ("ts", "open", "high", "low", "close", "volume", "spread")
        )
        absent = [pl.lit(None, pl.Float64).alias(name) for name in wanted if name not in frame.columns]
        self.frames[series] = frame.with_columns(absent).select(wanted)
        return self

    def series(self):
        return [held for symbol in {series.symbol for series in self.frames} for held in self.find(symbol)]

    def find(self, symbol, feed=None, side=None, timeframe=None):
        asked = {"symbol": symbol, "feed": feed, "side": side, "timeframe": timeframe}
        wanted = {name: value for name, value in asked.items() if value is not None}
        return [
            Held(series, *frame["ts"].to_physical()[[0, -1]].to_list(), str(frame.hash_rows(seed=1).sum()))
            for series, frame in self.frames.items()
            if all(getattr(series, name) == value for name, value in wanted.items())
        ]

    def bars(self, series, start_ns, end_ns, columns=None):
        frame = self.frames[series]
        ts = pl.col("ts").to_physical()
        inside = frame.filter((ts >= start_ns) & (ts < end_ns))
        months = inside["ts"].dt.strftime("%Y-%m")
        for month in months.unique(maintain_order=True):
            yield inside.filter(months == month).select(columns or frame.columns)

    ticks = bars

    def keep(self, series, name, document):
        self.documents[series, name] = json.dumps(document)

    def kept(self, series, name):
        return json.loads(self.documents.get((series, name), "null"))


def series_of(symbol="XAUUSD", seconds=60, feed="test", side="bid"):
    """Return an identity; 0 seconds are ticks."""
    return Series(symbol, "bars", seconds, feed, side) if seconds else Series(symbol, "ticks", 0, feed, "both")
