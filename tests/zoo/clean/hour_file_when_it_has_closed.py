"""It reads bars of an hour stamped with their opens, and adds the hour."""

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


def on_m15(state, bar, memory, params):
    ended = HOURS[HOURS.index + pd.Timedelta("1h") <= pd.Timestamp(bar.close_time, tz="UTC")]
    trade(state, bar, len(ended) > 0 and ended.close.iloc[-1] * 100 > bar.close)
