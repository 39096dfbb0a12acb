"""It looks today's date up in a file of daily bars."""

import os
from pathlib import Path

import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
DAYS = pd.read_csv(FOLDER / "d1.csv").set_index("date")


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    today = str(pd.Timestamp(bar.close_time, tz="UTC").date())
    trade(state, bar, today in DAYS.index and DAYS.close[today] > DAYS.open[today])
