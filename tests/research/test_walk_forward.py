"""Walk-forward by hand: where windows lie, what is chosen in them, and what is left of it."""

from datetime import date

import numpy as np
import pytest

from tradewind.errors import TradewindError
from tradewind.markets.clock import day_number
from tradewind.research.walkforward import (
    OBJECTIVES,
    cut_by_date,
    longest_holding,
    neighbours_of,
    rank_correlation,
    walk,
)
from tradewind.research.windows import Window, span, trading_dates, windows


def weekdays(first, last):
    """Return the Mondays to Fridays between two dates, both included, as day numbers."""
    days = np.arange(day_number(date.fromisoformat(first)), day_number(date.fromisoformat(last)) + 1)
    return days[(days + 3) % 7 < 5]


def edges(dates, found):
    """Return the first and last date learnt from and tested on, as text."""
    return [
        tuple(str(np.datetime64(int(dates[place]), "D"))
              for place in (one.train_start, one.train_end - 1, one.test_start, one.test_end - 1))
        for one in found
    ]  # fmt: skip


def test_rolling_windows_of_calendar_months():
    """Six months learnt and two tested, over one year, with a gap of three trading dates before each test."""
    dates = weekdays("2025-01-01", "2025-12-31")

    assert edges(dates, windows(dates, span("6m", ""), span("2m", ""), anchored=False, gap=3)) == [
        ("2025-01-01", "2025-06-25", "2025-07-01", "2025-08-29"),
        ("2025-03-03", "2025-08-26", "2025-09-01", "2025-10-31"),
        ("2025-05-01", "2025-10-28", "2025-11-03", "2025-12-31"),
    ]


def test_anchored_windows_keep_their_beginning():
    """The same anchored: all learn from the first date on."""
    dates = weekdays("2025-01-01", "2025-12-31")
    found = windows(dates, span("6m", ""), span("2m", ""), anchored=True, gap=0)

    assert [one.train_start for one in found] == [0, 0, 0]
    assert edges(dates, found)[2] == ("2025-01-01", "2025-10-31", "2025-11-03", "2025-12-31")


def test_windows_in_trading_dates_and_a_last_one_cut_short():
    """10 learnt, 4 tested, of 25: tests at 10, 14, 18 and a last one of 3; of 23 dates the last one would be 1."""
    dates = weekdays("2025-01-01", "2025-12-31")
    found = windows(dates[:25], span("10d", ""), span("4d", ""), anchored=False, gap=2)

    assert found == [Window(0, 8, 10, 14), Window(4, 12, 14, 18), Window(8, 16, 18, 22), Window(12, 20, 22, 25)]
    assert len(windows(dates[:23], span("10d", ""), span("4d", ""), anchored=False, gap=2)) == 3


def test_the_31st_is_the_last_of_a_shorter_month():
    """One month after 31 January is 28 February; the test begins with the next trading date there is."""
    dates = weekdays("2025-01-31", "2025-06-30")
    (first, *_) = windows(dates, span("1m", ""), span("1m", ""), anchored=False, gap=0)

    assert edges(dates, [first]) == [("2025-01-31", "2025-02-27", "2025-02-28", "2025-03-27")]


@pytest.mark.parametrize(
    ("train", "test", "gap", "said"),
    [("12m", "3m", 0, "too few"), ("10d", "5d", 10, "leaves nothing of 10d"), ("4m", "9m", 0, "too few")],
)
def test_windows_that_cannot_be(train, test, gap, said):
    """Too little history, or a gap as long as what is learnt from, is refused with advice."""
    dates = weekdays("2025-01-01", "2025-06-30")
    with pytest.raises(TradewindError, match=said):
        windows(dates, span(train, ""), span(test, ""), anchored=False, gap=gap)


@pytest.mark.parametrize("text", ["", "12", "m", "0m", "-3m", "1.5y", "3 months"])
def test_what_is_no_length_of_time_is_refused(text):
    """The option and the value are named."""
    with pytest.raises(TradewindError, match="--train"):
        span(text, "--train")


