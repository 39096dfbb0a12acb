"""The Parquet history: what is written is read, in one step or not at all, and nothing else is touched."""

import errno
import os
import threading

import polars as pl
import pytest
from data_cases import PROVENANCE, bars, bars_at, ns, series_of, ticks_at

from tradewind.adapters import catalogue, parquet
from tradewind.adapters.parquet import History
from tradewind.errors import TradewindError

MINUTES = series_of()
TICKS = series_of(seconds=0)
ALL = (-(2**62), 2**62)
THREE_MONTHS = bars("2025-01-01T00:00", 24 * 80, 3600)


def stored(history, series=MINUTES):
    read = history.ticks if series.kind == "ticks" else history.bars
    return pl.concat(read(series, *ALL))


def files(history):
    return {path.name: path.stat().st_mtime_ns for path in history.root.rglob("*.parquet")}


def test_what_is_written_is_read_month_by_month(tmp_path):
    history = History(tmp_path)
    written = history.write(MINUTES, THREE_MONTHS, PROVENANCE)

    assert written == (THREE_MONTHS.height, THREE_MONTHS.height, 0, ("2025-01", "2025-02", "2025-03"))
    assert stored(history).select(THREE_MONTHS.columns).equals(THREE_MONTHS)
    assert [frame["ts"].dt.month().unique().to_list() for frame in history.bars(MINUTES, *ALL)] == [
        [1],
        [2],
        [3],
    ]


def test_writing_the_same_again_changes_nothing_and_says_so(tmp_path):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    before = files(history), next(tmp_path.rglob("manifest.json")).read_bytes()
    written = history.write(MINUTES, THREE_MONTHS, PROVENANCE)

    assert (written.new, written.changed, written.months) == (0, 0, ())
    assert (files(history), next(tmp_path.rglob("manifest.json")).read_bytes()) == before


def test_a_correction_rewrites_only_its_month(tmp_path):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    before = files(history)
    better = THREE_MONTHS.with_columns(close=pl.col("close") + (pl.col("ts").dt.date() == pl.date(2025, 2, 3)) * 0.0)
    better = better.with_columns(
        volume=pl.when(pl.col("ts").dt.date() == pl.date(2025, 2, 3)).then(7.0).otherwise("volume")
    )
    written = history.write(MINUTES, better, PROVENANCE)

    assert (written.new, written.changed, written.months) == (0, 24, ("2025-02",))
    assert stored(history).select(better.columns).equals(better)
    assert {name: time for name, time in files(history).items() if name in before} == before
    assert len(files(history)) == len(before) + 1


def test_rows_can_be_added_before_between_and_after(tmp_path):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS[500:600], PROVENANCE)
    history.write(MINUTES, THREE_MONTHS[1000:], PROVENANCE)
    written = history.write(MINUTES, THREE_MONTHS[:1100], PROVENANCE)

    assert written.new == 900
    assert stored(history).select(THREE_MONTHS.columns).equals(THREE_MONTHS)


def test_a_delivery_without_spreads_keeps_the_recorded_ones(tmp_path):
    history = History(tmp_path)
    history.write(MINUTES, bars("2025-01-01T00:00", 10, spread=0.3), PROVENANCE)
    history.write(MINUTES, bars("2025-01-01T00:00", 12), PROVENANCE)

    assert stored(history)["spread"].to_list() == [0.3] * 10 + [None] * 2


def test_ticks_of_one_instant_keep_their_order_and_a_delivery_replaces_its_stretch(tmp_path):
    history = History(tmp_path)
    moments = [ns("2025-01-31T23:59:59"), *[ns("2025-02-01T00:00:00")] * 3, ns("2025-02-01T00:00:01")]
    first = ticks_at(moments)
    history.write(TICKS, first, PROVENANCE)
    fuller = ticks_at([moments[1], moments[1], moments[1] + 5, moments[1] + 6, moments[4]], start=101)
    written = history.write(TICKS, fuller, PROVENANCE)

    assert stored(history, TICKS).select(first.columns).equals(pl.concat([first[:1], fuller]))
    assert (written.new, written.changed) == (1, 4)
    assert history.write(TICKS, fuller, PROVENANCE).months == ()


def test_reading_a_month_opens_no_other_file(tmp_path):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    for path in tmp_path.rglob("*.parquet"):
        if not path.name.startswith("2025-02"):
            path.unlink()
    (frame,) = history.bars(MINUTES, ns("2025-02-03"), ns("2025-02-05"), ("close", "ts"))

    assert frame.columns == ["close", "ts"]
    assert frame["ts"].equals(
        THREE_MONTHS.filter(pl.col("ts").dt.day().is_in([3, 4]) & (pl.col("ts").dt.month() == 2))["ts"]
    )


