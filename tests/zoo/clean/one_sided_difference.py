"""The slope from the bar before to this one."""

import numpy as np


def signals(bars):
    return np.diff(bars.close.to_numpy(), prepend=np.nan)
