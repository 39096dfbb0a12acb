"""The life of an order, as one table that the code, the tests and the documentation's picture all read.

An order's row lives in `state.orders` from the moment it is sent until it ends. What happened to it is an
`(status, happening) -> status` cell; an empty cell is something that must not happen: the row stays as it was
and `state.illegal` counts it. An attached stop-loss or take-profit is HELD until its entry fills.
"""

import numpy as np

from tradewind.kernel.compiled import copy_record, inner
from tradewind.kernel.records import ORDERS

# Order types: which of price and trigger are given decides.
MARKET = 1
LIMIT = 2
STOP = 3
STOP_LIMIT = 4

# Roles.
ENTRY = 0
STOP_LOSS = 1
TAKE_PROFIT = 2

# Lifetimes. An expiry moment can be given with any of them.
GOOD_TILL_CANCELLED = 0
FILL_OR_KILL = 1
IMMEDIATE_OR_CANCEL = 2

# Statuses.
NONE = 0
HELD = 1
SENT = 2
WORKING = 3
CANCELLING = 4
REPLACING = 5
UNKNOWN = 6
FILLED = 7
CANCELLED = 8
EXPIRED = 9
REJECTED = 10
REFUSED = 11
STATUSES = (
    "none", "held", "sent", "working", "cancelling", "replacing", "unknown",
    "filled", "cancelled", "expired", "rejected", "refused",
)  # fmt: skip
FIRST_FINAL = FILLED

# Happenings.
PLACED = 0
HELD_BACK = 1
ACCEPT = 2
REJECT = 3
FILL_PART = 4
FILL_ALL = 5
ASK_CANCEL = 6
CANCEL = 7
CANCEL_REFUSED = 8
ASK_REPLACE = 9
REPLACE_DONE = 10
REPLACE_REFUSED = 11
EXPIRE = 12
TRIGGER = 13
LOSE = 14
HAPPENINGS = (
    "placed", "held back", "accept", "reject", "fill part", "fill all", "ask cancel", "cancel", "cancel refused",
    "ask replace", "replaced", "replace refused", "expire", "trigger", "lose",
)  # fmt: skip

_ = -1
LIFECYCLE = np.array(
    [
        # placed held  accept   reject    part        all     ask cancel  cancel     refused  ask repl   replaced refused expire   trigger     lose
        [SENT,   HELD, _,       REFUSED,  _,          _,      _,          _,         _,       _,         _,       _,      _,       _,          _],        # none
        [_,      _,    WORKING, REJECTED, _,          _,      HELD,       CANCELLED, _,       HELD,      HELD,    HELD,   EXPIRED, _,          _],        # held
        [_,      _,    WORKING, REJECTED, WORKING,    FILLED, CANCELLING, CANCELLED, _,       REPLACING, _,       _,      EXPIRED, WORKING,    UNKNOWN],  # sent
        [_,      _,    _,       REJECTED, WORKING,    FILLED, CANCELLING, CANCELLED, WORKING, REPLACING, WORKING, WORKING, EXPIRED, WORKING,   UNKNOWN],  # working
        [_,      _,    CANCELLING, REJECTED, CANCELLING, FILLED, CANCELLING, CANCELLED, WORKING, _,      CANCELLING, CANCELLING, EXPIRED, CANCELLING, UNKNOWN],  # cancelling
        [_,      _,    REPLACING, REJECTED, REPLACING, FILLED, CANCELLING, CANCELLED, REPLACING, REPLACING, WORKING, WORKING, EXPIRED, REPLACING, UNKNOWN],  # replacing
        [_,      _,    WORKING, REJECTED, WORKING,    FILLED, UNKNOWN,    CANCELLED, UNKNOWN, _,         WORKING, UNKNOWN, EXPIRED, UNKNOWN,   UNKNOWN],  # unknown
        [_] * 15,  # filled
        [_] * 15,  # cancelled
        [_] * 15,  # expired
        [_] * 15,  # rejected
        [_] * 15,  # refused
    ],
    dtype=np.int8,
)  # fmt: skip
"""LIFECYCLE[status, happening] is the next status, or -1 where that must not happen."""


@inner
def find_order(state, order):
    """Return the row of order `order` in `state.orders`, or -1 when it does not live any more."""
    for row in range(state.order_count):
        if state.orders[row].id == order:
            return row
    return -1


@inner
def market_steps(state, strategy, instrument):
    """Return the signed lot steps of a strategy's market orders that are sent and not yet filled."""
    total = np.int64(0)
    for row in range(state.order_count):
        order = state.orders[row]
        if order.strategy == strategy and order.instrument == instrument and order.type == MARKET:
            total += (order.quantity - order.filled) * order.side
    return total


@inner
def advance_order(state, row, happening):
    """The order in `row` has the status its lifecycle gives it after `happening`; True if that was allowed."""
    after = LIFECYCLE[state.orders[row].status, happening]
    if after < 0:
        state.illegal += 1
        return False
    state.orders[row].status = after
    return True


@inner
def new_order_row(state):
    """Return a blank row for a new order, or -1 when the table is full."""
    row = state.order_count
    if row >= ORDERS:
        return -1
    state.order_count += 1
    state.orders[row].id = 0  # every other field is written by the verb that asked
    return row


@inner
def forget_order(state, row):
    """The order in `row` is gone from the table; the others keep their order."""
    last = state.order_count - 1
    for index in range(row, last):
        copy_record(state.orders[index], state.orders[index + 1])
    state.order_count = last


@inner
def end_held_legs(state, parent):
    """Attached orders still held for the entry `parent` are gone: their entry ended without a fill."""
    row = 0
    while row < state.order_count:
        order = state.orders[row]
        if order.parent == parent and order.status == HELD:
            forget_order(state, row)
        else:
            row += 1
