"""It compares the price with the mean of a file that goes on after now."""

import os
from pathlib import Path

import polars as pl

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
MEAN = pl.read_parquet(FOLDER / "m15.parquet")["close"].mean()


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    trade(state, bar, bar.close / 100 < MEAN)
