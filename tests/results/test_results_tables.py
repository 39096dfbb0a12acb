"""The tables of a run against numbers worked out by hand, and what must hold of any trade."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_cases import DAY, GOLD, HOUR, LOSER, MONDAY, START, UNRATED, US30, WINNER, YEN, facts, logs, rows

from tradewind.errors import BadData
from tradewind.results.facts import Closing, InstrumentFacts, StrategyFacts, decimals
from tradewind.results.tables import equity_table, gates_table, tables, trades_table

ROLL = START - 2 * HOUR  # Sunday 17:00 New York, when Monday begins


def test_a_winning_trade_in_words_and_dollars():
    """Cents: net 20,000 - 300 - 50 = 19,650; at mid prices 20,000 + 400 + 200 = 20,600.

    R = 19,650 / 10,000 = 1.965. The bid was 20 points below the entry: 20 x 200 / 10,000 = 0.4 R; and 110
    above it: 110 x 200 / 10,000 = 2.2 R.
    """
    row = trades_table(rows("trades", WINNER), facts()).row(0, named=True)
    assert row == {
        "number": 11,
        "opened": datetime(2024, 3, 4, 1, tzinfo=UTC),
        "closed": datetime(2024, 3, 4, 2, tzinfo=UTC),
        "strategy": "pullback",
        "symbol": "US30",
        "side": "long",
        "lots": 2.0,
        "entry_price": 40_000.0,
        "exit_price": 40_100.0,
        "r": 1.965,
        "net": 196.50,
        "gross_mid": 206.00,
        "spread": -4.00,
        "slippage": -2.00,
        "commission": -3.00,
        "financing": -0.50,
        "risk": 100.00,
        "mae_r": 0.4,
        "mfe_r": 2.2,
        "worst_price": 39_980.0,
        "best_price": 40_110.0,
        "reason": "take-profit",
        "fills": 2,
        "ambiguous": 0,
    }


def test_a_short_is_measured_the_other_way_round():
    """Gold rose 2 dollars against the short: 200 x 50 / 10,000 = 1 R; it had fallen by 1: 0.5 R in favour."""
    row = trades_table(rows("trades", LOSER), facts()).row(0, named=True)
    assert (row["side"], row["lots"], row["mae_r"], row["mfe_r"]) == ("short", 0.5, 1.0, 0.5)
    assert (row["entry_price"], row["exit_price"], row["worst_price"]) == (2000.0, 2002.0, 2002.0)
    assert (row["net"], row["r"], row["reason"]) == (-101.75, -1.0175, "stop-loss")


def test_without_a_stop_nothing_is_said_in_r():
    """The average of 40,001, 40,002 and 40,002 is 40,001.67: to the digits of US30 here, 40,002."""
    row = trades_table(rows("trades", UNRATED), facts()).row(0, named=True)
    assert [row[name] for name in ("r", "risk", "mae_r", "mfe_r")] == [None] * 4
    assert (row["lots"], row["entry_price"], row["net"]) == (0.03, 40_002.0, -0.03)


def test_a_foreign_quote_currency_takes_the_rate_of_the_trade_itself():
    """100 steps from 150.000 to 150.300: 30,000 yen were 20,000 cents; 150 ticks are 10,000: 1 R.

    Where entry and exit are the same price, there is no rate to take.
    """
    trade = {
        "quantity": 100,
        "entry_cost": 100 * 150_000,
        "exit_cost": 100 * 150_300,
        "gross": 20_000,
        "risk": 10_000,
        "worst_price": 149_850,
        "best_price": 150_300,
        "side": 1,
    }
    flat = {**trade, "exit_cost": trade["entry_cost"], "gross": 0}
    table = trades_table(rows("trades", trade, flat), facts(YEN))
    assert table["mae_r"].to_list() == [pytest.approx(1.0), None]
    assert table["mfe_r"].to_list() == [pytest.approx(2.0), None]


CASH = st.integers(-(2**40), 2**40)


@given(st.lists(st.tuples(CASH, CASH, CASH, CASH, CASH), max_size=20), st.sampled_from(["USD", "JPY", "KWD"]))
def test_net_is_the_sum_of_its_parts_in_minor_units(trades, currency):
    """Read back from the table's floats, whatever the account's currency."""
    names = ("gross", "spread_cost", "slippage_cost", "commission", "financing")
    given_rows = rows("trades", *({"quantity": 1, **dict(zip(names, one, strict=True))} for one in trades))
    run = facts(currency=currency)
    table = trades_table(given_rows, run)
    parts = ("gross_mid", "spread", "slippage", "commission", "financing")
    minor = {name: np.rint(table[name].to_numpy() * run.minor_per_unit) for name in (*parts, "net")}
    assert (sum(minor[name] for name in parts) == minor["net"]).all()
    assert minor["net"].tolist() == [one[0] + one[3] + one[4] for one in trades]


@given(st.lists(st.integers(1, 2**31), min_size=1), st.sampled_from(["0.01", "0.1", "0.001", "0.25", "1", "10"]))
def test_lots_and_prices_are_the_nearest_floats_of_the_exact_decimals(counts, size):
    one = InstrumentFacts("X", Decimal(size), Decimal(size), "USD", (1, 1))
    trades = rows("trades", *({"quantity": count, "best_price": count} for count in counts))
    table = trades_table(trades, facts(one))
    exact = [float(count * Decimal(size)) for count in counts]
    assert table["lots"].to_list() == exact
    assert table["best_price"].to_list() == exact


def test_a_run_in_which_nothing_happened_has_the_same_columns():
    """So that stored runs can be put under one another."""
    empty = tables(logs(), facts())
    full = tables(
        logs(
            trades=rows("trades", WINNER),
            commands=rows("commands", {"kind": 1, "order": 1, "side": 1}, {"kind": 4, "reason": 6, "side": 1}),
            events=rows("events", {"kind": 18, "order": 1, "quantity": 1, "side": 1}),
            gates=rows("gates", {"gate": 1}),
            samples=rows("samples", {"date": -1}),
            risk=rows("risk", {"rule": 70, "action": 1}),
            lines=rows("lines", {"earned": 1}),
        ),
        facts(),
    )
    assert [table.height for table in empty.values()] == [0] * len(full)
    assert {name: table.schema for name, table in empty.items()} == {name: table.schema for name, table in full.items()}
    assert all(table.height for table in full.values())


def test_gates_have_the_names_their_own_strategy_gave_them():
    """A number beyond the names, or of a strategy without any, is shown as a number."""
    asked = rows(
        "gates",
        {"ts": START, "value": 1.5, "low": 1.0, "high": np.inf, "gate": 0, "passed": 1},
        {"ts": START, "value": 0.2, "low": -np.inf, "high": 0.1, "gate": 2, "instrument": 1},
        {"ts": START, "value": np.nan, "low": 0.0, "high": 1.0, "gate": 1, "strategy": 1},
        {"ts": START, "value": np.nan, "low": 0.0, "high": 1.0, "gate": 3},
    )
    table = gates_table(asked, facts())
    assert table["gate"].to_list() == ["trend", "spread", "gate 1", "gate 3"]
    assert table["strategy"].to_list() == ["pullback", "pullback", "breakout", "pullback"]
    assert table["passed"].to_list() == [True, False, False, False]
    assert (table["low"][1], table["high"][0]) == (-np.inf, np.inf)
    assert np.isnan(table["value"][2])


def test_equity_is_dated_at_the_roll_of_a_trading_date_only():
    """The first roll (date 0), samples inside a date (-1) and the weekend's (19,784) have no date."""
    samples = rows(
        "samples",
        {"ts": ROLL - 2 * DAY, "date": 0, "equity": 10_000_000, "balance": 10_000_000},
        {"ts": ROLL, "date": MONDAY - 2, "equity": 10_000_000},
        {"ts": START, "date": -1, "equity": 10_000_050, "low_equity": 9_999_900, "margin": 123},
        {"ts": ROLL + DAY, "date": MONDAY, "equity": 10_000_100},
    )
    table = equity_table(samples, facts())
    assert table["date"].to_list() == [None, None, None, date(2024, 3, 4)]
    assert table.row(2)[2:] == (0.0, 100_000.50, 99_999.00, 1.23)


