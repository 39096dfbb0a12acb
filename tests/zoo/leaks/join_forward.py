"""merge_asof with direction forward takes the next row of the other side."""

import pandas as pd


def signals(bars):
    levels = bars.loc[bars.index.minute == 0, ["open"]].rename(columns={"open": "level"})
    return pd.merge_asof(bars, levels, left_index=True, right_index=True, direction="forward").level
