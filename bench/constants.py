"""What the synthetic market takes from real data, instrument by instrument; see `bench.calibrate`."""

from datetime import date

import numpy as np
import polars as pl

from bench.measures import by_row, covariances, day_sizes, follows, load, waves, with_moves
from tradewind.data.spread import typical
from tradewind.data.synthetic.calibration import ORDER
from tradewind.data.synthetic.statistics import correlations
from tradewind.markets.cash import cash_session
from tradewind.markets.clock import MINUTE, NEW_YORK, ROLL, day_number, instant
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")

FILES = {
    "US30": {
        "M1": "US30_M1_mt5ny_bid_20251202_20260220",
        "M5": "US30_M5_mt5ny_bid_20250630_20260220",
        "H1": ("US30_H1_mt5eet_bid_20160526_20221202",),
        "quotes": "US30_M1_mt5ny_bid_20251202_20260220",
    },
    "XAUUSD": {
        "M1": "XAUUSD_M1_mt5eet_bid_20251219_20260220",
        "M5": "XAUUSD_M5_mt5ny_bid_20250701_20260220",
        "H1": ("XAUUSD_H1_oanda_bid_20060320_20190225", "XAUUSD_H1_mt5ny_bid_20180319_20241129"),
        "quotes": "XAUUSD_M1_mt5ny_bid_20251203_20260220",
    },
    "EURUSD": {
        "M1": "EURUSD_M1_oanda_bid_20140501_20140515",
        "M5": "EURUSD_M5_duka_bid_20250930_20260331",
        "H1": ("EURUSD_H1_oanda_bid_20070101_20181231",),
        "quotes": "EURUSD_ticks_oanda_20140504_20140509",
    },
}
"""For each instrument: the finest bars, the longest M5 of these years, years of hours, counted quotes."""

MINUTE_SPANS = (5.0, 40.0, 240.0)
DAY_SPANS = (0.5, 3.0, 20.0, 120.0)

DILUTED = 0.75
"""The correlation that is left of minutes' random numbers when each has its own volatility; measured on the result."""


def volatility(symbol, starts):
    """Return how volatile a minute of each row is: single minutes from M1, tens from M5, squares adding up to 1."""
    values = []
    for size in ("M5", "M1"):
        frame = with_moves(load(FILES[symbol][size])).filter(~pl.col("news"))
        frame = frame.with_columns(size=pl.col("size") / pl.col("size").mean().over("day"))
        values.append(by_row(frame, pl.col("size").mean(), starts))
    length = np.diff(starts, append=1440)
    (five, counted), (one, _) = values
    # EURUSD has no recent M1: its single minutes are those of the five around them, from M5.
    single = (length == 1) & ~np.isnan(one) & (symbol != "EURUSD")
    shape = np.where(single, one, np.where((counted > 20), five, one))
    if symbol == "EURUSD":
        starts_five = starts // 5 * 5
        shape = np.array([five[np.searchsorted(starts, start)] for start in starts_five])
    shape = filled(shape, starts, symbol)
    usual = starts >= (0 if symbol == "EURUSD" else 60)
    return shape / np.sqrt((shape**2 * length)[usual].sum())


def filled(shape, starts, symbol):
    """Return the shape where nothing was recorded: the reopening from gold's, the end of the day from before it."""
    # Until 2015 some traded for minutes after 17:00, which no recent data can tell: as quiet as the end of the day.
    traded = starts >= 60 if symbol != "EURUSD" else starts >= 0
    if symbol == "US30":
        frame = with_moves(load(FILES["XAUUSD"]["M1"]))
        gold, _ = by_row(frame, pl.col("size").mean(), starts)
        early = (starts >= 60) & (starts < 65)
        shape = np.where(early & np.isnan(shape), shape[starts == 65] * gold / gold[starts == 65], shape)
    last = np.flatnonzero(~np.isnan(shape))[-1]
    shape = np.where(np.isnan(shape) & (np.arange(len(starts)) > last), shape[last], shape)
    missing = np.isnan(shape) & traded
    shape[missing] = np.interp(starts[missing], starts[~np.isnan(shape)], shape[~np.isnan(shape)])
    return np.where(traded, shape, shape[last])


