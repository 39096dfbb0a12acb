"""Indicators TA-Lib does not have, against plain batch formulas and against answers worked out by hand."""

import numpy as np
import polars as pl
import pytest
import talib
from indicator_cases import MINUTE, bars, stream
from numpy.lib.stride_tricks import sliding_window_view

from tradewind import indicators as ti
from tradewind.kernel.compiled import JIT, compiled


@pytest.fixture(params=["walk", "US30", "XAUUSD"], scope="module")
def frame(request):
    return bars(request.param)


def columns(frame, *names):
    return [frame[name].to_numpy() for name in names]


def test_z_score(frame):
    """The z-score is that of numpy's mean and population deviation of each window, 0 in a flat one."""
    close = frame["close"].to_numpy()
    windows = sliding_window_view(close, 20)
    flat = windows.min(axis=1) == windows.max(axis=1)
    expected = (close[19:] - windows.mean(axis=1)) / np.where(flat, 1.0, windows.std(axis=1))
    ours = stream(ti.z_score, ti.Z_SCORE, [close], 20)

    assert np.isnan(ours[:19]).all()
    np.testing.assert_allclose(ours[19:], np.where(flat, 0.0, expected), rtol=1e-7, atol=1e-6)


def test_percentile_rank(frame):
    """The percentile rank counts the 50 earlier closes of each window that are not above the newest."""
    close = frame["close"].to_numpy()
    windows = sliding_window_view(close, 51)
    ours = stream(ti.percentile_rank, ti.PERCENTILE_RANK, [close], 50)

    assert np.isnan(ours[:50]).all()
    np.testing.assert_array_equal(ours[50:], (windows[:, :50] <= windows[:, 50:]).sum(axis=1) * 2.0)


@pytest.mark.parametrize("length", [1, 5, 20])
def test_past_median(frame, length):
    """The past median is numpy's median of the values before each one, and `following` includes it."""
    close = frame["close"].to_numpy()
    medians = np.median(sliding_window_view(close, length), axis=1)
    past, following = stream(ti.past_median, ti.PAST_MEDIAN, [close], length, outputs=("value", "following"))

    np.testing.assert_allclose(following[length - 1 :], medians, rtol=1e-15)
    np.testing.assert_array_equal(past[1:], following[:-1])
    assert np.isnan(past[:length]).all()


def batch_supertrend(frame, length, width):
    """Return (line, direction) by the published script of ta.supertrend, direction +1 up, starting down."""
    high, low, close = columns(frame, "high", "low", "close")
    distance = width * talib.ATR(high, low, close, length)
    upper, lower = (high + low) / 2 + distance, (high + low) / 2 - distance
    line, direction = np.full(len(close), np.nan), np.full(len(close), -1)
    for now in range(length, len(close)):
        if now > length:
            lower[now] = (
                lower[now] if lower[now] > lower[now - 1] or close[now - 1] < lower[now - 1] else lower[now - 1]
            )
            upper[now] = (
                upper[now] if upper[now] < upper[now - 1] or close[now - 1] > upper[now - 1] else upper[now - 1]
            )
            if direction[now - 1] == -1:
                direction[now] = 1 if close[now] > upper[now] else -1
            else:
                direction[now] = -1 if close[now] < lower[now] else 1
        line[now] = lower[now] if direction[now] == 1 else upper[now]
    return line, direction


def test_supertrend(frame):
    """Supertrend is TradingView's script from the first turn on; before it we say nothing, they say down."""
    line, direction = stream(
        ti.supertrend,
        ti.SUPERTREND,
        columns(frame, "high", "low", "close"),
        10,
        3.0,
        outputs=("value", "direction"),
    )
    their_line, their_direction = batch_supertrend(frame, 10, 3.0)
    first = int(np.argmax((direction != 0) & (direction == their_direction)))

    assert first < 200
    assert len(set(direction[first:])) == 2
    np.testing.assert_array_equal(direction[first:], their_direction[first:])
    np.testing.assert_allclose(line[first:], their_line[first:], rtol=1e-12)
    assert np.isnan(line[direction == 0]).all()


