"""Spread curves: what they are learned from, what they say, when they are used, and that they are kept."""

import json

import numpy as np
import polars as pl
import pytest
from data_cases import Shelf, bars_at, ns, series_of, times
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.data.spread import FOREVER, MINUTES_OF_WEEK, UNKNOWN, SpreadSettings, trading_days
from tradewind.data.spread_curve import ordinary_days, over, shape_of
from tradewind.data.spread_document import packed, read, unpacked, written
from tradewind.data.spread_kept import CURVES, LEARNED, keep_curves, kept_curves, learned_curve, whole_curve
from tradewind.data.spread_learning import learn_spreads, stretches
from tradewind.data.spread_level import Factors, Levels, factors_of, levels_of
from tradewind.data.spread_model import Priced, SpreadModel
from tradewind.data.spread_samples import Samples, minute_medians, samples
from tradewind.data.spread_windows import document, sparkline, view
from tradewind.errors import TradewindError
from tradewind.markets.clock import NEW_YORK, instant, wall
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")
GOLD = PROFILE.instrument("XAUUSD")
TICK = GOLD.tick_size
BID, OTHER = series_of(), series_of(feed="lent")
DAY, MINUTE = 86_400 * 10**9, 60 * 10**9
# A Wednesday in January: New York is five hours behind UTC.
NOON = ns("2025-01-15T17:00")
NOON_MINUTE = 2 * 1440 + 720
ALL_DAYS = ordinary_days(None)


def taken(moments, spreads):
    """Return samples; a single spread stands for all of them."""
    ts = np.asarray(moments, dtype=np.int64)
    return Samples(ts, np.full(len(ts), spreads, dtype=np.int64) if np.isscalar(spreads) else np.asarray(spreads))


def shape(*parts, span=60, ordinary=ALL_DAYS):
    return shape_of(parts, span, ordinary)


def noons(count, first=NOON, each=7):
    """Return the moments at which a clock in New York shows what it shows at `first`, every so many days."""
    minute = wall(first, NEW_YORK) % DAY // MINUTE
    days = wall(first, NEW_YORK) // DAY + np.arange(count) * each
    return np.array([instant(day, minute, NEW_YORK) for day in days.tolist()], dtype=np.int64)


def daily(first, count, ticks, *, minutes=30):
    """Return bars from noon on of so many weekdays, with a spread for each date."""
    days = [day for day in range(count * 2) if np.is_busday(np.datetime64(first, "D") + day)][:count]
    opens = np.concatenate([ns(f"{first}T17:00") + day * DAY + np.arange(minutes) * MINUTE for day in days])
    return bars_at(opens).with_columns(spread=pl.Series(np.repeat(np.asarray(ticks) / 100, minutes)))


def charged(shelf, series, moments, **settings):
    settings = {"instrument": GOLD, **settings}
    return SpreadModel(shelf, series, TICK, SpreadSettings(**settings)).ticks(np.asarray(moments)).tolist()


# What is recorded


def test_the_sample_of_a_minute_is_the_median_by_the_time_each_quote_stood():
    start = ns("2025-01-15T17:00")
    # 10 stands 25 s, 30 stands 25 s, 20 stands 10 s; then nothing new for 30 s of the next minute.
    ts = start + np.array([0, 25, 50, 90]) * 10**9
    found = minute_medians(ts, np.array([10, 30, 20, 7]))

    assert found.ts.tolist() == [start, start + MINUTE]
    assert found.spread.tolist() == [20, 20], "half of the second minute the old 20 stood: of two the wider"


