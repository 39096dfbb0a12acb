"""The other series is stamped with the moment it was published, and says so."""

import os
from pathlib import Path

import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
SERIES = pd.read_csv(FOLDER / "published.csv", parse_dates=["published"])


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_h1(state, bar, memory, params):
    known = SERIES[SERIES.published <= pd.Timestamp(bar.close_time, tz="UTC")]
    trade(state, bar, len(known) > 0 and known.value.iloc[-1] > 0)
