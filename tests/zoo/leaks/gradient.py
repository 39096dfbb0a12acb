"""numpy's gradient is the difference of the next bar and the one before."""

import numpy as np


def signals(bars):
    return np.gradient(bars.close.to_numpy())
