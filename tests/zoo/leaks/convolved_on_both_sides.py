"""np.convolve in mode same puts the kernel's middle on the row."""

import numpy as np


def signals(bars):
    weights = np.hanning(9) / np.hanning(9).sum()
    return np.convolve(bars.close.to_numpy(), weights, mode="same")
