"""A regression on the whole file is fitted before the first trade."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
CLOSES = pd.read_csv(FOLDER / "h1.csv").close.to_numpy()
MOVES = np.diff(CLOSES)
SLOPE = float(np.polyfit(MOVES[:-1], MOVES[1:], 1)[0])


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


LAST = []


def on_h1(state, bar, memory, params):
    LAST.append(bar.close)
    trade(state, bar, len(LAST) > 1 and (LAST[-1] - LAST[-2]) * SLOPE > 0 and SLOPE * 1e6 % 2 > 1)
