"""Fitted once on the first sixty rows, used after them."""

import numpy as np


def signals(bars):
    first = bars.iloc[:60]
    mean, deviation = first.close.mean(), first.close.std()
    scaled = (bars.close - mean) / deviation
    scaled.iloc[:60] = np.nan
    return scaled