def quotes(symbol, starts):
    """Return the usual quotes of a minute in each row, and the same with their noise and what they follow."""
    frame = load(FILES[symbol]["quotes"])
    if "bid" in frame.columns:
        bid = pl.col("bid")
        frame = frame.group_by(pl.col("ts").dt.truncate("1m"), "minute", "day", maintain_order=True).agg(
            open=bid.first(), high=bid.max(), low=bid.min(), close=bid.last(), volume=pl.len().cast(pl.Float64)
        )
    frame = with_moves(frame).filter(pl.col("volume") > 0).with_columns(log=pl.col("volume").log())
    if symbol == "EURUSD":  # one week: a row is its half hour
        noise = pl.col("log") - pl.col("log").mean().over("minute")
        frame = frame.with_columns(log=pl.col("log").mean().over(pl.col("minute") // 30) + noise)
    usual, _ = by_row(frame, pl.col("log").mean(), starts)
    usual = np.interp(starts, starts[~np.isnan(usual)], usual[~np.isnan(usual)])
    follow, rest = follows(frame, "log")
    return np.exp(usual), follow, rest


def spreads(symbol, starts):
    """Return the usual spread in each row in price units, and how it varies."""
    instrument = PROFILE.instrument(symbol)
    frame = load(FILES[symbol]["quotes" if symbol == "XAUUSD" else "M1" if symbol == "US30" else "M5"])
    frame = with_moves(frame.filter(pl.col("spread") > 0))
    usual, count = by_row(frame, pl.col("spread").median(), starts)
    begins = instant(day_number(date(2026, 1, 14)) - 1, ROLL, NEW_YORK)
    width = float(instrument.tick_size)
    profile = typical(instrument, begins + starts * MINUTE, instrument.tick_size) * width
    known = (count >= 10) & ~np.isnan(usual)
    if symbol == "EURUSD":  # a row inside a five-minute bar is that bar's
        usual = np.array([usual[np.searchsorted(starts, start // 5 * 5)] for start in starts])
        known = ~np.isnan(usual)
    before = np.interp(starts, starts[known], usual[known])
    usual = np.where(known, usual, np.where(starts < 65, profile, before))
    frame = frame.with_columns(log=pl.col("spread").log())
    follow, rest = follows(frame, "log")
    half = (pl.col("minute") // 30).alias("half")
    means = frame.group_by("day", half).agg(pl.col("log").mean(), pl.col("height").mean())
    means = means.with_columns(pl.col("log", "height") - pl.col("log", "height").mean().over("half"))
    slow = float((means["log"] - follow * means["height"]).std())
    return usual, follow, min(slow, 0.35), min(rest, 0.35)


def lasting(symbol):
    """Return the waves of minutes, and the surprise of a single one."""
    lags = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 72, 96, 120, 150, 180])
    five = with_moves(load(FILES[symbol]["M5"])).filter(~pl.col("news"))
    sizes = waves(lags * 5.0, covariances(five, 300_000_000_000, lags), MINUTE_SPANS, constant=True)
    one = with_moves(load(FILES["XAUUSD" if symbol == "EURUSD" else symbol]["M1"])).filter(~pl.col("news"))
    whole, next_ = covariances(one, 60_000_000_000, np.array([0, 1]))
    # 0.083 is the variance of the log range of a Brownian path.
    surprise = float(np.sqrt(max(whole - next_ - 0.083, 0.0)))
    return sizes[: len(MINUTE_SPANS)], surprise


def dates(symbol):
    """Return the median volatility of a date, its waves, weekdays, and what is left on a holiday."""
    days, sizes = day_sizes(load(FILES[symbol]["M5"]))
    median = float(np.exp(np.median(sizes)))
    # What a date has for itself: the variance that is gone on the next, less the noise of 276 squares.
    alone = sizes.var() - np.cov(sizes[:-1], sizes[1:])[0, 1] - 0.005
    usual, values, lags = [], [], np.array([1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120])
    for name in FILES[symbol]["H1"]:
        days, sizes = day_sizes(load(name))
        weekday = (days + 3) % 7
        usual.append([sizes[weekday == number].mean() for number in range(5)])
        away = sizes - np.array(usual[-1])[weekday]
        # A crash is a few dates among years; they count as far as two standard deviations.
        away = np.clip(away, -2 * away.std(), 2 * away.std())
        values.append([(away[:-lag] * away[lag:]).mean() - away.mean() ** 2 for lag in lags])
    usual, values = np.mean(usual, axis=0), np.mean(values, axis=0)
    weekdays = np.exp(usual - usual.mean())
    slow = waves(lags, values, DAY_SPANS[1:], constant=False)
    return median, [float(np.sqrt(max(alone, 0.0))), *slow], weekdays, holidays(symbol)


def holidays(symbol):
    """Return what is left of the volatility of a minute on dates without a session in New York."""
    frame = load(FILES[symbol]["M5"]).with_columns(size=(pl.col("close") / pl.col("open")).log().abs())
    frame = frame.with_columns(beside=pl.col("size") / pl.col("size").mean().over("minute"))
    closed = [day for day in frame["day"].unique().to_list() if cash_session("XNYS", day) is None]
    return float(frame.filter(pl.col("day").is_in(closed))["beside"].mean())


def gaps(symbol, median):
    """Return the size of pauses and weekends beside an ordinary date, and how unequal they are (see `Gap`)."""
    found = []
    frame = load(FILES[symbol]["M5"])
    ts = frame["ts"].to_physical().to_numpy()
    closed = np.diff(ts) / MINUTE - 5
    moved = np.abs(np.log(frame["open"].to_numpy()[1:] / frame["close"].to_numpy()[:-1]))
    for first, last in ((30, 1200), (1200, 1e9)):
        some = moved[(closed >= first) & (closed < last)]
        if len(some) < 8:
            found.append((0.0, 0.0))
            continue
        # With a normal number times exp(spread * another): rms / median of sizes = 1.483 * exp(spread^2), about.
        middle = float(np.median(some))
        spread = np.sqrt(np.clip(np.log(np.sqrt((some**2).mean()) / middle / 1.483), 0.0, 0.7))
        found.append((middle * 1.483 / median, float(spread)))
    return found


def shared():
    """Return the correlations of moves (H1) and of the dates' volatilities, of the months all three have."""
    frames = {symbol: load(FILES[symbol]["M5"]) for symbol in ORDER}
    moves = correlations(frames)
    found = {symbol: day_sizes(frame) for symbol, frame in frames.items()}
    sizes = {symbol: dict(zip(days.tolist(), logs.tolist(), strict=True)) for symbol, (days, logs) in found.items()}
    both = sorted(set.intersection(*(set(one) for one in sizes.values())))
    table = {"returns": {}, "volatility": {}}
    for place, left in enumerate(ORDER):
        for right in ORDER[place + 1 :]:
            name = " ".join(sorted((left, right)))
            seen = (moves[f"correlation M5 {name}"] + moves[f"correlation H1 {name}"]) / 2
            table["returns"][f"{left} {right}"] = seen / DILUTED
            pair = [[sizes[symbol][day] for day in both] for symbol in (left, right)]
            table["volatility"][f"{left} {right}"] = float(np.corrcoef(pair)[0, 1])
    return table


def opening(symbol):
    """Return the share of a minute's variance between its last quote and the next minute's first."""
    frame = load(FILES[symbol]["M1"])
    joined = np.diff(frame["ts"].to_physical().to_numpy()) == MINUTE
    gap = np.abs(np.log(frame["open"].to_numpy()[1:] / frame["close"].to_numpy()[:-1]))[joined].mean()
    move = np.abs(np.diff(np.log(frame["close"].to_numpy())))[joined].mean()
    return float(min((gap / move) ** 2, 0.01))
