"""Finer data replace coarser ones by whole trading days, where they cover nine bars in ten."""

import numpy as np
import pytest
from data_cases import Shelf, bars_at, ns, series_of, ticks_at

from tradewind.data.legs import Leg, finest_first
from tradewind.data.spread import SpreadSettings
from tradewind.data.tape import tape
from tradewind.errors import TradewindError
from tradewind.kernel.records import BAR, QUOTE
from tradewind.markets.clock import trading_day
from tradewind.markets.loading import load_profile

GOLD = load_profile("metatrader").instrument("XAUUSD")
SECOND = 10**9
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
TICKS, M1, M5, H1, H4 = (series_of(seconds=seconds) for seconds in (0, 60, 300, 3600, 14_400))

# Monday 2025-01-27 18:00 New York to Thursday 17:00, three trading days over a weekend of nothing.
DAYS = {28: "2025-01-27T23:00", 29: "2025-01-28T23:00", 30: "2025-01-29T23:00"}


def opens(day, seconds, share=1.0):
    """Return the opening times of the first `share` of a trading day's bars: 23 hours from 18:00 New York."""
    count = round(23 * 3600 / seconds * share)
    return ns(DAYS[day]) + np.arange(count, dtype=np.int64) * seconds * SECOND


def put(shelf, series, *parts):
    moments = np.concatenate(parts)
    return shelf.put(series, ticks_at(moments) if series.kind == "ticks" else bars_at(moments, spread=0.2))


def told(shelf, *series):
    """Return the spans told on each trading day (of January 2025)."""
    leg = Leg(0, "XAUUSD", series, GOLD.tick_size, SpreadSettings(GOLD))
    rows = np.concatenate(list(tape(shelf, [leg], [], -(2**62), 2**62)))[:-1]
    assert (np.diff(rows["ts"]) >= 0).all()
    spans = {}
    for row in rows:
        # A row is of the day in which it began.
        began = int(row["ts"]) - int(row["span"]) * SECOND
        spans.setdefault(trading_day(began) - 20_088, set()).add(int(row["span"]))
    return spans, rows


def test_a_day_that_is_covered_uses_the_finer_and_the_others_the_coarser():
    shelf = put(Shelf(), M5, *(opens(day, 300) for day in DAYS))
    put(shelf, M1, opens(29, 60))
    spans, rows = told(shelf, M1, M5)

    assert spans == {28: {300}, 29: {60}, 30: {300}}
    assert (rows["kind"] == BAR).sum() == 276 + 1380 + 276


SHARES = [(0.85, 300), (0.89, 300), (0.91, 60), (1.0, 60)]


@pytest.mark.parametrize(("share", "span"), SHARES)
def test_nine_bars_in_ten_decide(share, span):
    shelf = put(Shelf(), M5, opens(29, 300))
    put(shelf, M1, opens(29, 60, share))

    assert told(shelf, M1, M5)[0] == {29: {span}}


def test_a_bar_is_covered_by_one_finer_row_anywhere_in_it():
    shelf = put(Shelf(), M5, opens(29, 300))
    put(shelf, TICKS, opens(29, 300) + 299 * SECOND)
    spans, rows = told(shelf, TICKS, M5)

    assert spans == {29: {0}}
    assert set(rows["kind"].tolist()) == {QUOTE}


def test_days_that_only_one_series_has_are_taken_from_it():
    shelf = put(Shelf(), M5, opens(28, 300))
    put(shelf, TICKS, opens(30, 60))

    assert told(shelf, TICKS, M5)[0] == {28: {300}, 30: {0}}


def test_of_three_the_finest_that_covers_all_coarser_ones_is_taken():
    shelf = put(Shelf(), H1, *(opens(day, 3600) for day in DAYS))
    put(shelf, M5, opens(28, 300), opens(29, 300), opens(30, 300, 0.5))
    put(shelf, TICKS, opens(28, 30), opens(29, 30, 0.5))

    assert told(shelf, TICKS, M5, H1)[0] == {28: {0}, 29: {300}, 30: {3600}}


def test_a_bar_that_closes_among_finer_rows_of_the_next_day_is_in_its_place():
    # The last four-hour bar of Tuesday's date opens at 16:00 and closes at 20:00 New York.
    tuesday = ns("2025-01-28T00:00") + np.arange(6, dtype=np.int64) * 4 * HOUR
    late = ns("2025-01-28T21:00")
    shelf = put(Shelf(), H4, tuesday, [late])
    put(shelf, M1, opens(29, 60))
    rows = told(shelf, M1, H4)[1]
    place = int(np.flatnonzero(rows["span"] == 14_400)[-1])

    assert rows["ts"][place] == late + 4 * HOUR
    assert rows["span"][[place - 1, place + 1]].tolist() == [60, 60]


def test_a_trading_day_over_the_end_of_a_month_is_decided_as_one():
    # Thursday evenings whose trading date is the Friday in the next month of UTC, in winter and in summer.
    evening = ns("2025-01-30T23:00") + np.arange(276, dtype=np.int64) * 5 * MINUTE
    crossing = ns("2025-07-31T22:00") + np.arange(276, dtype=np.int64) * 5 * MINUTE
    for start in (evening, crossing):
        shelf = put(Shelf(), M5, start)
        fine = start[0] + np.arange(1380, dtype=np.int64) * MINUTE
        put(shelf, M1, fine[: round(1380 * 0.8)])
        rows = told(shelf, M1, M5)[1]

        assert set(rows["span"].tolist()) == {300}


def test_a_legs_series_are_those_of_one_feed_and_one_side():
    shelf = Shelf()
    other = series_of(feed="other", side="mid")
    for series in (TICKS, M1, M1._replace(side="ask"), M5, other):
        put(shelf, series, opens(29, 300))

    assert finest_first(shelf, "XAUUSD", "test") == [TICKS, M1, M5]
    assert finest_first(shelf, "XAUUSD", "other") == [other]
    with pytest.raises(TradewindError, match=r"XAUUSD from 2 feeds. Choose one: other, test"):
        finest_first(shelf, "XAUUSD")
    with pytest.raises(TradewindError, match=r"no feed of XAUUSD in the history named 'tst'. Did you mean 'test'"):
        finest_first(shelf, "XAUUSD", "tst")
    with pytest.raises(TradewindError, match=r"no symbol in the history named 'XAUUDS'. Did you mean 'XAUUSD'"):
        finest_first(shelf, "XAUUDS")
