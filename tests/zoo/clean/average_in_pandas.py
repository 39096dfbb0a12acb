"""It keeps its own closes and averages them with pandas."""

import pandas as pd

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
CLOSES = []


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    CLOSES.append(bar.close)
    trade(state, bar, bar.close > pd.Series(CLOSES[-40:]).mean())
