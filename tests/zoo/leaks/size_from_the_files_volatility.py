"""The lots follow the volatility of a whole file, next week included."""

import os
from pathlib import Path

import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
LOTS = round(10 / pd.read_csv(FOLDER / "h1.csv").close.diff().std(), 2)


def on_h1(state, bar, memory, params):
    if held(state, bar.instrument) == 0:
        buy(state, bar.instrument, LOTS, stop_loss=int(bar.low) - 800)
    else:
        close(state, bar.instrument)