def test_a_quote_older_than_a_minute_tells_nothing():
    start = ns("2025-01-15T17:00")
    found = minute_medians(start + np.array([0, 600]) * 10**9, np.array([10, 30]))

    assert [(int(ts) - start) // MINUTE for ts in found.ts] == [0, 10]


def test_ticks_two_sides_and_fields_of_the_same_market_are_the_same_samples():
    opens = NOON + np.arange(50, dtype=np.int64) * MINUTE
    bid = bars_at(opens)
    ask = bid.with_columns(pl.col(name) + 0.21 for name in ("open", "high", "low", "close"))
    ticks = pl.DataFrame({"ts": times(opens), "bid": bid["close"], "ask": ask["close"]})
    tick_series, asks = series_of(seconds=0), series_of(side="ask")
    told = [
        (Shelf().put(tick_series, ticks), tick_series),
        (Shelf().put(BID, bid).put(asks, ask), BID),
        (Shelf().put(BID, bid.with_columns(spread=pl.lit(0.21))), BID),
    ]

    for shelf, series in told:
        (part,) = samples(shelf, series, TICK)
        assert part.ts.tolist() == opens.tolist()
        assert part.spread.tolist() == [21] * 50


def test_sides_that_meet_are_a_spread_of_nothing_and_crossed_ones_are_none():
    bid = bars_at(NOON + np.arange(3, dtype=np.int64) * MINUTE)
    ask = bid.with_columns(close=pl.col("close") + pl.Series([0.0, 0.2, -0.1]))
    (part,) = samples(Shelf().put(BID, bid).put(series_of(side="ask"), ask), BID, TICK)

    assert part.spread.tolist() == [0, 20]


def test_what_is_learned_does_not_depend_on_how_the_history_is_cut_into_months():
    opens = ns("2025-01-01T00:00") + np.arange(2000, dtype=np.int64) * 3600 * 10**9
    bid = bars_at(opens).with_columns(spread=(pl.int_range(2000) % 37 + 1) / 100)
    pieces, whole = Shelf().put(BID, bid), Shelf().put(BID, bid)
    whole.bars = lambda series, *_: iter([whole.frames[series]])
    curves = [learned_curve(shelf, BID, GOLD, FOREVER) for shelf in (pieces, whole)]

    assert curves[0].digest == curves[1].digest


# What a curve says


def test_twelve_samples_speak_for_their_minute_and_fewer_ask_the_same_minute_of_all_days():
    thursday = NOON + DAY
    found = shape(taken(noons(12), 30), taken([thursday], 90))

    assert found.median[NOON_MINUTE] == 30
    assert found.median[NOON_MINUTE + 1440] == 30, "one sample is outvoted by twelve of other days"
    assert found.counts[[NOON_MINUTE, NOON_MINUTE + 1440, NOON_MINUTE + 2880]].tolist() == [12, 1, 0]


def test_a_minute_nobody_recorded_takes_after_its_five_minutes_and_then_its_half_hour():
    found = shape(taken(noons(12) + MINUTE, 30), taken(noons(3) + 25 * MINUTE, [80, 90, 70]))

    # 12:00 to 12:04 have the twelve of 12:01; 12:25 to 12:29 all fifteen of the half hour; the rest nothing.
    assert found.median[NOON_MINUTE : NOON_MINUTE + 30].tolist() == [30] * 5 + [UNKNOWN] * 20 + [30] * 5
    assert (found.median[NOON_MINUTE - 720 : NOON_MINUTE] == UNKNOWN).all()


def test_two_samples_are_nothing_and_a_weekend_has_only_its_own():
    assert (shape(taken(noons(2), 30)).median == UNKNOWN).all()
    saturday = 5 * 1440 + 720
    assert shape(taken(noons(12), 30)).median[saturday] == UNKNOWN
    assert shape(taken(noons(12, NOON + 3 * DAY), 30)).median[saturday] == 30


def test_median_and_ninetieth_percentile_are_recorded_spreads_and_rounded_against_us():
    found = shape(taken(noons(20), np.arange(1, 21)))

    assert (found.median[NOON_MINUTE], found.ninety[NOON_MINUTE]) == (11, 19)


def test_holidays_and_half_days_teach_nothing():
    # Christmas Eve closes early; the 26th is whole. Domain 1.5.
    eve, boxing = ns("2024-12-24T17:00"), ns("2024-12-26T17:00")
    found = shape(taken(noons(12), 30), taken([eve] * 40, 500), taken([boxing], 30), ordinary=ordinary_days(GOLD))

    assert (found.days, found.left_out, found.samples) == (13, 1, 13)
    assert found.ninety[NOON_MINUTE - 1440] == 30


def test_a_bar_speaks_for_all_its_minutes_up_to_an_hour():
    hourly = shape(taken(noons(12), 30), span=3600)
    long = shape(taken(noons(12), 30), span=4 * 3600)

    for found in (hourly, long):
        assert np.flatnonzero(found.median[NOON_MINUTE - 720 : NOON_MINUTE + 720] == 30).tolist() == [*range(720, 780)]


def test_a_long_bar_is_priced_with_the_mean_over_its_known_minutes():
    values = np.full(MINUTES_OF_WEEK, UNKNOWN, dtype=np.int64)
    values[:4] = [80, 20, UNKNOWN, 21]
    values[-1] = 9

    assert over(values, 240)[[0, 4]].tolist() == [40, UNKNOWN], "121 / 3 = 40.3"
    assert over(values, 300)[-1] == 33, "the week is a ring: 9, 80, 20 and 21 make 32.5"
    assert over(values, 60) is values


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 500), st.integers(1, 40), st.integers(1, 4))
def test_the_curve_of_a_constant_spread_is_constant_whatever_its_scale(ticks, count, scale):
    moments = np.sort(np.concatenate([noons(count, each=1), noons(count, each=1) + 61 * MINUTE]))
    found, wider = (shape(taken(moments, ticks * times_)) for times_ in (1, scale))
    known = found.median != UNKNOWN

    assert set(found.median[known].tolist()) | set(found.ninety[known].tolist()) <= {ticks}
    assert (wider.median[known] == ticks * scale).all()
    assert set(levels_of([taken(moments, ticks * scale)], found.median, ALL_DAYS).per_mille.tolist()) <= {
        UNKNOWN,
        1000 * scale,
    }


