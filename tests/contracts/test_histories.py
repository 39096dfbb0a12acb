"""What every store of market data promises, whatever it is made of."""

import threading

import polars as pl
import pytest
from history_stores import DATABASES, database, emptied

from tradewind.adapters import catalogue
from tradewind.adapters.parquet import History as ParquetHistory
from tradewind.adapters.timescale.history import History as DatabaseHistory
from tradewind.errors import TradewindError

from data_cases import PROVENANCE, bars, bars_at, ns, series_of, ticks_at  # isort: skip - its folder is known by now

BIDS, ASKS, TICKS = series_of(), series_of(side="ask"), series_of(seconds=0)
ALL = (-(2**62), 2**62)
ROWS = bars("2025-01-01T00:00", 24 * 80, 3600)


@pytest.fixture(scope="module", params=["parquet", *DATABASES])
def place(request):
    if request.param == "parquet":
        yield None
        return
    with database(request.param) as address:
        yield address


@pytest.fixture
def history(place, tmp_path):
    if place is None:
        yield ParquetHistory(tmp_path / "history")
        return
    store = DatabaseHistory(emptied(place))
    yield store
    store.close()


@pytest.fixture
def reference(tmp_path):
    """A Parquet history to compare with: digests are the same in every store."""
    return ParquetHistory(tmp_path / "reference")


def stored(history, series=BIDS):
    read = history.ticks if series.kind == "ticks" else history.bars
    return pl.concat(read(series, *ALL))


def quotes(moments, bid):
    return ticks_at([ns(moment) for moment in moments]).with_columns(bid=pl.lit(bid), ask=pl.lit(bid + 1))


def test_what_is_written_is_read_month_by_month(history):
    written = history.write(BIDS, ROWS, PROVENANCE)

    assert written == (ROWS.height, ROWS.height, 0, ("2025-01", "2025-02", "2025-03"))
    assert stored(history).select(ROWS.columns).equals(ROWS)
    assert [frame["ts"].dt.month().unique().to_list() for frame in history.bars(BIDS, *ALL)] == [[1], [2], [3]]


def test_the_same_rows_have_the_same_digest_in_every_store(history, reference):
    ticks = ticks_at([ns("2025-01-31T23:59:59"), *[ns("2025-02-01")] * 3, ns("2025-02-01T00:00:01") + 7])
    for store in (history, reference):
        store.write(BIDS, ROWS.with_columns(spread=pl.lit(0.3)), PROVENANCE)
        store.write(BIDS, ROWS[::3].with_columns(volume=pl.lit(None, pl.Float64)), PROVENANCE)
        store.write(TICKS, ticks.with_columns(bid_size=pl.lit(1.5)), PROVENANCE)

    for series in (BIDS, TICKS):
        period = ns("2025-01-20"), ns("2025-02-20")
        assert history.digest(series) == reference.digest(series)
        assert history.digest(series, *period) == reference.digest(series, *period)
    assert stored(history).equals(stored(reference))
    assert stored(history, TICKS).equals(stored(reference, TICKS))


def test_a_part_of_a_period_and_some_columns_can_be_read(history):
    history.write(BIDS, ROWS, PROVENANCE)
    frame = pl.concat(history.bars(BIDS, ns("2025-01-31T12:00"), ns("2025-02-01T12:00"), ("close", "ts")))

    assert frame.columns == ["close", "ts"]
    assert frame.height == 24
    assert pl.concat(history.bars(BIDS, *ALL, ["volume"])).columns == ["volume"]
    assert list(history.bars(BIDS, ns("2030-01-01"), ns("2031-01-01"))) == []


def test_writing_the_same_again_changes_nothing_and_says_so(history):
    history.write(BIDS, ROWS, PROVENANCE)
    before = history.series()
    written = history.write(BIDS, ROWS, PROVENANCE)

    assert (written.new, written.changed, written.months) == (0, 0, ())
    assert history.series() == before


def test_a_correction_touches_only_its_month(history):
    history.write(BIDS, ROWS, PROVENANCE)
    day = pl.col("ts").dt.date() == pl.date(2025, 2, 3)
    better = ROWS.with_columns(volume=pl.when(day).then(7.0).otherwise("volume"))
    written = history.write(BIDS, better, PROVENANCE)

    assert (written.new, written.changed, written.months) == (0, 24, ("2025-02",))
    assert stored(history).select(better.columns).equals(better)


def test_rows_can_be_added_before_between_and_after(history):
    history.write(BIDS, ROWS[500:600], PROVENANCE)
    history.write(BIDS, ROWS[1000:], PROVENANCE)
    written = history.write(BIDS, ROWS[:1100], PROVENANCE)

    assert written.new == 900
    assert stored(history).select(ROWS.columns).equals(ROWS)
    assert history.find("XAUUSD")[0].rows == ROWS.height


