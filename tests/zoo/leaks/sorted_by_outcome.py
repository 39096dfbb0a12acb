"""Rows are sorted by what became of them, and the best tenth is taken."""

import pandas as pd


def signals(bars):
    outcome = bars.close.shift(-8) - bars.close
    best = outcome.sort_values(ascending=False).index[: len(bars) // 10]
    return pd.Series(bars.index.isin(best).astype(int), bars.index)
