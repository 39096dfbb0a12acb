"""The size follows the volatility of the whole sample."""

import numpy as np


def signals(bars):
    lots = 0.001 / bars.close.pct_change().std()
    return np.sign(bars.close.diff(10)) * lots
