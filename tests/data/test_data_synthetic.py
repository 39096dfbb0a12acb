"""The synthetic feed: decided by its seed, only in open hours, ticks and bars of one market, stored under its name."""

import hashlib

import numpy as np
import polars as pl
import pytest
from data_cases import ns

from tradewind.adapters.parquet import History
from tradewind.data.checks import check_rows
from tradewind.data.series import TICKS, seconds_of, timeframe_name
from tradewind.data.synthetic import FIRST, LAST, synthetic_bars, synthetic_sides, synthetic_ticks, write_synthetic
from tradewind.errors import TradewindError
from tradewind.markets.clock import DAY, HOUR
from tradewind.markets.hours import is_open
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")
SYMBOLS = ["US30", "XAUUSD", "EURUSD"]


def both_sides(symbol, first, last, seed=2025):
    """Return the bars of bids and of asks between two written moments."""
    months = list(synthetic_sides(PROFILE.instrument(symbol), ns(first), ns(last), seed))
    return pl.concat(month.bid for month in months), pl.concat(month.ask for month in months)


@pytest.fixture(scope="module", params=SYMBOLS)
def made(request):
    instrument = PROFILE.instrument(request.param)
    return instrument, synthetic_bars(instrument)


def test_every_bar_is_possible_and_lies_in_open_hours(made):
    instrument, frame = made
    check_rows(frame, "bars", "synthetic")

    assert all(is_open(instrument, ts) for ts in frame["ts"].to_physical().to_list()[::97])
    assert frame["ts"].dt.strftime("%Y-%m").unique().sort().to_list() == ["2025-10", "2025-11", "2025-12"]
    assert (frame["spread"] > 0).all()


@pytest.mark.parametrize(
    "span",
    [
        ("2006-01-02", "2006-01-14"),
        ("2012-11-12", "2012-12-01"),
        ("2020-12-20", "2021-01-05"),
        ("2027-12-20", "2027-12-31"),
    ],
)
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_hours_of_other_years_are_kept(symbol, span):
    """In every year, with its own breaks and holidays, bars are possible and nothing trades while it is closed."""
    instrument = PROFILE.instrument(symbol)
    bid, ask = both_sides(symbol, *span)
    check_rows(bid.drop("spread"), "bars", "bids")
    check_rows(ask, "bars", "asks")

    assert all(is_open(instrument, ts) for ts in bid["ts"].to_physical().to_list())
    assert (ask["low"] > bid["low"]).all()
    assert (ask["high"] > bid["high"]).all()


def test_the_seed_decides_all(made):
    instrument, frame = made

    assert synthetic_bars(instrument).equals(frame)
    assert not synthetic_bars(instrument, seed=1).equals(frame)


@pytest.mark.parametrize("cut", ["2025-10-05T21:30", "2025-10-31T12:00", "2025-12-24T18:00", "2025-12-31T23:59"])
def test_a_span_may_be_cut_anywhere(made, cut):
    """Two parts of a span are the whole: a date does not know where its span begins."""
    instrument, frame = made
    parts = [synthetic_bars(instrument, FIRST, ns(cut)), synthetic_bars(instrument, ns(cut), LAST)]

    assert pl.concat(parts).equals(frame)


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
def test_a_week_is_the_same_in_any_year_of_history(seed):
    """The price in 2015 is the same whether one begins in 2014 or on that day."""
    instrument = PROFILE.instrument("EURUSD")
    first, last = ns("2015-03-02"), ns("2015-03-05")
    long = synthetic_bars(instrument, first - 40 * DAY, last, seed)

    assert long.filter(pl.col("ts").to_physical() >= first).equals(synthetic_bars(instrument, first, last, seed))


DIGESTS = {"US30": "5acfa576d30437e7", "XAUUSD": "32ce09ffbb96f5d7", "EURUSD": "0d1c3574bbebfe64"}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_same_bytes_everywhere(symbol):
    """A day's bars are those that were made when the model was last changed; a new digest is a new MODEL."""
    bid, ask = both_sides(symbol, "2025-11-05T12:00", "2025-11-05T20:00")
    digest = hashlib.sha256(bid.write_csv().encode() + ask.write_csv().encode()).hexdigest()

    assert digest[:16] == DIGESTS[symbol]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_bars_of_the_ticks_are_the_bars(symbol):
    """A run on ticks and a run on M1 see one market: every corner of both sides, and the number of quotes."""
    span = "2025-11-02T20:00", "2025-11-08"
    ticks = pl.concat(synthetic_ticks(PROFILE.instrument(symbol), ns(span[0]), ns(span[1])))
    check_rows(ticks, "ticks", "synthetic")
    for side, frame in zip(("bid", "ask"), both_sides(symbol, *span), strict=True):
        price = pl.col(side)
        bars = ticks.group_by(pl.col("ts").dt.truncate("1m"), maintain_order=True).agg(
            open=price.first(), high=price.max(), low=price.min(), close=price.last(), volume=pl.len().cast(pl.Float64)
        )

        assert bars.equals(frame.select(bars.columns))
    assert ((ticks["ask"] - ticks["bid"]) > 0).all()


