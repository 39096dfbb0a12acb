"""A filter run forward and then backward has no lag because it has seen the future."""

from scipy.signal import butter, filtfilt


def signals(bars):
    numerator, denominator = butter(2, 0.1)
    return filtfilt(numerator, denominator, bars.close.to_numpy())
