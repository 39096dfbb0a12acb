"""The tape: one order for all events, whatever the blocks, the months and the number of instruments."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from data_cases import DATA, Shelf, bars, needs_data, ns, series_of, ticks_at
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.adapters.parquet import History
from tradewind.data import legs
from tradewind.data.importers import import_files
from tradewind.data.legs import Leg
from tradewind.data.rows import events_from_frame
from tradewind.data.spread import SpreadSettings
from tradewind.data.tape import tape
from tradewind.errors import TradewindError
from tradewind.kernel.records import BAR, DAY, EVENT, NEWS, QUOTE, SESSION, TIME
from tradewind.markets.loading import load_profile
from tradewind.markets.schedule import schedule

PROFILE = load_profile("metatrader")
GOLD, US30 = (PROFILE.instrument(symbol) for symbol in ("XAUUSD", "US30"))
EVER = (-(2**62), 2**62)
MINUTE = 60 * 10**9


def leg(instrument, *series, number=0, scale=1.0):
    return Leg(number, instrument.symbol, series, instrument.tick_size, SpreadSettings(instrument, scale))


def whole(*arguments, **options):
    """Return all rows of a tape."""
    blocks = list(tape(*arguments, **options))
    return np.concatenate([np.zeros(0, dtype=EVENT), *blocks]) if len(blocks) != 1 else blocks[0]


def test_a_bar_becomes_a_row_stamped_with_its_close():
    frame = bars("2025-01-15T17:00", 1).with_columns(
        open=100.0, high=101.25, low=99.5, close=100.75, volume=12.4, spread=0.2
    )
    row, time = whole(Shelf().put(series_of(), frame), [leg(GOLD, series_of(), number=3)], [], *EVER)
    values = {name: int(row[name]) for name in EVENT.names[:14]}

    assert values == {
        "number": 0, "ts": ns("2025-01-15T17:01"), "kind": BAR, "instrument": 3, "span": 60,
        "open": 10_000, "high": 10_125, "low": 9_950, "close": 10_075,
        "spread_open": 20, "spread_high": 20, "spread_low": 20, "spread_close": 20, "volume": 12,
    }  # fmt: skip
    assert (time["kind"], time["ts"]) == (TIME, row["ts"])


def test_a_tick_becomes_a_bar_without_height():
    series = series_of(seconds=0)
    frame = ticks_at([ns("2025-01-15T17:00")], start=2700, width=0.35)
    row = whole(Shelf().put(series, frame), [leg(GOLD, series)], [], *EVER)[0]

    assert (row["kind"], row["span"], row["ts"], row["volume"]) == (QUOTE, 0, ns("2025-01-15T17:00"), 1)
    assert len({int(row[corner]) for corner in ("open", "high", "low", "close")}) == 1
    assert {int(row[f"spread_{corner}"]) for corner in ("open", "high", "low", "close")} == {35}


class News(NamedTuple):
    """A news window, as an entry of a schedule."""

    ts: int
    kind: str
    opens: int
    closes: int
    kinds: int


def test_within_one_instant_prices_come_first_then_day_sessions_news_and_last_time():
    roll = ns("2025-01-15T22:00")  # 17:00 New York
    shelf = Shelf()
    for number, symbol in enumerate(("US30", "XAUUSD")):
        shelf.put(series_of(symbol), bars("2025-01-15T21:58", 2, seed=number))
    news = News(roll, "news", roll, roll + MINUTE, 3)
    entries = sorted([news, *schedule([GOLD, US30], roll - MINUTE, roll)], key=lambda entry: entry.ts)
    rows = whole(shelf, [leg(US30, series_of("US30"), number=1), leg(GOLD, series_of("XAUUSD"))], entries, *EVER)
    last = rows[rows["ts"] == roll]

    assert last["kind"][:3].tolist() == [BAR, BAR, DAY]
    assert last["instrument"][:2].tolist() == [0, 1]
    assert set(last["kind"][3:-2].tolist()) == {SESSION}
    assert last["kind"][-2:].tolist() == [NEWS, TIME]
    assert (last["kinds"][-2], last["closes"][-2]) == (3, roll + MINUTE)
    day = last[2]
    assert (day["date"], day["opens"], day["closes"]) == (20_104, roll, ns("2025-01-16T22:00"))
    assert (day["week"], day["month"]) == ((20_104 + 3) // 7, 2025 * 12 + 1)
    sessions = last[3:-2]
    assert sessions["instrument"].tolist() == sorted(sessions["instrument"].tolist())
    assert (sessions["closes"] > sessions["opens"]).all()
    assert sessions["day_type"].tolist() == [3] * len(sessions)


def test_the_calendar_is_told_as_far_as_there_are_prices_and_no_further():
    shelf = Shelf().put(series_of(), bars("2025-01-15T12:00", 60))
    rows = whole(shelf, [leg(GOLD, series_of())], schedule([GOLD], ns("2025-01-13"), ns("2025-03-01")), *EVER)

    assert rows["kind"][0] == DAY
    assert rows[rows["kind"] == DAY]["date"].tolist() == [20_101, 20_102, 20_103]
    assert rows["ts"][-1] == ns("2025-01-15T13:00")
    assert (rows["number"] == 0).all()


def busy_shelf():
    """Return two instruments: ticks with repeated times over a month's end, and minutes with holes."""
    rng = np.random.default_rng(7)
    moments = ns("2025-01-31T10:00") + np.sort(rng.integers(0, 30 * 3600, 3000)) * 10**9
    minutes = bars("2025-01-30T12:00", 3000)
    keep = pl.Series(rng.random(3000) < 0.7)
    return (
        Shelf()
        .put(series_of("XAUUSD", 0), ticks_at(moments))
        .put(series_of("US30"), minutes.filter(keep & ~pl.Series([at.weekday() > 4 for at in minutes["ts"]])))
    )


