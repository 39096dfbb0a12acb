"""Every indicator TA-Lib has, against TA-Lib, on a seeded walk and on real bars."""

import numpy as np
import pytest
import talib
from indicator_cases import bars, stream

from tradewind import indicators as ti

FADED = 600
"""After this many bars a seed of length 26 weighs less than 1e-15 of the answer."""


@pytest.fixture(params=["walk", "US30", "XAUUSD"], scope="module")
def series(request):
    return {name: bars(request.param)[name].to_numpy() for name in ("high", "low", "close")}


def same(ours, theirs, tolerance=1e-9):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("length", [2, 20, 200])
@pytest.mark.parametrize("name", ["sma", "ema", "wma"])
def test_average(series, name, length):
    """SMA, EMA and WMA are TA-Lib's from the first value on."""
    ours = stream(getattr(ti, name), getattr(ti, name.upper()), [series["close"]], length)
    theirs = getattr(talib, name.upper())(series["close"], length)

    same(ours, theirs)


def test_wilder(series):
    """Wilder's average of TA-Lib's true range is TA-Lib's ATR, given from the first bar that has one."""
    ranges = talib.TRANGE(series["high"], series["low"], series["close"])
    ours = stream(ti.wilder, ti.WILDER, [ranges[1:]], 14)

    same(ours, talib.ATR(series["high"], series["low"], series["close"], 14)[1:])


def test_rsi(series):
    """RSI is TA-Lib's from the first value on, but 50 and not 0 where nothing has moved at all."""
    flat = np.full(40, 5.0)

    same(stream(ti.rsi, ti.RSI, [series["close"]], 14), talib.RSI(series["close"], 14))
    assert stream(ti.rsi, ti.RSI, [flat], 14)[-1] == 50.0
    assert talib.RSI(flat, 14)[-1] == 0.0


def test_true_range_and_atr(series):
    """True range and ATR are TA-Lib's from the first value on: the first bar has no range."""
    prices = list(series.values())

    same(stream(ti.true_range, ti.TRUE_RANGE, prices), talib.TRANGE(*prices))
    same(stream(ti.atr, ti.ATR, prices, 14), talib.ATR(*prices, 14))


def test_adx(series):
    """ADX and the DIs are TA-Lib's once the seeds faded: TA-Lib seeds with n - 1 movements, we with n."""
    prices = list(series.values())
    ours = stream(ti.adx, ti.ADX, prices, 14, outputs=("value", "plus", "minus"))
    theirs = (talib.ADX(*prices, 14), talib.PLUS_DI(*prices, 14), talib.MINUS_DI(*prices, 14))

    for mine, other in zip(ours, theirs, strict=True):
        assert np.array_equal(np.isnan(mine), np.isnan(other))
        same(mine[FADED:], other[FADED:])


def test_macd(series):
    """MACD is TA-Lib's once the seeds faded: TA-Lib starts the fast average late, with the slow one."""
    ours = stream(ti.macd, ti.MACD, [series["close"]], 12, 26, 9, outputs=("value", "signal", "histogram"))
    theirs = talib.MACD(series["close"], 12, 26, 9)

    assert np.isnan(ours[1]).sum() == np.isnan(theirs[1]).sum()
    for mine, other in zip(ours, theirs, strict=True):
        same(mine[FADED:], other[FADED:], 1e-8)


def test_bollinger(series):
    """The bands are TA-Lib's, to the 1e-7 that TA-Lib loses by subtracting raw squares."""
    ours = stream(ti.bollinger, ti.BOLLINGER, [series["close"]], 20, 2.0, outputs=("upper", "middle", "lower"))
    theirs = talib.BBANDS(series["close"], 20, 2.0, 2.0)

    for mine, other in zip(ours, theirs, strict=True):
        same(mine, other, 1e-7)


def test_standard_deviation(series):
    """The standard deviation is numpy's to 1e-9, and TA-Lib's to what it loses by raw squares."""
    close = series["close"]
    ours = stream(ti.standard_deviation, ti.STANDARD_DEVIATION, [close], 20)

    same(ours, talib.STDDEV(close - close[0], 20, 1.0), 1e-4)
    same(ours[19:], np.lib.stride_tricks.sliding_window_view(close, 20).std(axis=1), 1e-9)


@pytest.mark.parametrize("length", [1, 20, 256])
def test_extremes_and_donchian(series, length):
    """Highest, lowest and the Donchian lines are TA-Lib's MAX and MIN, exactly."""
    high, low = series["high"], series["low"]
    top, bottom = [column.copy() for column in (high, low)]
    if length > 1:
        top, bottom = talib.MAX(high, length), talib.MIN(low, length)
    channel = stream(ti.donchian, ti.DONCHIAN, [high, low], length, outputs=("upper", "lower", "middle"))

    assert np.array_equal(stream(ti.highest, ti.HIGHEST, [high], length), top, equal_nan=True)
    assert np.array_equal(stream(ti.lowest, ti.LOWEST, [low], length), bottom, equal_nan=True)
    for ours, theirs in zip(channel, (top, bottom, (top + bottom) / 2), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)


def test_stochastic(series):
    """Slow %K and %D are TA-Lib's, which omits a %K without a %D and calls a flat window 0, we 50."""
    prices = list(series.values())
    k, d = stream(ti.stochastic, ti.STOCHASTIC, prices, 14, 3, outputs=("k", "d"))
    their_k, their_d = talib.STOCH(*prices, 14, 3, 0, 3, 0)
    width = talib.MAX(prices[0], 14) - talib.MIN(prices[1], 14)
    flat = np.convolve(width == 0, np.ones(5), "full")[: len(width)] > 0
    known = ~np.isnan(their_k) & ~flat

    assert np.isnan(k).sum() == np.isnan(their_k).sum() - 2
    assert np.isnan(d).sum() == np.isnan(their_d).sum()
    same(k[known], their_k[known], 1e-8)
    same(d[known], their_d[known], 1e-8)


def test_cci(series):
    """CCI is TA-Lib's, except where the typical prices are all equal: TA-Lib may divide rounding errors."""
    prices = list(series.values())
    ours = stream(ti.cci, ti.CCI, prices, 20)
    flat = talib.MAX(sum(prices), 20) == talib.MIN(sum(prices), 20)

    same(ours[~flat], talib.CCI(*prices, 20)[~flat], 1e-7)
    assert not ours[flat].any()


def test_roc(series):
    """Rate of change is TA-Lib's from the first value on."""
    same(stream(ti.roc, ti.ROC, [series["close"]], 10), talib.ROC(series["close"], 10))


def test_slope(series):
    """The slope is TA-Lib's LINEARREG_SLOPE, to the 1e-7 that TA-Lib loses by summing raw prices."""
    same(stream(ti.slope, ti.SLOPE, [series["close"]], 20), talib.LINEARREG_SLOPE(series["close"], 20), 1e-7)


def test_keltner(series):
    """Keltner's lines are TA-Lib's EMA with TA-Lib's ATR on either side."""
    prices = list(series.values())
    ours = stream(ti.keltner, ti.KELTNER, prices, 20, 1.5, outputs=("upper", "middle", "lower"))
    middle, distance = talib.EMA(series["close"], 20), 1.5 * talib.ATR(*prices, 20)

    for mine, other in zip(ours, (middle + distance, middle, middle - distance), strict=True):
        same(mine, other)
