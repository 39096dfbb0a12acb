"""Deliveries: several series, part by part, stored together or not at all; and what is kept beside a series."""

import polars as pl
import pytest
from data_cases import PROVENANCE, bars, ns, series_of, ticks_at

from tradewind.adapters import catalogue
from tradewind.adapters.parquet import History
from tradewind.errors import TradewindError

BIDS, ASKS = series_of(), series_of(side="ask")
TICKS = series_of(seconds=0)
ALL = (-(2**62), 2**62)
ROWS = bars("2025-01-01T00:00", 24 * 80, 3600)


def stored(history, series):
    read = history.ticks if series.kind == "ticks" else history.bars
    return pl.concat(read(series, *ALL))


def quotes(moments, bid):
    return ticks_at([ns(moment) for moment in moments]).with_columns(bid=pl.lit(bid), ask=pl.lit(bid + 1))


def test_parts_of_two_series_are_stored_as_if_written_whole(tmp_path):
    parts, whole = History(tmp_path / "parts"), History(tmp_path / "whole")
    with parts.delivery() as delivery:
        for start in range(0, ROWS.height, 100):
            delivery.add(BIDS, ROWS[start : start + 100])
            delivery.add(ASKS, ROWS[start : start + 100])
        written = delivery.commit(PROVENANCE)
    whole.write(BIDS, ROWS, PROVENANCE)

    assert parts.digest(BIDS) == whole.digest(BIDS) == parts.digest(ASKS)
    assert written[BIDS] == (ROWS.height, ROWS.height, 0, ("2025-01", "2025-02", "2025-03"))


def test_without_a_commit_nothing_is_stored_and_nothing_stays(tmp_path):
    history = History(tmp_path)
    history.write(BIDS, ROWS[:10], PROVENANCE)
    before = history.digest(BIDS)
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS)
        delivery.add(ASKS, ROWS)

    assert history.digest(BIDS) == before
    assert len(history.series()) == 1
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_parts_out_of_order_are_refused_and_nothing_is_stored(tmp_path):
    history = History(tmp_path)
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS[100:])
        with pytest.raises(TradewindError, match="not in order"):
            delivery.add(BIDS, ROWS[:101])
    assert history.series() == []


def test_a_delivery_of_ticks_over_months_replaces_what_lies_between(tmp_path):
    history = History(tmp_path)
    moments = ["2025-01-10T00:00", "2025-01-31T23:00", "2025-02-10T00:00", "2025-03-01T00:00", "2025-03-20T00:00"]
    history.write(TICKS, quotes(moments, 1.0), PROVENANCE)
    with history.delivery() as delivery:
        delivery.add(TICKS, quotes(["2025-01-31T00:00"], 2.0))
        delivery.add(TICKS, quotes(["2025-03-10T00:00"], 3.0))
        delivery.commit(PROVENANCE)

    assert stored(history, TICKS)["bid"].to_list() == [1.0, 2.0, 3.0, 1.0]


def test_replacing_leaves_only_the_new_rows(tmp_path):
    history = History(tmp_path)
    history.write(BIDS, ROWS, PROVENANCE)
    first = history.series()[0].version
    history.write(BIDS, ROWS[800:900], PROVENANCE, replace=True)

    assert stored(history, BIDS).select(ROWS.columns).equals(ROWS[800:900])
    assert history.series()[0].version != first


def test_the_version_changes_with_the_rows_and_with_nothing_else(tmp_path):
    history = History(tmp_path)
    history.write(BIDS, ROWS, PROVENANCE)
    first = history.series()[0].version
    history.write(BIDS, ROWS, PROVENANCE | {"file": "another"})
    assert history.series()[0].version == first
    history.write(BIDS, ROWS[:1].with_columns(volume=pl.lit(9.0)), PROVENANCE)
    assert history.series()[0].version != first


def test_documents_are_kept_beside_a_series_until_it_is_removed(tmp_path):
    history = History(tmp_path)
    history.write(BIDS, ROWS, PROVENANCE)
    assert history.kept(BIDS, "doctor") is None
    history.keep(BIDS, "doctor", {"findings": [1]})
    assert history.kept(BIDS, "doctor") == {"findings": [1]}
    history.write(BIDS, ROWS[:1].with_columns(volume=pl.lit(9.0)), PROVENANCE)
    assert history.kept(BIDS, "doctor") == {"findings": [1]}

    history.remove(BIDS)
    assert history.series() == []
    assert history.kept(BIDS, "doctor") is None
    with pytest.raises(TradewindError, match="There is no"):
        history.remove(BIDS)
    with pytest.raises(TradewindError, match="There is no"):
        history.keep(BIDS, "doctor", {})


def test_a_document_cannot_take_the_place_of_the_manifest(tmp_path):
    history = History(tmp_path)
    history.write(BIDS, ROWS, PROVENANCE)
    for name in ("manifest", "../x", ""):
        with pytest.raises(TradewindError, match="cannot name a document"):
            history.keep(BIDS, name, {})


def test_a_second_writer_waits_only_so_long(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "PATIENCE_S", 0.0)
    history = History(tmp_path)
    with history.delivery() as delivery:
        delivery.add(BIDS, ROWS)
        with pytest.raises(TradewindError, match="another process"):
            history.write(BIDS, ROWS, PROVENANCE)
        delivery.commit(PROVENANCE)
    assert history.write(BIDS, ROWS, PROVENANCE).new == 0
