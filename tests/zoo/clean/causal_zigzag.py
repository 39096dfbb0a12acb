"""The pivot is told when the price has turned far enough, and never again."""

import numpy as np


def signals(bars):
    high, low = bars.high.to_numpy(), bars.low.to_numpy()
    told, rising, extreme = np.full(len(bars), np.nan), True, 0
    for row in range(len(bars)):
        if rising and high[row] >= high[extreme]:
            extreme = row
        elif not rising and low[row] <= low[extreme]:
            extreme = row
        elif rising and low[row] < high[extreme] * 0.997:
            told[row] = high[extreme]
            rising, extreme = False, row
        elif not rising and high[row] > low[extreme] * 1.003:
            told[row] = low[extreme]
            rising, extreme = True, row
    return told
