"""Bars of every timeframe: where they begin, when they are known, and that it does not matter what they are made of."""

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from recorder import BAR_FIELDS, Recorder
from world import DAY_NS, HOUR, MINUTE, SECOND, Instrument, World, bars_tape, clock, day, joined, merged

from tradewind.kernel.bars import DAY_BAR, MONTH_BAR, WEEK_BAR
from tradewind.markets.clock import day_open

NEW_YORK = ZoneInfo("America/New_York")
DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
H4 = 4 * 3600


def local(ts):
    """Return a moment as New York wall time."""
    return datetime.fromtimestamp(int(ts) / 1e9, NEW_YORK).replace(tzinfo=None)


def instant(when):
    """Return a New York wall time as ns UTC."""
    return int(when.replace(tzinfo=NEW_YORK).timestamp()) * SECOND


def trading_days(first, last):
    """Return the DAY events of every day that begins at 17:00 New York from Sunday to Friday, as one array."""
    rows = []
    when = first
    while when <= last:
        if when.weekday() != 6:  # the days named Monday to Saturday begin on the evening before
            opens = day_open(when)
            following = when + timedelta(days=1 if when.weekday() < 5 else 2)
            rows.append(day(opens, day_open(following) - opens))
        when += timedelta(days=1)
    return joined(rows)


def hourly(first, last, break_hour=17):
    """Return the opens of all hours that gold trades between two New York wall times."""
    ts, found = instant(first), []
    while ts < instant(last):
        when = local(ts)
        weekend = (when.weekday() == 4 and when.hour >= 17) or when.weekday() == 5
        weekend |= when.weekday() == 6 and when.hour < 18
        if not weekend and when.hour != break_hour:
            found.append(ts)
        ts += HOUR
    return np.array(found)


def hourly_tape(first, last):
    """Return H1 BARs of a rising price with the calendar around them, and the opens of the hours."""
    opens = hourly(first, last)
    level = 100_000 + np.arange(len(opens))
    prices = (level, level + 5, level - 5, level + 1)
    calendar = trading_days(first.date(), last.date() + timedelta(days=1))
    bars = bars_tape(opens + HOUR, 0, prices, 10, span=3600)
    return merged(bars, calendar, clock(instant(last) + 3 * DAY_NS)), opens


@pytest.mark.parametrize("sunday", [date(2025, 3, 9), date(2025, 11, 2), date(2025, 7, 6)])
def test_four_hour_bars_begin_at_17_21_01_05_09_13_new_york(sunday):
    """Through both clock changes, and in an ordinary week, four-hour bars keep their New York hours."""
    first = datetime.combine(sunday - timedelta(days=4), datetime.min.time()) + timedelta(hours=18)
    recorder = Recorder([H4])
    tape, _ = hourly_tape(first, first + timedelta(days=8))
    recorder.run(World([Instrument()], series=((0, H4),)), tape)
    opens = [local(bar.open_time) for bar in recorder.bars[H4]]

    assert {when.hour for when in opens} == {17, 21, 1, 5, 9, 13}
    assert all(bar.close_time - bar.open_time == 4 * HOUR for bar in recorder.bars[H4])
    assert all(when.weekday() != 5 for when in opens)


def test_no_bar_begins_in_a_break():
    """Nothing is filled forward: the hour at 17:00 New York and the weekend have no bars."""
    recorder = Recorder([3600])
    tape, opens = hourly_tape(datetime(2025, 3, 5, 18), datetime(2025, 3, 12, 18))  # noqa: DTZ001  New York wall time
    recorder.run(World([Instrument()], series=((0, 3600),)), tape)

    assert [bar.open_time for bar in recorder.bars[3600]] == opens.tolist()
    assert 17 not in {local(bar.open_time).hour for bar in recorder.bars[3600]}


def test_days_weeks_and_months_follow_the_trading_calendar():
    """Five day bars a week, weeks from Sunday's open, months from their first trading date."""
    frames = [DAY_BAR, WEEK_BAR, MONTH_BAR]
    recorder = Recorder(frames)
    first, last = datetime(2025, 1, 30, 18), datetime(2025, 4, 4, 17)  # noqa: DTZ001  New York wall time
    tape, _ = hourly_tape(first, last)
    recorder.run(World([Instrument()], series=((0, MONTH_BAR), (0, WEEK_BAR), (0, DAY_BAR))), tape)
    days = [local(bar.open_time) for bar in recorder.bars[DAY_BAR]]
    weeks = [local(bar.open_time) for bar in recorder.bars[WEEK_BAR]]
    months = [(local(bar.open_time) + timedelta(hours=7)).date() for bar in recorder.bars[MONTH_BAR]]

    assert len(days) == np.busday_count("2025-01-31", "2025-04-05")
    assert {(when + timedelta(hours=7)).weekday() for when in days} == {0, 1, 2, 3, 4}
    assert {when.hour for when in days} == {17}
    assert {when.weekday() for when in weeks[1:]} == {6}
    assert months == [date(2025, 1, 31), date(2025, 2, 3), date(2025, 3, 3)]
    assert all(bar.sources == 23 for bar in recorder.bars[DAY_BAR])


