"""The table of results of a run of three trades, worked out by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_cases import DAY, LOSER, MONDAY, START, UNRATED, US30, WINNER, facts, logs, rows

from tradewind.results.facts import Closing, InstrumentFacts
from tradewind.results.summary import SPLIT, summarise
from tradewind.results.tables import tables


def summary_of(run=None, **given_logs):
    run = run or facts()
    return summarise(tables(logs(**given_logs), run), run)


THREE = rows("trades", WINNER, LOSER, UNRATED)


def test_the_total_of_three_trades():
    """Cents. Net 19,650 - 10,175 - 3 = 9,472; gross at mid 20,600 - 9,000 + 1 = 11,601.

    Spread -1,400, slippage -200, commission -479, swap -50: together -2,129 = 9,472 - 11,601; share 2,129 /
    11,601. Profit factor 19,650 / 10,178. R 1.965 and -1.0175: mean 0.47375, deviation 2.9825 / sqrt(2),
    error 2.9825 / 2. In a position 1:00-3:00 and 4:00-5:00, 3 of the 20 hours that the longer market was
    open.
    """
    total = summary_of(trades=THREE)["total"]
    assert (total["trades"], total["wins"], total["losses"], total["rated"]) == (3, 1, 2, 2)
    assert (total["net"], total["gross_mid"]) == (94.72, 116.01)
    assert (total["spread"], total["slippage"], total["commission"], total["financing"]) == (
        -14,
        -2,
        -4.79,
        -0.5,
    )
    assert total["cost_share"] == pytest.approx(2129 / 11601)
    assert total["profit_factor"] == pytest.approx(19650 / 10178)
    assert total["win_rate"] == pytest.approx(1 / 3)
    assert total["average_net"] == pytest.approx(94.72 / 3)
    assert (total["expectancy_r"], total["expectancy_error_r"]) == (
        pytest.approx(0.47375),
        pytest.approx(1.49125),
    )
    assert (total["average_win_r"], total["average_loss_r"]) == (pytest.approx(1.965), pytest.approx(-1.0175))
    assert total["average_risk"] == 100.0
    assert total["exposure"] == pytest.approx(3 / 20)
    assert (total["longest_losing_streak"], total["ambiguous"]) == (2, 1)
    assert total["ambiguous_share"] == pytest.approx(1 / 3)


def test_every_pair_has_a_line_even_without_a_trade():
    """Pullback on US30 was in a position for 2 of the 10 hours its market was open."""
    lines = summary_of(trades=THREE)["lines"]
    assert [(line["strategy"], line["symbol"], line["trades"], line["net"]) for line in lines] == [
        ("pullback", "US30", 2, 196.47),
        ("pullback", "XAUUSD", 0, 0.0),
        ("breakout", "US30", 0, 0.0),
        ("breakout", "XAUUSD", 1, -101.75),
    ]
    assert [line["exposure"] for line in lines] == pytest.approx([0.2, 0.0, 0.0, 1.5 / 20])
    assert lines[1]["win_rate"] is lines[1]["profit_factor"] is lines[1]["expectancy_r"] is None


def test_refusals_are_counted_where_they_belong():
    """One on gold, and one cancel that named no instrument: it is in the total only."""
    commands = rows(
        "commands",
        {"kind": 4, "side": 1, "instrument": 1, "reason": 6},
        {"kind": 4, "order": 5, "reason": 23},
    )
    summary = summary_of(commands=commands)
    assert summary["total"]["refusals"] == 2
    assert [line["refusals"] for line in summary["lines"]] == [0, 1, 0, 0]


def test_without_known_hours_exposure_is_of_the_calendar():
    """Two hours of a day."""
    closed = InstrumentFacts("US30", US30.tick_size, US30.lot_step, "USD", (1, 1))
    summary = summary_of(facts(closed), trades=rows("trades", WINNER, UNRATED))
    assert summary["exposure_of"] == "calendar"
    assert summary["total"]["exposure"] == pytest.approx(2 / 24)


def samples(*equities):
    """Return a sample at the roll of each weekday from Monday 2024-03-04 on; dollars."""
    dates = [MONDAY + day for day in range(2 * len(equities)) if (day % 7) < 5][: len(equities)]
    return rows(
        "samples",
        *(
            {
                "ts": START + (date - MONDAY) * DAY,
                "date": date,
                "equity": equity * 100,
                "low_equity": equity * 100,
            }
            for date, equity in zip(dates, equities, strict=True)
        ),
    )


def test_the_account_over_three_days():
    """100,000 -> 110,000 -> 99,000 -> 104,500: +4.5 %, drawdown 99 / 110 - 1; too few days for Sharpe."""
    account = summary_of(samples=samples(110_000, 99_000, 104_500))["account"]
    assert (account["initial"], account["final"], account["open"], account["days"]) == (
        100_000,
        104_500,
        4_500,
        3,
    )
    assert account["return_share"] == pytest.approx(0.045)
    assert account["max_drawdown"] == account["worst_drawdown"] == pytest.approx(-0.1)
    assert account["sharpe_day"] is account["sharpe_year"] is None


def test_a_sharpe_ratio_from_twenty_days_on():
    """Doubled and halved: returns 1 and -0.5, mean 0.25, deviation sqrt(20 x 0.5625 / 19) = 0.769484."""
    account = summary_of(samples=samples(*[200_000, 100_000] * 10))["account"]
    assert account["days"] == 20
    assert account["sharpe_day"] == pytest.approx(0.25 / 0.769484, abs=1e-6)


def test_a_ruined_account_has_no_sharpe_ratio():
    """Nothing is divided by nothing on the way."""
    account = summary_of(samples=samples(*[50_000, 0] * 15))["account"]
    assert account["sharpe_day"] is None
    assert account["max_drawdown"] == -1.0


def test_drawdown_at_every_mark_comes_from_the_kernel():
    """The samples are once an hour; the kernel saw every mark."""
    closing = Closing(START + DAY, MONDAY + 1, 10_000_000, 10_000_000, 0, -0.03, -0.04)
    account = summary_of(facts(closing=closing), samples=samples(100_000))["account"]
    assert (account["max_drawdown"], account["worst_drawdown"], account["days"]) == (-0.03, -0.04, 2)


def test_what_is_still_open_is_told_apart():
    """Closed trades made 94.72, the account has 100 more: 5.28 is still open."""
    closing = Closing(START, MONDAY, 10_009_472, 10_010_000, 0, 0.0, 0.0)
    account = summary_of(facts(closing=closing), trades=THREE)["account"]
    assert (account["final"], account["open"]) == (100_100.0, 5.28)


def test_a_run_without_anything_is_summarised():
    summary = summary_of()
    assert summary["account"]["final"] == 100_000.0
    assert summary["total"]["trades"] == 0
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


CASH = st.integers(-(10**9), 10**9)
TRADES = st.lists(
    st.fixed_dictionaries(
        {
            "gross": CASH,
            "spread_cost": CASH,
            "slippage_cost": CASH,
            "commission": CASH,
            "financing": CASH,
            "risk": st.integers(0, 10**6),
            "instrument": st.integers(0, 1),
            "strategy": st.integers(0, 1),
            "opened_at": st.integers(START, START + DAY),
            "quantity": st.just(1),
            "side": st.sampled_from([-1, 1]),
        }
    ),
    max_size=12,
)


@given(TRADES)
def test_lines_add_up_to_the_total_and_parts_to_the_net(trades):
    """In cents, exactly; and what comes out survives JSON."""
    summary = summary_of(trades=rows("trades", *trades))
    cents = [{name: round(line[name] * 100) for name in (*SPLIT, "net")} for line in summary["lines"]]
    total = {name: round(summary["total"][name] * 100) for name in (*SPLIT, "net")}
    for line in [*cents, total]:
        assert sum(line[name] for name in SPLIT) == line["net"]
    assert {name: sum(line[name] for line in cents) for name in total} == total
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
