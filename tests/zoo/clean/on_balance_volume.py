"""A sum since the first bar: it depends on where the data begin, and on nothing that comes."""

import numpy as np


def signals(bars):
    return (np.sign(bars.close.diff()).fillna(0) * bars.volume).cumsum()