def test_vwap(frame):
    """The VWAP of each date is its sum of price times volume over its sum of volume, NaN before any."""
    typical = (pl.col("high") + pl.col("low") + pl.col("close")) / 3
    worth = (typical * pl.col("volume")).cum_sum().over("date")
    traded = pl.col("volume").cum_sum().over("date")
    table = frame.select(pl.when(traded > 0).then(worth / traded).alias("expected"), typical.alias("typical"))
    ours = stream(ti.vwap, ti.VWAP, [table["typical"], *columns(frame, "volume", "date")])

    np.testing.assert_allclose(ours, table["expected"].to_numpy(), rtol=1e-10)
    assert np.isnan(ti.vwap(np.zeros(1, ti.VWAP)[0], 5.0, 0, 1))


@pytest.mark.parametrize("wing", [1, 2, 5])
def test_swings(frame, wing):
    """Swing points are those that a search of every whole window finds, each known `wing` bars later."""
    high, low = columns(frame, "high", "low")
    known = {"new_high": np.zeros(len(high)), "new_low": np.zeros(len(high))}
    for middle in range(wing, len(high) - wing):
        for name, side, values in (("new_high", 1, high), ("new_low", -1, low)):
            before = side * values[middle - wing : middle]
            after = side * values[middle + 1 : middle + wing + 1]
            known[name][middle + wing] = (before < side * values[middle]).all() and (
                after <= side * values[middle]
            ).all()
    outputs = ("new_high", "new_low", "high_bar", "high", "low_bar", "low")
    ours = dict(zip(outputs, stream(ti.swings, ti.SWINGS, [high, low], wing, outputs=outputs), strict=True))

    for side in ("high", "low"):
        at = np.flatnonzero(known[f"new_{side}"])
        assert len(at) > 50
        np.testing.assert_array_equal(ours[f"new_{side}"], known[f"new_{side}"])
        np.testing.assert_array_equal(ours[f"{side}_bar"][at], at - wing + 1)
        np.testing.assert_array_equal(ours[side][at], frame[side].to_numpy()[at - wing])


def test_structure_by_hand():
    """A zigzag of rising, mixed and falling swings is +1, 0 and -1 from the bars that confirm them."""
    # Swings (bar, high): up 2:8, down 5:3, up 8:10, down 12:5, up 16:11, down 19:3, up 23:9, down 26:2.
    high = np.array([4, 6, 8, 7, 5, 3, 5, 7, 10, 9, 8, 7, 5, 6, 7, 9, 11, 8, 4, 3, 4, 5, 6, 9, 7, 4, 2, 3, 4.0])
    ours = stream(ti.structure, ti.STRUCTURE, [high, high - 1], 2)

    # Bar 14 confirms the low 5 above 3 (+1), bar 21 the low 3 below 5 (0), bar 25 the high 9 below 11 (-1).
    assert ours.tolist() == [0] * 14 + [1] * 7 + [0] * 4 + [-1] * 4


def test_equal_neighbours_are_one_swing():
    """Of two equal highs side by side the first is the swing, and there is only one."""
    high = np.array([1, 2, 5, 5, 2, 1, 0], float)
    bar = stream(ti.swings, ti.SWINGS, [high, high], 2, outputs=("high_bar", "high_count"))

    assert bar[0].tolist() == [0, 0, 0, 0, 3, 3, 3]
    assert bar[1].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_session_statistics_by_hand():
    """Three bars from 100 to 106 in a range of 98 to 110, worked out by hand from domain 2.2."""
    memory = np.zeros(1, ti.SESSION_STATISTICS)[0]
    for bar in ((100, 104, 98, 102), (102, 110, 101, 109), (109, 109, 105, 106)):
        ti.session_statistics(memory, *bar, 1)

    assert (memory.open, memory.high, memory.low, memory.close) == (100, 110, 98, 106)
    assert (memory.range, memory.direction, memory.count) == (12, 1, 3)
    assert (memory.body, memory.location) == (6 / 12, 8 / 12)
    assert memory.efficiency == 6 / (7 + 3)
    assert [bool(ti.session_is_valid(memory, expected)) for expected in (0, 3, 4)] == [True, True, False]


