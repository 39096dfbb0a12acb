"""The prominence of a peak is measured against the valley after it."""

import numpy as np
from scipy.signal import find_peaks


def signals(bars):
    peaks, _ = find_peaks(bars.close.to_numpy(), prominence=2.0)
    marked = np.zeros(len(bars))
    marked[peaks] = 1
    return marked
