"""A convolution cut to what is complete at the row."""

import numpy as np


def signals(bars):
    weights = np.arange(1, 9) / np.arange(1, 9).sum()
    return np.convolve(bars.close.to_numpy(), weights[::-1])[: len(bars)]
