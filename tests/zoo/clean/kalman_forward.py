"""A Kalman filter without the smoother's way back."""

import numpy as np


def signals(bars):
    level, variance, line = bars.close.iloc[0], 1.0, []
    for price in bars.close.to_numpy():
        variance += 0.01
        gain = variance / (variance + 1.0)
        level += gain * (price - level)
        variance *= 1 - gain
        line.append(level)
    return np.array(line)
