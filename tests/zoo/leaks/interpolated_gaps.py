"""Interpolation draws a line to a point that is not there yet."""


def signals(bars):
    hourly = bars.close.where(bars.index.minute == 30)
    return hourly.interpolate()
