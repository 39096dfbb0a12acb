"""Pivot points made of today's own high, low and close."""


def signals(bars):
    day = bars.groupby(bars.index.date)
    pivot = (day.high.transform("max") + day.low.transform("min") + day.close.transform("last")) / 3
    return bars.close - pivot
