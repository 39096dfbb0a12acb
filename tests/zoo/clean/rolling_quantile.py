"""A quantile of the last hundred rows."""


def signals(bars):
    return bars.volume > bars.volume.rolling(100, min_periods=20).quantile(0.9)
