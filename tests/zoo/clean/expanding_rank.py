"""A rank among the rows so far."""


def signals(bars):
    return bars.volume.expanding(10).rank(pct=True)
