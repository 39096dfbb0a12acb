"""A backtest refuses data that would make it wrong, until it is mended or waived with a reason."""

import polars as pl
import pytest
from data_cases import PROVENANCE, ns

from tradewind.adapters.parquet import History
from tradewind.data.admission import admitted, with_asks
from tradewind.data.doctor import Wish, apply_fix, waive, words
from tradewind.data.series import SYNTHETIC, Series
from tradewind.data.synthetic import synthetic_bars
from tradewind.errors import BadData
from tradewind.markets.clock import HOUR
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")
SERIES = Series("US30", "bars", 60, "broker", "bid")
SPAN = (ns("2025-10-06T00:00"), ns("2025-11-22T00:00"))
EVER = (-(2**62), 2**62)
GOOD = synthetic_bars(PROFILE.instrument("US30"), *SPAN)
SHIFTED = GOOD.with_columns(ts=(pl.col("ts").to_physical() + 2 * HOUR).cast(pl.Datetime("ns", "UTC")))


def stored(tmp_path, frame, series=SERIES):
    history = History(tmp_path)
    history.write(series, frame, PROVENANCE)
    return history


def test_good_data_are_admitted_and_their_quality_is_told(tmp_path):
    history = stored(tmp_path, GOOD)
    known = admitted(history, [SERIES], PROFILE, EVER)

    assert list(known) == [words(SERIES)]
    assert known[words(SERIES)]["blockers"] == 0
    assert known[words(SERIES)]["waived"] == {}


def test_a_wrong_clock_is_refused_with_the_commands_that_end_it(tmp_path):
    history = stored(tmp_path, SHIFTED)
    with pytest.raises(BadData, match=r"wrong-clock.*tradewind data fix US30 .*wrong-clock.*tradewind data waive US30"):
        admitted(history, [SERIES], PROFILE, EVER)


def test_mending_opens_the_gate(tmp_path):
    history = stored(tmp_path, SHIFTED)
    with pytest.raises(BadData, match="wrong-clock"):
        admitted(history, [SERIES], PROFILE, EVER)
    apply_fix(history, SERIES, Wish("wrong-clock", clock="UTC+2"), PROFILE)
    admitted(history, [SERIES], PROFILE, EVER)

    mended = pl.concat(history.bars(SERIES, *EVER))
    assert mended.select(GOOD.columns).equals(GOOD)


def test_a_waiver_opens_the_gate_and_is_told(tmp_path):
    history = stored(tmp_path, SHIFTED)
    waive(history, SERIES, "wrong-clock", "a study of another clock", profile=PROFILE)
    known = admitted(history, [SERIES], PROFILE, EVER)

    assert known[words(SERIES)]["waived"] == {"wrong-clock": "a study of another clock"}
    assert known[words(SERIES)]["blockers"] == 1


def test_a_blocker_outside_the_period_does_not_matter(tmp_path):
    broken = GOOD.with_columns(
        pl.when(pl.col("ts").dt.date() < pl.date(2025, 10, 20)).then(pl.col(name) * 10).otherwise(name).alias(name)
        for name in ("open", "high", "low", "close")
    )
    history = stored(tmp_path, broken)
    with pytest.raises(BadData, match="scale"):
        admitted(history, [SERIES], PROFILE, EVER)
    admitted(history, [SERIES], PROFILE, (ns("2025-11-03T00:00"), EVER[1]))


def test_asks_are_examined_with_their_bids(tmp_path):
    history = stored(tmp_path, GOOD)
    asks = SERIES._replace(side="ask")
    history.write(asks, SHIFTED, PROVENANCE)
    reads = with_asks(history, [SERIES])

    assert reads == [SERIES, asks]
    with pytest.raises(BadData, match="--side ask: "):
        admitted(history, reads, PROFILE, EVER)


def test_made_up_prices_are_not_examined(tmp_path):
    series = SERIES._replace(feed=SYNTHETIC)
    history = stored(tmp_path, SHIFTED, series)

    assert admitted(history, [series], PROFILE, EVER) == {}
    assert history.kept(series, "doctor") is None
