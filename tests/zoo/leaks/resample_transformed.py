"""The mean of the hour is broadcast to the rows inside it."""


def signals(bars):
    return bars.close - bars.close.groupby(bars.index.floor("1h")).transform("mean")
