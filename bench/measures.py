"""How real data are measured for `bench.calibrate`: rows by the minute, logarithms of ranges, waves fitted to them."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.data.spread import new_york, trading_days
from tradewind.data.synthetic.releases import minute_of_date
from tradewind.markets.clock import MINUTE, ROLL, day_number
from tradewind.markets.fomc import decisions

RELEASED = """2025-07-03 2025-07-15 2025-08-01 2025-08-12 2025-09-05 2025-09-11 2025-10-24 2025-11-20 2025-12-16
2025-12-18 2026-01-09 2026-01-13 2026-02-11 2026-02-13 2026-03-06 2026-03-11"""
"""Payrolls and inflation as published by the Bureau of Labor Statistics, delays of 2025 included."""

SINGLE = ((1080, 10), (1200, 5), (180, 5), (510, 5), (570, 10), (600, 5), (840, 5), (870, 3), (960, 5))
"""Minutes of New York's day from which so many are measured one by one; the rest by tens."""


def load(name):
    """Return a file's rows with the minute after 17:00 New York, the trading date, and moves."""
    folder = Path(os.environ["TRADEWIND_DATA"])
    frame = pl.read_parquet(folder / f"{name}.parquet")
    if (folder / "spread" / f"{name}.parquet").exists():
        frame = frame.join(pl.read_parquet(folder / "spread" / f"{name}.parquet"), on="ts", how="left")
    elif "_bid_" in name and (folder / f"{name.replace('_bid_', '_ask_')}.parquet").exists():
        ask = pl.read_parquet(folder / f"{name.replace('_bid_', '_ask_')}.parquet")
        frame = frame.join(ask.select("ts", ask="close"), on="ts", how="left").with_columns(
            spread=(pl.col("ask") - pl.col("close")).clip(lower_bound=0)
        )
    ts = frame["ts"].to_physical().to_numpy()
    return frame.with_columns(minute=pl.Series((new_york(ts) // MINUTE - ROLL) % 1440), day=pl.Series(trading_days(ts)))


def with_moves(frame):
    """Return the bars of ordinary dates with the size of their move (close over open) and the log of their range."""
    dates = frame.group_by("day").len()
    whole = dates.filter(pl.col("len") > 0.85 * dates["len"].median())["day"]
    released = {day_number(date.fromisoformat(one)) for one in RELEASED.split()}
    decided = {day_number(one.when) for one in decisions()}
    eight, two = minute_of_date(510), minute_of_date(840)
    frame = frame.filter(pl.col("day").is_in(whole.implode())).with_columns(
        size=(pl.col("close") / pl.col("open")).log().abs(),
        news=(pl.col("day").is_in(released) & pl.col("minute").is_between(eight, eight + 90))
        | (pl.col("day").is_in(decided) & pl.col("minute").is_between(two, two + 150)),
    )
    step = frame.select((pl.col("high") - pl.col("low")).filter(pl.col("high") > pl.col("low")).min()).item()
    height = (pl.col("high") - pl.col("low")).clip(lower_bound=step / 2)
    return frame.with_columns(height=(height / pl.col("close")).log())


def rows():
    """Return the minutes after 17:00 at which a row of `shapes.csv` begins."""
    starts = set(range(0, 1440, 10))
    for clock, count in SINGLE:
        starts |= {minute_of_date(clock + number) for number in range(count + 1)}
    return np.array(sorted(starts))


def by_row(frame, value, starts):
    """Return `value` (an expression) in each row, NaN where nothing was measured, and how many were."""
    row = np.searchsorted(starts, frame["minute"].to_numpy(), side="right") - 1
    grouped = frame.with_columns(row=pl.Series(row)).group_by("row").agg(value.alias("value"), pl.len())
    found, count = np.full(len(starts), np.nan), np.zeros(len(starts))
    found[grouped["row"].to_numpy()] = grouped["value"].to_numpy()
    count[grouped["row"].to_numpy()] = grouped["len"].to_numpy()
    return found, count


def follows(frame, column):
    """Return by how much a logarithm moves with that of volatility, and the deviation that is left.

    The log of a bar's own range tells its volatility with noise (0.29 for a Brownian path, Alizadeh et al.), which
    would flatten the slope; so both are averaged over half an hour first.
    """
    half = (pl.col("minute") // 30).alias("half")
    fields = [column, "height"]
    means = frame.group_by("day", half).agg(pl.col(name).mean() for name in fields)
    means = means.with_columns((pl.col(name) - pl.col(name).mean().over("half")).alias(name) for name in fields)
    x, y = means["height"].to_numpy(), means[column].to_numpy()
    slope = float((x * y).sum() / (x * x).sum())
    inside = frame.with_columns(half).select(
        (pl.col(column) - pl.col(column).mean().over("day", "half")).alias("rest")
    )["rest"]
    return max(slope, 0.0), float(inside.std())


def covariances(frame, span, lags):
    """Return the covariance of the log range of bars so far apart, without the shape of the day."""
    frame = frame.with_columns(row=pl.col("minute") // 15)
    frame = frame.with_columns(away=pl.col("height") - pl.col("height").mean().over("row"))
    ts = frame["ts"].to_physical().to_numpy() // span
    full = np.full(ts[-1] - ts[0] + 1, np.nan)
    full[ts - ts[0]] = frame["away"].to_numpy()
    return np.array([np.nanmean(full[:-lag] * full[lag:]) if lag else np.nanvar(full) for lag in lags])


def waves(lags, values, spans, *, constant):
    """Return the sizes of waves whose covariances are nearest to `values`; none is negative."""
    columns = [np.exp(-lags / span) for span in spans] + ([np.ones(len(lags))] if constant else [])
    design = np.stack(columns, axis=1)
    left = list(range(design.shape[1]))
    while left:
        found = np.linalg.lstsq(design[:, left], values, rcond=None)[0]
        if (found >= 0).all():
            break
        left.pop(int(np.argmin(found)))
    variances = np.zeros(design.shape[1])
    variances[left] = found
    return np.sqrt(variances)


def day_sizes(frame):
    """Return the trading dates and the logarithm of the volatility of each."""
    span = frame["ts"].diff().median()
    moved = frame.with_columns(
        move=pl.when(pl.col("ts").diff() == span).then(pl.col("close").log().diff()).otherwise(None)
    )
    found = moved.group_by("day").agg((pl.col("move") ** 2).sum().sqrt().alias("size"), pl.len()).sort("day")
    found = found.filter((pl.col("len") > 0.85 * pl.col("len").median()) & (pl.col("size") > 0))
    return found["day"].to_numpy(), np.log(found["size"].to_numpy())


def rounded(value, digits=4):
    """Return a number with so many digits that count."""
    return float(f"{value:.{digits}g}")