def test_months_are_read_in_batches_that_do_not_grow_with_the_history(tmp_path, monkeypatch):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    opened = []
    read = pl.read_parquet
    monkeypatch.setattr(parquet, "BATCH_ROWS", 1000)
    monkeypatch.setattr(
        pl, "read_parquet", lambda paths, **options: opened.append(len(paths)) or read(paths, **options)
    )
    frames = history.bars(MINUTES, *ALL)

    assert opened == []
    next(frames)
    assert opened == [1]
    assert sum(frame.height for frame in frames) + 744 == THREE_MONTHS.height
    assert opened == [1, 1, 1]


class Breaks:
    """Makes the n-th call of an operating-system function fail, before or after it has done its work."""

    def __init__(self, function, number, error, after):
        self.function, self.left, self.error, self.after = function, number, error, after
        self.happened = False

    def __call__(self, *args):
        self.left -= 1
        if self.left == 0:
            self.happened = True
            if self.after:
                self.function(*args)
            raise self.error
        return self.function(*args)


FAULTS = [
    ("replace", OSError(errno.ENOSPC, "No space left on device"), False),
    ("replace", KeyboardInterrupt(), False),
    ("replace", KeyboardInterrupt(), True),
    ("fsync", OSError(errno.EIO, "Input/output error"), False),
    ("fsync", KeyboardInterrupt(), True),
]


@pytest.mark.parametrize(("name", "error", "after"), FAULTS, ids=str)
def test_a_write_that_fails_anywhere_leaves_old_or_new_and_can_be_repeated(tmp_path, monkeypatch, name, error, after):
    new = THREE_MONTHS.with_columns(volume=pl.lit(5.0))
    clean = History(tmp_path / "clean")
    clean.write(MINUTES, THREE_MONTHS, PROVENANCE)
    old_digest = clean.digest(MINUTES)
    clean.write(MINUTES, new, PROVENANCE)
    new_digest = clean.digest(MINUTES)
    happened, number = True, 0
    while happened:
        number += 1
        history = History(tmp_path / str(number))
        history.write(MINUTES, THREE_MONTHS, PROVENANCE)
        fault = Breaks(getattr(os, name), number, error, after)
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fault)
            try:
                history.write(MINUTES, new, PROVENANCE)
            except (TradewindError, KeyboardInterrupt) as caught:
                assert isinstance(caught, KeyboardInterrupt) or "stored before is intact" in str(caught)  # noqa: PT017 - either may come
        happened = fault.happened

        assert history.digest(MINUTES) in {old_digest, new_digest}
        assert not list(history.root.rglob("*.tmp"))
        history.write(MINUTES, new, PROVENANCE)
        assert history.digest(MINUTES) == new_digest
    assert number > 4


