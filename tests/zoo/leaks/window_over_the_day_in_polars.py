"""over() gives the whole day's highest to its first bar."""

import polars as pl


def signals(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.select("ts", signal=pl.col("high").max().over(pl.col("ts").dt.date()) - pl.col("close"))
