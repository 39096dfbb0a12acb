"""The same shift in another library."""

import polars as pl


def signals(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.select("ts", signal=(pl.col("close").shift(-3) > pl.col("close")).cast(pl.Int8))
