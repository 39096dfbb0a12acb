"""Trailing windows in another library."""

import polars as pl


def signals(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.select("ts", signal=pl.col("close") - pl.col("close").rolling_mean(20))
