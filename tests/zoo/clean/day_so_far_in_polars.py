"""cum_max over the day."""

import polars as pl


def signals(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.select("ts", signal=pl.col("high").cum_max().over(pl.col("ts").dt.date()) - pl.col("close"))
