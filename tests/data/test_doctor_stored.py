"""What was found stays beside the series, waivers outlive examinations, and every fix mends what its finding says."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from data_cases import PROVENANCE, ns, series_of, ticks_at
from doctor_cases import PROFILE, by_clock, gold, utc

from tradewind.adapters.parquet import History
from tradewind.data.doctor import (
    Wish,
    apply_fix,
    draw_page,
    examine_series,
    open_blockers,
    patient_of,
    record,
    remember,
    unwaive,
    waive,
)
from tradewind.errors import TradewindError, UnknownName

BARS = gold()
SERIES = series_of(seconds=300)
ALL = (-(2**62), 2**62)
FIRST, LAST = ns("2025-02-18T02:00"), ns("2025-02-18T04:55")
INSIDE = pl.col("ts").is_between(FIRST, LAST)
MIDDLE = pl.int_range(pl.len()) == 3000


def kept(tmp_path, frame, series=SERIES):
    history = History(tmp_path / "history")
    history.write(series, utc(frame), PROVENANCE)
    return history


def rows(history, series=SERIES):
    """Return what is stored, as the frames of the tests have it."""
    frame = pl.concat(history.bars(series, *ALL)).with_columns(ts=pl.col("ts").to_physical())
    return frame.select(BARS.columns)


def times(factor):
    by = pl.when(INSIDE).then(factor).otherwise(1.0)
    return BARS.with_columns((pl.col(name) * by).round(10) for name in ("open", "high", "low", "close"))


def test_findings_are_kept_until_the_series_changes(tmp_path):
    """Asked twice, the doctor looks once; after a write it looks again."""
    history = kept(tmp_path, by_clock(BARS, "NY+7"))
    first = record(history, SERIES, PROFILE)

    assert [one.code for one in first.open_blockers] == ["wrong-clock"]
    assert record(history, SERIES, PROFILE).examined == first.examined
    history.write(SERIES, utc(BARS), PROVENANCE, replace=True)
    assert open_blockers(history, SERIES, PROFILE) == []
    assert record(history, SERIES, PROFILE).version != first.version


def test_a_waiver_has_a_reason_and_outlives_examinations(tmp_path):
    """What is waived is still found, blocks nothing, and is open again once the waiver is taken back."""
    history = kept(tmp_path, times(100.0))
    with pytest.raises(TradewindError, match="needs a reason"):
        waive(history, SERIES, "scale-change", "  ")
    with pytest.raises(UnknownName, match="Did you mean 'scale-change'"):
        waive(history, SERIES, "scale-chang", "known")
    assert len(waive(history, SERIES, "scale-change", "a test of ours", profile=PROFILE)) == 1
    again = record(history, SERIES, PROFILE, again=True)

    assert "scale-change" in {one.code for one in again.findings}
    assert again.open_blockers == []
    assert again.waivers[0].reason == "a test of ours"
    assert unwaive(history, SERIES, "scale-change", PROFILE) == 1
    assert len(open_blockers(history, SERIES, PROFILE)) == 1


def test_a_waiver_for_a_period_covers_no_other(tmp_path):
    """A finding outside the period stays open."""
    history = kept(tmp_path, times(100.0))
    with pytest.raises(TradewindError, match="within that period"):
        waive(history, SERIES, "scale-change", "known", period=(ns("2025-03-01"), ns("2025-03-02")))

    assert waive(history, SERIES, "scale-change", "known", period=(FIRST, LAST))


FIXES = [
    (by_clock(BARS, "NY+7"), Wish("wrong-clock", clock="NY+7"), BARS),
    (BARS.with_columns(pl.col("ts") + 300 * 10**9), Wish("close-stamped"), BARS),
    (times(100.0), Wish("scale-change", (FIRST, LAST), scale=0.01), BARS),
    (
        BARS.with_columns(low=pl.when(MIDDLE).then(pl.col("low") * 0.98).otherwise(pl.col("low"))),
        Wish("spikes"),
        BARS.filter(~MIDDLE),
    ),
    (
        BARS.with_columns(high=pl.when(MIDDLE).then(1.0).otherwise(pl.col("high"))),
        Wish("impossible-bars"),
        BARS.filter(~MIDDLE),
    ),
    (BARS, Wish("mixed-sizes", (FIRST, LAST)), BARS.filter(~INSIDE)),
]


@pytest.mark.parametrize(("broken", "wish", "right"), FIXES, ids=lambda value: getattr(value, "code", ""))
def test_a_fix_mends_what_was_found_and_says_so(tmp_path, broken, wish, right):
    """After the fix the rows are those that should be, nothing blocks, and the store tells what was done."""
    history = kept(tmp_path, broken)
    done = apply_fix(history, SERIES, wish, PROFILE)

    assert rows(history).equals(right)
    assert (done.before, done.after) == (broken.height, right.height)
    assert open_blockers(history, SERIES, PROFILE) == []
    assert history.find("XAUUSD")[0].sources[-1]["fix"] == wish.code


def test_the_command_of_a_finding_is_what_mends_it(tmp_path):
    """Every command the doctor prints can be run, and does away with its finding."""
    history = kept(tmp_path, times(100.0))
    (found,) = open_blockers(history, SERIES, PROFILE)
    command = [*found.command.split()[1:], "--data", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tradewind.cli", *command], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert rows(history).equals(BARS)


def test_ticks_are_mended_without_all_being_in_memory(tmp_path):
    """Two months of ticks by a wrong clock; those that share a time stay."""
    series = series_of(seconds=0)
    opens = BARS["ts"].to_numpy()
    frame = ticks_at(np.sort(np.concatenate([opens, opens, opens + 70 * 10**9])), start=2900.0)
    history = History(tmp_path)
    history.write(series, frame.with_columns(ts=pl.col("ts") + pl.duration(hours=2)), PROVENANCE)
    done = apply_fix(history, series, Wish("wrong-clock", clock="UTC+2"), PROFILE)

    assert done.before == done.after == frame.height
    assert pl.concat(history.ticks(series, *ALL)).select(frame.columns).equals(frame)


def test_a_wrong_side_or_size_moves_the_series_under_its_right_name(tmp_path):
    """Bids that are mids, and minutes that are five minutes, are found under their right name alone."""
    history = kept(tmp_path, BARS)
    apply_fix(history, SERIES, Wish("wrong-side", side="mid"), PROFILE)

    assert [info.side for info in history.find("XAUUSD")] == ["mid"]
    history.write(series_of(seconds=60), utc(BARS), PROVENANCE)
    apply_fix(history, series_of(seconds=60), Wish("wrong-size"), PROFILE)
    assert [(info.timeframe, info.side) for info in history.find("XAUUSD")] == [(300, "bid"), (300, "mid")]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("wrong-clok"), "Did you mean 'wrong-clock'"),
        (Wish("wrong-clock"), "right clock was not said"),
        (Wish("wrong-clock", clock="NY7"), "no clock named 'NY7'"),
        (Wish("wrong-scale", scale=-1.0), "not a number above zero"),
        (Wish("wrong-side"), "right side was not said"),
        (Wish("wrong-size"), "have the size they should"),
        (Wish("mixed-sizes", ALL), "would be left"),
    ],
)
def test_a_fix_that_cannot_be_leaves_everything_as_it_was(tmp_path, wish, said):
    """A mistake is named, and not a row has changed."""
    history = kept(tmp_path, BARS)
    with pytest.raises(TradewindError, match=said):
        apply_fix(history, SERIES, wish, PROFILE)

    assert rows(history).equals(BARS)
    assert len(history.find("XAUUSD")[0].sources) == 1


def test_rows_are_not_dropped_while_their_times_are_wrong(tmp_path):
    """Where a finding lies is told in right times; until the rows have them it cannot be used."""
    spike = BARS.with_columns(low=pl.when(MIDDLE).then(pl.col("low") * 0.98).otherwise(pl.col("low")))
    history = kept(tmp_path, by_clock(spike, "NY+7"))
    found = {one.code: one for one in record(history, SERIES, PROFILE).findings}

    assert found["spikes"].command == ""
    with pytest.raises(TradewindError, match="Mend wrong-clock first"):
        apply_fix(history, SERIES, Wish("spikes"), PROFILE)


def test_a_second_feed_proves_a_wrong_side(tmp_path):
    """Mids under the name of bids, beside a feed with bids and asks; a bid of the same prices is left in peace."""
    half = 0.15
    prices = ("open", "high", "low", "close")
    mids = BARS.with_columns(pl.col(name) + half for name in prices)
    history = kept(tmp_path, BARS, series_of(seconds=300, feed="other"))
    asks = BARS.with_columns(pl.col(name) + 2 * half for name in prices)
    history.write(series_of(seconds=300, feed="other", side="ask"), utc(asks), PROVENANCE)
    history.write(SERIES, utc(mids), PROVENANCE)

    (found,) = open_blockers(history, SERIES, PROFILE)
    assert found.code == "wrong-side"
    assert "--as mid" in found.command
    assert open_blockers(history, series_of(seconds=300, feed="other"), PROFILE) == []
    assert open_blockers(history, series_of(seconds=300, feed="other", side="ask"), PROFILE) == []


def test_a_second_feed_proves_a_wrong_scale(tmp_path):
    """A feed a hundred times another is on a wrong scale, whatever the instrument."""
    history = kept(tmp_path, BARS, series_of("MADEUP", seconds=300, feed="other"))
    large = BARS.with_columns(pl.col(name) * 100 for name in ("open", "high", "low", "close"))
    history.write(series_of("MADEUP", seconds=300), utc(large), PROVENANCE)

    found = {one.code: one for one in open_blockers(history, series_of("MADEUP", seconds=300), PROFILE)}
    assert "--scale 0.01" in found["wrong-scale"].command


def tradewind(*words):
    return subprocess.run(
        [sys.executable, "-m", "tradewind.cli", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_verbs_examine_mend_and_waive(tmp_path):
    """Exit code 1 while a blocker is open; JSON for machines; a mistake is one line and exit code 2."""
    kept(tmp_path, by_clock(BARS, "NY+7"))
    page = tmp_path / "page.html"
    sick = tradewind("data", "doctor", "--data", tmp_path, "--json", "--picture", page)
    (told,) = json.loads(sick.stdout)

    assert sick.returncode == 1
    assert told["findings"][0]["code"] == "wrong-clock"
    assert told["findings"][0]["waived"] is None
    assert "<svg" in page.read_text()
    waived = tradewind("data", "waive", "XAUUSD", "wrong-clock", "--reason", "a test", "--data", tmp_path)
    assert waived.returncode == 0
    assert tradewind("data", "doctor", "XAUUSD", "--data", tmp_path).returncode == 0
    mistake = tradewind("data", "fix", "XAUSD", "wrong-clock", "--data", tmp_path)
    assert mistake.returncode == 2
    assert "Did you mean 'XAUUSD'?" in mistake.stderr
    assert len(mistake.stderr.strip().splitlines()) == 1


def test_the_page_needs_nothing_from_anywhere(tmp_path):
    """One file: no address, no script, foreign text escaped, every mark leading to a row, and small."""
    broken = BARS.filter(~pl.col("ts").is_between(ns("2025-03-04T10:00"), ns("2025-03-04T15:00")))
    history = kept(tmp_path, broken)
    done = examine_series(history, SERIES, PROFILE)
    known = remember(history, done)
    evil = known._replace(findings=tuple(one._replace(evidence="<script>") for one in known.findings))
    text = draw_page([patient_of(done, evil, history)])
    anchors = {part.split('"')[0] for part in text.split('href="#')[1:]}

    assert not {"http", "<script", "src=", "url("} & {
        part for part in ("http", "<script", "src=", "url(") if part in text
    }
    assert "&lt;script&gt;" in text
    assert anchors
    assert all(f'id="{anchor}"' in text for anchor in anchors)
    assert len(text) < 200_000
    assert "made by a test" in text
