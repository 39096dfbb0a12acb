"""The polynomial is fitted to the last eleven bars and read at their end."""

import numpy as np
from scipy.signal import savgol_coeffs

WEIGHTS = savgol_coeffs(11, 2, pos=10, use="dot")


def signals(bars):
    windows = np.lib.stride_tricks.sliding_window_view(bars.close.to_numpy(), 11)
    return np.concatenate([np.full(10, np.nan), windows @ WEIGHTS])
