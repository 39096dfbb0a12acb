"""Every defect is found as what it is, where it is; sound bars have none."""

import numpy as np
import polars as pl
import pytest
from data_cases import DATA, needs_data, ns
from doctor_cases import PROFILE, codes, examined, gold

from tradewind.data.doctor import examine, examine_file
from tradewind.data.importers.parsed import Stated

BARS = gold()
HOUR = 3_600_000_000_000
FIRST, LAST = ns("2025-02-18T02:00"), ns("2025-02-18T05:00")
INSIDE = (pl.col("ts") >= FIRST) & (pl.col("ts") < LAST)
MIDDLE = pl.int_range(pl.len()) == 3000


def finding(frame, code, **stated):
    """Return the one finding of a code."""
    (found,) = [one for one in examined(frame, **stated).findings if one.code == code]
    return found


def times(factor, where):
    by = pl.when(where).then(factor).otherwise(1.0)
    return BARS.with_columns(pl.col(name) * by for name in ("open", "high", "low", "close"))


def test_sound_bars_have_no_finding():
    """Gold as it should be: nothing is said."""
    assert not examined(BARS).findings


def test_a_hole_is_named_with_its_edges():
    """Three hours without a bar on a Tuesday."""
    found = finding(BARS.filter(~INSIDE), "gaps")

    assert (found.first, found.last, found.number) == (FIRST, LAST, 1)
    assert found.severity == "warning"


def test_whole_days_that_are_absent_are_named():
    """A Wednesday is not there; Monday 17 February, a holiday, is not missed."""
    first, last = ns("2025-02-18T22:00"), ns("2025-02-19T22:00")
    found = finding(BARS.filter((pl.col("ts") < first) | (pl.col("ts") >= last)), "missing-days")

    assert found.values["days"] == ["2025-02-19"]


def test_repeated_times_block():
    """Five rows stand twice, and one of them differs."""
    again = BARS[100:105].with_columns(close=pl.col("open"))
    found = finding(pl.concat([BARS, again]).sort("ts", maintain_order=True), "duplicate-times")

    assert (found.severity, found.number) == ("blocker", 5)


def test_rows_that_go_back_block():
    """The newest row first is told as such; a swap is told with its place."""
    assert "newest" in finding(BARS.reverse(), "unsorted").evidence
    assert finding(pl.concat([BARS[:50], BARS[51:52], BARS[50:51], BARS[52:]]), "unsorted").number == 1


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("low", 0.0, "bad-price"),
        ("close", None, "bad-price"),
        ("open", -3.0, "bad-price"),
        ("high", 1.0, "impossible-bars"),
        ("close", 9999.0, "impossible-bars"),
    ],
)
def test_prices_that_cannot_be_block(column, value, code):
    """A price of zero, none, below zero, a high below the low, a close outside its bar."""
    frame = BARS.with_columns(pl.when(MIDDLE).then(value).otherwise(pl.col(column)).alias(column))
    found = finding(frame, code)

    assert (found.severity, found.first) == ("blocker", int(BARS["ts"][3000]))


def test_bars_named_by_their_close_block():
    """Every bar five minutes late."""
    found = finding(BARS.with_columns(pl.col("ts") + 300 * 10**9), "close-stamped")

    assert found.severity == "blocker"
    assert found.values["at_close"] > found.values["at_open"]


def larger(frame, minutes):
    step = minutes * 60 * 10**9
    return frame.group_by(pl.col("ts") // step * step, maintain_order=True).agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
    )


def test_daily_bars_in_front_block():
    """A terminal without small bars for the early weeks puts daily ones before them."""
    edge = ns("2025-02-15")
    front = larger(BARS.filter(pl.col("ts") < edge), 1440)
    found = finding(pl.concat([front, BARS.filter(pl.col("ts") >= edge)]), "mixed-sizes")

    assert (found.severity, found.values["found"], found.number) == ("blocker", 86_400, front.height)


def test_a_coarse_stretch_blocks():
    """Two days of quarter hours among five minutes."""
    first, last = ns("2025-02-25"), ns("2025-02-27")
    inside = pl.col("ts").is_between(first, last, closed="left")
    parts = [BARS.filter(pl.col("ts") < first), larger(BARS.filter(inside), 15), BARS.filter(pl.col("ts") >= last)]
    found = finding(pl.concat(parts), "mixed-sizes")

    assert (found.first, found.values["found"]) == (first, 900)


def test_bars_of_another_size_than_stated_block():
    """Five minutes offered as one minute."""
    assert finding(BARS, "wrong-size", seconds=60).values == {"stated": 60, "found": 300}


def test_a_stretch_on_another_scale_blocks_and_says_how_to_undo_it():
    """Three hours a hundred times too large."""
    found = finding(times(100.0, INSIDE), "scale-change")

    assert found.first == FIRST
    assert "--scale 0.01" in found.command or found.values["factor"] == 100


def test_a_split_blocks():
    """Until some day prices were five times as large."""
    assert finding(times(5.0, pl.col("ts") < FIRST), "contract-split").values["factor"] == 5


def test_a_wrong_scale_blocks_where_the_instrument_is_known():
    """Gold of 2025 at 29000 is gold times ten, and at 29 divided by a hundred."""
    assert "--scale 0.1" in finding(times(10.0, pl.lit(value=True)), "wrong-scale").command
    assert finding(times(0.01, pl.lit(value=True)), "wrong-scale").values["powers"] == [2]


