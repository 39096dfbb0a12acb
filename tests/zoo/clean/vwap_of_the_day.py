"""Price times volume, summed since the day began."""


def signals(bars):
    days = bars.index.date
    paid = ((bars.high + bars.low + bars.close) / 3 * bars.volume).groupby(days).cumsum()
    return bars.close - paid / bars.volume.groupby(days).cumsum()
