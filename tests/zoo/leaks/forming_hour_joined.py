"""The hour's bar is joined to the quarters of an hour it is made of, before it closes."""

import pandas as pd


def signals(bars, h1):
    joined = pd.merge_asof(bars[["close"]], h1[["close"]].add_prefix("hour_"), left_index=True, right_index=True)
    return (joined.close < joined.hour_close).astype(int)
