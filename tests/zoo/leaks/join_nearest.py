"""merge_asof with direction nearest takes the next row whenever it is closer."""

import pandas as pd


def signals(bars):
    levels = bars.loc[bars.index.hour % 4 == 0, ["close"]].rename(columns={"close": "level"})
    return pd.merge_asof(bars, levels, left_index=True, right_index=True, direction="nearest").level
