"""Scaling between the extremes so far."""


def signals(bars):
    low, high = bars.low.cummin(), bars.high.cummax()
    return (bars.close - low) / (high - low)