BUSY = busy_shelf()
BUSY_LEGS = [leg(GOLD, series_of("XAUUSD", 0)), leg(US30, series_of("US30"), number=1)]


def busy(**options):
    entries = schedule([GOLD, US30], ns("2025-01-30"), ns("2025-02-03"))
    return tape(BUSY, BUSY_LEGS, entries, *EVER, **options)


def test_the_order_is_that_of_sorting_everything_by_hand():
    expected = []
    for number, (series, span) in enumerate(((series_of("XAUUSD", 0), 0), (series_of("US30"), 60))):
        frame = BUSY.frames[series]
        tick = (GOLD, US30)[number].tick_size
        rows = events_from_frame(frame, number, tick, span, spread=1.0)
        expected += [(int(row["ts"]), number, place, int(row["close"])) for place, row in enumerate(rows)]
    told = np.concatenate(list(busy()))
    prices = told[(told["kind"] == BAR) | (told["kind"] == QUOTE)]

    assert [(int(row["ts"]), int(row["instrument"]), int(row["close"])) for row in prices] == [
        (ts, number, close) for ts, number, _, close in sorted(expected)
    ]
    key = told["ts"] * 32 + np.where(told["kind"] <= BAR, 0, told["kind"])
    assert (np.diff(key) >= 0).all()
    assert (told["kind"] == DAY).sum() > 2


@given(st.integers(1, 20_000))
@settings(max_examples=25, deadline=None)
def test_the_size_of_a_block_means_nothing(block_rows):
    blocks = list(busy(block_rows=block_rows))

    assert b"".join(block.tobytes() for block in blocks) == b"".join(block.tobytes() for block in busy())
    assert {len(block) for block in blocks[:-1]} <= {block_rows}


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_rows_made_at_once_mean_nothing_either(monkeypatch, chunk):
    expected = b"".join(block.tobytes() for block in busy())
    monkeypatch.setattr(legs, "CHUNK", chunk)

    assert b"".join(block.tobytes() for block in busy()) == expected


def test_a_block_is_not_overwritten_by_the_next():
    blocks = list(busy(block_rows=100))
    copies = [block.copy() for block in blocks]

    assert all((block == copy).all() for block, copy in zip(blocks, copies, strict=True))
    assert not any(np.shares_memory(one, other) for one, other in pairwise(blocks))


@given(st.integers(0, 3000))
@settings(max_examples=25, deadline=None)
def test_a_shorter_period_is_the_beginning_of_a_longer_one(minutes):
    end = ns("2025-01-31T12:00") + minutes * MINUTE
    long = np.concatenate(list(tape(BUSY, BUSY_LEGS, [], *EVER)))[:-1]
    short = np.concatenate(list(tape(BUSY, BUSY_LEGS, [], EVER[0], end)))[:-1]
    inside = long[np.where(long["kind"] == QUOTE, long["ts"] < end, long["ts"] <= end)]

    assert short.tobytes() == inside.tobytes()


