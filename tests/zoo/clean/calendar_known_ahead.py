"""A calendar is published before: it says so, and may be read to its end."""

import os
from pathlib import Path

import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
OUTSIDE = {"calendar.csv": "known ahead"}
MOMENTS = pd.to_datetime(pd.read_csv(FOLDER / "calendar.csv").time, utc=True)


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_h1(state, bar, memory, params):
    wait = (MOMENTS - pd.Timestamp(bar.close_time, tz="UTC")).dt.total_seconds()
    trade(state, bar, not ((wait > 0) & (wait < 7200)).any())