# The level


def test_the_level_of_a_date_is_what_it_cost_over_what_was_usual():
    usual = np.full(MINUTES_OF_WEEK, 20, dtype=np.int64)
    usual[NOON_MINUTE + 6] = UNKNOWN
    part = taken(NOON + np.arange(7) * MINUTE, [20, 20, 30, 30, 50, 30, 999])
    few = taken(NOON + DAY + np.arange(4) * MINUTE, 40)
    found = levels_of([part, few], usual, ALL_DAYS)

    assert found == Levels(int(trading_days(np.array([NOON]))[0]), found.per_mille)
    assert found.per_mille.tolist() == [1500], "180 / 120; four samples make no level"


def test_a_date_is_priced_with_the_median_of_five_dates_before_it():
    found = factors_of(Levels(100, np.array([1100, 1200, 1300, 5000, 900, 800, 1000])))

    # Fewer than three before: 1. Then 1.2; 1.25 of four; of five 1.2; 1.2; 1.0; and 1 once it is three weeks old.
    assert found.at(np.arange(98, 110)).tolist() == [1, 1, 1, 1, 1, 1.2, 1.25, 1.2, 1.2, 1.0, 1.0, 1.0]
    assert found.at(np.array([125, 126, 127, 10_000])).tolist() == [1, 1, 1, 1]


def test_a_level_is_forgotten_after_three_weeks_and_never_more_than_four():
    found = factors_of(Levels(0, np.array([9000, 9000, 9000, *[UNKNOWN] * 40, 100, 100, 100, 100])))

    assert found.at(np.array([3, 21, 22, 43, 46, 47])).tolist() == [4, 4, 1, 1, 0.25, 0.25]