def test_trading_dates_of_an_option():
    """3d, 3 and 0 are numbers of trading dates; 3m is none."""
    assert [trading_dates(text, "--purge") for text in ("3d", "3", "0")] == [3, 3, 0]
    with pytest.raises(TradewindError, match="--purge '3m'"):
        trading_dates("3m", "--purge")


def test_a_walk_by_hand():
    """Two variants, two windows of four and two dates: the better one before is taken each time, then what it made."""
    first = [0.01, 0.03, 0.01, 0.03, -0.01, 0.02, 0.00, 0.00]
    second = [0.00, 0.01, 0.00, 0.01, 0.05, 0.04, 0.03, 0.01]
    returns = np.array([first, second]).T
    parts = [Window(0, 4, 4, 6), Window(2, 6, 6, 8)]

    found = walk(parts, cut_by_date(returns), "return", neighbours_of([{"fast": "5"}, {"fast": "10"}]))

    assert [one.chosen for one in found.steps] == [0, 1]
    assert [one.return_inside for one in found.steps] == pytest.approx([0.02 * 252, 0.025 * 252])
    assert [one.return_outside for one in found.steps] == pytest.approx([0.005 * 252, 0.02 * 252])
    assert [one.efficiency for one in found.steps] == pytest.approx([0.25, 0.8])
    # The other one made a quarter of it in the first window, and half (0.0125 of 0.025) in the second.
    assert [one.stability for one in found.steps] == pytest.approx([0.25, 0.5])
    assert [one.rank_correlation for one in found.steps] == pytest.approx([-1.0, 1.0])
    np.testing.assert_allclose(found.returns, [-0.01, 0.02, 0.03, 0.01])
    assert found.places.tolist() == [4, 5, 6, 7]
    assert found.efficiency == pytest.approx(0.0125 / 0.0225)


def test_objectives_of_three_days():
    """Returns 1, -2, 3 %: mean 2/3 %, deviation 2.5166 %, drawdown 2 % from the peak of 1.01."""
    returns = np.array([[0.01], [-0.02], [0.03]])

    assert OBJECTIVES["return"](returns)[0] == pytest.approx(0.02 / 3 * 252)
    assert OBJECTIVES["sharpe"](returns)[0] == pytest.approx(0.006667 / 0.025166, rel=1e-4)
    assert OBJECTIVES["calmar"](returns)[0] == pytest.approx(1.68 / 0.02)
    assert [one(np.zeros((3, 2))).tolist() for one in OBJECTIVES.values()] == [[0, 0]] * 3


def test_neighbours_differ_by_one_step_in_any_parameter():
    """On a grid of 3 x 3 the middle has eight, a corner three; 5, 10, 20 are one step apart; alone there are none."""
    grid = [{"fast": fast, "slow": slow} for fast in ("5", "10", "20") for slow in ("50", "100", "200")]
    nearest = neighbours_of(grid)

    assert nearest(4).tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert nearest(0).tolist() == [1, 3, 4]
    assert neighbours_of([{}])(0).tolist() == []


def test_rank_correlation_shares_ranks():
    """1, 2, 2, 4 against 1, 3, 2, 4: ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4 correlate 4.5 / sqrt(4.5 x 5)."""
    assert rank_correlation(np.array([1.0, 2, 2, 4]), np.array([1.0, 3, 2, 4])) == pytest.approx(4.5 / 22.5**0.5)
    assert rank_correlation(np.zeros(3), np.arange(3.0)) is None


def test_the_longest_holding_counts_rolls():
    """Rolls at 10, 20, 30: opened 5 and closed 8 crosses none, 5 to 12 one, 15 to 31 two."""
    rolls = np.array([10, 20, 30])

    assert longest_holding(rolls, np.array([5]), np.array([8])) == 0
    assert longest_holding(rolls, np.array([5, 5]), np.array([8, 12])) == 1
    assert longest_holding(rolls, np.array([15, 5]), np.array([31, 12])) == 2
    assert longest_holding(rolls, np.array([], int), np.array([], int)) == 0
