"""A Fourier transform of the whole series mixes all rows into each."""

import numpy as np


def signals(bars):
    spectrum = np.fft.rfft(bars.close.to_numpy())
    spectrum[20:] = 0
    return np.fft.irfft(spectrum, len(bars))