def test_a_bar_lies_in_the_period_if_it_opens_and_closes_in_it():
    shelf = Shelf().put(series_of(), bars("2025-01-15T12:00", 60))
    rows = whole(shelf, [leg(GOLD, series_of())], [], ns("2025-01-15T12:10"), ns("2025-01-15T12:20"))

    assert rows["ts"][[0, -2]].tolist() == [ns("2025-01-15T12:11"), ns("2025-01-15T12:20")]


def test_months_are_read_when_they_are_needed():
    hours = bars("2024-01-02T00:00", 24 * 300, 3600, spread=0.2)
    shelf = Shelf().put(series_of(seconds=3600), hours)
    given_out, read = [], shelf.bars

    def watched(*arguments):
        for frame in read(*arguments):
            given_out.append(frame.height)
            yield frame

    shelf.bars = watched
    blocks = tape(shelf, [leg(GOLD, series_of(seconds=3600))], [], *EVER, block_rows=100)
    next(blocks)
    learning = 10  # the medians of the whole series are learned first, a month at a time
    assert len(given_out) <= learning + 3
    assert sum(len(block) for block in blocks) == hours.height + 1 - 100


def test_a_symbol_without_prices_in_the_period_is_an_error():
    shelf = Shelf().put(series_of(), bars("2025-01-15T12:00", 60))
    with pytest.raises(TradewindError, match="No prices of XAUUSD lie in the period"):
        whole(shelf, [leg(GOLD, series_of())], [], ns("2026-01-01"), ns("2026-02-01"))
    with pytest.raises(TradewindError, match="none of the series asked for of US30"):
        whole(shelf, [leg(US30, series_of("US30"))], [], *EVER)
    with pytest.raises(TradewindError, match="cannot have 0 rows"):
        whole(shelf, [leg(GOLD, series_of())], [], *EVER, block_rows=0)


def test_frames_of_tests_and_notebooks_are_checked_like_files():
    frame = bars("2025-01-15T12:00", 5)
    rows = events_from_frame(frame, 2, GOLD.tick_size, 60, spread=0.2)

    assert rows["spread_low"].tolist() == [20] * 5
    assert rows["instrument"].tolist() == [2] * 5
    assert (rows["ts"] == frame["ts"].to_physical().to_numpy() + MINUTE).all()
    assert events_from_frame(frame.with_columns(spread=0.3), 0, "0.01", 60)["spread_open"].tolist() == [30] * 5
    with pytest.raises(TradewindError, match=r"the frame, row 2: high is not a number"):
        events_from_frame(frame.with_columns(high=pl.Series([200.0, float("nan"), 200, 200, 200])), 0, "0.01", 60)
    with pytest.raises(TradewindError, match="no column 'spread'"):
        events_from_frame(frame, 0, "0.01", 60)


@needs_data
def test_real_ticks_and_bars_come_out_of_the_store_as_they_went_in(tmp_path):
    history = History(tmp_path)
    names = [
        "XAUUSD_ticks_oanda_20140504_20140509",
        "EURUSD_M1_oanda_bid_20140501_20140515",
        "EURUSD_M1_oanda_ask_20140501_20140515",
    ]
    import_files([DATA / f"{name}.parquet" for name in names], history)
    euro = PROFILE.instrument("EURUSD")
    ticks, minutes = series_of("XAUUSD", 0, "oanda"), series_of("EURUSD", 60, "oanda")
    entries = schedule([GOLD, euro], ns("2014-05-01"), ns("2014-05-16"))
    rows = whole(history, [leg(GOLD, ticks), leg(euro, minutes, number=1)], entries, *EVER)
    raw, bid, ask = (pl.read_parquet(DATA / f"{name}.parquet") for name in names)
    quotes, closes = rows[rows["kind"] == QUOTE], rows[rows["kind"] == BAR]

    assert (quotes["ts"] == raw["ts"].to_physical().to_numpy()).all()
    assert (quotes["close"] == np.rint(raw["bid"].to_numpy() * 100)).all()
    assert (quotes["close"] + quotes["spread_close"] == np.rint(raw["ask"].to_numpy() * 100)).all()
    for corner in ("open", "high", "low", "close"):
        assert (closes[corner] == np.rint(bid[corner].to_numpy() * 1e5)).all()
        assert (closes[corner] + closes[f"spread_{corner}"] == np.rint(ask[corner].to_numpy() * 1e5)).all()
    assert (np.diff(rows["ts"]) >= 0).all()
