"""A rank over all rows compares a bar with bars of next week."""


def signals(bars):
    return bars.volume.rank(pct=True) > 0.9
