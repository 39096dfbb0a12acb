"""The synthetic market beside real data: shape of the day, tails, memory, spreads, quotes, gaps, correlation.

The real figures are measured here on the files; the synthetic ones are medians over seeds, on the same months. The
tolerances are wide where real files of the same instrument differ themselves: the kurtosis of five-minute gold is
19 in 2024 and 45 a year later.
"""

import numpy as np
import polars as pl
import pytest
from data_cases import DATA, Shelf, bars, needs_data, ns, series_of, ticks_at

from tradewind.data.importers import curated
from tradewind.data.importers.parsed import Stated
from tradewind.data.importers.sources import sources
from tradewind.data.synthetic import synthetic_bars
from tradewind.data.synthetic.comparison import compared, real_bars, reference
from tradewind.data.synthetic.statistics import correlations, statistics
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")
SYMBOLS = ["US30", "XAUUSD", "EURUSD"]
SEEDS = (11, 12, 13, 14, 15)
FIVE = {
    "US30": "US30_M5_mt5ny_bid_20250630_20260220",
    "XAUUSD": "XAUUSD_M5_mt5ny_bid_20250701_20260220",
    "EURUSD": "EURUSD_M5_duka_bid_20250930_20260331",
}
OTHER = {"XAUUSD": ("XAUUSD_M5_mt5eet_bid_20240101_20241128",)}
ONE = {
    "US30": "US30_M1_mt5ny_bid_20251202_20260220",
    "XAUUSD": "XAUUSD_M1_mt5ny_bid_20251203_20260220",
    "EURUSD": "EURUSD_M1_oanda_bid_20140501_20140515",
}


def real(name):
    (source,) = sources(DATA / f"{name}.parquet")
    (part,) = curated.read(source, Stated()).parts
    return part.frame


@pytest.fixture(scope="module")
def frames():
    """Return by seed and symbol the M1 bars of the months of which there are real M5 bars."""
    return {
        seed: {
            one: synthetic_bars(PROFILE.instrument(one), ns("2025-07-01"), ns("2026-02-21"), seed) for one in SYMBOLS
        }
        for seed in SEEDS
    }


@pytest.fixture(scope="module")
def figures(frames):
    """Return the median over the seeds of every figure."""
    found = {}
    for seed in SEEDS:
        for symbol, frame in frames[seed].items():
            for figure, value in statistics(frame, PROFILE.instrument(symbol)).items():
                found.setdefault((symbol, figure), []).append(value)
        for figure, value in correlations(frames[seed]).items():
            found.setdefault(("", figure), []).append(value)
    return {key: float(np.median(values)) for key, values in found.items()}


def five_minutes(frame):
    """Return M5 bars of M1 bars."""
    return frame.group_by_dynamic("ts", every="5m").agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
    )