VISIBLE = {  # domain rules 2.1: at this New York time, the opens of the newest closed bars
    "03:00": ("02:55", "02:45", "02:00", "21:00"),
    "08:00": ("07:55", "07:45", "07:00", "01:00"),
    "09:30": ("09:25", "09:15", "08:00", "05:00"),
    "09:45": ("09:40", "09:30", "08:00", "05:00"),
    "09:59:59": ("09:50", "09:30", "08:00", "05:00"),
    "10:00": ("09:55", "09:45", "09:00", "05:00"),
    "15:30": ("15:25", "15:15", "14:00", "09:00"),
}
FRAMES = (300, 900, 3600, H4)


def quotes_of_a_day():
    """Return a quote in the middle of every minute of two trading days with their calendar, ending on a Wednesday."""
    opens = day_open(date(2025, 1, 14))
    ts = opens + np.arange(2 * 1440 - 90) * MINUTE + 30 * SECOND
    level = 100_000 + np.arange(len(ts)) % 50
    return merged(bars_tape(ts, 0, (level,) * 4, 10, span=0), trading_days(date(2025, 1, 14), date(2025, 1, 15)))


@pytest.mark.parametrize("at", VISIBLE)
def test_a_bar_is_known_at_its_close_and_not_before(at):
    """At every decision instant of the table exactly the bars of the table are the newest closed ones."""
    moment = instant(datetime.fromisoformat(f"2025-01-15T{at}"))
    events = quotes_of_a_day()
    world = World([Instrument()], series=((0, DAY_BAR), *((0, seconds) for seconds in reversed(FRAMES))))
    recorder = Recorder(FRAMES)
    recorder.run(world, joined([events[events["ts"] < moment], clock(moment)]))
    newest = [f"{local(recorder.bars[seconds][-1].open_time):%H:%M}" for seconds in FRAMES]
    last_day = local(world.state["series"]["last"]["open_time"][0, 0])

    assert newest == list(VISIBLE[at])
    assert last_day == datetime(2025, 1, 13, 17)  # noqa: DTZ001  New York wall time
    assert all(bar.close_time <= moment for seconds in FRAMES for bar in recorder.bars[seconds])


def test_a_base_bar_closes_the_bars_that_end_where_it_begins():
    """Bars made of bars are shown when the next base bar begins, with its price not in them."""
    opens = day_open(date(2025, 1, 15)) + np.arange(11) * MINUTE
    level = 100_000 + np.arange(11)
    tape = merged(trading_days(date(2025, 1, 15), date(2025, 1, 15)), bars_tape(opens + MINUTE, 0, (level,) * 4, 10))
    recorder = Recorder([300])
    recorder.run(World([Instrument()], series=((0, 300),)), tape)

    assert [(bar.open, bar.close) for bar in recorder.bars[300]] == [(100_000, 100_004), (100_005, 100_009)]
    assert recorder.seen_at[300] == [opens[5], opens[10]]


def test_a_quote_at_the_very_roll_belongs_to_the_new_day():
    """Told after the roll, a quote at 17:00:00 New York opens the day, the hour and the minute that begin then."""
    opens = day_open(date(2025, 1, 15))
    before, at, after = (bars_tape(np.array([opens + ago]), 0, (100,) * 4, 10, span=0) for ago in (-MINUTE, 0, MINUTE))
    first, second = (trading_days(when, when) for when in (date(2025, 1, 14), date(2025, 1, 15)))
    recorder = Recorder([DAY_BAR, 3600])
    world = World([Instrument()], series=((0, DAY_BAR), (0, 3600)))
    recorder.run(world, joined([first, before, second, at, after, clock(opens + DAY_NS)]))

    assert [bar.sources for bar in recorder.bars[DAY_BAR]] == [1, 2]
    assert [bar.open_time for bar in recorder.bars[3600]] == [opens - HOUR, opens]
    assert all(bar.close_time > bar.open_time for bar in recorder.bars[3600])


def real(name):
    """Return a real data file as a frame, or skip where the machine has none."""
    path = DATA / f"{name}.parquet"
    if not path.exists() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1":
        pytest.skip(f"no market data at {path}")
    return pl.read_parquet(path)


def resampled(frame, every):
    """Return bars as polars makes them on the clock of a New York + 7 hours server: an independent answer."""
    server = pl.col("ts").dt.convert_time_zone("America/New_York").dt.replace_time_zone(None) + pl.duration(hours=7)
    return (
        frame.with_columns(server.dt.truncate(every).alias("begin"))
        .group_by("begin", maintain_order=True)
        .agg(
            pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
            pl.col("volume").sum(), pl.len().alias("sources"),
        )
    )  # fmt: skip


def in_ticks(frame, tick):
    """Return a frame with prices in whole ticks and times in ns."""
    prices = [(pl.col(name) / tick).round().cast(pl.Int64) for name in ("open", "high", "low", "close")]
    return frame.with_columns(*prices, pl.col("volume").cast(pl.Int64))


