"""The clock is read from the markets: of made-up gold by any clock, and of real files whose clock is documented."""

import numpy as np
import polars as pl
import pytest
from data_cases import DATA, needs_data
from doctor_cases import GOLD, PROFILE, by_clock, codes, examined, gold

from tradewind.data.doctor import examine_file
from tradewind.data.doctor.clocks import Walls, read_clock
from tradewind.data.importers.parsed import Stated
from tradewind.data.series import seconds_of

BARS = gold()
CLOCKS = ("UTC", "NY+7", "EET", "EET-7", "America/New_York", "UTC+3", "UTC-5", "Asia/Tokyo", "UTC+5:30",
          "Asia/Kathmandu",          "Australia/Sydney", "America/Chicago", "Europe/Berlin")  # fmt: skip


def reading(frame, seconds=300, instrument=GOLD):
    ts = frame["ts"].to_numpy()
    return read_clock(Walls(ts, frame["high"].to_numpy(), frame["low"].to_numpy(), seconds), instrument)


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_is_read_from_gold_alone(clock):
    """Eight weeks of gold, three of them with only America on summer time, tell every clock from every other."""
    found = reading(by_clock(BARS, clock))

    assert clock in (found.clock, *found.equivalents)
    assert found.certain


def test_what_the_instrument_is_need_not_be_known():
    """Without an instrument the kind of market is found as well."""
    found = reading(by_clock(BARS, "NY+7"), instrument=None)

    assert found.clock == "NY+7"
    assert found.kind.group == "metals"


def test_clocks_that_tell_the_same_are_named_together():
    """In January New York plus seven hours, Athens and UTC+2 are one, and the usual one is named."""
    winter = BARS.filter(pl.col("ts") < np.datetime64("2025-03-01", "ns").astype(np.int64))
    found = reading(by_clock(winter, "UTC+2"))

    assert found.clock == "NY+7"
    assert {"EET", "UTC+2"} <= set(found.equivalents)
    assert found.certain


def test_bars_of_four_hours_do_not_tell():
    """Bars longer than an hour leave the question open, and say so."""
    done = examined(gold(seconds=14_400), seconds=14_400, clock="NY+7")

    assert done.reading.clock is None
    assert "clock-unknown" in codes(done)
    assert "blocker" not in {one.severity for one in done.findings}


@pytest.mark.parametrize(("said", "true"), [("UTC", "NY+7"), ("EET", "NY+7"), ("NY+7", "EET"), ("UTC+2", "NY+7")])
def test_a_wrong_clock_is_a_blocker_and_the_times_are_put_right(said, true):
    """What was said is refused, what is true is named, and the examined bars stand where they should."""
    done = examined(by_clock(BARS, true), clock=said)
    found = [one for one in done.findings if one.severity == "blocker"]

    assert {one.code for one in found} <= {"wrong-clock", "clock-changes"}
    assert f"--clock {true}" in found[0].command
    assert (done.prices.ts == BARS["ts"].to_numpy()).all()


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_right_clock_is_no_finding(clock):
    """Said rightly, no clock brings a blocker."""
    assert not codes(examined(by_clock(BARS, clock), clock=clock), "blocker")


def test_a_clock_that_changes_inside_is_found_where_it_does():
    """Three weeks an hour late are named with their first and last day."""
    bars = gold("2025-04-07", "2025-06-28")
    edges = [np.datetime64(day, "ns").astype(np.int64) for day in ("2025-04-26", "2025-05-17")]
    inside = pl.col("ts").is_between(*edges)
    late = bars.with_columns(ts=pl.when(inside).then(pl.col("ts") + 3_600_000_000_000).otherwise(pl.col("ts")))
    found = [one for one in examined(late).findings if one.code == "clock-changes"]

    assert len(found) == 1
    assert abs(found[0].first - edges[0]) < 3 * 86_400 * 10**9
    assert abs(found[0].last - edges[1]) < 3 * 86_400 * 10**9
    assert "right times differ by -1 h" in found[0].evidence


@needs_data
@pytest.mark.parametrize(
    ("name", "clock"),
    [
        ("mt5_export/XAUUSD_M5_202401020100_202404122355.csv", "EET"),
        ("mt5_export/us30_h1_mt5_to_2019.csv", "EET"),
        ("histdata/DAT_MT_XAUUSD_M1_202601.csv", "EET-7"),
        ("histdata/DAT_ASCII_EURUSD_M1_202306.csv", "EET-7"),
    ],
)
def test_the_clocks_of_vendors_files_are_those_of_their_documentation(name, clock):
    """Of files as vendors ship them the clock is found that the README of the data found by other means."""
    (done,) = examine_file(DATA / "raw" / name, Stated(), PROFILE)
    wrong = {one.code for one in examine_file(DATA / "raw" / name, Stated(clock="UTC"), PROFILE)[0].blockers}

    assert clock in (done.reading.clock, *done.reading.equivalents)
    assert not done.blockers
    assert wrong == {"wrong-clock"}


CURATED = sorted(path for path in DATA.glob("*.parquet") if "_ask_" not in path.name and "_ticks_" not in path.name)


@needs_data
@pytest.mark.parametrize("path", CURATED, ids=lambda path: path.stem)
def test_every_curated_file_is_in_utc(path):
    """The files whose times were proven UTC by comparing feeds are read as UTC, with certainty."""
    frame = pl.read_parquet(path).with_columns(ts=pl.col("ts").to_physical())
    symbol = path.stem.split("_")[0].replace("GER30", "GER40")
    found = reading(frame, seconds_of(path.stem.split("_")[1]), PROFILE.instrument(symbol))

    assert found.clock == "UTC"
    assert found.certain