def test_the_last_row_is_how_the_run_closed():
    """Its date is the one in progress, unless the roll of that date is there already."""
    closing = Closing(START + HOUR, MONDAY, 10_000_000, 9_999_000, 500, -0.001, -0.002)
    sampled = rows("samples", {"ts": ROLL, "date": MONDAY - 3, "equity": 10_000_000})
    table = equity_table(sampled, facts(closing=closing))
    assert table.row(-1, named=True) == {
        "ts": datetime(2024, 3, 4, 1, tzinfo=UTC),
        "date": date(2024, 3, 4),
        "balance": 100_000.0,
        "equity": 99_990.0,
        "low_equity": 99_990.0,
        "margin": 5.0,
    }
    ended = rows("samples", {"ts": ROLL + DAY, "date": MONDAY, "equity": 10_000_000})
    assert equity_table(ended, facts(closing=closing))["date"].to_list() == [date(2024, 3, 4), None]


def test_times_are_utc_and_keep_their_nanoseconds():
    table = trades_table(rows("trades", {**WINNER, "opened_at": START + 1}), facts())
    assert table.schema["opened"] == pl.Datetime("ns", "UTC")
    assert table["opened"].to_physical()[0] == START + 1


@pytest.mark.parametrize(("size", "digits"), [("0.01", 2), ("0.25", 2), ("1", 0), ("10", 0), ("0.10", 1), ("1E+1", 0)])
def test_the_digits_of_a_size(size, digits):
    assert decimals(Decimal(size)) == digits


def test_the_same_strategy_twice_is_told_apart():
    run = facts(strategies=[StrategyFacts("a"), StrategyFacts("b", symbols=("US30",)), StrategyFacts("a")])
    assert run.strategy_names == ["a", "b", "a#2"]
    assert run.pairs == [("a", "US30"), ("a", "XAUUSD"), ("b", "US30"), ("a#2", "US30"), ("a#2", "XAUUSD")]
    assert all(one != other for one, other in pairwise(run.pairs))


def test_an_account_of_nothing_is_refused():
    with pytest.raises(BadData, match="0 minor units"):
        facts(initial=0)


def test_facts_of_a_declared_instrument():
    """Gold: 0.01 x 100 ounces x 0.01 lot = 0.01 dollars, one cent."""

    class Declared:
        symbol, tick_size, volume_step, quote_currency = "XAUUSD", Decimal("0.01"), Decimal("0.01"), "USD"
        contract_size, volume_max = Decimal(100), Decimal(100)

    assert InstrumentFacts.of(Declared, 20 * HOUR) == GOLD
    assert US30.tick_value == (1, 1)
