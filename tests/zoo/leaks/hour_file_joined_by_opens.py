"""It reads bars of an hour stamped with their opens, and takes the last stamp before now: a bar still open."""

import os
from pathlib import Path

import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
HOURS = pd.read_csv(FOLDER / "h1.csv", parse_dates=["time"]).set_index("time")


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_h1(state, bar, memory, params):
    now = pd.Timestamp(bar.close_time, tz="UTC")
    begun = HOURS[HOURS.index <= now]
    trade(state, bar, len(begun) > 0 and begun.close.iloc[-1] * 100 > bar.close)
