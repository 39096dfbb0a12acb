"""A gap between three bars is written on the middle one, and whether it was filled beside it."""

import numpy as np


def signals(bars):
    high, low = bars.high.to_numpy(), bars.low.to_numpy()
    open_gap = np.zeros(len(bars))
    for row in range(1, len(bars) - 1):
        if low[row + 1] > high[row - 1]:
            open_gap[row] = 1
            if (low[row + 2 : row + 40] <= high[row - 1]).any():
                open_gap[row] = 2
    return open_gap