def test_nothing_of_a_date_or_after_it_moves_its_price():
    calm = daily("2025-01-06", 20, [20] * 20)
    days = calm["ts"].to_physical().to_numpy()
    wild = calm.with_columns(spread=pl.when(pl.Series(days) < days[15 * 30]).then(0.2).otherwise(0.9))
    curve = learned_curve(Shelf().put(BID, calm), BID, GOLD, (0, int(days[10 * 30])))
    moments = days[::30]
    prices = []
    for frame in (calm, wild):
        shelf = Shelf().put(BID, frame)
        keep_curves(shelf, [curve])
        prices.append(charged(shelf, BID, moments))

    assert prices[0] == [20] * 20
    assert prices[1][:18] == [20] * 18, "the level is the median of five: it moves on the third wild date after"
    assert prices[1][18:] == [80, 80], "4.5 is bounded by 4"


def test_without_following_the_curve_is_charged_as_it_is():
    shelf = Shelf().put(BID, daily("2025-01-06", 20, [20] * 14 + [40] * 6))
    last = [shelf.frames[BID]["ts"].to_physical()[-1]]

    assert (charged(shelf, BID, last), charged(shelf, BID, last, follow=False)) == ([40], [20])


def test_a_factor_holds_from_17_to_17_and_half_a_tick_is_a_whole_one():
    day = int(trading_days(np.array([NOON]))[0])
    factors = Factors(day - 1, np.array([1.0, 1.1, 2.0, 1.0]))
    priced = Priced(np.full(MINUTES_OF_WEEK, 15.0), factors)
    roll = NOON + 5 * 60 * MINUTE

    assert priced.ticks(roll + np.array([-DAY - 1, -DAY, -1, 0, DAY - 1, DAY])).tolist() == [15, 17, 17, 30, 30, 15]


def test_the_first_date_of_a_curve_already_has_the_level_of_the_dates_before():
    shelf = Shelf().put(BID, daily("2025-01-06", 20, [20] * 10 + [40] * 10))
    opens = shelf.frames[BID]["ts"].to_physical().to_numpy()
    begins = int(opens[15 * 30])
    keep_curves(shelf, [learned_curve(shelf, BID, GOLD, (0, int(opens[10 * 30])), (begins, FOREVER[1]))])

    assert charged(shelf, BID, [begins]) == [40]


# Which curve


def two_quarters():
    frame = pl.concat([daily("2024-07-01", 60, [20] * 60), daily("2024-10-01", 60, [50] * 60)])
    return Shelf().put(BID, frame.unique("ts", maintain_order=True).sort("ts"))


def test_curves_by_quarter_price_their_own_quarter_and_ahead_the_next():
    shelf = two_quarters()
    when = [ns("2024-06-26T16:10"), ns("2024-08-21T16:10"), ns("2024-11-20T17:10"), ns("2025-02-19T17:10")]
    own = learn_spreads(shelf, "XAUUSD", profile="metatrader", each="quarter")
    assert [curve.shape.median.max() for curve in own.curves] == [20, 50]
    # Before the first curve what is typical, after the last the last: summer noon is an hour earlier in UTC.
    assert charged(shelf, BID, when, follow=False) == [18, 18, 50, 50]
    noon_in_summer = [ns("2024-08-21T17:10")]
    assert charged(shelf, BID, noon_in_summer, follow=False) == [20]

    learn_spreads(shelf, "XAUUSD", profile="metatrader", each="quarter", ahead=True)
    assert charged(shelf, BID, [*noon_in_summer, ns("2024-11-20T18:10"), when[3]], follow=False) == [18, 20, 50]


