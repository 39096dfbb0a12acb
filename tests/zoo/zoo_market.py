"""The little market of the zoo: two weeks of made-up gold, and files of it as people keep them beside a strategy."""

import os
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.adapters.parquet import History
from tradewind.data.synthetic import write_synthetic
from tradewind.modes import Request
from tradewind.requests import period_end, period_start
from tradewind.settings import Settings

FOLDER = Path(__file__).parent
LEAKS = sorted((FOLDER / "leaks").glob("*.py"))
CLEAN = sorted((FOLDER / "clean").glob("*.py"))
SHIPPED = ("ema_cross", "opening_range", "session_pullback", "london_continuation", "half_hour_momentum")
FIRST, LAST = "2025-06-02", "2025-06-06"
STRATEGY_POINTS, FUNCTION_POINTS = 8, 20
"""Moments to try: fewer than a person would, so that the zoo is soon seen."""


def market(folder):
    """Return the history and the request of the zoo; what its animals read lies in `folder`, in $ZOO_DATA."""
    history = History(folder / "history")
    write_synthetic(history, ("XAUUSD",), span=(period_start(FIRST), period_end(LAST)))
    (series,) = (one for one in history.find("XAUUSD") if one.side == "bid")
    write_files(pl.concat(list(history.bars(series.series, 0, 2**62))), folder)
    os.environ["ZOO_DATA"] = str(folder)
    return history, Request([], ["XAUUSD"], bar="M15", settings=Settings(data=folder))


def write_files(minutes, folder):
    """The files that animals of the zoo read are in the folder: hours and days by their opens, and two lists."""
    quarters = grouped(minutes, "15m")
    quarters.write_parquet(folder / "m15.parquet")
    hours = grouped(minutes, "1h")
    times = hours["ts"].dt.strftime("%Y-%m-%dT%H:%M:%S+00:00").alias("time")
    hours.select(times, "open", "high", "low", "close").write_csv(folder / "h1.csv")
    days = grouped(minutes, "1d")
    dates = days["ts"].dt.strftime("%Y-%m-%d").alias("date")
    days.select(dates, "open", "high", "low", "close").write_csv(folder / "d1.csv")
    draw = np.random.default_rng(3)
    some = times.gather_every(3)
    pl.DataFrame({"published": some, "value": draw.normal(size=len(some))}).write_csv(folder / "published.csv")
    times.gather_every(11).to_frame().with_columns(name=pl.lit("release")).write_csv(folder / "calendar.csv")


def grouped(minutes, length):
    """Return bars of a length in UTC, stamped with their opens."""
    return (
        minutes.sort("ts")
        .group_by_dynamic("ts", every=length)
        .agg(pl.first("open"), pl.max("high"), pl.min("low"), pl.last("close"))
    )


def points_for(path):
    """Return how many moments are tried of a file: a strategy runs from the start for each, a function is quick."""
    return FUNCTION_POINTS if "\ndef signals(" in path.read_text(encoding="utf-8") else STRATEGY_POINTS
