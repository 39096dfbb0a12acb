"""Nothing can be earned on synthetic prices but luck: no drift, no memory, no pattern of the day.

Sums over many seeds must lie within four standard errors of zero, as they would for an honest coin in all but one of
sixteen thousand tries.
"""

import numpy as np
import polars as pl
import pytest
from data_cases import ns

from tradewind.data.synthetic import synthetic_sides
from tradewind.data.synthetic.calibration import MINUTES
from tradewind.data.synthetic.days import FIRST_DAY, days_of
from tradewind.data.synthetic.minutes import minutes_of
from tradewind.markets.clock import day_number
from tradewind.markets.loading import load_profile

PROFILE = load_profile("metatrader")
SYMBOLS = ["US30", "XAUUSD", "EURUSD"]
SEEDS = range(100, 124)


def errors_from_zero(values):
    """Return how many standard errors the mean of independent values is away from zero."""
    return abs(np.mean(values)) / (np.std(values) / np.sqrt(len(values)))


@pytest.fixture(scope="module", params=SYMBOLS)
def moves(request):
    """Return (seeds x dates, minutes): each minute's move of the middle price over its size, on ordinary dates."""
    instrument = PROFILE.instrument(request.param)
    days = [day for day in range(20_390, 20_420) if (day + 3) % 7 < 5]
    found = []
    for seed in SEEDS:
        made = minutes_of(instrument, days, seed)
        sheet = np.zeros((len(days), MINUTES))
        sheet[made.date, made.minute] = made.move / np.median(made.size)
        found.append(sheet)
    return np.concatenate(found)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_dates_have_no_drift_and_no_memory(symbol):
    """The expected move of a date is zero, also after a rise, on every weekday, and of the price itself."""
    standard, after = [], []
    for seed in SEEDS:
        days = days_of(PROFILE.instrument(symbol), seed)
        traded = days.variance > 0
        unit = days.move[traded] / np.sqrt((days.variance + days.gap)[traded])
        standard.append(unit)
        after.append(unit[1:] * np.sign(unit[:-1]))
    weekday = ((np.flatnonzero(traded) + FIRST_DAY) + 3) % 7

    assert errors_from_zero(np.concatenate(standard)) < 4
    assert errors_from_zero(np.concatenate(after)) < 4
    for number in range(5):
        assert errors_from_zero(np.concatenate([unit[weekday == number] for unit in standard])) < 4


def test_no_hour_has_a_drift(moves):
    for hour in range(24):
        some = moves[:, hour * 60 : hour * 60 + 60].sum(axis=1)
        if some.any():
            assert errors_from_zero(some) < 4, hour


@pytest.mark.parametrize("length", [1, 5, 30, 120])
def test_what_was_does_not_tell_what_comes(moves, length):
    """Following, or fading, the last stretch earns nothing; nor does the first half hour tell of the last."""
    whole = moves[:, : MINUTES // length * length].reshape(len(moves), -1, length).sum(axis=2)
    followed = (np.sign(whole[:, :-1]) * whole[:, 1:]).sum(axis=1)
    first, last = moves[:, 990:1020].sum(axis=1), moves[:, 1350:1380].sum(axis=1)

    assert errors_from_zero(followed) < 4
    assert errors_from_zero(np.sign(first) * last) < 4


def test_buying_and_selling_costs_the_spread():
    """Bought at the ask and sold at the bid an hour later, at any time: on average the spread is lost."""
    lost = []
    for seed in SEEDS:
        months = list(synthetic_sides(PROFILE.instrument("XAUUSD"), ns("2026-03-02"), ns("2026-03-14"), seed))
        bid, ask = months[0].bid["close"].to_numpy(), months[0].ask["close"].to_numpy()
        spread = (ask - bid)[:-60]
        bought, sold = bid[60:] - ask[:-60], bid[:-60] - ask[60:]
        lost.append(((bought + sold) / 2 + (spread + (ask - bid)[60:]) / 2).mean())
        lost[-1] += (bought - sold).mean() / 2
    assert errors_from_zero(np.array(lost)) < 4


def test_releases_move_prices_without_a_direction():
    """At 08:30 of a payrolls Friday a minute moves four times as far as on others, up as often as down."""
    instrument = PROFILE.instrument("US30")
    fridays = [day for day in range(day_number_of("2022-01-03"), day_number_of("2026-06-01")) if (day + 3) % 7 == 4]
    moves = {True: [], False: []}
    for seed in range(4):
        made = minutes_of(instrument, fridays, seed)
        at = made.minute == (8 * 60 + 30 - 17 * 60) % 1440
        for date, move, begins in zip(made.date[at], made.move[at], made.begins[at], strict=True):
            day = np.datetime64(fridays[date], "D").astype(object)
            moves[day.day <= 7].append(move / begins)
    payrolls, others = np.array(moves[True]), np.array(moves[False])

    assert np.abs(payrolls).mean() > 4 * np.abs(others).mean()
    assert errors_from_zero(np.sign(payrolls)) < 4


def day_number_of(text):
    return day_number(pl.Series([text]).str.to_date()[0])