def test_stretches_are_calendar_quarters_of_trading_dates():
    found = list(stretches("quarter", FOREVER, (ns("2024-12-31T21:59"), ns("2024-12-31T22:01")), ahead=False))

    assert [one.name for one in found] == ["2024-Q4", "2025-Q1"]
    assert found[0].learned[1] == found[1].learned[0] == ns("2024-12-31T22:00"), "17:00 in New York"
    months = list(stretches("month", FOREVER, (ns("2024-11-05T00:00"), ns("2025-01-05T00:00")), ahead=True))
    assert [one.name for one in months] == ["2024-11", "2024-12", "2025-01"]
    assert [one.valid[0] for one in months[:-1]] == [one.learned[0] for one in months[1:]]


def test_learning_again_replaces_what_is_meant_for_the_same_times():
    shelf = two_quarters()
    learn_spreads(shelf, "XAUUSD", profile="metatrader", each="quarter")
    learn_spreads(
        shelf, "XAUUSD", profile="metatrader", each="quarter", period=(ns("2024-10-01T00:00"), ns("2024-12-01T00:00"))
    )
    assert len(kept_curves(shelf, "XAUUSD", "test")) == 2

    learn_spreads(shelf, "XAUUSD", profile="metatrader")
    (curve,) = kept_curves(shelf, "XAUUSD", "test")
    assert curve.valid == FOREVER


def test_the_curves_of_another_feed_price_one_that_recorded_nothing():
    lent = Shelf().put(OTHER, daily("2025-01-06", 20, [33] * 20)).put(BID, bars_at([NOON]))
    used = {}

    assert charged(lent, BID, [NOON]) == [18]
    assert charged(lent, BID, [NOON], feed="lent", used=used) == [33]
    whole = whole_curve(lent, OTHER, TICK, GOLD)
    assert used == {"XAUUSD bars 60 test bid": whole.digest}


@pytest.mark.parametrize(
    ("feed", "message"), [("nobody", "no feed of XAUUSD"), ("test", "No spread of XAUUSD \\(test\\) was recorded")]
)
def test_a_feed_that_cannot_lend_is_named(feed, message):
    shelf = Shelf().put(BID, bars_at([NOON]))

    with pytest.raises(TradewindError, match=message):
        charged(shelf, BID, [NOON], feed=feed)


def test_a_curve_in_other_ticks_is_the_same_width():
    shelf = Shelf().put(BID, daily("2025-01-06", 20, [33] * 20))
    learn_spreads(shelf, "XAUUSD", profile="metatrader")
    model = SpreadModel(shelf, BID, "0.001", SpreadSettings(GOLD))

    assert model.ticks(np.array([NOON])).tolist() == [330]


# Keeping


def test_a_run_reads_the_history_for_spreads_only_when_it_changed():
    shelf = Shelf().put(BID, daily("2025-01-06", 20, [33] * 20))
    reads = []
    plainly = shelf.bars
    shelf.bars = lambda series, *period: reads.append(series) or plainly(series, *period)

    assert charged(shelf, BID, [NOON]) == [33]
    first = len(reads)
    assert charged(shelf, BID, [NOON]) == [33]
    assert len(reads) == first > 0

    shelf.put(BID, daily("2025-01-06", 20, [44] * 20))
    assert charged(shelf, BID, [NOON]) == [44]


def test_a_history_that_cannot_be_written_to_prices_all_the_same():
    shelf = Shelf().put(BID, daily("2025-01-06", 20, [33] * 20))

    def refuse(*_):
        raise PermissionError("read only")

    shelf.keep = refuse
    assert charged(shelf, BID, [NOON]) == [33]
    with pytest.raises(PermissionError):
        learn_spreads(shelf, "XAUUSD", profile="metatrader")


def test_a_document_is_its_curve_and_its_digest_does_not_know_when_it_was_made():
    curve = whole_curve(Shelf().put(BID, daily("2025-01-06", 20, [33] * 20)), BID, TICK, GOLD)
    again = read(json.loads(json.dumps(written(curve))))

    assert written(again) == written(curve)
    assert again._replace(created="another day").digest == curve.digest
    assert again._replace(valid=(0, 1)).digest != curve.digest


