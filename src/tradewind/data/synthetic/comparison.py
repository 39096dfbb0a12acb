"""The synthetic market beside the real one: figure by figure, with what real data of several years and brokers gave.

The reference is shipped (`reference.csv`, written by `bench/calibrate.py`): for each figure the lowest and highest
of the real files it was measured on. Where a history or a folder of Parquet files holds real bars of an
instrument, the same figures are measured on them as well.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import polars as pl

from tradewind.data.importers import curated
from tradewind.data.importers.parsed import Part, Stated
from tradewind.data.importers.sources import sources
from tradewind.data.series import BARS, SYNTHETIC, History, Series
from tradewind.data.spread import FOREVER
from tradewind.data.synthetic.statistics import Figures, correlations, statistics
from tradewind.markets.loading import load_profile

FINE = (60, 300)
"""Real bars worth comparing with: M1, else M5."""


class Compared(NamedTuple):
    """One figure of one instrument, or of two together (`symbol` is empty); None is not known."""

    symbol: str
    figure: str
    synthetic: float
    low: float | None
    high: float | None
    """The reference: the figure of different real files lay between these."""
    real: float | None
    """On the real bars at hand."""


def compared(made: Mapping[str, pl.DataFrame], real: Mapping[str, pl.DataFrame]) -> list[Compared]:
    """Return every figure of synthetic bars beside the reference and beside real bars of the same instruments."""
    ours, theirs, known = _figures(made), _figures(real), reference()
    unknown = (None, None)
    rows = []
    for (symbol, figure), value in ours.items():
        low, high = known.get((symbol, figure), unknown)
        rows.append(Compared(symbol, figure, value, low, high, theirs.get((symbol, figure))))
    return rows


def _figures(frames: Mapping[str, pl.DataFrame]) -> dict[tuple[str, str], float]:
    profile = load_profile("metatrader")
    found: dict[tuple[str, str], float] = {}
    for symbol, frame in frames.items():
        figures: Figures = statistics(frame, profile.instrument(symbol))
        found |= {(symbol, name): value for name, value in figures.items()}
    return found | {("", name): value for name, value in correlations(frames).items()}


@cache
def reference() -> dict[tuple[str, str], tuple[float, float]]:
    """Return what real data gave, by instrument and figure: the lowest and the highest."""
    text = files("tradewind.data.synthetic").joinpath("reference.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["instrument"], row["figure"]): (float(row["low"]), float(row["high"])) for row in rows}


def real_bars(history: History, symbols: Sequence[str], folder: Path | None) -> dict[str, pl.DataFrame]:
    """Return real M1 or M5 bars of each symbol, from the history or else from a folder of Parquet files."""
    found = {}
    for symbol in symbols:
        filed = iter(()) if folder is None else _filed(folder, symbol)
        frame = next(chain(_held(history, symbol), filed), None)
        if frame is not None:
            found[symbol] = frame
    return found


def _held(history: History, symbol: str) -> Iterator[pl.DataFrame]:
    """Yield the bars of each real series of a history, finest first, with the spread where it is known."""
    held = [Series(*one.series) for one in history.find(symbol)]
    for series in held:
        if series.kind == BARS and series.feed != SYNTHETIC and series.side != "ask" and series.timeframe in FINE:
            frame = pl.concat(history.bars(series, *FOREVER))
            ask = series._replace(side="ask")
            if series.side == "bid" and ask in held:
                frame = _spread(frame, pl.concat(history.bars(ask, *FOREVER, ("ts", "close"))))
            yield frame


def _filed(folder: Path, symbol: str) -> Iterator[pl.DataFrame]:
    """Yield the bars of each file of bids or mids in a folder, M1 before M5 and the largest first."""
    for size in ("M1", "M5"):
        paths = [path for side in ("bid", "mid") for path in folder.glob(f"{symbol}_{size}_*_{side}_*.parquet")]
        for path in sorted(paths, key=lambda path: (-path.stat().st_size, path.name)):
            part = _read(path)
            if part.series.feed == SYNTHETIC:
                continue
            ask = path.with_name(path.name.replace("_bid_", "_ask_"))
            both = "_bid_" in path.name and ask.exists()
            yield _spread(part.frame, _read(ask).frame) if both else part.frame


def _read(path: Path) -> Part:
    """Return what a file holds: bars of one side."""
    (source,) = sources(path)
    (part,) = curated.read(source, Stated()).parts
    return part


def _spread(bids: pl.DataFrame, asks: pl.DataFrame) -> pl.DataFrame:
    """Return bars of bids with the spread at their close."""
    joined = bids.join(asks.select("ts", ask="close"), on="ts", how="left", maintain_order="left")
    return joined.with_columns(spread=pl.col("ask") - pl.col("close")).drop("ask")
