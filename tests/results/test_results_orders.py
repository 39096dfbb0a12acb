"""What became of orders, read from commands and reports."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_cases import MINUTE, START, facts, rows

from tradewind.kernel import orders as kernel
from tradewind.kernel import refusals
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL,
    CANCEL_REJECTED,
    CANCELLED,
    EXPIRED,
    FILLED,
    PLACE,
    QUOTE,
    REFUSED_COMMAND,
    REJECTED,
    REPLACED,
    UNKNOWN_OUTCOME,
)
from tradewind.results.orders import STATUSES, TYPES, fills_table, orders_table, refusals_table

ORDER = {
    "kind": PLACE,
    "order": 7,
    "side": 1,
    "quantity": 10,
    "ts": START,
    "type": kernel.LIMIT,
    "price": 40_000,
}


def report(kind, quantity=0, minute=1, **more):
    values = {"kind": kind, "order": 7, "quantity": quantity, "ts": START + minute * MINUTE, "side": 1}
    return {**values, **more}


OUTCOMES = [
    # reports, status, lots filled, ended (minute), reason
    ([], "sent", 0.0, None, None),
    ([report(ACCEPTED)], "working", 0.0, None, None),
    ([report(ACCEPTED), report(FILLED, 10, 2, reason=55)], "filled", 0.1, 2, "entry"),
    ([report(FILLED, 4, 2, reason=55)], "working", 0.04, None, "entry"),
    ([report(FILLED, 4, 2, reason=55), report(FILLED, 6, 3, reason=55)], "filled", 0.1, 3, "entry"),
    (
        [report(FILLED, 4, 2, reason=55), report(CANCELLED, 6, 3, reason=50)],
        "cancelled",
        0.04,
        3,
        "cancel requested",
    ),
    ([report(ACCEPTED), report(EXPIRED, 10, 5, reason=51)], "expired", 0.0, 5, "expired"),
    ([report(REJECTED, 10, 1, reason=20)], "rejected", 0.0, 1, "not enough margin"),
    ([report(ACCEPTED), report(CANCEL_REJECTED, 0, 2)], "working", 0.0, None, None),
    ([report(UNKNOWN_OUTCOME)], "unknown", 0.0, None, None),
    ([report(UNKNOWN_OUTCOME), report(FILLED, 10, 2)], "filled", 0.1, 2, None),
    ([report(REPLACED, 4, 1, price=39_990), report(FILLED, 4, 2)], "filled", 0.04, 2, None),
]


@pytest.mark.parametrize(("reports", "status", "filled", "minute", "reason"), OUTCOMES)
def test_the_outcome_of_an_order(reports, status, filled, minute, reason):
    """Reports about another order, and quotes whose bytes look like an order's, are not about it."""
    noise = [{"kind": QUOTE, "open": 7}, report(FILLED, 3, 9, order=8)]
    row = orders_table(rows("commands", ORDER), rows("events", *noise, *reports), facts()).row(0, named=True)
    ended = None if minute is None else datetime(2024, 3, 4, 0, minute, tzinfo=UTC)
    assert (row["status"], row["filled"], row["ended"], row["reason"]) == (status, filled, ended, reason)
    assert row["sentence"] is None


def test_an_order_tells_what_was_asked():
    """Filled at 40,000 and 40,002, half each: 40,001 on average."""
    events = rows("events", report(FILLED, 5, price=40_000), report(FILLED, 5, price=40_002))
    command = {**ORDER, "stop_loss": 39_900, "risk": 1_234, "strategy": 1, "expires": START + 5 * MINUTE}
    row = orders_table(rows("commands", command), events, facts()).row(0, named=True)
    assert (row["strategy"], row["symbol"], row["side"], row["type"], row["lots"]) == (
        "breakout",
        "US30",
        "buy",
        "limit",
        0.1,
    )
    assert (row["price"], row["trigger"], row["stop_loss"], row["take_profit"]) == (
        40_000.0,
        None,
        39_900.0,
        None,
    )
    assert (row["risk"], row["average_price"]) == (12.34, 40_001.0)
    assert row["expires"] == datetime(2024, 3, 4, 0, 5, tzinfo=UTC)