@settings(deadline=None)
@given(st.lists(st.integers(-1, 3)))
def test_packed_numbers_are_unpacked_the_same(values):
    assert unpacked(packed(np.array(values, dtype=np.int64))).tolist() == values


def test_packed_numbers_can_be_read_by_a_person():
    assert packed(np.array([18, 18, 18, 25, -1, -1])) == "18*3 25*1 -1*2"


@pytest.mark.parametrize("change", [{"median": "18"}, {"median": "x"}, {"series": ["XAUUSD"]}, {"learned": None}])
def test_a_damaged_document_is_refused_in_a_sentence(change):
    shelf = two_quarters()
    learn_spreads(shelf, "XAUUSD", profile="metatrader")
    kept = shelf.kept(BID, CURVES)
    kept["curves"][0] |= change
    shelf.keep(BID, CURVES, kept)

    with pytest.raises(TradewindError, match=r"A kept spread curve .* Learn it again"):
        charged(shelf, BID, [NOON])
    assert shelf.kept(BID, LEARNED) is None

    learn_spreads(shelf, "XAUUSD", profile="metatrader")
    assert charged(shelf, BID, [NOON], follow=False) == [50], "of 20 and 50 in equal parts the wider"


# What a person sees


def test_a_view_shows_the_windows_of_a_date_with_level_and_what_is_typical():
    shelf = Shelf().put(BID, daily("2025-01-06", 20, [20] * 14 + [40] * 6))
    seen = document(view(shelf, "XAUUSD", None, profile="metatrader"))
    windows = {(row["window"], row["from"]): row for row in seen["windows"]}
    noon = windows["New York", "08:00"]

    assert list(windows) == [("roll", "17:00"), ("Asia", "18:05"), ("London", "03:00"), ("New York", "08:00"),
                             ("late", "16:00"), ("roll", "16:55")]  # fmt: skip
    assert (seen["level"], noon["median"], noon["ninety"], noon["charged"], noon["charged_points"]) == (
        2.0, 0.2, 0.4, 0.4, 40.0,
    )  # fmt: skip
    assert (noon["typical"], windows["Asia", "18:05"]["median"]) == (0.18, None)
    assert [value for value in seen["half_hours"] if value is not None] == [0.4]
    assert json.loads(json.dumps(seen, allow_nan=False)) == seen


def test_a_sparkline_has_a_dot_for_what_nobody_knows():
    assert sparkline([None, 0.1, 0.4, 0.8, 0.0]) == "·▂▅█▁"
    assert sparkline([None]) == "·"


QUESTIONS = [
    ({"each": "year"}, "There is no stretch to learn from named 'year'"),
    ({"ahead": True}, "Nothing comes after all there is"),
    ({"each": "month", "period": (ns("2024-07-01T00:00"), ns("2024-07-04T00:00"))}, "less than 5 whole trading dates"),
    ({"feed": "nobody"}, "There is no feed of XAUUSD in the history named 'nobody'"),
    ({"period": (ns("2020-07-01T00:00"), ns("2020-07-04T00:00"))}, "No spread of XAUUSD \\(test\\) was recorded"),
]


@pytest.mark.parametrize(("asked", "message"), QUESTIONS, ids=[message for _, message in QUESTIONS])
def test_what_cannot_be_learned_is_refused_in_a_sentence_and_nothing_is_kept(asked, message):
    shelf = two_quarters()

    with pytest.raises(TradewindError, match=message):
        learn_spreads(shelf, "XAUUSD", profile="metatrader", **asked)
    assert not shelf.documents


def test_where_several_feeds_tell_spreads_the_user_must_choose():
    shelf = two_quarters().put(OTHER, daily("2025-01-06", 20, [33] * 20))

    with pytest.raises(TradewindError, match="Choose one with --feed: lent, test"):
        learn_spreads(shelf, "XAUUSD", profile="metatrader")