def test_it_is_stored_under_its_own_name_and_only_once(tmp_path):
    """Bids and asks are written under the feed's name, and writing again changes nothing."""
    history = History(tmp_path)
    first, second = write_synthetic(history), write_synthetic(history)

    assert {series.feed for series in first} == {"synthetic"}
    assert {(series.symbol, series.side) for series in first} == {
        (one, side) for one in SYMBOLS for side in ("bid", "ask")
    }
    assert all(written.new > 80_000 for written in first.values())
    assert all(written.new == written.changed == 0 for written in second.values())
    assert "seed" in history.series()[0].sources[0]["file"]


def test_ticks_are_stored_too(tmp_path):
    history = History(tmp_path)
    span = ns("2025-10-30"), ns("2025-11-04")
    written = write_synthetic(history, ["EURUSD"], span=span, kind=TICKS)
    stored = pl.concat(history.ticks(*written, *span))

    assert [series.side for series in written] == ["both"]
    assert stored.height == next(iter(written.values())).new > 50_000


def test_two_seeds_are_not_mixed(tmp_path):
    """A second seed would leave bars of the first between its own."""
    history, span = History(tmp_path), (FIRST, FIRST + 3 * DAY)
    write_synthetic(history, ["US30"], 1, span)
    before = history.series()[0].rows
    with pytest.raises(TradewindError, match="other synthetic prices of US30"):
        write_synthetic(history, ["US30"], 2, span)

    assert history.series()[0].rows == before


@pytest.mark.parametrize(
    ("symbols", "seed", "span", "said"),
    [
        (["US3"], 1, (FIRST, LAST), "Did you mean 'US30'"),
        (["US30"], -1, (FIRST, LAST), "-1 is no seed"),
        (["US30"], 1, (FIRST, FIRST), "is empty"),
        (["US30"], 1, (ns("2005-12-01"), ns("2006-02-01")), "no synthetic market on 2005-12-01"),
        (["US30"], 1, (ns("2027-12-01"), ns("2028-02-01")), "It covers 2006 to 2027"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, symbols, seed, span, said):
    """Nothing is written, and the sentence says what is possible."""
    history = History(tmp_path)
    with pytest.raises(TradewindError, match=said):
        write_synthetic(history, symbols, seed, span)

    assert not history.series()


def test_gold_and_the_euro_share_their_minutes():
    """The same seed makes instruments that move together, whichever of them are made."""
    frames = [synthetic_bars(PROFILE.instrument(one), FIRST, FIRST + 20 * DAY) for one in ("EURUSD", "XAUUSD")]
    both = frames[0].join(frames[1], on="ts", suffix="_gold")
    moves = [both[name].log().diff().drop_nulls().to_numpy() for name in ("close", "close_gold")]

    assert np.corrcoef(moves)[0, 1] > 0.15


def test_a_holiday_ends_early_and_monday_opens_with_a_gap():
    """Thanksgiving trades until 13:00 New York; nothing trades from Friday 17:00 to Sunday 18:00."""
    bid, _ = both_sides("US30", "2025-11-26", "2025-12-02")
    ts = bid["ts"].to_physical().to_numpy()
    closed = np.diff(ts)

    assert not ((ts >= ns("2025-11-27T18:00")) & (ts < ns("2025-11-27T23:00"))).any()
    assert (closed > 48 * HOUR).sum() == 1


NAMES = [
    (0, "ticks"),
    (10, "S10"),
    (60, "M1"),
    (300, "M5"),
    (5400, "M90"),
    (14_400, "H4"),
    (86_400, "D1"),
    (604_800, "W1"),
]


@pytest.mark.parametrize(("seconds", "name"), NAMES)
def test_timeframes_are_written_as_traders_do(seconds, name):
    assert timeframe_name(seconds) == name
    assert seconds == 0 or seconds_of(name.lower()) == seconds


def test_a_timeframe_that_is_none_is_refused():
    with pytest.raises(TradewindError, match="no timeframe named 'X5'"):
        seconds_of("X5")


def test_the_walk_is_on_the_grid(made):
    """Prices are whole ticks, and the Dow's bids move in halves of a point."""
    instrument, frame = made
    for name in ("open", "high", "low", "close"):
        ticks = frame[name].to_numpy() / float(instrument.tick_size)
        assert np.abs(ticks - np.rint(ticks)).max() < 1e-3
    if instrument.symbol == "US30":
        assert (frame["close"] * 2 % 1 == 0).all()