def test_a_first_write_that_fails_leaves_no_series(tmp_path, monkeypatch):
    history = History(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(
            os,
            "replace",
            Breaks(os.replace, 2, OSError(errno.ENOSPC, "No space left on device"), after=False),
        )
        with pytest.raises(TradewindError, match="No space left"):
            history.write(MINUTES, THREE_MONTHS, PROVENANCE)

    assert history.series() == []
    assert files(history) == {}


def test_a_reader_that_began_before_a_correction_ends_with_the_old_rows(tmp_path):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    frames = history.bars(MINUTES, *ALL)
    history.write(MINUTES, THREE_MONTHS.with_columns(volume=pl.lit(5.0)), PROVENANCE)

    assert pl.concat(frames).select(THREE_MONTHS.columns).equals(THREE_MONTHS)


def test_files_no_manifest_names_are_deleted_a_day_later(tmp_path, monkeypatch):
    history = History(tmp_path)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    history.write(MINUTES, THREE_MONTHS.with_columns(volume=pl.lit(5.0)), PROVENANCE)
    assert len(files(history)) == 6
    monkeypatch.setattr(catalogue, "RETIRED_FOR_S", -1)
    history.write(MINUTES, THREE_MONTHS[:1], PROVENANCE)

    assert len(files(history)) == 3
    assert len(stored(history)) == THREE_MONTHS.height


def test_readers_beside_a_writer_see_old_or_new_and_never_a_mixture(tmp_path):
    history = History(tmp_path)
    versions = [THREE_MONTHS.with_columns(volume=pl.lit(float(number))) for number in range(4)]
    history.write(MINUTES, versions[0], PROVENANCE)
    done, mixtures, reads = threading.Event(), [], []

    def read():
        while not done.is_set():
            volumes = stored(history)["volume"].unique().to_list()
            reads.append(volumes)
            if len(volumes) != 1:
                mixtures.append(volumes)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(12):
        history.write(MINUTES, versions[turn % 4], PROVENANCE)
    done.set()
    for reader in readers:
        reader.join()

    assert reads
    assert mixtures == []


def test_two_writers_at_once_both_arrive(tmp_path):
    halves = [THREE_MONTHS[::2], THREE_MONTHS[1::2]]
    writers = [threading.Thread(target=History(tmp_path).write, args=(MINUTES, half, PROVENANCE)) for half in halves]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert stored(History(tmp_path)).select(THREE_MONTHS.columns).equals(THREE_MONTHS)


def test_the_digest_is_of_the_rows_alone(tmp_path):
    once, twice = History(tmp_path / "once"), History(tmp_path / "twice")
    once.write(MINUTES, THREE_MONTHS, PROVENANCE)
    twice.write(MINUTES, THREE_MONTHS[700:], PROVENANCE)
    twice.write(MINUTES, THREE_MONTHS[:900], {"file": "another"})
    period = ns("2025-01-20"), ns("2025-02-20")

    assert once.digest(MINUTES) == twice.digest(MINUTES)
    assert once.digest(MINUTES, *period) == twice.digest(MINUTES, *period) != once.digest(MINUTES)
    twice.write(MINUTES, THREE_MONTHS[:1].with_columns(volume=pl.lit(0.5)), PROVENANCE)
    assert once.digest(MINUTES) != twice.digest(MINUTES)


def test_series_are_described_and_found_finest_first(tmp_path):
    history = History(tmp_path)
    hours, other = series_of(seconds=3600), series_of(feed="other")
    for series in (hours, other, MINUTES):
        history.write(series, bars("2025-01-01T00:00", 3, series.timeframe), PROVENANCE)
    history.write(TICKS, ticks_at([ns("2025-01-01")]), PROVENANCE)
    history.write(series_of("US30"), bars_at([ns("2025-01-01")]), PROVENANCE)

    assert [info.series for info in history.find("XAUUSD")] == [TICKS, other, MINUTES, hours]
    assert [info.series for info in history.find("XAUUSD", feed="test", timeframe=60, side="bid")] == [MINUTES]
    assert history.find("EURUSD") == history.find("../*") == []
    assert [info.symbol for info in history.series()] == ["US30", *["XAUUSD"] * 4]
    info = history.find("XAUUSD", timeframe=3600)[0]
    assert (info.rows, info.first, info.last) == (3, ns("2025-01-01"), ns("2025-01-01T02:00"))
    assert info.sources[0]["clock"] == "UTC"


def test_a_source_is_listed_once_and_two_sources_are_both_listed(tmp_path):
    history = History(tmp_path)
    for file in ("a", "b", "a"):
        history.write(MINUTES, THREE_MONTHS, {"file": file, "sha256": file})

    assert [source["file"] for source in history.series()[0].sources] == ["a", "b"]


REFUSED = [
    (("XAU/USD", "bars", 60, "test", "bid"), "'XAU/USD' cannot name a series"),
    (("XAUUSD", "bars", 60, "..", "bid"), "'..' cannot name a series"),
    (("XAUUSD", "bars", 60, "test", "last"), "is no series"),
    (("XAUUSD", "bars", 0, "test", "bid"), "is no series"),
    (("XAUUSD", "ticks", 60, "test", "both"), "is no series"),
    (("XAUUSD", "books", 60, "test", "both"), "is no series"),
]


@pytest.mark.parametrize(("series", "message"), REFUSED)
def test_what_cannot_be_a_series_is_refused(tmp_path, series, message):
    with pytest.raises(TradewindError, match=message):
        History(tmp_path).write(series, THREE_MONTHS, PROVENANCE)


def test_rows_out_of_order_or_without_columns_are_refused(tmp_path):
    history = History(tmp_path)
    with pytest.raises(TradewindError, match="not in order of time"):
        history.write(MINUTES, THREE_MONTHS.reverse(), PROVENANCE)
    with pytest.raises(TradewindError, match="not in order of time"):
        history.write(MINUTES, pl.concat([THREE_MONTHS[:1]] * 2), PROVENANCE)
    with pytest.raises(TradewindError, match=r"missing columns \['close'\]"):
        history.write(MINUTES, THREE_MONTHS.drop("close"), PROVENANCE)
    with pytest.raises(TradewindError, match="0 rows"):
        history.write(MINUTES, THREE_MONTHS[:0], PROVENANCE)

    assert history.series() == []


def test_a_series_that_is_not_there_damaged_or_of_a_later_version_is_an_error_with_advice(tmp_path):
    history = History(tmp_path)
    with pytest.raises(TradewindError, match=r"no bars of XAUUSD 60s test bid .*`tradewind data list`"):
        history.bars(MINUTES, *ALL)
    history.write(MINUTES, THREE_MONTHS, PROVENANCE)
    next(tmp_path.rglob("2025-02*.parquet")).write_bytes(b"PAR1 no longer")
    with pytest.raises(TradewindError, match="cannot be read"):
        list(history.bars(MINUTES, *ALL))
    manifest = next(tmp_path.rglob("manifest.json"))
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(TradewindError, match=r"format 99.*Upgrade"):
        history.series()
    manifest.write_text("{")
    with pytest.raises(TradewindError, match=r"damaged.*import again"):
        history.series()
