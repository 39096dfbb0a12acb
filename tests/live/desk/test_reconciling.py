"""Every way in which a broker's account can differ from ours is found and named, and agreement is found too."""

import pytest

from tradewind.broker import BrokerOrder, BrokerPosition, Picture
from tradewind.kernel.orders import ENTRY, LIMIT, SENT, STOP, STOP_LOSS, TAKE_PROFIT, UNKNOWN, WORKING
from tradewind.trading.book import Holding
from tradewind.trading.reconciling import Ours, View, differences

ENTRY_ID, STOP_ID, TARGET_ID = "TWDESK-3-0-9-E0", "TWDESK-2-0-5-S0", "TWDESK-2-0-6-T0"
WAITING = Ours(9, ENTRY_ID, "", "o9", 0, 0, 1, 4, 1900, 0, WORKING, ENTRY)
STOP_LEG = Ours(5, STOP_ID, "", "o5", 0, 0, -1, 2, 0, 1950, WORKING, STOP_LOSS, "p4")
TARGET_LEG = Ours(6, TARGET_ID, "", "o6", 0, 0, -1, 2, 2100, 0, WORKING, TAKE_PROFIT, "p4")
THERE = BrokerOrder(ENTRY_ID, "o9", 0, 1, 4, 0, LIMIT, 1900)
HELD = BrokerPosition("p4", "TWDESK-2-0-4-E0", 0, 2, 2000.0, 1950, 2100)


def view(**changed):
    """Return our side: one waiting entry, one position with stop and target."""
    usual = {
        "tag": "DESK", "epoch": 3, "currency": "USD", "balance": 1000, "orders": [WAITING, STOP_LEG, TARGET_LEG],
        "positions": {(0, 0): 2}, "holdings": {"p4": Holding(0, 0, 4, 2)}, "ignored": frozenset(), "netting": False,
        "attached": True,
    }  # fmt: skip
    return View(**(usual | changed))


def picture(orders=(THERE,), positions=(HELD,), **changed):
    """Return the broker's side, which agrees."""
    return Picture(1, "77", "USD", 1000, 1000, 0, tuple(orders), tuple(positions))._replace(**changed)


def kinds(ours, theirs):
    """Return the names of the differences."""
    return [one.kind for one in differences(ours, theirs)]


def order(**changed):
    """Return a picture whose order differs in one thing."""
    return picture(orders=(THERE._replace(**changed),))


def position(**changed):
    """Return a picture whose position differs in one thing."""
    return picture(positions=(HELD._replace(**changed),))


STRANGE = BrokerPosition("p8", "", 0, 1, 2000.0, 1900)
STANDING = BrokerOrder("", "x1", 0, 1, 1, 0, STOP, 0, 2200)
CASES = {
    "order missing": (view(), picture(orders=())),
    "order changed": (view(), order(price=1899)),
    "filled more": (view(), order(quantity=3)),
    "side differs": (view(), order(side=-1)),
    "instrument differs": (view(), order(instrument=1)),
    "order twice": (view(), picture(orders=(THERE, THERE._replace(broker_order="o10")))),
    "order ended here": (view(), picture(orders=(THERE, THERE._replace(id="TWDESK-1-0-2-E0", broker_order="o2")))),
    "newer epoch": (view(), picture(orders=(THERE, THERE._replace(id="TWDESK-4-0-2-E0", broker_order="o2")))),
    "order of another desk": (view(), picture(orders=(THERE, THERE._replace(id="TWELSE-1-0-2-E0")))),
    "foreign order": (view(), picture(orders=(THERE, STANDING))),
    "position missing": (view(), picture(positions=())),
    "position larger": (view(), position(quantity=3)),
    "position smaller": (view(), position(quantity=1)),
    "position reversed": (view(), position(quantity=-2)),
    "position unknown": (view(positions={(0, 0): 5}), picture()),
    "foreign position": (view(), picture(positions=(HELD, STRANGE))),
    "position of another desk": (view(), picture(positions=(HELD, STRANGE._replace(id="TWELSE-1-0-2-E0")))),
    "net position differs": (view(netting=True), position(quantity=3)),
    "stop missing": (view(), position(stop_loss=0)),
    "stop differs": (view(), position(stop_loss=1940)),
    "target missing": (view(), position(take_profit=0)),
    "target differs": (view(), position(take_profit=2110)),
    "balance differs": (view(), picture(balance=999)),
    "currency differs": (view(), picture(currency="EUR")),
}
"""Which difference each of these is, beside what may follow from it."""


def test_two_sides_that_agree_have_no_difference():
    """Whatever else is found would be a false alarm."""
    assert kinds(view(), picture()) == []


@pytest.mark.parametrize("kind", CASES)
def test_a_difference_is_found_by_its_name_and_the_same_again(kind):
    """One changed thing, one name; asked twice it says the same."""
    ours, theirs = CASES[kind]

    assert kind in kinds(ours, theirs)
    assert differences(ours, theirs) == differences(ours, theirs)


@pytest.mark.parametrize("kind", [one for one in CASES if one not in ("position missing", "position unknown")])
def test_nothing_else_is_said_of_one_changed_thing(kind):
    """A false second name would send somebody the wrong way."""
    ours, theirs = CASES[kind]

    assert set(kinds(ours, theirs)) == {kind}


@pytest.mark.parametrize("status", [SENT, UNKNOWN])
def test_an_order_whose_outcome_is_open_is_no_difference(status):
    """It is looked for elsewhere; here it would be an alarm about what is known already."""
    waiting = WAITING._replace(status=status)

    assert kinds(view(orders=[waiting, STOP_LEG, TARGET_LEG]), picture(orders=())) == []


def test_what_a_person_told_us_to_leave_alone_is_left_alone():
    """A position and an order of somebody else's, ignored by name."""
    ours = view(ignored=frozenset({"p8", "x1"}))

    assert kinds(ours, picture(orders=(THERE, STANDING), positions=(HELD, STRANGE))) == []


def test_a_change_on_its_way_is_no_difference():
    """The new price is ours, the old one still the broker's, until the change is confirmed."""
    moved = WAITING._replace(price=1890, former=ENTRY_ID, id="TWDESK-3-0-9-E1")

    assert kinds(view(orders=[moved, STOP_LEG, TARGET_LEG]), picture()) == []
