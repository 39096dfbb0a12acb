"""The hour's bar is joined when it has closed, by its close time."""

import pandas as pd


def signals(bars, h1):
    left = bars[["close_time", "close"]]
    right = h1[["close_time", "close"]].rename(columns={"close": "hour_close"})
    joined = pd.merge_asof(left, right, on="close_time")
    return (joined.close < joined.hour_close).astype(int).to_numpy()