def test_a_delivery_without_spreads_keeps_the_recorded_ones(history):
    history.write(BIDS, bars("2025-01-01T00:00", 10, spread=0.3), PROVENANCE)
    history.write(BIDS, bars("2025-01-01T00:00", 12), PROVENANCE)

    assert stored(history)["spread"].to_list() == [0.3] * 10 + [None] * 2


def test_ticks_of_one_instant_keep_their_order_and_a_delivery_replaces_its_stretch(history):
    moments = [ns("2025-01-31T23:59:59"), *[ns("2025-02-01T00:00:00")] * 3, ns("2025-02-01T00:00:01")]
    first = ticks_at(moments)
    history.write(TICKS, first, PROVENANCE)
    fuller = ticks_at([moments[1], moments[1], moments[1] + 5, moments[1] + 6, moments[4]], start=101)
    written = history.write(TICKS, fuller, PROVENANCE)

    assert stored(history, TICKS).select(first.columns).equals(pl.concat([first[:1], fuller]))
    assert (written.new, written.changed) == (1, 4)
    assert history.write(TICKS, fuller, PROVENANCE).months == ()
    assert [(one.rows, one.first, one.last) for one in history.find("XAUUSD")] == [(6, moments[0], moments[4])]


def test_parts_of_two_series_are_stored_as_if_written_whole(history, reference):
    with history.delivery() as delivery:
        for start in range(0, ROWS.height, 100):
            delivery.add(BIDS, ROWS[start : start + 100])
            delivery.add(ASKS, ROWS[start : start + 100])
        written = delivery.commit(PROVENANCE)
    reference.write(BIDS, ROWS, PROVENANCE)

    assert history.digest(BIDS) == reference.digest(BIDS) == history.digest(ASKS)
    assert written[BIDS] == (ROWS.height, ROWS.height, 0, ("2025-01", "2025-02", "2025-03"))


def test_without_a_commit_nothing_is_stored(history):
    history.write(BIDS, ROWS[:10], PROVENANCE)
    before = history.digest(BIDS)
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS)
        delivery.add(ASKS, ROWS)

    assert history.digest(BIDS) == before
    assert len(history.series()) == 1


def test_parts_out_of_order_are_refused_and_nothing_is_stored(history):
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS[100:])
        with pytest.raises(TradewindError, match="not in order"):
            delivery.add(BIDS, ROWS[:101])
    assert history.series() == []


def test_a_delivery_of_ticks_over_months_replaces_what_lies_between(history):
    moments = ["2025-01-10T00:00", "2025-01-31T23:00", "2025-02-10T00:00", "2025-03-01T00:00", "2025-03-20T00:00"]
    history.write(TICKS, quotes(moments, 1.0), PROVENANCE)
    with history.delivery() as delivery:
        delivery.add(TICKS, quotes(["2025-01-31T00:00"], 2.0))
        delivery.add(TICKS, quotes(["2025-03-10T00:00"], 3.0))
        delivery.commit(PROVENANCE)

    assert stored(history, TICKS)["bid"].to_list() == [1.0, 2.0, 3.0, 1.0]
    assert [(one.rows, one.months) for one in history.series()] == [(4, ("2025-01", "2025-03"))]


def test_replacing_leaves_only_the_new_rows(history):
    history.write(BIDS, ROWS, PROVENANCE)
    first = history.series()[0].version
    history.write(BIDS, ROWS[800:900], PROVENANCE, replace=True)

    assert stored(history).select(ROWS.columns).equals(ROWS[800:900])
    assert history.series()[0].version != first


def test_the_version_changes_with_the_rows_and_with_nothing_else(history):
    history.write(BIDS, ROWS, PROVENANCE)
    first = history.series()[0].version
    history.write(BIDS, ROWS, PROVENANCE | {"file": "another"})
    assert history.series()[0].version == first
    history.write(BIDS, ROWS[:1].with_columns(volume=pl.lit(9.0)), PROVENANCE)
    assert history.series()[0].version != first


def test_documents_are_kept_beside_a_series_until_it_is_removed(history):
    history.write(BIDS, ROWS, PROVENANCE)
    assert history.kept(BIDS, "doctor") is None
    document = {"findings": [1, 0.1, None, True], "of": {"a": "\u20ac"}, "unknown": float("inf")}
    history.keep(BIDS, "doctor", {"findings": []})
    history.keep(BIDS, "doctor", document)
    assert history.kept(BIDS, "doctor") == document
    history.write(BIDS, ROWS[:1].with_columns(volume=pl.lit(9.0)), PROVENANCE)
    assert history.kept(BIDS, "doctor") == document

    history.remove(BIDS)
    assert history.series() == []
    assert history.kept(BIDS, "doctor") is None
    for gone in (lambda: history.remove(BIDS), lambda: history.keep(BIDS, "doctor", {})):
        with pytest.raises(TradewindError, match="There is no"):
            gone()


