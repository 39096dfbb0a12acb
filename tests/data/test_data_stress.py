"""Spreads after a release: wider where nobody recorded them, as they are where somebody did."""

import numpy as np
import polars as pl
from data_cases import DATA, Shelf, bars, needs_data, ns, series_of

from tradewind.data.spread import SpreadModel, SpreadSettings
from tradewind.data.stress import NewsStress
from tradewind.markets.blackout import NewsRules, after_release
from tradewind.markets.clock import MINUTE
from tradewind.markets.loading import load_profile
from tradewind.markets.releases import shipped_versions

GOLD = load_profile("metatrader").instrument("XAUUSD")
NOON = "2026-01-14T17:00"
MINUTES = ns(NOON) + np.arange(10) * MINUTE


def stress(first, last, multiple=4.5):
    """Return a stress of the minutes [first, last) after NOON."""
    return NewsStress([(ns(NOON) + first * MINUTE, ns(NOON) + last * MINUTE)], multiple)


def spreads(shelf, stress, recorded=None):
    model = SpreadModel(shelf, series_of(), GOLD.tick_size, SpreadSettings(GOLD, stress=stress))
    return model.ticks(MINUTES, recorded).tolist()


def test_a_typical_spread_is_multiplied_in_the_first_minutes():
    """18 ticks are typical of gold at that hour; 4.5 times that is 81."""
    found = spreads(Shelf().put(series_of(), bars(NOON, 10)), stress(2, 5))

    assert found == [18, 18, 81, 81, 81, 18, 18, 18, 18, 18]


def test_a_median_is_multiplied_and_a_part_of_a_tick_is_a_whole_one():
    """The median of the minute is 25 ticks here; 1.5 times that is 38."""
    found = spreads(Shelf().put(series_of(), bars(NOON, 10, spread=0.25)), stress(2, 5, 1.5))

    assert found == [25, 25, 38, 38, 38, 25, 25, 25, 25, 25]


def test_a_recorded_spread_is_left_as_it_is():
    """Where a bar has a spread of its own the median of quiet days still counts if it is wider, unmultiplied."""
    recorded = np.array([0.0, 0.0, 0.60, 0.10, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = spreads(Shelf().put(series_of(), bars(NOON, 10, spread=0.25)), stress(2, 5, 2.0), recorded)

    assert found == [25, 25, 60, 25, 50, 25, 25, 25, 25, 25]


def test_without_releases_nothing_changes():
    shelf = Shelf().put(series_of(), bars(NOON, 10, spread=0.25))

    assert spreads(shelf, NewsStress([], 5.0)) == spreads(shelf, None)


def test_a_long_stretch_covers_a_short_one():
    """Stretches that overlap are joined."""
    both = NewsStress([(0, 100), (10, 20)], 2.0)

    assert both(np.array([-1, 0, 15, 50, 99, 100])).tolist() == [1, 2, 2, 2, 2, 1]


@needs_data
def test_recorded_spreads_widen_as_much_as_the_multiple_says():
    """EURUSD 2025-26: bars of five minutes that open with a release have about five times the spread before it."""
    sides = [pl.read_parquet(DATA / f"EURUSD_M5_duka_{side}_20250930_20260331.parquet") for side in ("bid", "ask")]
    ts = sides[0]["ts"].to_physical().to_numpy()
    width = (sides[1]["open"] - sides[0]["open"]).to_numpy()
    instrument = load_profile("metatrader").instrument("EURUSD")
    dollars = [event for event in shipped_versions() if event.currency == "USD"]
    opens = [first for first, _ in after_release(dollars, instrument, NewsRules(), 5)]
    places = [place for place in np.searchsorted(ts, opens) if 30 < place < len(ts)]
    ratios = [width[place] / np.median(width[place - 24 : place - 12]) for place in places]

    assert 0.6 < np.median(ratios) / float(instrument.spread.news_multiple) < 1.6