def calendar_of(frame):
    """Return the DAY events around the rows of a frame."""
    first, last = frame["ts"].min().date(), frame["ts"].max().date()
    return trading_days(first - timedelta(days=1), last + timedelta(days=1))


@pytest.mark.parametrize(("every", "seconds"), [("4h", H4), ("1h", 3600), ("15m", 900), ("1d", DAY_BAR)])
def test_real_minutes_become_the_bars_of_the_server(every, seconds):
    """US30 minutes make the same bars as an independent resampling on the server's clock (acceptance vector 19)."""
    frame = in_ticks(real("US30_M1_mt5ny_bid_20251202_20260220"), 0.01)
    closes = frame["ts"].dt.timestamp("ns").to_numpy() + MINUTE
    prices = [frame[name].to_numpy() for name in ("open", "high", "low", "close")]
    tape = merged(bars_tape(closes, 0, prices, 100, volume=frame["volume"].to_numpy()), calendar_of(frame))
    recorder = Recorder([seconds])
    recorder.run(World([Instrument()], series=((0, seconds),)), joined([tape, clock(closes[-1] + 4 * DAY_NS)]))
    wanted = resampled(frame, every)
    names = ("open", "high", "low", "close", "volume", "sources")
    server = [local(bar.open_time) + timedelta(hours=7) for bar in recorder.bars[seconds]]

    assert server == wanted["begin"].to_list()
    assert [[getattr(bar, name) for name in names] for bar in recorder.bars[seconds]] == [
        list(row) for row in wanted.select(names).iter_rows()
    ]


def test_minutes_make_the_five_minute_bars_of_the_broker():
    """The broker's own five-minute gold bars are what the kernel makes of the broker's minutes."""
    minutes = in_ticks(real("XAUUSD_M1_mt5ny_bid_20251203_20260220"), 0.01)
    fives = in_ticks(real("XAUUSD_M5_mt5ny_bid_20250701_20260220"), 0.01)
    closes = minutes["ts"].dt.timestamp("ns").to_numpy() + MINUTE
    prices = [minutes[name].to_numpy() for name in ("open", "high", "low", "close")]
    tape = merged(bars_tape(closes, 0, prices, 20, volume=minutes["volume"].to_numpy()), calendar_of(minutes))
    recorder = Recorder([300])
    recorder.run(World([Instrument()], series=((0, 300),)), joined([tape, clock(closes[-1] + DAY_NS)]))
    begin = fives["ts"].dt.timestamp("ns").to_list()
    theirs = dict(zip(begin, fives.select("open", "high", "low", "close").iter_rows(), strict=True))
    ours = {bar.open_time: (bar.open, bar.high, bar.low, bar.close) for bar in recorder.bars[300]}
    both = ours.keys() & theirs.keys()
    differing = [ts for ts in both if ours[ts] != theirs[ts]]

    assert len(both) > 14_000
    assert len(differing) <= len(both) // 1000


def test_ticks_and_minutes_made_of_them_make_the_same_bars():
    """A real week of gold ticks, and the minute bars of the same ticks, give identical bars of every timeframe."""
    frame = real("XAUUSD_ticks_oanda_20140504_20140509")
    ts = frame["ts"].dt.timestamp("ns").to_numpy()
    bid = (frame["bid"] / 0.001).round().cast(pl.Int64).to_numpy()
    spread = (frame["ask"] / 0.001).round().cast(pl.Int64).to_numpy() - bid
    calendar, end = calendar_of(frame), clock(ts[-1] + 4 * DAY_NS)
    frames = [MONTH_BAR, WEEK_BAR, DAY_BAR, H4, 3600, 900, 300, 60]
    series = tuple((0, seconds) for seconds in frames)
    made = pl.DataFrame({"minute": ts // MINUTE, "bid": bid, "spread": spread}).group_by("minute", maintain_order=True)
    bars = made.agg(
        pl.col("bid").first().alias("open"), pl.col("bid").max().alias("high"), pl.col("bid").min().alias("low"),
        pl.col("bid").last().alias("close"), pl.col("spread").last(), pl.len().alias("volume"),
    )  # fmt: skip
    of_ticks, of_bars = Recorder(frames), Recorder(frames)
    of_ticks.run(
        World([Instrument()], series=series), merged(bars_tape(ts, 0, (bid,) * 4, spread, span=0), calendar, end)
    )
    columns = [bars[name].to_numpy() for name in ("open", "high", "low", "close")]
    closes = (bars["minute"].to_numpy() + 1) * MINUTE
    minutes = bars_tape(closes, 0, columns, bars["spread"].to_numpy(), volume=bars["volume"].to_numpy())
    of_bars.run(World([Instrument()], series=series), merged(minutes, calendar, end))
    compared = [name for name in BAR_FIELDS if name != "sources"]

    for seconds in frames:
        left = [[getattr(bar, name) for name in compared] for bar in of_ticks.bars[seconds]]
        right = [[getattr(bar, name) for name in compared] for bar in of_bars.bars[seconds]]
        assert left == right, seconds
    assert len(of_ticks.bars[60]) > 6000
