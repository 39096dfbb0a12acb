"""How well each way to know a spread foretells what is recorded later: `python -m bench.spread_error DATA_FOLDER`.

For every series of the history that tells spreads: everything is learned from the first half of its trading
dates and asked about the second half. The error is the mean distance from the recorded spread, in percent of the
mean recorded spread; behind it stands how much too wide (+) or too narrow (-) the answers are altogether. The
level of a date uses what was recorded before it, as a run does.

Volatility is the mean range of the bars of a date. Its exponent is fitted on the first half (the level of a date
against the median volatility of the five dates before it, both as logarithms) and used, between 0 and 1.5, in
the second; r2 is the fit's.

A second table says what the smallest spread of a bar, which MetaTrader records, leaves out of the mean.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.adapters.parquet import History
from tradewind.data.series import Series, timeframe_name
from tradewind.data.spread import FOREVER, minute_of_week, trading_days, typical
from tradewind.data.spread_curve import ordinary_days, shape_of
from tradewind.data.spread_level import BOUNDS, DAYS, factors_of, levels_of
from tradewind.data.spread_samples import Samples, samples
from tradewind.markets.clock import MINUTE
from tradewind.markets.loading import load_profile

LEAST_DATES = 10


class Halves(NamedTuple):
    """What a series tells, and where its second half begins."""

    ts: np.ndarray
    spread: np.ndarray
    days: np.ndarray
    turn: int
    instrument: object


def halves(history, series, instrument):
    parts = list(samples(history, series, instrument.tick_size))
    if not parts:
        return None
    ts, spread = (np.concatenate(column) for column in zip(*parts, strict=True))
    days = trading_days(ts)
    dates = np.unique(days)
    if len(dates) < LEAST_DATES:
        return None
    return Halves(ts, spread, days, int(dates[len(dates) // 2]), instrument)


def answers(history, series, told):
    """Yield (name, foretold spreads in ticks) for every way to know them."""
    instrument, first = told.instrument, told.days < told.turn
    week = minute_of_week(told.ts)
    usual_here = typical(instrument, told.ts, instrument.tick_size).astype(float)
    yield "typical", usual_here
    yield "by minute", by_minute(week, told.spread, first, usual_here)
    yield "by minute, whole", by_minute(week, told.spread, np.ones_like(first), usual_here)
    ordinary = ordinary_days(instrument)
    shape = shape_of([Samples(told.ts[first], told.spread[first])], series.timeframe, ordinary)
    known = np.where(shape.median < 0, -1, shape.median)[week]
    curve = np.where(known < 0, usual_here, known)
    yield "curve", curve
    levels = levels_of([Samples(told.ts, told.spread)], shape.median, ordinary)
    yield "curve x level", curve * factors_of(levels).at(told.days)
    exponent, fit, factors = by_volatility(history, series, told, levels)
    name = f"curve x volatility^{exponent:.2f} (r2 {fit:.2f})" if fit is not None else "curve x volatility"
    yield name, curve * factors


def by_minute(week, spread, where, otherwise):
    """Return the median of each minute of the week, as runs knew it before there were curves."""
    found = pl.DataFrame({"minute": week[where], "spread": spread[where]}).group_by("minute").median()
    medians = np.full(7 * 1440, np.nan)
    medians[found["minute"].to_numpy()] = found["spread"].to_numpy()
    return np.where(np.isnan(medians[week]), otherwise, medians[week])


def by_volatility(history, series, told, levels):
    """Return (exponent, r2, the factor of every sample) of a spread that follows the range of the bars."""
    nothing = (0.0, None, np.ones(len(told.ts)))
    if series.kind == "ticks":
        return nothing
    frames = list(history.bars(series, *FOREVER, ("ts", "high", "low")))
    bars = pl.concat(frames).with_columns(day=pl.Series(np.concatenate([trading_days(column(one)) for one in frames])))
    daily = bars.group_by("day").agg(range=(pl.col("high") - pl.col("low")).mean()).sort("day")
    daily = daily.filter(pl.col("range") > 0)
    dates, ranges = daily["day"].to_numpy(), daily["range"].to_numpy()
    recent = np.array(
        [np.median(ranges[max(0, place - DAYS) : place] if place else ranges[:1]) for place in range(len(ranges))]
    )
    heat = np.log(recent / np.median(ranges[dates < told.turn]))
    places = dates - levels.first_day
    inside = (places >= 0) & (places < len(levels.per_mille)) & (dates < told.turn) & (np.arange(len(dates)) >= DAYS)
    level = np.full(len(dates), -1)
    level[inside] = levels.per_mille[places[inside]]
    fitted = level > 0
    if fitted.sum() < LEAST_DATES:
        return nothing
    exponent = np.polyfit(heat[fitted], np.log(level[fitted] / 1000), 1)[0]
    fit = np.corrcoef(heat[fitted], np.log(level[fitted] / 1000))[0, 1] ** 2
    factors = np.clip(np.exp(np.clip(exponent, 0, 1.5) * heat), *BOUNDS)
    place = np.clip(np.searchsorted(dates, told.days), 0, len(dates) - 1)
    return exponent, fit, factors[place]


def column(frame):
    return frame["ts"].to_physical().to_numpy()


def smallest(history, series):
    """Yield (bar size, share of the mean spread by time that the smallest spread of a bar is)."""
    ticks = pl.concat(history.ticks(series, *FOREVER, ("ts", "bid", "ask")))
    ts = column(ticks)
    stood = np.minimum(np.diff(ts, append=ts[-1]), MINUTE)
    ticks = ticks.with_columns(spread=pl.col("ask") - pl.col("bid"), stood=pl.Series(stood))
    for seconds in (60, 300, 900, 3600):
        bars = ticks.group_by(pl.Series(ts // (seconds * 10**9))).agg(
            low=pl.col("spread").min(), mean=(pl.col("spread") * pl.col("stood")).sum() / pl.col("stood").sum()
        )
        bars = bars.filter(pl.col("mean").is_finite())
        yield timeframe_name(seconds), bars["low"].mean() / bars["mean"].mean()


def main():
    parser = argparse.ArgumentParser(prog="bench.spread_error")
    parser.add_argument("data", type=Path, help="folder that holds a history, as --data of the command line")
    history = History(parser.parse_args().data / "history")
    profile = load_profile("metatrader")
    for held in history.series():
        series = Series(*held.series)
        if series.symbol not in profile.symbols or series.side == "ask":
            continue
        instrument = profile.instrument(series.symbol)
        if series.kind == "ticks":
            shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in smallest(history, series))
            print(f"{series.symbol} {series.feed} ticks: the smallest spread of a bar is of the mean: {shares}")
            continue
        told = halves(history, series, instrument)
        if told is None:
            continue
        second = told.days >= told.turn
        mean = told.spread[second].mean()
        print(f"{series.symbol} {timeframe_name(series.timeframe)} {series.feed}: second half {second.sum():,} samples")
        for name, foretold in answers(history, series, told):
            off = foretold[second] - told.spread[second]
            print(f"    {name:36} {100 * np.abs(off).mean() / mean:6.1f} % {100 * off.mean() / mean:+7.1f} %")


if __name__ == "__main__":
    main()
