"""A trend line fitted to the whole sample knows where it ends."""

import numpy as np


def signals(bars):
    time = np.arange(len(bars))
    slope, level = np.polyfit(time, bars.close.to_numpy(), 1)
    return bars.close.to_numpy() - (level + slope * time)