@needs_data
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_day_has_the_real_shape(frames, symbol):
    """By the half hour of New York, the size of five-minute moves beside the day's is as in reality."""

    def shape(frame):
        local = pl.col("ts").dt.convert_time_zone("America/New_York").dt
        half = (local.hour().cast(pl.Int32) * 2 + local.minute() // 30).alias("half")
        found = frame.group_by(half).agg((pl.col("close") / pl.col("open")).log().abs().mean().alias("size"), pl.len())
        found = found.filter(pl.col("len") > 200).sort("half")
        return dict(zip(found["half"], found["size"] / found["size"].mean(), strict=True))

    truth = shape(real(FIVE[symbol]))
    ours = [shape(five_minutes(frames[seed][symbol])) for seed in SEEDS]
    both = np.array([(truth[half], np.mean([one[half] for one in ours])) for half in truth])

    assert len(both) >= 44
    assert np.corrcoef(np.log(both.T))[0, 1] > 0.93
    assert np.abs(np.log(both[:, 1] / both[:, 0])).mean() < 0.15


def minute_sizes(frame):
    local = pl.col("ts").dt.convert_time_zone("America/New_York").dt
    minute = (local.hour().cast(pl.Int32) * 60 + local.minute()).alias("minute")
    return dict(frame.group_by(minute).agg((pl.col("close") / pl.col("open")).log().abs().mean()).rows())


@pytest.mark.parametrize(
    ("symbol", "clock", "times"), [("US30", 9 * 60 + 30, 4.0), ("XAUUSD", 20 * 60, 1.7), ("EURUSD", 3 * 60, 1.2)]
)
def test_the_day_has_its_steps(frames, symbol, clock, times):
    """The Dow jumps at 09:30, gold at 20:00, the euro wakes with London: the real steps are 5, 2.2 and 1.5."""
    sizes = minute_sizes(pl.concat(frames[seed][symbol] for seed in SEEDS))
    before = np.mean([sizes[clock - number] for number in range(1, 11)])

    assert sizes[clock] > times * before


CLOSE = [
    # figure, the real file's bars, smallest and largest ratio of synthetic to real
    ("range over move M1", ONE, 0.93, 1.07),
    ("jumps a day M1", {one: ONE[one] for one in ("US30", "XAUUSD")}, 0.6, 1.7),
    ("sd M5 Asia bp", FIVE, 0.6, 1.5),
    ("sd M5 London bp", FIVE, 0.6, 1.5),
    ("sd M5 morning bp", FIVE, 0.6, 1.5),
    ("sd M5 afternoon bp", FIVE, 0.5, 1.5),
    ("sd D1 bp", FIVE, 0.6, 1.6),
    ("gap weekend median bp", FIVE, 0.4, 2.0),
    ("sd of log volatility D1", FIVE, 0.5, 1.7),
    ("spread London", {one: ONE[one] for one in ("US30", "XAUUSD")}, 0.85, 1.15),
    ("spread afternoon", {one: ONE[one] for one in ("US30", "XAUUSD")}, 0.85, 1.15),
    ("spread late", {one: ONE[one] for one in ("US30", "XAUUSD")}, 0.8, 1.2),
    ("quotes a minute Asia", {one: ONE[one] for one in ("US30", "XAUUSD")}, 0.65, 1.5),
    ("quotes a minute morning", {one: ONE[one] for one in ("US30", "XAUUSD")}, 0.65, 1.5),
]


@needs_data
@pytest.mark.parametrize(("figure", "files", "low", "high"), CLOSE, ids=[row[0] for row in CLOSE])
def test_a_figure_is_near_the_real_one(figures, frames, figure, files, low, high):
    """Ratios of synthetic to real lie within what is stated; M5 figures are made of M5 bars on both sides."""
    for symbol, name in files.items():
        instrument = PROFILE.instrument(symbol)
        truth = statistics(real(name), instrument)[figure]
        ours = figures.get((symbol, figure))
        if ours is None:
            ours = np.median([statistics(five_minutes(frames[seed][symbol]), instrument)[figure] for seed in SEEDS])

        assert low < ours / truth < high, (symbol, ours, truth)


@pytest.mark.parametrize(("symbol", "timeframe"), [("US30", "M1"), ("XAUUSD", "M1"), *((one, "H1") for one in SYMBOLS)])
def test_tails_are_as_fat(figures, symbol, timeframe):
    """Kurtosis lies within three times what real files have, and is more than that of any normal law."""
    low, high = reference()[symbol, f"kurtosis {timeframe}"]

    assert max(3.5, low / 3) < figures[symbol, f"kurtosis {timeframe}"] < 3 * high


@needs_data
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_tails_are_as_fat_without_the_farthest_moves(frames, symbol):
    """One bar doubles a kurtosis, so without the three farthest moves of M5 it is a finer measure: within 2.2 times."""

    def kurtosis(frame):
        close, ts = frame["close"].to_numpy(), frame["ts"].to_physical().to_numpy()
        moves = np.diff(np.log(close))[np.diff(ts) == 300 * 10**9]
        moves = moves[np.argsort(np.abs(moves))[:-3]]
        return (moves**4).mean() / (moves**2).mean() ** 2

    ours = np.median([kurtosis(five_minutes(frames[seed][symbol])) for seed in SEEDS])
    truths = [kurtosis(real(name)) for name in (FIVE[symbol], *OTHER.get(symbol, ()))]

    assert min(truths) / 2.2 < ours < 2.2 * max(truths), (ours, truths)


@needs_data
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_restless_hours_last_as_long(figures, symbol):
    """The autocorrelation of the size of five-minute moves, at four distances; gold's is from 2024 and 2025."""
    names = (FIVE[symbol], *OTHER.get(symbol, ()))
    truths = [statistics(real(name), PROFILE.instrument(symbol)) for name in names]
    for lag in (1, 5, 20, 100):
        figure = f"acf |move| M5 {lag}"
        values = [truth[figure] for truth in truths]

        assert min(values) - 0.08 < figures[symbol, figure] < max(values) + 0.08, figure


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("figure", ["acf M1 1", "acf M5 1", "acf H1 1", "acf D1 1"])
def test_moves_themselves_do_not_remember(figures, symbol, figure):
    assert abs(figures[symbol, figure]) < (0.15 if "D1" in figure else 0.04)


@needs_data
@pytest.mark.parametrize("timeframe", ["M5", "H1"])
def test_instruments_move_together_as_in_reality(figures, timeframe):
    truth = correlations({symbol: real(name) for symbol, name in FIVE.items()})
    for pair in ("EURUSD US30", "EURUSD XAUUSD", "US30 XAUUSD"):
        figure = f"correlation {timeframe} {pair}"
        assert abs(figures["", figure] - truth[figure]) < 0.07, figure


@needs_data
def test_the_euro_has_the_real_spreads(figures):
    """Medians of the recorded asks: tenths of a pip in the day, two and a half pips after the roll."""
    bids, asks = real(FIVE["EURUSD"]), real(FIVE["EURUSD"].replace("_bid_", "_ask_"))
    truth = statistics(bids.with_columns(spread=asks["close"] - bids["close"]), PROFILE.instrument("EURUSD"))
    for window in ("Asia", "London", "morning", "afternoon", "late", "roll"):
        assert abs(figures["EURUSD", f"spread {window}"] - truth[f"spread {window}"]) < 0.000015, window


def test_the_shipped_reference_covers_what_is_compared(frames):
    """Nearly every figure of the comparison has a real one beside it, in order, and some are from several files."""
    rows = compared(frames[SEEDS[0]], {})
    known = [row for row in rows if row.low is not None]

    assert len(known) > 0.75 * len(rows)
    assert all(row.low <= row.high for row in known)
    assert sum(row.low < row.high for row in known) > 20
    assert len(reference()) >= len(known)


def test_ticks_and_their_bars_have_the_same_figures():
    """`statistics` makes M1 bars of ticks."""
    moments = ns("2025-11-05T10:00") + np.arange(60 * 300, dtype=np.int64) * 1_000_000_000
    ticks = ticks_at(moments)
    from_ticks = statistics(ticks, PROFILE.instrument("XAUUSD"))

    assert from_ticks["quotes a minute London"] == 60
    assert from_ticks["spread London"] == pytest.approx(0.2)


def test_figures_of_a_known_series():
    """A walk of equal steps up and down: kurtosis 1, every second move undoes the one before, no move is nothing."""
    frame = bars("2025-11-05T10:00", 400)
    close = np.where(np.arange(400) % 2, 100.1, 100.0)
    frame = frame.with_columns(
        close=pl.Series(close), open=pl.Series(close), high=pl.Series(close), low=pl.Series(close)
    )
    found = statistics(frame, PROFILE.instrument("XAUUSD"))

    assert found["kurtosis M1"] == pytest.approx(1.0, abs=1e-4)
    assert found["acf M1 1"] == pytest.approx(-1.0, abs=0.01)
    assert found["no move M1 %"] == 0
    assert found["jumps a day M1"] == 0


@needs_data
def test_real_bars_are_found_with_their_spreads():
    """In a folder of Parquet files, M1 before M5, spreads from the broker's field or from the asks."""
    found = real_bars(Shelf(), SYMBOLS, DATA)

    assert list(found) == SYMBOLS
    assert found["US30"]["ts"].diff().median().total_seconds() == 60
    assert found["US30"]["spread"].median() == pytest.approx(2.18)


def test_made_up_bars_are_no_real_bars():
    """A synthetic series of a history is never taken for the real side of a comparison."""
    shelf = Shelf().put(series_of("XAUUSD", feed="synthetic"), bars("2025-11-05T10:00", 300))
    assert real_bars(shelf, ["XAUUSD"], None) == {}

    shelf.put(series_of("XAUUSD", feed="broker"), bars("2025-11-05T10:00", 400))
    assert real_bars(shelf, ["XAUUSD"], None)["XAUUSD"].height == 400
