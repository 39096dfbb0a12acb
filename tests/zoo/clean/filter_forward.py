"""lfilter runs forward only."""

from scipy.signal import butter, lfilter


def signals(bars):
    numerator, denominator = butter(2, 0.1)
    first = bars.close.iloc[0]
    return lfilter(numerator, denominator, bars.close.to_numpy() - first) + first