def test_a_session_without_range():
    """A session of one price has body 0, location 0.5, efficiency 0 and no direction (domain 2.2)."""
    memory = np.zeros(1, ti.SESSION_STATISTICS)[0]
    ti.session_statistics(memory, 5, 9, 4, 8, 1)
    ti.session_statistics(memory, 7, 7, 7, 7, 2)

    assert (memory.range, memory.body, memory.location, memory.efficiency, memory.direction) == (
        0,
        0,
        0.5,
        0,
        0,
    )
    assert not ti.session_is_valid(np.zeros(1, ti.SESSION_STATISTICS)[0], 0)


@pytest.mark.parametrize(("count", "valid"), [(79, False), (80, True), (81, True)])
def test_a_session_needs_four_fifths_of_its_bars(count, valid):
    """80 bars of 100 expected are enough, 79 are not (domain 2.2)."""
    memory = np.zeros(1, ti.SESSION_STATISTICS)[0]
    for _ in range(count):
        ti.session_statistics(memory, 1, 2, 0, 1, 1)

    assert bool(ti.session_is_valid(memory, 100)) is valid


def test_session_statistics(frame):
    """At the end of each date the statistics are those polars computes over the date's bars."""
    span = pl.col("high").max() - pl.col("low").min()
    gain = pl.col("close").last() - pl.col("open").first()
    table = frame.group_by("date", maintain_order=True).agg(
        range=span,
        body=gain.abs() / span,
        location=(pl.col("close").last() - pl.col("low").min()) / span,
        efficiency=gain.abs() / pl.col("close").diff().abs().sum(),
        direction=gain.sign(),
        last=pl.len(),
    )
    ends = table["last"].cum_sum().to_numpy().astype(int) - 1
    outputs = ("range", "body", "location", "efficiency", "direction")
    inputs = columns(frame, "open", "high", "low", "close", "date")
    ours = stream(ti.session_statistics, ti.SESSION_STATISTICS, inputs, outputs=outputs)

    for name, column in zip(outputs, ours, strict=True):
        np.testing.assert_allclose(column[ends], table[name].to_numpy(), rtol=1e-9)


def test_levels(frame):
    """The levels of every bar are polars' open, high, low and close of the date before."""
    table = frame.group_by("date", maintain_order=True).agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last()
    )
    before = table.select("date", *(pl.col(name).shift(1) for name in ("open", "high", "low", "close")))
    expected = frame.select("date").join(before, on="date", how="left", maintain_order="left")
    names = ("open", "high", "low", "close")
    inputs = columns(frame, *names, "date")
    ours = stream(ti.levels, ti.LEVELS, inputs, outputs=tuple(f"previous_{name}" for name in names))

    for name, column in zip(names, ours, strict=True):
        np.testing.assert_array_equal(column, expected[name].to_numpy())


def test_opening_range_by_hand():
    """Of M5 bars closing 09:30 to 09:50 those closing 09:35 to 09:45 are the range, final at 09:45."""
    opens, closes = 570 * MINUTE, 585 * MINUTE
    memory = np.zeros(1, ti.OPENING_RANGE)[0]
    seen = []
    for minute, high, low in ((570, 99, 1), (575, 12, 9), (580, 15, 11), (585, 13, 8), (590, 50, 2)):
        seen.append((ti.opening_range(memory, high, low, minute * MINUTE, opens, closes), int(memory.ready)))

    np.testing.assert_array_equal(seen, [(np.nan, 0), (np.nan, 0), (np.nan, 0), (7, 1), (7, 1)])
    assert (memory.high, memory.low, memory.count) == (15, 8, 3)


def test_an_opening_range_without_bars_is_never_ready():
    """A window in which no bar closed gives NaN and no readiness, and the next window starts afresh."""
    memory = np.zeros(1, ti.OPENING_RANGE)[0]
    late = ti.opening_range(memory, 10, 9, 40, 0, 30)
    ready = int(memory.ready)
    after = ti.opening_range(memory, 10, 9, 130, 100, 130)

    assert np.isnan(late)
    assert ready == 0
    assert (after, memory.ready, memory.count) == (1, 1, 1)


def test_pivots_by_hand():
    """High 120, low 90, close 105: P 105, R 120 135 150, S 90 75 60, worked out by hand."""
    memory = np.zeros(1, ti.PIVOTS)[0]

    assert ti.pivots(memory, 120, 90, 105) == 105
    assert (memory.resistance1, memory.resistance2, memory.resistance3) == (120, 135, 150)
    assert (memory.support1, memory.support2, memory.support3) == (90, 75, 60)