def test_what_cannot_name_a_document_is_refused(history):
    history.write(BIDS, ROWS, PROVENANCE)
    for name in ("manifest", "../x", ""):
        with pytest.raises(TradewindError, match="cannot name a document"):
            history.keep(BIDS, name, {})


def test_series_are_described_and_found_finest_first(history):
    hours, other = series_of(seconds=3600), series_of(feed="other")
    for series in (hours, other, BIDS):
        history.write(series, bars("2025-01-01T00:00", 3, series.timeframe), PROVENANCE)
    history.write(TICKS, ticks_at([ns("2025-01-01")]), PROVENANCE)
    history.write(series_of("US30"), bars_at([ns("2025-01-01")]), PROVENANCE)

    assert [info.series for info in history.find("XAUUSD")] == [TICKS, other, BIDS, hours]
    assert [info.series for info in history.find("XAUUSD", feed="test", timeframe=60, side="bid")] == [BIDS]
    assert history.find("EURUSD") == history.find("../*") == []
    assert [info.symbol for info in history.series()] == ["US30", *["XAUUSD"] * 4]
    info = history.find("XAUUSD", timeframe=3600)[0]
    assert (info.rows, info.first, info.last) == (3, ns("2025-01-01"), ns("2025-01-01T02:00"))
    assert info.sources[0]["clock"] == "UTC"


def test_a_source_is_listed_once_and_two_sources_are_both_listed(history):
    for file in ("a", "b", "a"):
        history.write(BIDS, ROWS, {"file": file, "sha256": file})

    assert [source["file"] for source in history.series()[0].sources] == ["a", "b"]


REFUSED = [
    (("XAU/USD", "bars", 60, "test", "bid"), "'XAU/USD' cannot name a series"),
    (("XAUUSD", "bars", 60, "..", "bid"), r"'\.\.' cannot name a series"),
    (("XAUUSD", "bars", 60, "test", "last"), "is no series"),
    (("XAUUSD", "bars", 0, "test", "bid"), "is no series"),
    (("XAUUSD", "ticks", 60, "test", "both"), "is no series"),
    (("XAUUSD", "books", 60, "test", "both"), "is no series"),
]


@pytest.mark.parametrize(("series", "message"), REFUSED)
def test_what_cannot_be_a_series_is_refused(history, series, message):
    with pytest.raises(TradewindError, match=message):
        history.write(series, ROWS, PROVENANCE)


def test_rows_out_of_order_or_without_columns_are_refused(history):
    wrong = [
        (ROWS.reverse(), "not in order of time"),
        (pl.concat([ROWS[:1]] * 2), "not in order of time"),
        (ROWS.drop("close"), r"missing columns \['close'\]"),
        (ROWS[:0], "0 rows"),
    ]
    for frame, message in wrong:
        with pytest.raises(TradewindError, match=message):
            history.write(BIDS, frame, PROVENANCE)
    assert history.series() == []


def test_a_series_that_is_not_there_is_an_error_with_advice(history):
    for read in (history.bars, history.ticks):
        with pytest.raises(TradewindError, match=r"There are no .*`tradewind data list`"):
            read(BIDS, *ALL)


def test_a_reader_that_began_before_a_correction_ends_with_the_old_rows(history):
    history.write(BIDS, ROWS, PROVENANCE)
    frames = history.bars(BIDS, *ALL)
    history.write(BIDS, ROWS.with_columns(volume=pl.lit(5.0)), PROVENANCE)

    assert pl.concat(frames).select(ROWS.columns).equals(ROWS)


def test_readers_beside_a_writer_see_old_or_new_and_never_a_mixture(history):
    versions = [ROWS.with_columns(volume=pl.lit(float(number))) for number in range(4)]
    history.write(BIDS, versions[0], PROVENANCE)
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
        history.write(BIDS, versions[turn % 4], PROVENANCE)
    done.set()
    for reader in readers:
        reader.join()

    assert reads
    assert mixtures == []


def test_two_writers_at_once_both_arrive(history):
    halves = [ROWS[::2], ROWS[1::2]]
    writers = [threading.Thread(target=history.write, args=(BIDS, half, PROVENANCE)) for half in halves]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert stored(history).select(ROWS.columns).equals(ROWS)


def test_a_second_writer_waits_only_so_long(history, monkeypatch):
    monkeypatch.setattr(catalogue, "PATIENCE_S", 0.0)
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS)
        with pytest.raises(TradewindError, match="another process"):
            history.write(BIDS, ROWS, PROVENANCE)
        delivery.commit(PROVENANCE)
    assert history.write(BIDS, ROWS, PROVENANCE).new == 0