def test_a_spike_is_found_and_a_move_is_not():
    """A low two percent under its neighbours is a spike; the same fall that stays is a move."""
    spike = BARS.with_columns(low=pl.when(MIDDLE).then(pl.col("low") * 0.98).otherwise(pl.col("low")))
    fall = times(0.98, pl.int_range(pl.len()) >= 3000)

    assert finding(spike, "spikes").first == int(BARS["ts"][3000])
    assert "spikes" not in codes(examined(fall))


def test_copied_days_block():
    """A Tuesday whose prices are those of the Tuesday before."""
    day = 86_400 * 10**9
    tuesday = ns("2025-02-25")
    source = BARS.filter(pl.col("ts").is_between(tuesday - 7 * day, tuesday - 6 * day, closed="left"))
    rest = BARS.filter(~pl.col("ts").is_between(tuesday, tuesday + day, closed="left"))
    frame = pl.concat([rest, source.with_columns(pl.col("ts") + 7 * day)]).sort("ts")
    found = finding(frame, "repeated-stretch")

    assert (found.severity, found.number) == ("blocker", source.height)


def test_filled_weekends_are_found_and_do_not_hide_the_clock():
    """Flat bars from Friday to Sunday, as some converters write."""
    closes = ns("2025-02-14T22:00")
    ts = np.arange(closes, ns("2025-02-16T23:00"), 300 * 10**9)
    price = BARS.filter(pl.col("ts") < closes)["close"][-1]
    flat = pl.DataFrame({"ts": ts, **{name: np.full(len(ts), price) for name in ("open", "high", "low", "close")},
                         "volume": np.zeros(len(ts))})  # fmt: skip
    done = examined(pl.concat([BARS, flat]).sort("ts"))

    assert "flat-weekend" in codes(done)
    assert not done.blockers


def test_a_spread_that_never_changes_was_typed_in():
    """Three points at the roll as at noon."""
    assert finding(BARS.with_columns(spread=pl.lit(0.3)), "constant-spread").values["spread"] == 0.3


def test_no_volume_is_a_note():
    """Volume zero throughout."""
    assert finding(BARS.with_columns(volume=pl.lit(0.0)), "zero-volume").severity == "note"


def test_crossed_ticks_block():
    """An ask below its bid."""
    ts = np.arange(ns("2025-02-10T10:00"), ns("2025-02-10T12:00"), 10**9)
    rng = np.random.default_rng(1)
    bid = 2900 + np.cumsum(rng.normal(0, 0.05, len(ts)))
    ask = bid + np.where(np.arange(len(ts)) == 60, -0.1, 0.3)
    done = examine(pl.DataFrame({"ts": ts, "bid": bid, "ask": ask}), "XAUUSD", profile=PROFILE)
    (found,) = [one for one in done.findings if one.code == "crossed-quotes"]

    assert (found.severity, found.number, found.first) == ("blocker", 1, int(ts[60]))


def curated(name):
    (path,) = DATA.glob(f"{name}*.parquet")
    (done,) = examine_file(path, Stated(), PROFILE)
    return {one.code: one for one in done.findings}, done


@needs_data
@pytest.mark.parametrize(
    "path", sorted(path for path in DATA.glob("*.parquet") if "NAS100_M15" not in path.name), ids=lambda path: path.stem
)
def test_curated_files_have_no_blocker(path):
    """No file is blocked that other feeds or its documentation show to be sound."""
    for done in examine_file(path, Stated(), PROFILE):
        assert not done.blockers


@needs_data
def test_known_holes_and_bad_ticks_are_found_as_what_they_are():
    """What the README of the data tells of its files: holes, two bad lows, absent hours; real moves are no spikes."""
    mid, _ = curated("XAUUSD_M1_oanda_mid")
    holes, _ = curated("XAUUSD_M1_mt5ny")
    cut, _ = curated("EURUSD_M1_histdata")
    crash, _ = curated("XAUUSD_M1_mt5eet")
    jump, _ = curated("XAUUSD_M15_mt5eet_bid_2023")

    bad = {start for start, _ in mid["spikes"].values["places"]}
    assert {ns("2024-02-18T23:12"), ns("2024-02-18T23:43")} <= bad
    assert [start for start, _ in holes["gaps"].values["places"]] == [ns("2025-12-03T13:06"), ns("2025-12-07T23:17")]
    assert cut["gaps"].values["share"] > 0.25
    assert ns("2026-01-29T15:27") not in {start for start, _ in crash.get("spikes", cut["gaps"]).values["places"]}
    assert "spikes" not in jump


@needs_data
def test_a_file_that_is_an_hour_off_for_two_summers_is_found_out():
    """NAS100 M15: until October 2020 and in March 2021 the Wall Street open stands at 08:30 New York."""
    _, done = curated("NAS100_M15")
    found = [one for one in done.blockers if one.code == "clock-changes"]

    assert [str(np.datetime64(one.first, "ns"))[:7] for one in found] == ["2020-05", "2021-03"]
    assert all("widest half hour begins 09:30" in one.evidence for one in found)
    assert all("widest half hour begins 08:30" in one.evidence for one in found)
