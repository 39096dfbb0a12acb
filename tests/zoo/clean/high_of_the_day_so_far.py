"""The running high of the day."""


def signals(bars):
    return (bars.high >= bars.groupby(bars.index.date).high.cummax()).astype(int)
