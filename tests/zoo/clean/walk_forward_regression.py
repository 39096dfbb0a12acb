"""Every hundred rows it is fitted again, on what lies behind."""

import numpy as np


def signals(bars):
    moves = bars.close.diff().fillna(0.0).to_numpy()
    told = np.zeros(len(bars))
    for start in range(100, len(bars), 100):
        slope = np.polyfit(moves[: start - 1], moves[1:start], 1)[0]
        told[start : start + 100] = slope * moves[start : start + 100]
    return told
