"""It finds now in a file of the same prices and reads the row after it."""

import os
from pathlib import Path

import polars as pl

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
ROWS = pl.read_parquet(FOLDER / "m15.parquet")
NEXT = dict(zip(ROWS["ts"].dt.epoch("ns").to_list(), ROWS["close"].shift(-1).to_list(), strict=True))


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    following = NEXT.get(int(bar.open_time))
    trade(state, bar, following is not None and following * 100 > bar.close)
