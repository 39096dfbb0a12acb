"""The gate asks whether today will be an up day."""

import os
from pathlib import Path

import pandas as pd

from tradewind import gate, gates, memory

MEMORY = memory(bars=int)
FOLDER = Path(os.environ["ZOO_DATA"])
DAYS = pd.read_csv(FOLDER / "d1.csv").set_index("date")
GATES = gates("up_day")


def on_h1(state, bar, memory, params):
    today = str(pd.Timestamp(bar.close_time, tz="UTC").date())
    move = float(DAYS.close[today] - DAYS.open[today]) if today in DAYS.index else float("nan")
    gate(state, bar.instrument, GATES.up_day, move, low=0.0)
