"""The day's high is used in the morning."""


def signals(bars):
    day = bars.groupby(bars.index.date).high.transform("max")
    return (bars.high >= day).astype(int)
