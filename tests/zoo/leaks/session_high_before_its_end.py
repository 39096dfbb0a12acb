"""London's high of the day is read while London trades."""

import pandas as pd


def signals(bars):
    london = bars[(bars.index.hour >= 7) & (bars.index.hour < 12)]
    high = london.high.groupby(london.index.date).max()
    level = pd.Series(bars.index.date, bars.index).map(high)
    return level - bars.close
