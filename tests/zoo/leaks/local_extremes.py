"""argrelextrema calls a bar a top because of the bars to its right."""

import numpy as np
from scipy.signal import argrelextrema


def signals(bars):
    tops = argrelextrema(bars.high.to_numpy(), np.greater, order=5)[0]
    marked = np.zeros(len(bars))
    marked[tops] = -1
    return marked