def test_adr(frame):
    """ADR is numpy's mean of the last 20 daily ranges, NaN for 19 days."""
    high, low = columns(frame, "high", "low")
    ours = stream(ti.adr, ti.ADR, [high, low], 20)

    assert np.isnan(ours[:19]).all()
    np.testing.assert_allclose(ours[19:], sliding_window_view(high - low, 20).mean(axis=1), rtol=1e-9)


def test_spread_median_by_hand():
    """Means of 2 and 6 make a median of 4 on the third; other buckets and the running day have no part."""
    memory = np.zeros(1, ti.SPREAD_MEDIAN)[0]
    calls = ((1, 7, 10), (3, 7, 10), (9, 8, 10), (6, 7, 11), (100, 7, 12), (200, 7, 12), (1, 7, 13))
    ours = [ti.spread_median(memory, spread, bucket, day, 2) for spread, bucket, day in calls]

    np.testing.assert_array_equal(ours, [np.nan, np.nan, np.nan, np.nan, 4, 4, (6 + 150) / 2])
    assert (memory.days[7], memory.days[8]) == (3, 0)
    assert np.isnan(memory.medians[8])


def test_spread_median(frame):
    """With one bar a day in a bucket the answer is polars' median of its last five earlier spreads."""
    table = frame.with_columns(
        expected=pl.col("spread").shift(1).rolling_median(5, min_samples=5).over("bucket", order_by="opens")
    )
    ours = stream(ti.spread_median, ti.SPREAD_MEDIAN, columns(frame, "spread", "bucket", "date"), 5)

    np.testing.assert_allclose(ours, table["expected"].to_numpy().astype(float), rtol=1e-12)


@compiled
def run_averages(memory, values, length):
    """Every value is in each of the four records."""
    for value in values:
        ti.sma(memory[0].sma, value, length)
        ti.wma(memory[0].wma, value, length)
        ti.slope(memory[0].slope, value, length)
        ti.standard_deviation(memory[0].deviation, value, length)


def test_no_drift():
    """After a million values, prices and a jump among them, the windows are as exact as after the first."""
    values = 40_000 + np.cumsum(np.random.default_rng(3).normal(0, 0.7, 1_000_000 if JIT else 20_000))
    values[len(values) // 2] = 1e9
    dtype = np.dtype([("sma", ti.SMA), ("wma", ti.WMA), ("slope", ti.SLOPE), ("deviation", ti.STANDARD_DEVIATION)])
    memory = np.zeros(1, np.dtype((np.record, dtype)))
    run_averages(memory, values, 77)
    last = values[-77:]

    np.testing.assert_allclose(memory["sma"]["value"], last.mean(), rtol=1e-13)
    np.testing.assert_allclose(memory["wma"]["value"], np.average(last, weights=np.arange(1, 78)), rtol=1e-13)
    np.testing.assert_allclose(memory["deviation"]["value"], last.std(), rtol=1e-9)
    np.testing.assert_allclose(memory["slope"]["value"], np.polyfit(np.arange(77), last, 1)[0], rtol=1e-8)


def test_mirrored_prices_mirror_every_direction(frame):
    """Negated bars give the opposite direction, structure, swing and RSI at each bar (domain 8, no. 18)."""
    high, low, close = columns(frame, "high", "low", "close")

    for function, dtype, prices, mirrored, settings in (
        (ti.structure, ti.STRUCTURE, (high, low), (-low, -high), (2,)),
        (ti.swings, ti.SWINGS, (high, low), (-low, -high), (2,)),
        (ti.supertrend, ti.SUPERTREND, (high, low, close), (-low, -high, -close), (10, 3.0)),
    ):
        ours = stream(function, dtype, prices, *settings)
        np.testing.assert_allclose(stream(function, dtype, mirrored, *settings), -ours, rtol=1e-9)
    rsi = stream(ti.rsi, ti.RSI, [close], 14)
    np.testing.assert_allclose(stream(ti.rsi, ti.RSI, [-close], 14), 100 - rsi, rtol=1e-9, atol=1e-9)
