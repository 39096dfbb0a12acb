"""TA-Lib on what it has seen."""

import numpy as np
import talib

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
SEEN = []


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    SEEN.append((bar.high, bar.low, bar.close))
    high, low, last = np.array(SEEN[-60:], float).T
    reach = talib.ATR(high, low, last, 14)[-1] if len(SEEN) > 20 else np.nan
    trade(state, bar, bar.close - bar.open > 0.5 * reach)