def test_refused_commands_have_their_sentence_and_cancels_no_row():
    """A refused cancel knows neither side nor instrument."""
    commands = rows(
        "commands",
        {
            "kind": REFUSED_COMMAND,
            "side": -1,
            "instrument": 1,
            "quantity": 5,
            "reason": refusals.MARKET_CLOSED,
        },
        {"kind": CANCEL, "order": 3, "side": 1},
        {"kind": REFUSED_COMMAND, "order": 3, "reason": refusals.ORDER_NOT_FOUND},
    )
    events = rows("events", report(FILLED, 5, order=3))
    table = orders_table(commands, events, facts())
    assert table["status"].to_list() == ["refused", "refused"]
    assert table["reason"].to_list() == ["market closed", "order not found"]
    assert table["sentence"][0] == refusals.REASONS[refusals.MARKET_CLOSED][1]
    assert table["symbol"].to_list() == ["XAUUSD", None]
    assert table["side"].to_list() == ["sell", None]
    assert table["filled"].to_list() == [0.0, 0.0]


@given(st.lists(st.integers(1, 30), min_size=1, unique=True), st.data())
def test_every_fill_belongs_to_the_order_that_asked(orders, data):
    """Whatever the order of ids in the log, what an order got is the sum of the fills with its id."""
    commands = rows("commands", *({**ORDER, "order": order, "quantity": 1_000} for order in orders))
    fills = data.draw(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 9)), max_size=20))
    events = rows("events", *(report(FILLED, quantity, order=order) for order, quantity in fills))
    table = orders_table(commands, events, facts())
    got = dict(zip(table["order"], table["filled"], strict=True))
    assert got == {order: sum(q for o, q in fills if o == order) / 100 for order in orders}


def test_fills_know_their_role_and_what_they_cost():
    """A spread of 2 and slippage of 1 tick of US30; commission of 3 dollars."""
    commands = rows(
        "commands",
        {**ORDER, "order": 1, "stop_order": 2, "target_order": 3},
        {**ORDER, "order": 4, "reduce_only": 1},
    )
    costs = {"spread": 2, "slippage": 1, "amount": -300, "price": 40_000, "occurred": START}
    events = rows("events", *(report(FILLED, 10, order=order, **costs) for order in (1, 2, 3, 4, 0)))
    table = fills_table(commands, events, facts())
    assert table["role"].to_list() == ["entry", "stop-loss", "take-profit", "exit", "stop-out"]
    row = table.row(0, named=True)
    assert (row["lots"], row["price"], row["spread"], row["slippage"], row["commission"]) == (
        0.1,
        40_000,
        2,
        1,
        -3,
    )
    assert (row["known"].minute, row["filled"].minute) == (1, 0)


def test_refusals_are_counted_by_strategy_instrument_and_reason():
    closed = {"kind": REFUSED_COMMAND, "side": 1, "reason": refusals.MARKET_CLOSED}
    commands = rows(
        "commands",
        {**closed, "ts": START, "reason": refusals.NO_PRICE},
        {**closed, "ts": START + MINUTE},
        {**closed, "ts": START + 3 * MINUTE},
        {**closed, "ts": START + 2 * MINUTE, "strategy": 1},
        {"kind": REFUSED_COMMAND, "order": 9, "reason": refusals.ORDER_NOT_FOUND},
        ORDER,
    )
    table = refusals_table(commands, facts())
    assert table.select("strategy", "symbol", "reason", "count").rows() == [
        ("pullback", "US30", "market closed", 2),
        ("pullback", None, "order not found", 1),
        ("pullback", "US30", "no price", 1),
        ("breakout", "US30", "market closed", 1),
    ]
    assert (table["first"][0].minute, table["last"][0].minute) == (1, 3)


def test_our_words_are_the_kernels():
    """Types and statuses are written twice, because the kernel's need Numba; here they are held together."""
    numbers = [kernel.MARKET, kernel.LIMIT, kernel.STOP, kernel.STOP_LIMIT]
    assert [TYPES[number] for number in numbers] == ["market", "limit", "stop", "stop-limit"]
    assert set(STATUSES) < set(kernel.STATUSES)
