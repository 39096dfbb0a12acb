"""The last leg of this zigzag is drawn again whenever the price goes on."""

import numpy as np


def signals(bars):
    high, low = bars.high.to_numpy(), bars.low.to_numpy()
    pivots, rising, extreme = {}, True, 0
    for row in range(len(bars)):
        if rising and high[row] >= high[extreme]:
            extreme = row
        elif not rising and low[row] <= low[extreme]:
            extreme = row
        elif rising and low[row] < high[extreme] * 0.997:
            pivots[extreme] = high[extreme]
            rising, extreme = False, row
        elif not rising and high[row] > low[extreme] * 1.003:
            pivots[extreme] = low[extreme]
            rising, extreme = True, row
    pivots[extreme] = high[extreme] if rising else low[extreme]
    line = np.full(len(bars), np.nan)
    for row, price in pivots.items():
        line[row] = price
    return line
